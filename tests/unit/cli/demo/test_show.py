"""mailguard.cli.demo.show: what a person sees, and what a program reads."""

from __future__ import annotations

import pytest

from mailguard.cli.demo.scenes import SCENES, Scene, Verdict
from mailguard.cli.demo.show import document, show_mail, show_sum, show_title
from mailguard.cli.demo.stage import Played
from mailguard.policy.finding import Code
from tests.builders import NOW

MAIL = SCENES[0].mails[1]
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
