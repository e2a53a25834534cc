"""mailguard.cli.review.dialogs: the help, and the reason for an answer."""

from __future__ import annotations

from mailguard.cli.review.dialogs import HelpScreen, ReasonScreen
from mailguard.store.database import Database
from tests.unit.cli.review.screens import history_of, review, said


async def test_reason_is_kept_with_the_answer(database: Database, asked: list[str]) -> None:
    async with review(database) as screen:
        await screen.press("r", *"same card", "enter")
        assert "reason: same card" in screen.text("heading")
        await screen.press("r", *"!!", "escape")
        await screen.press("s")
        assert [one.reason for one in history_of(database, asked[0])] == ["same card"]
        assert "reason" not in screen.text("heading")


async def test_keys_in_a_reason_answer_nothing(database: Database, asked: list[str]) -> None:
    async with review(database) as screen:
        await screen.press("r", *"sdunzq")
        assert isinstance(screen.app.screen, ReasonScreen)
        assert said(database) == []


async def test_help_explains_the_keys(database: Database, asked: list[str]) -> None:
    async with review(database) as screen:
        await screen.press("question_mark")
        assert isinstance(screen.app.screen, HelpScreen)
        await screen.press("s")
        assert said(database) == []
        await screen.press("escape")
        assert not isinstance(screen.app.screen, HelpScreen)
