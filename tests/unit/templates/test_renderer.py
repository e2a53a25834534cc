"""Rendering in processes: what comes back, and what becomes of one that takes too long, too much, or dies."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvloop

from mailguard.errors import TemporaryError
from mailguard.templates.renderer import Renderer
from mailguard.templates.template import Failure, RenderLimits, Source

ENDLESS = "{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}{% endfor %}{% endfor %}{% endfor %}"
DOUBLING = "{% set n = namespace(x='x' * 1000) %}{% for _ in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}"


@asynccontextmanager
async def running(**limits: Any) -> AsyncIterator[Renderer]:
    renderer = Renderer(RenderLimits(**{"processes": 1, "seconds": 30.0, **limits}))
    try:
        yield renderer
    finally:
        await renderer.close()
        assert renderer.processes == ()


async def rendered(renderer: Renderer, source: str, **values: Any) -> tuple[str, ...] | Failure:
    return await renderer.render([Source("text/plain", source)], values)


async def test_one_process_renders_what_comes() -> None:
    async with running() as renderer:
        assert renderer.processes == ()
        assert await renderer.render(
            [Source("Subject", "{{ a }}"), Source("text/html", "{{ a }}", escapes=True)], {"a": "<"}
        ) == ("<", "&lt;")
        first = renderer.processes
        assert await rendered(renderer, "{{ a }}", a="ä") == ("ä",)
        assert renderer.processes == first != ()


async def test_mistake_costs_no_process() -> None:
    async with running() as renderer:
        assert await rendered(renderer, "x\n{{ a }}") == Failure("text/plain", 2, "'a' is undefined")
        first = renderer.processes
        assert await rendered(renderer, "{{ 'a' * 10**9 }}") == Failure("text/plain", 1, "*: more than 1000000 characters")
        assert renderer.processes == first


async def test_process_that_takes_too_long_is_replaced() -> None:
    async with running(seconds=0.2) as renderer:
        assert await rendered(renderer, ENDLESS) == Failure("", 0, "takes longer than 0.2 s", is_exhaustion=True)
        assert renderer.processes == ()
        renderer._limits = RenderLimits(processes=1, seconds=30.0)
        assert await rendered(renderer, "x") == ("x",)


async def test_process_that_takes_too_much_memory_is_replaced() -> None:
    async with running(memory=134_217_728) as renderer:
        assert await rendered(renderer, DOUBLING) == Failure(
            "text/plain", 0, "takes more memory than 128 MB", is_exhaustion=True
        )
        assert renderer.processes == ()
        assert await rendered(renderer, "x") == ("x",)


async def test_too_much_output_is_a_failure() -> None:
    async with running(output=1_000) as renderer:
        assert await rendered(renderer, "x" * 1_000) == ("x" * 1_000,)
        found = await rendered(renderer, "{% for a in range(9999) %}xxxxxxxxxx{% endfor %}")
        assert str(found) == "text/plain: renders to more than 1000 octets in all"


async def test_process_that_was_killed_is_replaced_without_a_mail_being_lost() -> None:
    async with running() as renderer:
        assert await rendered(renderer, "x") == ("x",)
        (first,) = renderer.processes
        os.kill(first, signal.SIGKILL)
        assert await rendered(renderer, "y") == ("y",)
        assert renderer.processes != (first,)


async def test_mail_is_not_to_blame_for_processes_that_died_before_it() -> None:
    async with running(processes=2) as renderer:
        await asyncio.gather(*(rendered(renderer, "x") for _ in range(2)))
        for process in renderer.processes:
            os.kill(process, signal.SIGKILL)
        assert await rendered(renderer, "y") == ("y",)


def test_process_that_died_while_it_was_idle_is_replaced_in_the_loop_of_a_worker_too() -> None:
    async def after_a_death() -> tuple[str, ...] | Failure:
        async with running() as renderer:
            assert await rendered(renderer, "x") == ("x",)
            (child,) = renderer._children
            child.process.kill()
            await child.process.wait()
            await asyncio.sleep(0)
            return await rendered(renderer, "y")

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(after_a_death()) == ("y",)


async def test_process_that_is_killed_within_a_rendering_is_replaced_and_the_mail_tried_once_more() -> None:
    async with running() as renderer:
        assert await rendered(renderer, "x") == ("x",)
        (first,) = renderer.processes
        os.kill(first, signal.SIGSTOP)
        under_way = asyncio.create_task(rendered(renderer, "y"))
        await asyncio.sleep(0)
        os.kill(first, signal.SIGKILL)
        assert await under_way == ("y",)


async def test_what_kills_each_process_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running() as renderer:
        start = renderer._start

        async def started() -> Any:
            child = await start()
            os.kill(child.process.pid, signal.SIGKILL)
            return child

        monkeypatch.setattr(renderer, "_start", started)
        assert await rendered(renderer, "x") == Failure("", 0, "ends the process that renders it", is_exhaustion=True)


async def test_renderings_wait_for_their_turn() -> None:
    async with running(processes=2) as renderer:
        found = await asyncio.gather(*(rendered(renderer, "{{ n }}", n=n) for n in range(20)))
        assert found == [(str(n),) for n in range(20)]
        assert len(renderer.processes) == 2


async def test_rendering_that_is_given_up_leaves_no_process_behind() -> None:
    async with running(seconds=600.0) as renderer:
        assert await rendered(renderer, "x") == ("x",)
        task = asyncio.create_task(rendered(renderer, ENDLESS))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert renderer.processes == ()
        assert await rendered(renderer, "x") == ("x",)


@pytest.mark.parametrize("program", ["/nonexistent/python", "/bin/true"])
async def test_process_that_cannot_be_had_leaves_the_mail_with_its_sender(
    program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", program)
    async with running() as renderer:
        with pytest.raises(TemporaryError):
            await rendered(renderer, "x")


async def test_process_sees_nothing_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILGUARD_DATABASE__URL", "postgresql://user:secret@host/name")
    async with running() as renderer:
        assert await rendered(renderer, "x") == ("x",)
        (first,) = renderer.processes
        assert b"secret" not in await asyncio.to_thread(Path(f"/proc/{first}/environ").read_bytes)
