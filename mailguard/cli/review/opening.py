"""Opening the full-screen review, where there is a screen."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Final

from mailguard.cli.ledger import open_ledger
from mailguard.cli.options import actor
from mailguard.cli.review.deciding import thresholds_of
from mailguard.cli.review.desk import Desk
from mailguard.cli.review.layout import LEAST_HEIGHT, LEAST_WIDTH
from mailguard.errors import UsageError
from mailguard.relay.clock import system_clock

_LIGHT_BACKGROUNDS: Final = {"7", "15"}
"""White, in the colours of `COLORFGBG`, by which some terminals tell how they look."""


def open_screen(config: Path | None) -> None:
    """Run the review until the clerk ends it. Raises UsageError where there is no terminal, or too small a one."""
    check_terminal()
    # A third of a second, for those who want the screen.
    from mailguard.cli.review.screen import ReviewApp  # noqa: PLC0415

    with open_ledger(config) as (loaded, database):
        desk = Desk(database, clerk=actor(), thresholds=thresholds_of(loaded), clock=system_clock)
        try:
            ReviewApp(desk, is_light=is_light()).run()
        finally:
            desk.close()


def check_terminal() -> None:
    """Raise UsageError where the screen cannot be shown."""
    streams = (sys.stdin, sys.stdout, sys.stderr)
    if not all(stream.isatty() for stream in streams) or os.environ.get("TERM", "") in {"", "dumb"}:
        raise UsageError("the review needs a terminal; for scripts: mailguard review list, decide, export, import")
    columns, rows = shutil.get_terminal_size()
    if columns < LEAST_WIDTH or rows < LEAST_HEIGHT:
        raise UsageError(
            f"the terminal is {columns} by {rows}, the review needs {LEAST_WIDTH} by {LEAST_HEIGHT};"
            " make it larger, or use: mailguard review list"
        )


def is_light() -> bool:
    """Whether the terminal says that its background is light."""
    return os.environ.get("COLORFGBG", "").rpartition(";")[2] in _LIGHT_BACKGROUNDS
