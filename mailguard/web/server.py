"""Serves the application in its own process of the group, until it is told to stop or its parent is gone."""

from __future__ import annotations

import asyncio
import importlib.util
import signal
from collections.abc import Callable, Coroutine
from socket import IPPROTO_TCP, TCP_NODELAY, socket
from typing import Any

import uvicorn
from fastapi import FastAPI

_GRACE = 5
"""Seconds that requests under way have to finish."""


def serve_http(
    app: FastAPI, *, sock: socket, parent: int, ready: Callable[[], None], hangup: Callable[[], None] = lambda: None
) -> int:
    """Answer on `sock`, which is bound, until SIGTERM or the end of the parent; return the exit status.

    `parent` is a descriptor that reads EOF when the parent is gone; `ready` is called when requests are answered, `hangup`
    at SIGHUP.
    """
    # What is accepted inherits it. Not every event loop sets it, and without it an answer's body waits
    # 40 ms for the acknowledgement of its header.
    sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _already_heard)
    signal.signal(signal.SIGINT, _already_heard)
    settings = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", server_header=False, timeout_graceful_shutdown=_GRACE
    )
    server = _Server(settings, ready, hangup)
    _run(server.run_until_orphaned(sock, parent))
    return 0


def _run(main: Coroutine[Any, Any, None]) -> None:
    """Run `main` in uvloop's event loop where there is one."""
    if importlib.util.find_spec("uvloop") is None:
        asyncio.run(main)
        return
    import uvloop  # noqa: PLC0415 - an optional dependency

    uvloop.run(main)


def _already_heard(_number: int, _frame: object) -> None:
    """Do nothing: uvicorn, which has stopped for the signal, hands it on when it is done."""


class _Server(uvicorn.Server):
    """Tells when it answers, and stops when nobody is left to stop it."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], hangup: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready
        self._hangup = hangup

    async def startup(self, sockets: list[socket] | None = None) -> None:
        """Start as usual, then say so."""
        await super().startup(sockets)
        self._ready()

    async def run_until_orphaned(self, sock: socket, parent: int) -> None:
        """Serve until told to stop, or until `parent` reads EOF."""
        loop = asyncio.get_running_loop()

        def stop() -> None:
            loop.remove_reader(parent)
            self.should_exit = True

        loop.add_reader(parent, stop)
        loop.add_signal_handler(signal.SIGHUP, self._hangup)
        await self.serve(sockets=[sock])
