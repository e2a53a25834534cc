"""mailguard.cli.demo.before_and_after: the check and the recall of the demo are those of the commands."""

from __future__ import annotations

from pathlib import Path

from mailguard.cli.demo.stage import BEGINNING, opened

LETTER = b"""From: kitchen@shop.example\r
To: undisclosed-recipients:;\r
Subject: Your dinner\r
List-Unsubscribe: <https://shop.example/u>\r
List-Unsubscribe-Post: List-Unsubscribe=One-Click\r
\r
Good morning,\r
\r
%s\r
"""


async def test_what_passes_is_signed_and_what_fails_is_not(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        good = stage.before.check("good.eml", LETTER % b"fish on Friday.", to=["a@people.example"], now=BEGINNING)
        bad = stage.before.check("bad.eml", LETTER % b"fish on {{ day }}.", to=["a@people.example"], now=BEGINNING)
    assert good.verdict == "pass"
    assert good.token
    assert good.audience.rows == 1
    assert bad.verdict == "fail"
    assert not bad.token


async def test_what_was_never_sent_cannot_be_recalled(tmp_path: Path) -> None:
    async with opened(tmp_path) as stage:
        assert stage.before.recall("01JD0000000000000000000000", now=BEGINNING) is None
