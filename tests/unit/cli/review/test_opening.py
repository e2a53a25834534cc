"""mailguard.cli.review.opening: the full-screen review opens where there is a screen."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from mailguard.cli.review.opening import check_terminal, is_light
from mailguard.errors import UsageError
from tests.unit.cli.conftest import Mailguard


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Makes the standard streams a terminal of some size, when called in a test: pytest puts its own there before."""
    with ExitStack() as stack:

        def open_screen(columns: int, rows: int, *, term: str = "xterm-256color") -> None:
            ends = [stack.enter_context(os.fdopen(end)) for end in os.openpty()]
            for name in ("stdin", "stdout", "stderr"):
                monkeypatch.setattr(sys, name, ends[1])
            for name, value in (("COLUMNS", columns), ("LINES", rows), ("TERM", term)):
                monkeypatch.setenv(name, str(value))

        yield open_screen


def test_without_a_terminal_one_line_names_the_commands_for_scripts(mailguard: Mailguard) -> None:
    ran = mailguard("review")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == "mailguard: the review needs a terminal; for scripts: mailguard review list, decide, export, import\n"


@pytest.mark.parametrize("term", ["", "dumb"])
def test_terminal_that_can_move_no_cursor_is_none(screen: Callable[..., None], term: str) -> None:
    screen(80, 24, term=term)
    with pytest.raises(UsageError, match="needs a terminal"):
        check_terminal()


@pytest.mark.parametrize(("columns", "rows"), [(59, 24), (80, 15)])
def test_terminal_that_is_too_small_is_refused(screen: Callable[..., None], columns: int, rows: int) -> None:
    screen(columns, rows)
    with pytest.raises(UsageError, match=f"{columns} by {rows}, the review needs 60 by 16"):
        check_terminal()


@pytest.mark.parametrize(("columns", "rows"), [(60, 16), (80, 24), (200, 50)])
def test_terminal_of_ordinary_size_will_do(screen: Callable[..., None], columns: int, rows: int) -> None:
    screen(columns, rows)
    check_terminal()


@pytest.mark.parametrize(("colours", "expected"), [("0;15", True), ("0;default;7", True), ("15;0", False), ("", False)])
def test_light_background_is_known_by_what_the_terminal_says(
    monkeypatch: pytest.MonkeyPatch,
    colours: str,
    expected: bool,  # noqa: FBT001 - pytest gives it
) -> None:
    monkeypatch.setitem(os.environ, "COLORFGBG", colours)
    assert is_light() is expected
