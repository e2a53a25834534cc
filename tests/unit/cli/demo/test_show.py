"""mailguard.cli.demo.show: what a person sees, and what a program reads."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailguard.cli.demo.scenes import SCENES, Scene, Verdict
from mailguard.cli.demo.show import document, show_mail, show_sum, show_title
from mailguard.cli.demo.stage import Played
from mailguard.policy.context import Context, ContextId, Standing
from mailguard.policy.finding import Action, Code
from tests.builders import NOW

MAIL = next(mail for mail in SCENES[0].mails if mail.findings == (Code.REPEAT,))
AWARE = Context(
    context_id=ContextId(1, "01JD0000000000000000000000"),
    reply_aware=True,
    reply_state=Standing.OPEN,
    open_replies=1,
    last_reply_at=NOW,
    last_reply_language="en",
    sent_count=1,
    last_sent_at=NOW,
    last_same_template_at=None,
    known_customer=False,
    known_fields=(),
    person=None,
    probability=None,
    would=Action.DELIVER,
    findings=(),
)
SCENE = Scene("Story 1", (MAIL,))
RIGHT = Played(NOW, MAIL, "550 5.7.1 01JB repeat of 01JA", Verdict.REJECTED, (Code.REPEAT,), "repeat of 01JA")


def test_a_mail_is_shown_with_its_verdict_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    show_title(SCENE)
    show_mail(RIGHT)
    shown = capsys.readouterr().out
    assert "Story 1" in shown
    assert "rejected" in shown
    assert "repeat: repeat of 01JA" in shown
    assert "550 5.7.1 01JB" in shown
    assert "expected:" not in shown


def test_what_a_mail_says_and_the_flag_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    template = next(mail for mail in SCENES[0].mails if mail.flag)
    show_mail(Played(NOW, template, "250", template.verdict, (), "", says="Thank you for your answer", context=AWARE))
    shown = capsys.readouterr().out
    assert "it says: Thank you for your answer" in shown
    assert f"reply_aware: true, reply_state: open, the last of {NOW:%Y-%m-%d %H:%M} in en" in shown
    assert "expected:" not in shown


def test_a_language_that_is_not_known_is_not_named(capsys: pytest.CaptureFixture[str]) -> None:
    template = next(mail for mail in SCENES[0].mails if mail.flag)
    context = replace(AWARE, last_reply_language=None)
    show_mail(Played(NOW, template, "250", template.verdict, (), "", context=context))
    assert f"the last of {NOW:%Y-%m-%d %H:%M}\n" in capsys.readouterr().out


def test_a_wrong_verdict_is_shown_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = Played(NOW, MAIL, "250 2.0.0 01JB accepted", None, (), "")
    show_mail(wrong)
    show_sum([(SCENE, [RIGHT, wrong])])
    shown = capsys.readouterr().out
    assert "unknown" in shown
    assert "expected: rejected repeat" in shown
    assert "1 of 2 verdicts" in shown


def test_the_document_has_every_mail() -> None:
    found = document([(SCENE, [RIGHT])])
    assert found["as_expected"] is True
    assert found["scenes"][0]["mails"][0]["findings"] == [Code.REPEAT]
    assert found["scenes"][0]["mails"][0]["context"] is None
