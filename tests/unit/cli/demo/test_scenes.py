"""mailguard.cli.demo.scenes: the scenes are complete before they are played."""

from __future__ import annotations

from importlib.resources import files

import pytest

from mailguard.cli.demo.scenes import REPS, SCENES, Act, Answer, Mail, Verdict

MAILS = [mail for scene in SCENES for mail in scene.mails if isinstance(mail, Answer) or not mail.is_retry]


@pytest.mark.parametrize("mail", MAILS, ids=lambda mail: mail.said)
def test_each_mail_has_its_file_and_its_values(mail: Act) -> None:
    text = files("mailguard.cli.demo").joinpath("mail", mail.file).read_text(encoding="utf-8")
    assert text.format(**{"date": "", "message_id": "", **mail.values})


def test_every_file_is_played() -> None:
    folder = files("mailguard.cli.demo").joinpath("mail")
    assert {file.name for file in folder.iterdir()} == {mail.file for mail in MAILS}


def test_the_flag_turns_and_turns_back_and_the_template_with_it() -> None:
    story = SCENES[0].mails
    assert [mail.flag for mail in story if mail.flag is not None] == [False, True, True, False]
    assert len({mail.says for mail in story if isinstance(mail, Mail) and mail.says}) == 2


def test_every_verdict_is_shown() -> None:
    assert {mail.verdict for mail in MAILS} == set(Verdict) - {Verdict.REPLAYED}


def test_eight_hundred_reps_are_eight_hundred() -> None:
    assert len(set(REPS)) == 800


def test_what_is_stopped_says_why() -> None:
    assert all(mail.findings for mail in MAILS if mail.verdict in {Verdict.HELD, Verdict.REJECTED})
