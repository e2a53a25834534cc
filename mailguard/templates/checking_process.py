"""The process that a template is walked in, and how it is asked: what a template may cost is bounded, whatever it is.

Run as `python -m mailguard.templates.checking_process MEMORY OUTPUT SECONDS`. Waits: a check is a person's, not the relay's.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Timer
from types import FrameType
from typing import Any, BinaryIO, Final, cast

import mailguard
from mailguard.templates.checking_walk import ExhaustedError, TooLongError, walk
from mailguard.templates.child import confine
from mailguard.templates.frames import frame, read_frame
from mailguard.templates.template import RenderLimits


@dataclass(frozen=True, slots=True)
class Stopped:
    """The process ended before it was done: in which part and line (where that is known), and `why` in one clause."""

    part: str
    line: int
    why: str


CHECK_SECONDS: Final = 120.0
"""Seconds that a whole check may take."""


def walked(
    job: Mapping[str, Any], *, limits: RenderLimits, seconds: float = CHECK_SECONDS
) -> Iterator[dict[str, Any] | Stopped]:
    """Yield what `checking_walk.walk` tells of the job, and at last why it stopped where it did."""
    process = subprocess.Popen(  # noqa: S603 - this module, by this interpreter
        [
            *(sys.executable, "-P", "-s", "-B", "-m", "mailguard.templates.checking_process"),
            *(str(limits.memory), str(limits.output), str(limits.seconds)),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PYTHONPATH": str(Path(mailguard.__file__).parents[1]), "LC_ALL": "C.UTF-8"},
        start_new_session=True,
    )
    if process.stdin is None or process.stdout is None:
        raise AssertionError("pipes were asked for")
    deadline = Timer(seconds, process.kill)
    deadline.start()
    try:
        with suppress(BrokenPipeError):
            process.stdin.write(frame(job))
            process.stdin.close()
        yield from _told(cast("BinaryIO", process.stdout))
        if deadline.finished.is_set():
            yield Stopped("", 0, f"the check takes longer than {seconds:g} s")
    finally:
        deadline.cancel()
        process.kill()
        with suppress(BrokenPipeError):
            process.stdin.close()
        process.stdout.close()
        process.wait()


def _told(stream: BinaryIO) -> Iterator[dict[str, Any] | Stopped]:
    while (told := read_frame(stream)) is not None:
        if told.get("done"):
            return
        if "stopped" in told:
            yield Stopped(*told["stopped"])
            return
        yield told
    yield Stopped("", 0, "ends the process that renders it")


def serve(requests: BinaryIO, answers: BinaryIO, *, output: int, seconds: float) -> None:
    """Walk the one job that is asked for, and tell what it comes to."""
    job = read_frame(requests)
    try:
        answers.writelines(frame(told) for told in walk(job, timed=partial(_timed, seconds), most=output))
    except ExhaustedError as error:
        answers.write(frame({"stopped": [error.part, error.line, str(error)]}))
    except MemoryError:
        answers.write(frame({"stopped": ["", 0, "takes more memory than it may have"]}))
    answers.flush()


@contextmanager
def _timed(seconds: float) -> Iterator[None]:
    """Let what runs within it take so long; then TooLongError is raised in it."""
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _too_long(_number: int, _where: FrameType | None) -> None:
    raise TooLongError


def main(arguments: Sequence[str]) -> None:
    """Confine this process and serve its standard streams."""
    memory, output, seconds = (float(argument) for argument in arguments)
    confine(int(memory))
    signal.signal(signal.SIGALRM, _too_long)
    serve(sys.stdin.buffer, sys.stdout.buffer, output=int(output), seconds=seconds)


if __name__ == "__main__":
    main(sys.argv[1:])
