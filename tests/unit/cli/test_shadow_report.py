"""mailguard.cli.shadow_report: what enforcing would have stopped, as a table and a chart."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailguard.cli.shadow_report import MOST_DRAWN, SHOWN, print_shadow, shadow_document
from mailguard.policy.finding import Action, Code
from mailguard.policy.limits import Mode
from mailguard.store.document import ShadowDayDocument, ShadowDocument, ShadowSenderDocument
from tests.builders import NOW


def sender(finding: Code, *, domain: str = "shop.example", recipients: int = 3) -> ShadowSenderDocument:
    return ShadowSenderDocument(
        client="shop", domain=domain, finding=finding, messages=2, recipients=recipients, examples=("01A", "01B")
    )


def document(*senders: ShadowSenderDocument, days: int = 2) -> ShadowDocument:
    findings = {one.finding: one.recipients for one in senders}
    return ShadowDocument(
        since=NOW,
        messages=3_400,
        recipients=4_000,
        would_stop=sum(one.recipients for one in senders),
        actions={Action.HOLD: 12, Action.REJECT: 1} if senders else {},
        senders=senders,
        days=tuple(ShadowDayDocument(day=f"{NOW + timedelta(days=n):%Y-%m-%d}", findings=findings) for n in range(days)),
    )


def test_the_sentence_says_what_enforcing_would_have_done(capsys: pytest.CaptureFixture[str]) -> None:
    print_shadow(document(sender(Code.MASS_CC), sender(Code.REPEAT, domain="")), Mode.SHADOW)
    out = capsys.readouterr().out
    assert "enforce would have held 12 and rejected 1 of 3400 messages, wholly or in part: 6 of 4000 recipients (0.15%)" in out
    assert "shop.example" in out
    assert "<>" in out
    assert "01A" in out
    assert "01B" not in out
    assert "findings a day" in out
    assert "█ mass_cc, ▒ repeat" in out
    assert "2026-11-17" in out
    assert "\x1b" not in out


def test_nothing_shadowed_is_said_and_not_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    print_shadow(document(days=0), Mode.ENFORCE)
    out = capsys.readouterr().out
    assert "would have stopped none of 3400 messages" in out
    assert "mode is enforce" in out
    assert "such as" not in out


def test_what_is_too_much_for_a_page_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    many = [sender(Code.MASS_CC, domain=f"d{n}.example") for n in range(SHOWN)]
    codes = list(Code)[: MOST_DRAWN + 2]
    print_shadow(document(*many, *(sender(code) for code in codes)), Mode.SHADOW)
    out = capsys.readouterr().out
    assert f"and {len(codes)} more, see --json" in out
    assert ": others" not in out
    assert "· others" in out


def test_the_document_says_mode_and_share() -> None:
    found = shadow_document(document(sender(Code.MASS_CC)), Mode.SHADOW)
    assert (found["mode"], found["share"], found["would_stop"]) == ("shadow", 0.00075, 3)
    assert found["senders"][0]["finding"] == "mass_cc"
    empty = document().model_copy(update={"recipients": 0})
    assert shadow_document(empty, Mode.SHADOW)["share"] == 0.0
