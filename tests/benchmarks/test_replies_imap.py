"""How many replies a second `serve` takes in from a full folder on a real IMAP server, and what its process costs.

MAILGUARD_BENCH_REPLIES says how many (5,000 without it), over a ledger that holds 100,000 sent mails. Asserted is the aim of 300
a second from the first that is written to the last; printed are CPU and memory of the process that takes them in.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Final

from mailguard.store.database import Database
from tests.benchmarks.load import children_of, cpu_seconds
from tests.benchmarks.test_replies_ingest import LEAST, _build, _mails
from tests.harness_dovecot import PASSWORD, USER, Dovecot, running_dovecot
from tests.harness_postfix import free_port

REPLIES: Final = int(os.environ.get("MAILGUARD_BENCH_REPLIES", "5000"))
PATIENCE: Final = 600.0
_RESIDENT: Final = re.compile(r"VmRSS:\s+(\d+) kB")
_CONFIG: Final = """\
[relay]
listen = "127.0.0.1:{port}"
next_hop = "smtp://127.0.0.1:{hop}?tls=none"
workers = 1
[database]
url = "sqlite:///mailguard.db"
[http]
listen = ""
[[replies.imap]]
name = "support"
host = "127.0.0.1"
port = {imap}
tls = "none"
username = "{user}"
password_file = "{folder}/password"
"""


def test_folder_is_taken_in_at_three_hundred_a_second(tmp_path: Path) -> None:
    with running_dovecot() as dovecot, closing(Database.open(f"sqlite:///{tmp_path}/mailguard.db")) as database:
        _build(database)
        _fill(dovecot, database)
        (tmp_path / "password").write_text(PASSWORD, encoding="utf-8")
        config = tmp_path / "mailguard.toml"
        values = {"port": free_port(), "hop": free_port(), "imap": dovecot.port, "user": USER, "folder": tmp_path}
        config.write_text(_CONFIG.format(**values))
        with (tmp_path / "log").open("wb") as log:
            server = subprocess.Popen([sys.executable, "-m", "mailguard", "serve", "-c", str(config)], stderr=log)
        try:
            _await(lambda: _count(database) > 0)
            begun, before = time.perf_counter(), _count(database)
            _await(lambda: _count(database) == REPLIES)
            rate = (REPLIES - before) / (time.perf_counter() - begun)
            cpu, taker = max((cpu_seconds(pid), pid) for pid in children_of(server.pid))
            found = _RESIDENT.search(Path(f"/proc/{taker}/status").read_text())
            assert found is not None
        finally:
            server.terminate()
            server.wait()
    sys.stdout.write(
        f"\n{REPLIES} replies by IMAP: {rate:.0f}/s, {cpu / REPLIES * 1e6:.0f} µs of CPU each, {int(found[1]) / 1024:.0f} MB\n"
    )
    assert rate >= LEAST


def _fill(dovecot: Dovecot, database: Database) -> None:
    """Put the mails into the mailbox's Maildir, as a server that has had them all along."""
    dovecot.doveadm("mailbox", "status", "-u", USER, "messages", "INBOX")
    folder = dovecot.maildir / "cur"
    folder.mkdir(parents=True, exist_ok=True)
    for number, mail in enumerate(islice(_mails(database), REPLIES)):
        file = folder / f"{number}.M{number}P1.benchmark:2,"
        file.write_bytes(mail.octets)
    for place in (dovecot.maildir, *dovecot.maildir.rglob("*")):
        shutil.chown(place, "nobody", "nogroup")


def _count(database: Database) -> int:
    with database.read() as connection:
        count: int = connection.exec_driver_sql("SELECT count(*) FROM reply").scalar_one()
    return count


def _await(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > until:
            raise TimeoutError("the replies are not all there")
        time.sleep(0.05)
