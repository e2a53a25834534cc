"""mailguard.cli.demo.stage: a mail is followed from its sender to where it rests."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mailguard.cli.demo.scenes import GUESTS, REPS, SCENES, Answer, Check, Mail, Recall, Verdict
from mailguard.cli.demo.stage import opened
from mailguard.policy.finding import Code

MAILS = [mail for mail in SCENES[0].mails if isinstance(mail, Mail)]
ASKS, STEP = MAILS[0], MAILS[1]
AGAIN = next(mail for mail in MAILS if Code.REPEAT in mail.findings)
(ANSWER,) = [mail for mail in SCENES[0].mails if isinstance(mail, Answer)]


async def test_the_clock_moves_from_mail_to_mail(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        first = await stage.play(ASKS)
        second = await stage.play(AGAIN)
        assert second.at - first.at == AGAIN.after
        assert (first.verdict, second.verdict) == (Verdict.DELIVERED, Verdict.REJECTED)
        assert stage.next_hop.recipients == 1


async def test_a_finding_that_was_expected_and_is_missing_is_noticed(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        played = await stage.play(replace(ASKS, findings=AGAIN.findings))
        assert not played.is_as_expected


async def test_a_retry_is_the_same_octets_again(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        await stage.play(ASKS)
        again = await stage.play(replace(ASKS, is_retry=True))
        assert again.verdict is Verdict.REPLAYED
        assert stage.next_hop.recipients == 1


async def test_an_answer_turns_the_flag_and_the_template_changes_its_words(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        await stage.play(ASKS)
        before = await stage.play(STEP)
        taken = await stage.play(ANSWER)
        after = await stage.play(replace(STEP, says="Thank you for your answer of Tuesday", flag=True))
        assert (before.says, after.says) == (
            "Please answer our question, so that we can go on.",
            "Thank you for your answer of Tuesday. We have all that we need.",
        )
        assert all(played.is_as_expected for played in (before, taken, after))
        assert taken.verdict is Verdict.TAKEN


async def test_words_or_a_flag_that_were_expected_and_are_missing_are_noticed(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        await stage.play(ASKS)
        assert not (await stage.play(replace(STEP, says="Thank you"))).is_as_expected
        assert not (await stage.play(replace(ANSWER, flag=False))).is_as_expected


async def test_the_same_answer_again_is_not_taken_twice(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        await stage.play(ASKS)
        played = [
            await stage.play(replace(ANSWER, values={**ANSWER.values, "date": "Tue, 17 Nov 2026 09:00:00 +0000"}))
            for _ in range(2)
        ]
        assert [one.verdict for one in played] == [Verdict.TAKEN, None]


async def test_five_have_what_is_recalled_and_the_others_never_get_it(tmp_path: Path) -> None:
    story = next(scene for scene in SCENES if any(isinstance(act, Recall) for act in scene.mails))
    async with opened(tmp_path) as stage:
        first, copied, recalled = [await stage.play(act) for act in story.mails]
        assert first.is_as_expected
        assert copied.is_as_expected
        assert recalled.is_as_expected
        assert "795 cancelled" in recalled.answer
        assert stage.next_hop.recipients == len(REPS) + 5


async def test_a_broken_branch_fails_and_only_what_was_checked_goes_to_whom_it_was_checked_for(tmp_path: Path) -> None:
    story = next(scene for scene in SCENES if any(isinstance(act, Check) for act in scene.mails))
    async with opened(tmp_path) as stage:
        played = [await stage.play(act) for act in story.mails]
        assert [one.verdict for one in played] == [act.verdict for act in story.mails]
        assert stage.next_hop.recipients == len(GUESTS)


async def test_a_recall_that_comes_to_something_else_is_noticed(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        await stage.play(ASKS)
        played = await stage.play(Recall(said="all have it", got=0, to=("nobody@people.example",)))
        assert not played.is_as_expected
