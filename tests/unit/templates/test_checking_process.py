"""mailguard.templates.checking_process: a template harms nobody, and what it was checked for until then is told."""

from __future__ import annotations

import io
import signal
from dataclasses import replace
from typing import Any

import pytest

from mailguard.templates.checking_process import Stopped, main, serve, walked
from mailguard.templates.frames import frame, read_frame
from mailguard.templates.template import RenderLimits

QUICK = RenderLimits(seconds=0.3, memory=268_435_456, output=100_000)


def job(text: str) -> dict[str, Any]:
    return {"sources": [["text", text, False]], "rows": None, "languages": [], "classes": ["bulk"], "unsubscribe_url": ""}


def test_walk_is_told_from_another_process() -> None:
    opening, *cases = walked(job("Hello {{ name }}"), limits=RenderLimits())
    assert not isinstance(opening, Stopped)
    assert opening["made_up"] == ["name"]
    assert len(cases) == 6


@pytest.mark.parametrize(
    ("text", "line", "why", "seconds"),
    [
        ("\n{% for a in range(9999) %}{% for b in range(9999) if b < 0 %}{% endfor %}{% endfor %}", 2, "longer", 0.3),
        (
            "{% set ns = namespace(x='aaaaaaaa') %}{% for i in range(40) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
            0,
            "memory",
            60,
        ),
    ],
)
def test_what_takes_too_much_is_stopped(text: str, line: int, why: str, seconds: float) -> None:
    *_, last = walked(job(text), limits=replace(QUICK, seconds=seconds))
    assert isinstance(last, Stopped)
    assert (last.part, last.line) == ("text", line)
    assert why in last.why


def test_whole_check_has_an_end() -> None:
    *_, last = walked(
        job("{% for a in range(9999) %}{% for b in range(9999) if b < 0 %}{% endfor %}{% endfor %}"),
        limits=RenderLimits(),
        seconds=0.2,
    )
    assert last == Stopped("", 0, "the check takes longer than 0.2 s")


def test_process_that_ends_before_it_is_asked_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/true")
    (only,) = walked(job("Hello" * 100_000), limits=RenderLimits())
    assert only == Stopped("", 0, "ends the process that renders it")


def test_process_answers_frame_by_frame() -> None:
    answers = io.BytesIO()
    serve(io.BytesIO(frame(job("Hello"))), answers, output=100, seconds=5)
    answers.seek(0)
    told = [read_frame(answers) for _ in range(8)]
    assert told[-1] == {"done": True}


def test_process_confines_itself_first(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setattr("mailguard.templates.checking_process.confine", asked.append)
    monkeypatch.setattr(
        "sys.stdin",
        io.TextIOWrapper(
            io.BytesIO(frame(job("{% for a in range(9999) %}{% for b in range(9999) if b < 0 %}{% endfor %}{% endfor %}")))
        ),
    )
    written = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(written, write_through=True))
    before = signal.getsignal(signal.SIGALRM)
    main(["268435456", "100000", "0.05"])
    signal.signal(signal.SIGALRM, before)
    assert asked == [268_435_456]
    assert b'"stopped"' in written.getvalue()
