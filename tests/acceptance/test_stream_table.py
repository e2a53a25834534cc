"""The table of streams by itself, without a relay: it is complete, well formed, and every mail in it is a mail."""

import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from tests.acceptance.streams import (
    STREAMS,
    Expectation,
    Mail,
    Stream,
    TableError,
    load_stream,
    load_streams,
    offset,
    stream_files,
)

MOST_MAILS_OF_A_STREAM = 600
MOST_MAILS = 6_000
SUPPRESSIONS = {"unsubscribed", "erased"}
LONGEST_LINE = 998  # RFC 5322 2.1.1
FOR_THE_RELAY = re.compile(rb"^Mailguard-[A-Za-z-]+[ \t]*:", re.MULTILINE)
BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")  # RFC 5321 2.3.8

PATHS = stream_files()
each_stream = pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.parent.name}/{path.stem}")


def mails() -> Iterator[tuple[Stream, Mail]]:
    """Every mail of the table with its stream."""
    return ((stream, mail) for stream in load_streams() for mail in stream.mails)


def header_fields(octets: bytes) -> dict[str, str]:
    """The header's fields by lower-case name, the first of each.

    Not Python's parser: it ends the header at `Cc :`, which one of the mails has on purpose.
    """
    head = octets.partition(b"\r\n\r\n")[0].decode("utf-8", "surrogateescape")
    fields: dict[str, str] = {}
    for line in re.sub(r"\r\n(?=[ \t])", "", head).split("\r\n"):
        name, colon, value = line.partition(":")
        assert colon, f"not a header field: {line!r}"
        fields.setdefault(name.strip().lower(), value.strip())
    return fields


def test_there_are_enough_streams() -> None:
    kinds = [path.parent.name for path in PATHS]
    assert kinds.count("ordinary") >= 60
    assert kinds.count("stopped") >= 30


def test_the_table_stays_short_enough_to_send() -> None:
    counts = {stream.label: len(stream.mails) for stream in load_streams()}
    assert max(counts.values()) <= MOST_MAILS_OF_A_STREAM
    assert sum(counts.values()) <= MOST_MAILS


def test_streams_have_names_of_their_own_and_reasons() -> None:
    streams = load_streams()
    assert len({stream.name for stream in streams}) == len(streams)
    assert [stream.label for stream in streams if not stream.why.endswith(".")] == []


def test_every_mail_file_is_used() -> None:
    tables = "\n".join(path.read_text(encoding="utf-8") for path in PATHS)
    files = {path.name for path in (STREAMS / "mail").iterdir()}
    assert {name for name in files if f'"{name}"' not in tables} == set()


@each_stream
def test_every_mail_parses(path: Path) -> None:
    for mail in load_stream(path).mails:
        head = header_fields(mail.passed_on)
        assert head["from"]
        assert parsedate_to_datetime(head["date"])


@each_stream
def test_every_mail_is_octets_that_smtp_carries(path: Path) -> None:
    for mail in load_stream(path).mails:
        assert mail.raw.endswith(b"\r\n")
        assert not BARE.search(mail.raw)
        assert max(map(len, mail.raw.split(b"\r\n"))) <= LONGEST_LINE
        assert not FOR_THE_RELAY.search(mail.passed_on)


@each_stream
def test_every_mail_has_recipients_once_and_an_expectation_for_each(path: Path) -> None:
    for mail in load_stream(path).mails:
        assert mail.recipients
        assert len(set(mail.recipients)) == len(mail.recipients)
        assert all(re.fullmatch(r"[^@\s<>{}]+@[^@\s<>{}]+", mailbox) for mailbox in mail.recipients)
        assert set(mail.expected) == set(mail.recipients)


@each_stream
def test_the_date_field_is_the_moment_of_sending(path: Path) -> None:
    """Except in a mail that was resent, or sent again octet for octet."""
    stream = load_stream(path)
    seen: set[bytes] = set()
    for mail in stream.mails:
        head = header_fields(mail.passed_on)
        if mail.passed_on not in seen and "resent-date" not in head:
            assert parsedate_to_datetime(head["date"]) == stream.start + mail.at
        seen.add(mail.passed_on)


def test_ordinary_mail_all_passes() -> None:
    verdicts = {verdict for stream, mail in mails() if stream.kind == "ordinary" for verdict in mail.verdicts}
    assert verdicts <= {"deliver", "replay"}


def test_each_stopped_stream_stops_something_and_says_why() -> None:
    streams = [stream for stream in load_streams() if stream.kind == "stopped"]
    assert [stream.label for stream in streams if not any(mail.verdicts - {"deliver"} for mail in stream.mails)] == []


def test_a_replay_has_something_to_replay() -> None:
    for stream in load_streams():
        first = next(mail for mail in stream.mails)
        assert "replay" not in first.verdicts, stream.label


def test_message_ids_are_unique_but_where_a_stream_wants_otherwise() -> None:
    found: dict[str, set[str]] = {}
    for stream, mail in mails():
        found.setdefault(header_fields(mail.passed_on).get("message-id", ""), set()).add(stream.label)
    allowed = {"", "<order@shop.example>", "<plans.1@partner.example>"}
    assert {key: labels for key, labels in found.items() if len(labels) > 1 and key not in allowed} == {}


def test_settings_are_those_of_the_contract() -> None:
    for stream in load_streams():
        assert {entry.reason for entry in stream.suppressed} <= SUPPRESSIONS
        assert all(rule.get("repeat", "allow") in ("allow", "6d") for rule in stream.classify)
        assert all(client.get("answers", "polite") in ("polite", "strict") for client in stream.clients)


@pytest.mark.parametrize(("text", "seconds"), [("0s", 0), ("5m", 300), ("7d+2h", 612_000)])
def test_offset_is_the_sum_of_its_steps(text: str, seconds: int) -> None:
    assert offset(text).total_seconds() == seconds


def test_offset_refuses_what_is_no_time() -> None:
    with pytest.raises(TableError):
        offset("soon")


def test_expectations_that_stop_name_their_findings() -> None:
    for stream, mail in mails():
        for expectation in mail.expected.values():
            assert bool(expectation.findings) == (expectation.verdict in ("hold", "reject", "stop")), stream.label


def test_an_expectation_of_either_takes_both() -> None:
    assert Expectation("stop").actions == {"hold", "reject"}
    assert Expectation("replay").actions == set()
