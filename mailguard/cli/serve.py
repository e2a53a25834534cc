"""`mailguard serve`: the processes of the relay, of HTTP and of replies, as the configuration says."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from socket import socket
from tempfile import TemporaryDirectory
from typing import Annotated

import structlog
import typer

from mailguard.cli.options import AsJson, ConfigFile
from mailguard.config import Config, load_config
from mailguard.config.endpoint import Endpoint
from mailguard.errors import UsageError
from mailguard.relay.lmtp import reserve_lmtp
from mailguard.relay.log import set_up_log
from mailguard.relay.process import run_worker
from mailguard.relay.settings import LogFormat, Policy, RelaySettings
from mailguard.relay.supervisor import Lifeline, Role, reserve_port, supervise
from mailguard.store import pauses
from mailguard.store.database import Database

_log = structlog.get_logger(__name__)

Workers = Annotated[
    int | None, typer.Option("--workers", metavar="N", min=1, max=256, help="Processes that take and deliver mail.")
]


@dataclass(frozen=True, slots=True)
class Group:
    """What the processes are told. `file` is where the policy is read again; `metrics` is where the workers count."""

    file: Path | None
    relay: RelaySettings
    metrics: Path

    def work(self, lifeline: Lifeline) -> int:
        """Run one worker."""
        return run_worker(self.relay, lifeline, reload=self.reload, metrics_directory=self.metrics)

    def take_replies(self, lifeline: Lifeline, *, config: Config, sock: socket | None) -> int:
        """Run the process that takes replies in."""
        from mailguard.relay.reply_process import run_replies  # noqa: PLC0415 - the workers start sooner without IMAP

        return run_replies(
            self.relay.database,
            config.replies,
            config.reply_sources,
            lifeline,
            reload=self.reload,
            metrics_directory=self.metrics,
            sock=sock,
        )

    def reload(self) -> Policy:
        """Return the policy as the file has it now. Raises ConfigError."""
        return load_config(self.file).policy

    def answer(self, lifeline: Lifeline, *, config: Config, sock: socket) -> int:
        """Run the HTTP server."""
        from mailguard.web.process import (  # noqa: PLC0415 - the workers start sooner without a web framework
            HttpSettings,
            run_http,
        )

        settings = HttpSettings(
            relay=self.relay, replies=config.replies, metrics=self.metrics, tokens=config.tokens, check_rate=config.check_rate
        )
        return run_http(settings, lifeline, sock=sock, reload=self.reload)


def command(config: ConfigFile = None, workers: Workers = None, as_json: AsJson = False) -> None:
    """Take mail, decide, deliver, until SIGTERM. SIGHUP reads the policy again."""
    loaded = load_config(config)
    set_up_log(LogFormat.JSON if as_json else loaded.log.format, loaded.log.level)
    _say_paused(loaded.database_url)  # what is wrong with the database is so said before there are any processes
    with ExitStack() as stack:
        door = stack.enter_context(closing(reserve_port(loaded.listen.host, loaded.listen.port)))
        group = Group(config, _relay(loaded, door), Path(stack.enter_context(TemporaryDirectory(prefix="mailguard-"))))
        roles = [Role(f"worker-{number}", group.work) for number in range(1, (workers or loaded.workers) + 1)]
        http = stack.enter_context(closing(_http_socket(loaded.http))) if loaded.http else None
        if http is not None:
            roles.append(Role("http", lambda lifeline: group.answer(lifeline, config=loaded, sock=http)))
        lmtp = stack.enter_context(closing(reserve_lmtp(loaded.reply_sources.lmtp))) if loaded.reply_sources.lmtp else None
        if loaded.reply_sources:
            roles.append(Role("replies", lambda lifeline: group.take_replies(lifeline, config=loaded, sock=lmtp)))
        raise typer.Exit(supervise(roles, ready=lambda: _say_ready(group, roles, http, lmtp)))


def _say_paused(url: str) -> None:
    """Say which mail waits to be resumed: a pause outlives the process that it was begun in."""
    with closing(Database.open(url)) as database, database.read() as connection:
        for one in pauses.listed(connection):
            _log.warning("paused", what=one.what, since=one.at.isoformat(), by=one.actor, reason=one.reason)


def _relay(config: Config, door: socket) -> RelaySettings:
    """Return the settings with the port that was reserved: where the file says 0, the system has chosen one."""
    return replace(config.relay, listen=replace(config.listen, port=door.getsockname()[1]))


def _http_socket(endpoint: Endpoint) -> socket:
    try:
        return reserve_port(endpoint.host, endpoint.port)
    except UsageError as error:
        raise UsageError(str(error).replace("relay.listen", "http.listen")) from error


def _say_ready(group: Group, roles: list[Role], http: socket | None, lmtp: socket | None) -> None:
    listen = Endpoint(group.relay.listen.host, group.relay.listen.port)
    http_at = str(Endpoint(*http.getsockname()[:2])) if http is not None else ""
    workers = sum(role.name.startswith("worker-") for role in roles)
    replies = {"lmtp": _place(lmtp)} if any(role.name == "replies" for role in roles) else {}
    mode = group.relay.policy.limits.mode
    _log.info("ready", listen=str(listen), http=http_at, workers=workers, mode=mode.value, **replies)


def _place(sock: socket | None) -> str:
    """Return where a socket listens, "" for none."""
    if sock is None:
        return ""
    address = sock.getsockname()
    return str(Endpoint(*address[:2])) if isinstance(address, tuple) else f"unix:{address}"
