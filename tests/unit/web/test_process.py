"""mailguard.web.process: the probe, the routes and the socket together (the whole group is tested with `serve`)."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import httpx

from mailguard.relay.supervisor import Lifeline
from mailguard.store.database import Database
from mailguard.web.process import run_http


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
            os._exit(run_http(url, metrics, Lifeline(alive_read, ready_write), sock=sock))
        assert os.read(ready_read, 1) == b"r"
        response = httpx.get(f"http://127.0.0.1:{sock.getsockname()[1]}/readyz")
    os.close(alive_write)
    assert os.waitpid(child, 0)[1] == 0
    for descriptor in (alive_read, ready_read, ready_write):
        os.close(descriptor)
    assert (response.status_code, response.json()["detail"]) == (503, "no worker is alive; the log says why")
