"""mailguard.cli.demo.scenes: the scenes are complete before they are played."""

from __future__ import annotations

from importlib.resources import files

import pytest

from mailguard.cli.demo.scenes import GUESTS, REPS, SCENES, Answer, Check, Mail, Recall, Verdict

ACTS = [act for scene in SCENES for act in scene.mails]
MAILS = [act for act in ACTS if isinstance(act, Answer | Check) or (isinstance(act, Mail) and not act.is_retry)]


@pytest.mark.parametrize("mail", MAILS, ids=lambda mail: mail.said)
def test_each_mail_has_its_file_and_its_values(mail: Mail | Answer | Check) -> None:
    text = files("mailguard.cli.demo").joinpath("mail", mail.file).read_text(encoding="utf-8")
    assert text.format(**{"date": "", "message_id": "", "check": "", **mail.values})


def test_every_file_is_played() -> None:
    folder = files("mailguard.cli.demo").joinpath("mail")
    assert {file.name for file in folder.iterdir()} == {mail.file for mail in MAILS}


def test_the_flag_turns_and_turns_back_and_the_template_with_it() -> None:
    story = SCENES[0].mails
    assert [mail.flag for mail in story if mail.flag is not None] == [False, True, True, False]
    assert len({mail.says for mail in story if isinstance(mail, Mail) and mail.says}) == 2


def test_every_verdict_is_shown() -> None:
    assert {act.verdict for act in ACTS} == set(Verdict)


def test_eight_hundred_reps_are_eight_hundred() -> None:
    assert len(set(REPS)) == 800


def test_what_is_recalled_was_held_and_goes_to_more_than_have_got_it() -> None:
    (place,) = [place for place, act in enumerate(ACTS) if isinstance(act, Recall)]
    before, recall = ACTS[place - 1], ACTS[place]
    assert isinstance(recall, Recall)
    assert before.verdict is Verdict.HELD
    assert before.to == recall.to
    assert 0 < recall.got < len(recall.to)


def test_the_menu_goes_to_more_than_go_unchecked() -> None:
    assert len(set(GUESTS)) == 60


def test_what_is_stopped_says_why() -> None:
    assert all(act.findings for act in ACTS if act.verdict in {Verdict.HELD, Verdict.REJECTED, Verdict.FAILS})
