"""How far a check is: a bar with an estimate on a terminal, elsewhere a line now and then. All on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from mailguard.cli.output import note
from mailguard.relay.broadcast_request import CheckListener

EVERY: Final = 10.0
"""Seconds between two lines where nobody looks at a terminal."""

_SAID: Final = {
    "message": "reading the message",
    "audience": "judging the audience",
    "result": "putting the result together",
    "signing": "signing",
}


@contextmanager
def progress() -> Iterator[CheckListener]:
    """Give what is to be told how far a check is."""
    if not sys.stderr.isatty():
        yield Lines()
        return
    from rich.console import Console  # noqa: PLC0415 - a program does not pay for it
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415 - the same

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        yield _Bar(shown)


class Lines:
    """Says in a line now and then how far it is, and how long the rest may take."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._name = ""
        self._expected = 0
        self._begun = self._told = clock()

    def stage(self, name: str, expected: int) -> None:
        """Begin something else."""
        self._name, self._expected = name, expected
        self._begun = self._clock()

    def went_on(self, done: int) -> None:
        """Say so, if it was not said lately."""
        now = self._clock()
        if now - self._told < EVERY or not done:
            return
        self._told = now
        left = (now - self._begun) / done * (self._expected - done)
        rest = f" of about {self._expected:,}, {_about(left)} left" if left > 0 else ""
        note(f"{_SAID[self._name]}: {done:,}{rest}")


class _Bar:
    """Draws a bar for what is under way."""

    def __init__(self, shown: Any) -> None:
        self._shown = shown
        self._task: Any = None
        self._expected = 0

    def stage(self, name: str, expected: int) -> None:
        """Begin another bar; the former goes."""
        if self._task is not None:
            self._shown.remove_task(self._task)
        self._expected = expected
        self._task = self._shown.add_task(_SAID[name], total=expected or None)

    def went_on(self, done: int) -> None:
        """Draw it longer. What was expected is an estimate: it grows with what there is."""
        total = max(self._expected, done) if self._expected else None
        self._shown.update(self._task, completed=done, total=total)


def _about(seconds: float) -> str:
    return f"about {seconds / 60:.0f} min" if seconds >= 90 else f"about {max(1, round(seconds))} s"
