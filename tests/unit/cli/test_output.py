"""mailguard.cli.output: tables for people, JSON for programs, and nothing that drives a terminal."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from mailguard.cli.output import counted, note, plain, print_json, print_json_line, print_table, say, when
from mailguard.policy.finding import Action

AT = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Inner:
    """A value within a value."""

    action: Action
    refs: tuple[str, ...]


@pytest.mark.parametrize(
    ("value", "result"),
    [
        (AT, "2026-11-16T09:00:00Z"),
        (Inner(Action.HOLD, ("a", "b")), {"action": "hold", "refs": ["a", "b"]}),
        ({Action.HOLD: [AT, None, 1.5, True]}, {"hold": ["2026-11-16T09:00:00Z", None, 1.5, True]}),
        (frozenset({"a"}), ["a"]),
    ],
)
def test_value_becomes_what_json_can_hold(value: Any, result: object) -> None:
    assert json.loads(json.dumps(plain(value))) == result


def test_json_is_one_line_for_a_program(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"a": 1})
    print_json_line({"b": "\x1b[2J\u202e"})
    assert capsys.readouterr().out == '{"a": 1}\n{"b": "\\u001b[2J\\u202e"}\n'


def test_json_is_indented_for_a_person(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    print_json({"a": 1})
    assert capsys.readouterr().out == '{\n  "a": 1\n}\n'


def test_text_drives_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    say("\x1b[2Jsubject")
    note("\x07bell")
    print_table(("subject", "count"), [("\x1b[31mred [bold]text[/]", 3)])
    out, err = capsys.readouterr()
    assert "\x1b" not in out
    assert "\x07" not in err
    assert "red [bold]text[/]" in out


def test_results_and_notes_go_apart(capsys: pytest.CaptureFixture[str]) -> None:
    say("result")
    note("note")
    assert capsys.readouterr() == ("result\n", "note\n")


def test_table_has_its_heading_and_numbers_to_the_right(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("name", "count"), [("a", 5), ("b", 1000)])
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == ["name  count", "a         5", "b      1000"]


def test_id_is_not_broken_where_it_is_narrow(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "50")
    print_table(("id", "subject"), [("01M819RQQY9TNW07BGJR0SE3MC", "a subject that is wider than what there is")])
    assert "01M819RQQY9TNW07BGJR0SE3MC" in capsys.readouterr().out


def test_one_is_not_many() -> None:
    assert [counted(number, "mail") for number in (0, 1, 2)] == ["0 mails", "1 mail", "2 mails"]


def test_time_is_shown_in_the_zone_of_the_host() -> None:
    assert when(AT) == f"{AT.astimezone():%Y-%m-%d %H:%M:%S}"
    assert when(None) == ""
