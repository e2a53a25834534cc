"""The HTTP server as a process of the group: wires the probe and the desk to the routes, and the routes to the socket."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from socket import socket

import structlog

from mailguard.config.bearer import Token
from mailguard.errors import MailguardError
from mailguard.relay.process import SWITCH_INTERVAL
from mailguard.relay.settings import Policy, RelaySettings
from mailguard.relay.supervisor import Lifeline
from mailguard.replies.settings import ReplySettings
from mailguard.web.app import Api, create_app
from mailguard.web.desk import Desk, UnavailableError
from mailguard.web.probe import Probe
from mailguard.web.server import serve_http

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """All that the HTTP server is told. `metrics`: the directory that the workers count in. `check_rate`: checks an hour."""

    relay: RelaySettings
    replies: ReplySettings
    metrics: Path
    tokens: tuple[Token, ...] = ()
    check_rate: int = 0

    @property
    def unsubscribes(self) -> bool:
        """Whether mail carries links that unsubscribe."""
        return bool(self.relay.rendering.unsubscribe_url)


def run_http(settings: HttpSettings, lifeline: Lifeline, *, sock: socket, reload: Callable[[], Policy]) -> int:
    """Answer on `sock` until SIGTERM or the parent's end; return the exit status. SIGHUP rereads the policy."""
    # The threads that ask the database would else keep the event loop waiting for the interpreter, ten times as long.
    sys.setswitchinterval(SWITCH_INTERVAL)
    probe, desk = Probe(settings.relay.database, settings.metrics), Desk(settings.relay, settings.replies)
    api = Api(
        desk=desk,
        tokens=settings.tokens,
        unsubscribes=settings.unsubscribes,
        most=settings.relay.listen.max_size,
        check_rate=settings.check_rate,
    )
    app = create_app(readiness=probe.readiness, metrics=probe.exposition, api=api)
    try:
        _warm_up(desk, api)
        return serve_http(
            app, sock=sock, parent=lifeline.alive, ready=lifeline.say_ready, hangup=lambda: _use_new_policy(desk, reload)
        )
    finally:
        desk.close()
        probe.close()


def _warm_up(desk: Desk, api: Api) -> None:
    if api.tokens or api.unsubscribes:
        with suppress(UnavailableError):  # then the first request tries again, and says so
            desk.warm_up()


def _use_new_policy(desk: Desk, reload: Callable[[], Policy]) -> None:
    try:
        desk.use(reload())
    except MailguardError as error:
        _log.error("policy_kept", reason=str(error))
