"""mailguard.cli.check_view: a check in a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailguard.cli.check_view import print_check
from tests.builders import NOW
from tests.check_documents import check_document, finding

EVIL = "red \x1b[31m\u202ecod"


def shown(capsys: pytest.CaptureFixture[str], **changes: object) -> str:
    print_check(check_document(finding(examples=[EVIL, "b", "c", "d"]), **changes), clean_file=Path("clean.csv"))
    return capsys.readouterr().out


def test_everything_is_there_to_read(capsys: pytest.CaptureFixture[str]) -> None:
    out = shown(capsys, audience={"others": {"typo": 4, "own": 0}}, message={"mails": 3})
    for words in (
        "news.eml: eml, bulk, template winter-sale",
        "rendered to 3 different mails",
        "likely mistyped",
        "email=E-Mail",
    ):
        assert words in out
    assert "own mailboxes" not in out
    assert "audience: no findings" in out
    assert "fail: 1 error, 0 warnings; 94 rows may be sent to, 6 left out" in out


def test_what_mail_says_does_nothing_to_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    out = shown(capsys, message={"subject": EVIL, "name": EVIL}, audience={"source": EVIL, "mapping": {"email": EVIL}})
    assert "\x1b" not in out
    assert "\u202e" not in out


def test_only_some_examples_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    out = shown(capsys)
    assert "b; c" in out
    assert "; d" not in out


def test_token_stands_on_a_line_of_its_own_with_whom_it_is_for(capsys: pytest.CaptureFixture[str]) -> None:
    token = "c1." + "x" * 300
    signed = check_document(token=token, broadcast="01JB", expires_at=NOW)
    print_check(signed, clean_file=Path("clean.csv"))
    out = capsys.readouterr().out
    assert f"\nMailguard-Check: {token}\n" in out
    assert "send each mail to the rows of clean.csv with this field:" in out
    assert "mailguard broadcast show 01JB" in out
    print_check(signed, clean_file=None)
    assert "send each mail to these rows with this field:" in capsys.readouterr().out
