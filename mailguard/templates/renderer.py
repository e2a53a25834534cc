"""Rendering in processes of their own: a few children, each with one template at a time, and none that may hold up the relay.

A child that takes too long is killed and replaced; one that died is replaced, and what it had is tried once more. Knows no
template language: that is for `child`.
"""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import structlog

import mailguard
from mailguard.errors import TemporaryError
from mailguard.templates.frames import LENGTH_OCTETS, frame, length_in, unframed
from mailguard.templates.template import Failure, RenderLimits, Source

_log = structlog.get_logger(__name__)

START_PATIENCE: Final = 30.0
"""Seconds in which a child must be ready, on whatever host."""

TRIES: Final = 2
"""How often a rendering is begun whose process dies: what kills two of them would kill the next."""

_FRAMING: Final = 65_536
"""Octets of an answer besides its texts, which JSON makes at most six times as long."""


class _GoneError(Exception):
    """The child has ended."""


class _Child:
    """One process and what it is asked. `reader` and `writer` are its standard streams; `most`: octets of one answer."""

    def __init__(self, process: Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, most: int) -> None:
        self.process = process
        self._reader = reader
        self._writer = writer
        self._most = most

    async def ask(self, request: bytes) -> Any:
        """The answer to `request`. Raises _GoneError where the process ended without one."""
        try:
            self._writer.write(request)
            await self._writer.drain()
        except (OSError, RuntimeError) as error:  # uvloop's word for a process that ended while it was idle is RuntimeError
            raise _GoneError from error
        return await self.hear()

    async def hear(self) -> Any:
        """The next thing it says. Raises _GoneError where it says no more, or what it never says."""
        try:
            length = length_in(await self._reader.readexactly(LENGTH_OCTETS))
            if length <= self._most:
                return unframed(await self._reader.readexactly(length))
        except (OSError, asyncio.IncompleteReadError, ValueError) as error:
            raise _GoneError from error
        raise _GoneError

    async def end(self) -> None:
        """Kill it, and wait until it is gone and its streams are closed."""
        with suppress(ProcessLookupError):
            self.process.kill()
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()
        while await self._reader.read(_FRAMING):
            pass
        await self.process.wait()


class Renderer:
    """Up to `limits.processes` children, started when they are first needed. Of one event loop."""

    def __init__(self, limits: RenderLimits) -> None:
        self._limits = limits
        self._turn = asyncio.Semaphore(limits.processes)
        self._idle: list[_Child] = []
        self._children: set[_Child] = set()

    @property
    def processes(self) -> tuple[int, ...]:
        """The ids of the children."""
        return tuple(child.process.pid for child in self._children)

    async def render(self, sources: Sequence[Source], values: Mapping[str, Any]) -> tuple[str, ...] | Failure:
        """The texts in the order of `sources`, or why there are none.

        Raises TemporaryError where no process can be had. Waiting for one is not counted as time of the rendering.
        """
        request = frame(
            {
                "sources": [[source.name, source.text, source.escapes] for source in sources],
                "values": values,
                "seconds": self._limits.seconds,
            }
        )
        async with self._turn:
            for number in range(TRIES):
                try:
                    return self._read(await self._asked(request, may_be_idle=number == 0))
                except _GoneError:
                    _log.warning("renderer_died")
                except TimeoutError:
                    return Failure("", 0, f"takes longer than {self._limits.seconds:g} s", is_exhaustion=True)
        return Failure("", 0, "ends the process that renders it", is_exhaustion=True)

    async def close(self) -> None:
        """End all children."""
        children, self._children = self._children, set()
        self._idle.clear()
        await asyncio.gather(*(child.end() for child in children))

    async def _asked(self, request: bytes, *, may_be_idle: bool) -> Any:
        """What a child answers; one that has not answered in time, or had too little memory, is not used again.

        Only where it `may_be_idle` is one asked that is there already: it may have died long ago, of something else.
        """
        child = self._idle.pop() if self._idle and may_be_idle else await self._start()
        answer: Any = None
        try:
            async with asyncio.timeout(self._limits.seconds):
                answer = await child.ask(request)
        finally:
            if answer is None or answer.get("exhausted"):
                self._children.discard(child)
                await child.end()
            else:
                self._idle.append(child)
        return answer

    async def _start(self) -> _Child:
        limits = self._limits
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-s", "-B", "-m", "mailguard.templates.child"),
                *(str(limits.memory), str(limits.output)),
                stdin=PIPE,
                stdout=PIPE,
                env={"PYTHONPATH": str(Path(mailguard.__file__).parents[1]), "LC_ALL": "C.UTF-8"},
                start_new_session=True,
            )
        except OSError as error:
            raise TemporaryError("no process to render in") from error
        if process.stdin is None or process.stdout is None:
            raise TemporaryError("the process that renders has no streams")
        child = _Child(process, process.stdout, process.stdin, most=6 * limits.output + _FRAMING)
        self._children.add(child)
        try:
            async with asyncio.timeout(START_PATIENCE):
                await child.hear()
        except (_GoneError, TimeoutError) as error:
            self._children.discard(child)
            await child.end()
            raise TemporaryError("the process that renders does not start") from error
        return child

    def _read(self, answer: Any) -> tuple[str, ...] | Failure:
        if "texts" in answer:
            return tuple(answer["texts"])
        if answer.get("exhausted"):
            memory = f"takes more memory than {self._limits.memory // 1_048_576} MB"
            return Failure(answer["part"], 0, memory, is_exhaustion=True)
        return Failure(answer["part"], answer["line"], answer["text"])
