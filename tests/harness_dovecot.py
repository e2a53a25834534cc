"""A real Dovecot of its own on loopback, for tests: IMAP and LMTP over Maildirs in a folder that goes with it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL

import pytest

from tests.harness_kernel import children_of
from tests.harness_postfix import free_port

USER, PASSWORD = "support@corp.example", 'se cret"\\ö'
OTHER_USERS = ("billing@corp.example", "orders@corp.example")
"""Whose password is the same."""

MASTER, MASTER_PASSWORD = "recall", "master's own"
"""The master user, who may log in as any user that there is."""

_CONFIG = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap lmtp
listen = 127.0.0.1
auth_mechanisms = plain login
disable_plaintext_auth = no
ssl = {ssl}
mail_location = maildir:{folder}/mail/%u
mailbox_idle_check_interval = 1s
first_valid_uid = 1
namespace inbox {{
  inbox = yes
  separator = /
}}
auth_master_user_separator = *
auth_failure_delay = 0
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/masters
  master = yes
  result_success = continue
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/users
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={folder}/mail/%u
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp_port}
  }}
}}
protocol lmtp {{
  postmaster_address = postmaster@corp.example
}}
"""


def require_dovecot() -> None:
    """Skip the test where Dovecot is not here, or we are not root, as it wants; fail where CI promises it."""
    if shutil.which("dovecot") is None or os.geteuid() != 0:
        reason = "Dovecot is not installed (apt-get install dovecot-core dovecot-imapd dovecot-lmtpd), or this is not root"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)


@dataclass(frozen=True)
class Dovecot:
    """A running server. `port` is that of IMAP in the clear or STARTTLS, `tls_port` of IMAP over TLS."""

    folder: Path
    port: int
    tls_port: int
    lmtp_port: int

    @property
    def maildir(self) -> Path:
        """USER's Maildir."""
        return self.folder / "mail" / USER

    @property
    def certificate(self) -> Path:
        """The certificate that it shows, which signs itself."""
        return self.folder / "certificate.pem"

    def save(self, octets: bytes, *, folder: str = "INBOX", user: str = USER) -> None:
        """Put a mail into a folder."""
        self.doveadm("save", "-u", user, "-m", folder, octets=octets)

    def add_users(self, *users: str) -> None:
        """Have mailboxes for these users, too, with the same password."""
        with (self.folder / "users").open("a", encoding="utf-8") as file:
            file.writelines(f"{user}:{{PLAIN}}{PASSWORD}\n" for user in users)

    def empty(self) -> None:
        """Forget all mail and folders of everybody."""
        for maildir in (self.folder / "mail").iterdir():
            shutil.rmtree(maildir)

    def doveadm(self, *arguments: str, octets: bytes = b"") -> str:
        """Run one of Dovecot's own commands; what it printed."""
        command = ["doveadm", "-c", str(self.folder / "dovecot.conf"), *arguments]
        return subprocess.run(command, input=octets, check=True, capture_output=True).stdout.decode()

    def new_validity(self, *, folder: str = "INBOX") -> None:
        """Give the folder another UIDVALIDITY, as after a restore: its list of UIDs and its indexes are lost."""
        path = self.maildir if folder == "INBOX" else self.maildir / f".{folder.replace('/', '.')}"
        before = self.validity(folder)
        (path / "dovecot-uidlist").unlink()
        for file in [*path.glob("dovecot.index*"), *path.glob("dovecot-uidvalidity*")]:
            file.unlink()
        listed = path / "dovecot-uidlist"
        listed.write_text(f"3 V{int(before) + 1} N1 G0123456789abcdef0123456789abcdef\n")
        shutil.chown(listed, "nobody", "nogroup")
        assert self.validity(folder) != before

    def validity(self, folder: str = "INBOX") -> str:
        """The folder's UIDVALIDITY."""
        return (
            self.doveadm("-f", "flow", "mailbox", "status", "-u", USER, "uidvalidity", folder)
            .split("uidvalidity=")[1]
            .split()[0]
        )

    def flags(self, folder: str = "INBOX", *, user: str = USER) -> str:
        """The flags of all mails of a folder."""
        return self.doveadm("-f", "flow", "fetch", "-u", user, "flags", "mailbox", folder, "all")

    @property
    def log(self) -> str:
        """What it has logged."""
        return (self.folder / "log").read_text()


@contextmanager
def running_dovecot() -> Iterator[Dovecot]:
    """Dovecot with empty mailboxes."""
    require_dovecot()
    folder = Path(tempfile.mkdtemp(prefix="mailguard-dovecot-"))
    try:
        folder.chmod(0o755)
        dovecot = Dovecot(folder, free_port(), free_port(), free_port())
        _configure(dovecot)
        configuration = ["-c", str(folder / "dovecot.conf")]
        subprocess.run(["dovecot", *configuration], check=True, stdout=DEVNULL, stderr=DEVNULL)
        try:
            yield dovecot
        finally:
            _kill(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _kill(folder: Path) -> None:
    """End all its processes. Nobody needs its mail any more, and to stop in good order takes seconds."""
    with suppress(OSError):
        master = int((folder / "run" / "master.pid").read_text())
        for process in (master, *children_of(master)):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


def _configure(dovecot: Dovecot) -> None:
    folder = dovecot.folder
    for name in ("run", "state", "mail"):
        (folder / name).mkdir()
    shutil.chown(folder / "mail", "nobody", "nogroup")
    users = "".join(f"{user}:{{PLAIN}}{PASSWORD}\n" for user in (USER, *OTHER_USERS))
    (folder / "users").write_text(users, encoding="utf-8")
    (folder / "masters").write_text(f"{MASTER}:{{PLAIN}}{MASTER_PASSWORD}\n", encoding="utf-8")
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(dovecot.certificate)]
    subprocess.run([*make.split(), *names, *files], check=True, capture_output=True)
    ssl = f"yes\nssl_cert = <{dovecot.certificate}\nssl_key = <{folder}/key.pem"
    values = {"folder": folder, "ssl": ssl, "port": dovecot.port, "tls_port": dovecot.tls_port, "lmtp_port": dovecot.lmtp_port}
    (folder / "dovecot.conf").write_text(_CONFIG.format(**values))
