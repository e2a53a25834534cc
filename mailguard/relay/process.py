"""A worker as a process of its own: its event loop, its signals, and the parent that it will not outlive."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final

import structlog

from mailguard.errors import MailguardError
from mailguard.relay.metrics import open_metrics
from mailguard.relay.settings import Policy, RelaySettings
from mailguard.relay.supervisor import Lifeline, shared_socket
from mailguard.relay.worker import Worker

SWITCH_INTERVAL: Final = 0.0005
"""Seconds after which the event loop lets the writer's thread have the interpreter; Python's default is ten times that."""

_log = structlog.get_logger(__name__)


def run_worker(
    settings: RelaySettings, lifeline: Lifeline, *, reload: Callable[[], Policy], metrics_directory: Path | None
) -> int:
    """Run one worker until SIGTERM, SIGINT or the parent's end; return the exit status. SIGHUP rereads the policy."""
    # The writer holds the ledger's lock while it waits for its turn in the interpreter; all workers wait with it.
    sys.setswitchinterval(SWITCH_INTERVAL)
    return _run(_serve(settings, lifeline, reload=reload, metrics_directory=metrics_directory))


async def _serve(
    settings: RelaySettings, lifeline: Lifeline, *, reload: Callable[[], Policy], metrics_directory: Path | None
) -> int:
    stopping = asyncio.Event()
    sock = shared_socket(settings.listen.host, settings.listen.port)
    worker = Worker(settings, metrics=open_metrics(metrics_directory), sock=sock)
    await worker.start()
    _listen_to_signals(worker, lifeline, stopping=stopping, reload=reload)
    lifeline.say_ready()
    await stopping.wait()
    await worker.stop()
    return 0


def _listen_to_signals(worker: Worker, lifeline: Lifeline, *, stopping: asyncio.Event, reload: Callable[[], Policy]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    loop.add_signal_handler(signal.SIGHUP, use_new_policy, worker.use, reload)
    # The parent holds the other end and never writes: that this end can be read means that the parent is gone.
    loop.add_reader(lifeline.alive, _orphaned, stopping, lifeline)


def use_new_policy(use: Callable[[Policy], None], reload: Callable[[], Policy]) -> None:
    """Have the policy that the file has now used from now on; where it has an error, the old one stays."""
    try:
        use(reload())
    except MailguardError as error:
        _log.error("policy_kept", reason=str(error))
    else:
        _log.info("policy_reread", process=os.getpid())


def _orphaned(stopping: asyncio.Event, lifeline: Lifeline) -> None:
    asyncio.get_running_loop().remove_reader(lifeline.alive)
    stopping.set()


def _run(main: Coroutine[Any, Any, int]) -> int:
    """Run `main` in uvloop's event loop where there is one."""
    if importlib.util.find_spec("uvloop") is None:
        return asyncio.run(main)
    import uvloop  # noqa: PLC0415 - an optional dependency

    return uvloop.run(main)
