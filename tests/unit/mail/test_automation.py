"""What the header says of how a mail came about."""

from __future__ import annotations

import pytest

from mailguard.mail.automation import Automation, AutoSubmitted, read_automation
from mailguard.mail.header import scan


def _read(fields: str, reverse_path: str | None = None) -> Automation:
    return read_automation(scan(fields.encode() + b"\r\n\r\n"), reverse_path=reverse_path)


def test_ordinary_mail_says_nothing() -> None:
    assert _read("Subject: hello") == Automation(AutoSubmitted.NO, "", is_list=False, is_dsn=False)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("no", AutoSubmitted.NO),
        ("auto-generated", AutoSubmitted.GENERATED),
        ("Auto-Replied; owner-email=x@y", AutoSubmitted.REPLIED),
        ("(vacation) auto-replied", AutoSubmitted.REPLIED),
        ("auto-notified (sieve)", AutoSubmitted.NOTIFIED),
        ("auto-forwarded", AutoSubmitted.GENERATED),
        ("", AutoSubmitted.NO),
        ("((", AutoSubmitted.NO),
    ],
)
def test_auto_submitted(value: str, expected: AutoSubmitted) -> None:
    assert _read(f"Auto-Submitted: {value}").auto_submitted is expected


def test_of_several_fields_the_one_that_makes_loops_counts() -> None:
    assert _read("Auto-Submitted: auto-generated\r\nAuto-Submitted: auto-replied").auto_submitted is AutoSubmitted.REPLIED
    assert _read("Auto-Submitted: no\r\nAuto-Submitted: auto-notified").auto_submitted is AutoSubmitted.NOTIFIED


@pytest.mark.parametrize("fields", ["X-Autoreply: yes", "X-Autorespond: away", "Precedence: auto_reply"])
def test_answering_programs_that_know_no_rfc_3834(fields: str) -> None:
    assert _read(fields).auto_submitted is AutoSubmitted.REPLIED
    assert _read(f"{fields}\r\nAuto-Submitted: auto-generated").auto_submitted is AutoSubmitted.GENERATED


def test_precedence_is_lower_case() -> None:
    assert _read("Precedence: Bulk").precedence == "bulk"


@pytest.mark.parametrize("fields", ["List-Id: <a.b>", "List-Unsubscribe: <mailto:x@y>", "Precedence: list"])
def test_lists(fields: str) -> None:
    assert _read(fields).is_list


@pytest.mark.parametrize(
    ("reverse_path", "is_dsn"),
    [(None, True), ("", True), ("a@x", False)],
)
def test_dsn_is_a_report_from_the_null_reverse_path(reverse_path: str | None, *, is_dsn: bool) -> None:
    assert _read("Content-Type: Multipart/Report; report-type=delivery-status", reverse_path).is_dsn is is_dsn
    assert not _read("Content-Type: text/plain", reverse_path).is_dsn
