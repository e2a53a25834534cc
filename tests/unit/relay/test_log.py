"""mailguard.relay.log: masked, one line an event, for people and for programs."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from mailguard.relay.log import mask_addresses, set_up_log
from mailguard.relay.settings import LogFormat, LogLevel


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


def logged(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def fail(text: str) -> None:
    raise ValueError(text)


def test_line_is_an_event_with_fields() -> None:
    stream = io.StringIO()
    set_up_log(LogFormat.JSON, LogLevel.INFO, stream=stream)
    structlog.get_logger("x").info("message_taken", id="01JD", recipients=3)
    (line,) = logged(stream)
    assert {key: line[key] for key in ("event", "level", "id", "recipients")} == {
        "event": "message_taken",
        "level": "info",
        "id": "01JD",
        "recipients": 3,
    }
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize(
    "value",
    [
        "ada.lovelace@x.example",
        "to <ada.lovelace@x.example> and others",
        ["ada.lovelace@x.example"],
        {"to": ("ada.lovelace@x.example",)},
        "550 5.1.1 <ada.lovelace@x.example>: no such user",
    ],
)
def test_local_part_is_masked_wherever_it_stands(value: object) -> None:
    event = mask_addresses(None, "info", {"event": "x", "value": value})
    assert "lovelace" not in str(event)
    assert "x.example" in str(event)


def test_local_part_is_masked_in_a_traceback() -> None:
    stream = io.StringIO()
    set_up_log(LogFormat.JSON, LogLevel.INFO, stream=stream)
    try:
        fail("no room for ada.lovelace@x.example")
    except ValueError:
        structlog.get_logger("x").exception("batch_failed")
    (line,) = logged(stream)
    assert "ValueError" in line["exception"]
    assert "ada.lovelace" not in stream.getvalue()


@pytest.mark.parametrize(
    ("level", "count"), [(LogLevel.DEBUG, 4), (LogLevel.INFO, 3), (LogLevel.WARNING, 2), (LogLevel.ERROR, 1)]
)
def test_lines_below_the_level_are_not_written(level: LogLevel, count: int) -> None:
    stream = io.StringIO()
    set_up_log(LogFormat.JSON, level, stream=stream)
    log = structlog.get_logger("x")
    log.debug("a")
    log.info("b")
    log.warning("c")
    log.error("d")
    assert len(logged(stream)) == count


def test_libraries_are_heard_from_warnings_on_in_the_same_form() -> None:
    stream = io.StringIO()
    set_up_log(LogFormat.JSON, LogLevel.DEBUG, stream=stream)
    logging.getLogger("asyncio").info("selector chosen")
    logging.getLogger("asyncio").warning("slow callback for ada.lovelace@x.example")
    (line,) = logged(stream)
    assert line["level"] == "warning"
    assert "lovelace" not in line["event"]


def test_format_follows_the_stream() -> None:
    file, terminal = io.StringIO(), Terminal()
    set_up_log(LogFormat.AUTO, LogLevel.INFO, stream=file)
    structlog.get_logger("x").info("to_a_file")
    structlog.reset_defaults()
    set_up_log(LogFormat.AUTO, LogLevel.INFO, stream=terminal)
    structlog.get_logger("x").info("to_a_terminal")
    assert logged(file)[0]["event"] == "to_a_file"
    assert "to_a_terminal" in terminal.getvalue()
    assert not terminal.getvalue().startswith("{")


def test_text_for_people_drives_no_terminal() -> None:
    stream = io.StringIO()
    set_up_log(LogFormat.CONSOLE, LogLevel.INFO, stream=stream)
    structlog.get_logger("x").info("subject_seen", subject="\x1b[2Jgone\x07", count=2)
    assert "\x1b[2J" not in stream.getvalue()
    assert "\x07" not in stream.getvalue()


def test_traceback_for_people_keeps_its_lines() -> None:
    stream = io.StringIO()
    set_up_log(LogFormat.CONSOLE, LogLevel.INFO, stream=stream)
    try:
        fail("\x1b[2J")
    except ValueError:
        structlog.get_logger("x").exception("batch_failed")
    assert "Traceback" in stream.getvalue()
    assert stream.getvalue().count("\n") > 3
    assert "\x1b[2J" not in stream.getvalue()


class Pipe(io.StringIO):
    """A stream that keeps each write apart, as one that several processes share does."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[str] = []

    def write(self, text: str) -> int:
        self.writes.append(text)
        return len(text)


def test_a_line_and_its_end_are_one_write_so_that_processes_do_not_mix_theirs() -> None:
    stream = Pipe()
    set_up_log(LogFormat.JSON, LogLevel.INFO, stream=stream)
    structlog.get_logger().info("ready")
    logging.getLogger("library").error("gone")
    assert [text.endswith("\n") for text in stream.writes] == [True, True]
