"""A real Postfix of its own on loopback, for tests: its queue, its log and its ports apart from the system's."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, PIPE

import pytest

PATIENCE = 60.0
"""Seconds after which a test that waits has failed; nothing is measured against it."""

_MAIN = """\
compatibility_level = 3.6
config_directory = {folder}/etc
queue_directory = {folder}/spool
data_directory = {folder}/data
maillog_file = {folder}/log/mail.log
maillog_file_prefixes = {folder}
myhostname = postfix.test
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtp_dns_support_level = disabled
smtp_tls_security_level = none
smtpd_tls_security_level = none
"""


def is_installed() -> bool:
    """Whether Postfix is here, and we are root, as it wants."""
    return shutil.which("postfix") is not None and os.geteuid() == 0


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass(frozen=True)
class Postfix:
    """A running instance."""

    port: int
    folder: Path

    @property
    def log(self) -> str:
        """What it has logged."""
        return self._log_file.read_text()

    async def logged(self, pattern: str, count: int = 1) -> list[re.Match[str]]:
        """Wait until that many lines of the log have `pattern` in them; where it was found."""
        follow = ["tail", "--lines=+1", "--follow=name", "--retry", str(self._log_file)]
        tail = await asyncio.create_subprocess_exec(*follow, stdout=PIPE, stderr=DEVNULL)
        assert tail.stdout is not None
        found: list[re.Match[str]] = []
        try:
            async with asyncio.timeout(PATIENCE):
                while len(found) < count:
                    match = re.search(pattern, (await tail.stdout.readline()).decode())
                    found += [match] if match else []
        except TimeoutError:
            pytest.fail(f"{len(found)} of {count} times {pattern!r} in:\n{self.log[-5000:]}")
        finally:
            tail.kill()
            await tail.wait()
        return found

    def flush(self) -> None:
        """Let it try again what it has put off."""
        _postfix(self.folder, "flush")

    @property
    def _log_file(self) -> Path:
        return self.folder / "log" / "mail.log"


@contextmanager
def running_postfix(settings: dict[str, str], *, services: str = "") -> Iterator[Postfix]:
    """Postfix with these lines of main.cf beside the plainest ones, and of master.cf; `relayhost` is where it sends to."""
    folder = Path(tempfile.mkdtemp(prefix="mailguard-postfix-"))
    try:
        folder.chmod(0o755)
        port = _configure(folder, settings, services)
        try:
            _postfix(folder, "start")
            yield Postfix(port, folder)
        finally:
            _postfix(folder, "stop", check=False)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _configure(folder: Path, settings: dict[str, str], services: str) -> int:
    for name in ("etc", "spool", "data", "log"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    port = free_port()
    own = "".join(f"{name} = {value}\n" for name, value in settings.items())
    (folder / "etc" / "main.cf").write_text(_MAIN.format(folder=folder) + own)
    master = re.sub(r"(?m)^(\S+\s+\S+\s+\S+\s+\S+\s+)y", r"\1n", Path("/etc/postfix/master.cf").read_text())
    master = re.sub(r"(?m)^smtp      inet", f"127.0.0.1:{port} inet", master)
    (folder / "etc" / "master.cf").write_text(master + services)
    for name in ("dynamicmaps.cf", "postfix-files"):
        (folder / "etc" / name).symlink_to(Path("/etc/postfix") / name)
    return port


def _postfix(folder: Path, command: str, *, check: bool = True) -> None:
    subprocess.run(["postfix", "-c", str(folder / "etc"), command], check=check, capture_output=True)
