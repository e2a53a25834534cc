"""mailguard.cli.demo.stage: a mail is followed from its sender to where it rests."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mailguard.cli.demo.scenes import SCENES, Verdict
from mailguard.cli.demo.stage import opened

ASKS = SCENES[0].mails[0]


async def test_the_clock_moves_from_mail_to_mail(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        first = await stage.play(ASKS)
        second = await stage.play(SCENES[0].mails[1])
        assert second.at - first.at == SCENES[0].mails[1].after
        assert (first.verdict, second.verdict) == (Verdict.DELIVERED, Verdict.REJECTED)
        assert stage.next_hop.recipients == 1


async def test_a_finding_that_was_expected_and_is_missing_is_noticed(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        played = await stage.play(replace(ASKS, findings=SCENES[0].mails[1].findings))
        assert not played.is_as_expected


async def test_a_retry_is_the_same_octets_again(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        await stage.play(ASKS)
        again = await stage.play(replace(ASKS, is_retry=True))
        assert again.verdict is Verdict.REPLAYED
        assert stage.next_hop.recipients == 1
