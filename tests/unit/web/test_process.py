"""mailguard.web.process: the probe, the routes and the socket together (the whole group is tested with `serve`)."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import httpx

from mailguard.config.bearer import Scope
from mailguard.relay.settings import Policy
from mailguard.relay.supervisor import Lifeline
from mailguard.replies.settings import ReplySettings
from mailguard.store.database import Database
from mailguard.web.process import HttpSettings, run_http
from tests.unit.web.conftest import TOKENS, bearer, settings_for


def test_process_answers_about_its_database_until_it_is_orphaned(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/mailguard.db"
    Database.open(url).close()
    metrics = tmp_path / "metrics"
    metrics.mkdir()
    alive_read, alive_write = os.pipe()
    ready_read, ready_write = os.pipe()
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        child = os.fork()
        if child == 0:
            os.close(alive_write)
            settings = HttpSettings(relay=settings_for(url), replies=ReplySettings(), metrics=metrics, tokens=TOKENS)
            os._exit(run_http(settings, Lifeline(alive_read, ready_write), sock=sock, reload=Policy))
        assert os.read(ready_read, 1) == b"r"
        at = f"http://127.0.0.1:{sock.getsockname()[1]}"
        response = httpx.get(f"{at}/readyz")
        os.kill(child, signal.SIGHUP)
        context = httpx.get(f"{at}/v1/context?address=ada@x.example", headers=bearer(Scope.CONTEXT))
        links = httpx.get(f"{at}/u/anything")
    os.close(alive_write)
    assert os.waitpid(child, 0)[1] == 0
    for descriptor in (alive_read, ready_read, ready_write):
        os.close(descriptor)
    assert (context.status_code, links.status_code) == (200, 404)
    assert (response.status_code, response.json()["detail"]) == (503, "no worker is alive; the log says why")
