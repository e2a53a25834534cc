"""mailguard.web.threads: no reader waits for who waits for the writer."""

from __future__ import annotations

import asyncio
from threading import Event

import pytest

from mailguard.web import threads
from mailguard.web.problem import Refusal
from mailguard.web.threads import Threads


async def test_busy_writer_keeps_no_reader_waiting() -> None:
    some, free = Threads(), Event()
    writing = [asyncio.create_task(some.write(free.wait)) for _ in range(20)]
    assert await some.read(lambda: 4711) == 4711
    free.set()
    assert await asyncio.gather(*writing) == [True] * 20


async def test_who_would_wait_too_long_is_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "MOST_WAITING", 2)
    some, free = Threads(), Event()
    writing = [asyncio.create_task(some.write(free.wait)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(Refusal) as refused:
        await some.write(free.wait)
    assert (refused.value.status_code, (refused.value.headers or {})["Retry-After"]) == (503, "1")
    free.set()
    await asyncio.gather(*writing)
    assert await some.write(lambda: 1) == 1


async def test_failure_gives_the_place_in_the_line_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "MOST_WAITING", 1)
    some = Threads()
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            await some.write(lambda: 1 // 0)
