"""mailguard.cli.check_progress: a bar for who looks, a line now and then for who does not."""

from __future__ import annotations

import sys

import pytest

from mailguard.cli.check_progress import EVERY, Lines, progress


class Clock:
    """Goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_line_comes_now_and_then_with_an_estimate(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    lines = Lines(clock=clock)
    lines.stage("audience", 100_000)
    for second, done in ((EVERY - 1, 9_000), (EVERY, 10_000), (EVERY + 1, 11_000), (EVERY * 2, 40_000)):
        clock.now = second
        lines.went_on(done)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "judging the audience: 10,000 of about 100,000, about 2 min left",
        "judging the audience: 40,000 of about 100,000, about 30 s left",
    ]


@pytest.mark.parametrize("expected", [0, 900])
def test_nothing_is_estimated_where_nobody_knows_how_many(capsys: pytest.CaptureFixture[str], expected: int) -> None:
    clock = Clock()
    lines = Lines(clock=clock)
    lines.stage("audience", expected)
    clock.now = EVERY
    lines.went_on(0)
    lines.went_on(1_000)
    assert capsys.readouterr().err == "judging the audience: 1,000\n"


def test_terminal_gets_a_bar(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with progress() as listener:
        listener.stage("message", 0)
        listener.stage("audience", 10)
        listener.went_on(5)
        listener.went_on(12)
        listener.stage("signing", 12)
        listener.went_on(12)
    out, err = capsys.readouterr()
    assert out == ""
    assert "signing" in err


def test_elsewhere_lines_are_written() -> None:
    with progress() as listener:
        assert isinstance(listener, Lines)
