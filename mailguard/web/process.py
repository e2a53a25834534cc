"""The HTTP server as a process of the group: wires the probe to the routes, and the routes to the socket."""

from __future__ import annotations

from pathlib import Path
from socket import socket

from mailguard.relay.supervisor import Lifeline
from mailguard.web.app import create_app
from mailguard.web.probe import Probe
from mailguard.web.server import serve_http


def run_http(database: str, metrics: Path, lifeline: Lifeline, *, sock: socket) -> int:
    """Answer on `sock` until SIGTERM or the parent's end; return the exit status.

    `database` is the ledger's URL, `metrics` the directory that the workers count in.
    """
    probe = Probe(database, metrics)
    app = create_app(readiness=probe.readiness, metrics=probe.exposition)
    try:
        return serve_http(app, sock=sock, parent=lifeline.alive, ready=lifeline.say_ready)
    finally:
        probe.close()
