"""mailguard.cli.serve: a group of processes that takes mail, answers HTTP and ends when told to."""

from __future__ import annotations

import json
import signal
import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.unit.cli.conftest import Mailguard

CONFIG = """
[relay]
listen = "127.0.0.1:0"
next_hop = "127.0.0.1:9"
hostname = "guard.corp.example"
[http]
listen = "127.0.0.1:0"
[policy]
mode = "shadow"
"""


class Served:
    """A running group: its process and what it logs."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.ready = self.line("ready")

    def line(self, event: str) -> Any:
        """The next line of the log with this event; those before it are passed over."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            fields = json.loads(line)
            if fields["event"] == event:
                return fields
        raise AssertionError(f"{event} was never logged")

    def smtp(self) -> smtplib.SMTP:
        """A connection to the relay."""
        host, _, port = self.ready["listen"].rpartition(":")
        return smtplib.SMTP(host, int(port), timeout=10)


@contextmanager
def served(file: Path, *options: str) -> Iterator[Served]:
    command = [sys.executable, "-m", "mailguard", "serve", "--json", "-c", str(file), *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Served(process)
        finally:
            process.terminate()


@pytest.fixture
def file(here: Path) -> Path:
    """A configuration with ports that the system chooses."""
    path = here / "mailguard.toml"
    path.write_text(CONFIG)
    return path


def test_group_takes_mail_answers_http_and_ends_at_sigterm(file: Path) -> None:
    with served(file, "--workers", "2") as group:
        assert (group.ready["workers"], group.ready["mode"]) == (2, "shadow")
        with group.smtp() as client:
            refused = client.sendmail("shop@corp.example", ["ada@mail.example"], "Subject: hello\r\n\r\nhello\r\n")
        assert refused == {}
        url = f"http://{group.ready['http']}"
        assert httpx.get(f"{url}/readyz").status_code == 200
        metrics = httpx.get(f"{url}/metrics").text
        assert 'mailguard_messages_total{action="deliver"} 1.0' in metrics
        assert 'mailguard_queue_recipients{state="queued"} 1.0' in metrics
        group.process.send_signal(signal.SIGTERM)
        assert group.process.wait(timeout=30) == 0


def test_sighup_reads_the_policy_again_and_a_mistake_changes_nothing(file: Path) -> None:
    with served(file) as group:
        file.write_text(CONFIG.replace("shadow", "enforce"))
        group.process.send_signal(signal.SIGHUP)
        assert group.line("policy_reread")
        file.write_text(CONFIG.replace("shadow", "enfroce"))
        group.process.send_signal(signal.SIGHUP)
        assert "policy.mode: 'enfroce' is not known" in group.line("policy_kept")["reason"]


def test_sighup_reads_the_policy_again_where_replies_are_taken_in_too(file: Path) -> None:
    file.write_text(f'{CONFIG}[replies]\nlmtp_listen = "127.0.0.1:0"\n')
    with served(file) as group:
        group.process.send_signal(signal.SIGHUP)
        assert group.line("policy_reread")["process"] != group.line("policy_reread")["process"]


def test_http_can_be_off(file: Path) -> None:
    file.write_text(CONFIG.replace('[http]\nlisten = "127.0.0.1:0"', '[http]\nlisten = ""'))
    with served(file) as group:
        assert group.ready["http"] == ""


def test_port_that_is_taken_is_said_in_one_line(mailguard: Mailguard, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mailguard.relay.supervisor.PORT_PATIENCE", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        file.write_text(
            CONFIG.replace('[http]\nlisten = "127.0.0.1:0"', f'[http]\nlisten = "127.0.0.1:{taken.getsockname()[1]}"')
        )
        ran = mailguard("serve", "-c", str(file))
    assert ran.status == 2
    assert "free it or set http.listen" in ran.err.splitlines()[-1]


def test_configuration_with_a_mistake_is_said_in_one_line(mailguard: Mailguard, file: Path) -> None:
    file.write_text("[relay]\nworkers = 0\n")
    ran = mailguard("serve", "-c", str(file))
    assert (ran.status, ran.err) == (2, f"mailguard: {file} line 2: relay.workers: 0 is out of range; write 1 or more\n")


HEAVY = ("pandas", "numpy", "scipy", "sklearn", "recordlinkage", "splink", "duckdb", "pyspark")


def test_what_takes_mail_never_loads_a_data_frame() -> None:
    script = (
        "import sys; import mailguard.cli.serve, mailguard.relay.process, mailguard.relay.worker, mailguard.relay.learning; "
        "from mailguard.identity import standardise, levels; from mailguard.identity.record import Record; "
        "a = standardise.standardise(Record(source='a', source_key='1', full_name='Bob Doe', phone='+442079460000')); "
        "levels.compare(a, a); "
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
