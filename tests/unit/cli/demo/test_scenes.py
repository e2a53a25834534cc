"""mailguard.cli.demo.scenes: the scenes are complete before they are played."""

from __future__ import annotations

from importlib.resources import files

import pytest

from mailguard.cli.demo.scenes import REPS, SCENES, Mail, Verdict

MAILS = [mail for scene in SCENES for mail in scene.mails if not mail.is_retry]


@pytest.mark.parametrize("mail", MAILS, ids=lambda mail: mail.said)
def test_each_mail_has_its_file_and_its_values(mail: Mail) -> None:
    text = files("mailguard.cli.demo").joinpath("mail", mail.file).read_text(encoding="utf-8")
    assert text.format(date="", message_id="", **mail.values)


def test_every_verdict_is_shown() -> None:
    assert {mail.verdict for mail in MAILS} == set(Verdict) - {Verdict.REPLAYED}


def test_eight_hundred_reps_are_eight_hundred() -> None:
    assert len(set(REPS)) == 800


def test_what_is_stopped_says_why() -> None:
    assert all(mail.findings for mail in MAILS if mail.verdict in {Verdict.HELD, Verdict.REJECTED})
