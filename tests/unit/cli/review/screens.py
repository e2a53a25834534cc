"""The full-screen review, running without a terminal, as a clerk sees and drives it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.pilot import Pilot
from textual.widgets import Static

from mailguard.cli.review.desk import Desk
from mailguard.cli.review.screen import Page, ReviewApp
from mailguard.identity.clerical import Answer
from mailguard.relay.clock import system_clock
from mailguard.store.database import Database
from mailguard.store.verdicts import Verdict, all_verdicts, history
from tests.unit.cli.review.conftest import THRESHOLDS

NARROW, WIDE = (80, 24), (200, 50)


class Screen:
    """The running review, as a clerk sees and drives it."""

    def __init__(self, app: ReviewApp, pilot: Pilot[None]) -> None:
        self.app = app
        self._pilot = pilot

    async def press(self, *keys: str) -> None:
        """Press keys one after the other, each when all that the one before caused has happened."""
        for key in keys:
            await self._pilot.press(key)
            await self.settle()

    async def press_at_once(self, *keys: str) -> None:
        """Press keys without waiting for what they cause."""
        await self._pilot.press(*keys)

    async def settle(self) -> None:
        """Wait until nothing is under way."""
        await self._pilot.pause()
        async with asyncio.timeout(20):
            while self.app._is_busy:  # noqa: ASYNC110 - the screen tells nobody that it is done but who looks at it
                await asyncio.sleep(0)
        await self._pilot.pause()

    async def resize(self, columns: int, rows: int) -> None:
        await self._pilot.resize_terminal(columns, rows)
        await self._pilot.pause()

    def text(self, id: str) -> str:
        """What a part of the screen says."""
        widget = self.app.query_one(f"#{id}")
        content = widget.render()
        assert isinstance(widget, Page | Static)
        return str(content)

    @property
    def pair(self) -> str:
        """The question on the screen."""
        return self.text("heading").split()[0]

    @property
    def has_score(self) -> bool:
        return bool(self.app.query_one("#score").display)


@asynccontextmanager
async def review(
    database: Database, *, size: tuple[int, int] = NARROW, settle: float = 0.0, light: bool = False
) -> AsyncIterator[Screen]:
    """The review on a screen of that size."""
    desk = Desk(database, clerk="ada", thresholds=THRESHOLDS, clock=system_clock)
    app = ReviewApp(desk, settle=settle, is_light=light)
    async with app.run_test(size=size) as pilot:
        screen = Screen(app, pilot)
        await screen.settle()
        yield screen
    desk.close()


def said(database: Database) -> list[tuple[str, Answer]]:
    with database.read() as connection:
        return [(f"{one.a}-{one.b}", one.answer) for one in all_verdicts(connection)]


def history_of(database: Database, id: str) -> list[Verdict]:
    a, b = id.split("-")
    with database.read() as connection:
        return history(connection, (int(a), int(b)))
