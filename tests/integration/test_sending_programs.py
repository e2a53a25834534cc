"""Programs that send mail, each as it is: what they hear for mail that is delivered, held, refused, a replay, or mixed.

The answers are those of docs/headers-and-findings.md. What a program makes of them is its own habit, and tested as such.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import smtplib
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path

import pytest
import pytest_asyncio
from argon2 import PasswordHasher

from tests.harness_client import id_in
from tests.harness_programs import need
from tests.harness_serve import PATIENCE, Server, serving
from tests.harness_sink import Sink, TakenMessage, running_sink
from tests.harness_smtp import self_signed

pytestmark = pytest.mark.asyncio(loop_scope="module")

NODE = Path(__file__).parent / "node"
SENDER = "app@sender.example"
PASSWORD = "correct horse"


@dataclass(frozen=True)
class Running:
    """The server, its next hop, and the certificate that it shows."""

    server: Server
    sink: Sink

    async def arrived(self, recipient: str) -> TakenMessage:
        while not (found := [one for one in self.sink.taken if recipient in one.recipients]):
            await self.sink.change()
        [message] = found
        return message


@dataclass(frozen=True)
class Mail:
    """A mail that a program is to send. `visible` are further mailboxes that its Cc shows."""

    text: str
    recipients: tuple[str, ...]
    message_id: str
    visible: tuple[str, ...] = ()

    @property
    def octets(self) -> bytes:
        """The mail for programs that take it ready made."""
        copied = f"Cc: {', '.join(self.visible)}\r\n" if self.visible else ""
        return (
            f"From: {SENDER}\r\nTo: {', '.join(self.recipients)}\r\n{copied}Subject: Your order\r\n"
            f"Message-ID: <{self.message_id}>\r\nDate: Mon, 16 Nov 2026 09:00:00 +0000\r\n\r\n{self.text}\r\n"
        ).encode()


Send = Callable[[int, Mail], Awaitable[str]]
"""Sends a mail to a port; returns the answer after the dot."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("mailguard")
    certificate, key = self_signed(folder)
    password_hash = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    clients = [
        {"name": "host", "networks": ["127.0.0.0/8"]},
        {"name": "shop", "username": "shop", "password_hash": password_hash, "class": "critical"},
    ]
    tls = {"tls_cert": str(certificate), "tls_key": str(key)}
    policy = {"fan_out_limit": 1_000_000}
    async with (
        running_sink() as sink,
        serving(folder, sink.port, workers=2, relay=tls, client=clients, policy=policy) as server,
    ):
        yield Running(server, sink)


async def run(*command: str, given: bytes = b"") -> tuple[int, str]:
    """Run a program; its exit status and what it printed."""
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(PATIENCE):
        printed, _ = await process.communicate(given)
    assert process.returncode is not None
    return process.returncode, printed.decode()


# The programs


async def swaks(port: int, mail: Mail, *options: str) -> str:
    need(is_there=shutil.which("swaks") is not None, reason="swaks is not installed")
    content = mail.octets.decode().replace("\r\n", "\n")
    envelope = ["--server", "127.0.0.1", "--port", str(port), "--from", SENDER, "--to", ",".join(mail.recipients)]
    _, printed = await run("swaks", *envelope, "--helo", "swaks.test", "--data", "-", *options, given=content.encode())
    lines = printed.splitlines()
    end_of_data = max(place for place, line in enumerate(lines) if line.strip() in {"-> .", "~> ."})
    return next(line[4:] for line in lines[end_of_data:] if line.startswith(("<-  ", "<** ", "<~  ", "<~* ")))


async def python_smtplib(port: int, mail: Mail) -> str:
    def talk() -> str:
        with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE) as session:
            session.ehlo("python.test")
            assert session.mail(SENDER)[0] == 250
            assert {session.rcpt(recipient)[0] for recipient in mail.recipients} == {250}
            code, text = session.data(mail.octets)
            return f"{code} {text.decode()}"

    return await asyncio.to_thread(talk)


async def nodemailer(port: int, mail: Mail) -> str:
    answer = await sent_by_nodemailer(port, mail)
    return str(answer["response"])


async def sent_by_nodemailer(port: int, mail: Mail) -> dict[str, object]:
    is_there = shutil.which("node") is not None and (NODE / "node_modules" / "nodemailer").is_dir()
    need(is_there=is_there, reason="nodemailer is not installed: npm install --prefix tests/integration/node")
    given = {
        "port": port,
        "from": SENDER,
        "to": mail.recipients,
        "cc": mail.visible,
        "envelope": {"from": SENDER, "to": mail.recipients},
        "subject": "Your order",
        "messageId": f"<{mail.message_id}>",
        "date": "2026-11-16T09:00:00Z",
        "text": mail.text,
    }
    status, printed = await run("node", str(NODE / "send.mjs"), given=json.dumps(given).encode())
    assert status == 0, printed
    answer: dict[str, object] = json.loads(printed)
    return answer


PROGRAMS = [
    pytest.param(swaks, marks=pytest.mark.swaks),
    python_smtplib,
    pytest.param(nodemailer, marks=pytest.mark.node),
]
each_program = pytest.mark.parametrize("send", PROGRAMS, ids=lambda send: send.__name__)


# What they hear


@each_program
async def test_delivered(running: Running, send: Send) -> None:
    ann = f"ann.{send.__name__}@people.example"
    answer = await send(running.server.port, Mail("Hello, Ann.", (ann,), f"d.{ann}"))
    assert answer == f"250 2.0.0 {id_in(answer)} accepted"
    assert b"\r\n\r\nHello, Ann.\r\n" in (await running.arrived(ann)).octets


@each_program
async def test_held(running: Running, send: Send) -> None:
    ann = f"held.{send.__name__}@people.example"
    others = tuple(f"v{number}@people.example" for number in range(10))
    answer = await send(running.server.port, Mail("Hello, all.", (ann,), f"h.{ann}", visible=others))
    assert answer == f"250 2.0.0 {id_in(answer)} held: mass_cc, 11 visible recipients, limit 10"
    assert (await running.server.why(id_in(answer)))["recipients"][0]["state"] == "held"


@each_program
async def test_refused(running: Running, send: Send) -> None:
    ann = f"refused.{send.__name__}@people.example"
    first = await send(running.server.port, Mail("Hello again.", (ann,), f"r1.{ann}"))
    answer = await send(running.server.port, Mail("Hello again.", (ann,), f"r2.{ann}"))
    today = (await running.server.why(id_in(first)))["received_at"][:10]
    own = id_in(answer)
    assert answer == f"550 5.7.1 {own} repeat of {id_in(first)} of {today}; ask: mailguard why {own}"


@each_program
async def test_replay(running: Running, send: Send) -> None:
    ann = f"replay.{send.__name__}@people.example"
    mail = Mail("Hello once.", (ann,), f"p.{ann}")
    first = await send(running.server.port, mail)
    assert await send(running.server.port, mail) == f"250 2.0.0 {id_in(first)} replay"


@each_program
async def test_mixed_recipients(running: Running, send: Send) -> None:
    ann, bob = (f"{name}.mixed.{send.__name__}@people.example" for name in ("ann", "bob"))
    await send(running.server.port, Mail("Hello, both.", (ann,), f"m1.{ann}"))
    answer = await send(running.server.port, Mail("Hello, both.", (ann, bob), f"m2.{ann}"))
    assert answer == f"250 2.0.0 {id_in(answer)} accepted, 1 of 2 recipients rejected"
    assert (await running.arrived(bob)).recipients == (bob,)


# What is particular


@pytest.fixture(scope="module")
def _swaks_speaks_tls() -> None:
    swaks_support = (
        subprocess.run(["swaks", "--support"], capture_output=True, check=True).stdout if shutil.which("swaks") else b""
    )
    need(
        is_there=b"=== TLS supported" in swaks_support,
        reason="swaks with TLS is not installed (Debian: swaks libnet-ssleay-perl)",
    )


@pytest.mark.swaks
@pytest.mark.usefixtures("_swaks_speaks_tls")
async def test_swaks_logs_in_over_tls(running: Running) -> None:
    login = ["--tls", "--auth", "PLAIN", "--auth-user", "shop", "--auth-password", PASSWORD]
    answer = await swaks(running.server.port, Mail("Your code is 4711.", ("otp@people.example",), "otp@x"), *login)
    why = await running.server.why(id_in(answer))
    assert (why["client"], why["class"]) == ("shop", "critical")
    assert b"with ESMTPSA id" in (await running.arrived("otp@people.example")).octets


@pytest.mark.swaks
@pytest.mark.usefixtures("_swaks_speaks_tls")
@pytest.mark.parametrize(
    ("options", "refusal"),
    [
        (["--tls", "--auth", "LOGIN", "--auth-user", "shop", "--auth-password", "wrong"], "535 5.7.8 credentials invalid"),
        (["--auth", "PLAIN", "--auth-user", "shop", "--auth-password", PASSWORD], "Host did not advertise authentication"),
    ],
)
async def test_swaks_is_not_let_in_with_a_wrong_password_nor_without_tls(
    running: Running, options: list[str], refusal: str
) -> None:
    server = ["--server", "127.0.0.1", "--port", str(running.server.port)]
    status, printed = await run("swaks", *server, "--from", SENDER, "--to", "x@people.example", *options)
    assert status == 28  # swaks: no authentication
    assert refusal in printed


async def test_python_raises_for_a_refusal_and_returns_nothing_for_what_was_taken(running: Running) -> None:
    mail = Mail("Hello from Python.", ("python@people.example",), "python1@x")

    def talk() -> bytes:
        with smtplib.SMTP("127.0.0.1", running.server.port, timeout=PATIENCE) as session:
            assert session.sendmail(SENDER, mail.recipients, mail.octets) == {}
            with pytest.raises(smtplib.SMTPDataError) as refused:
                session.sendmail(SENDER, mail.recipients, mail.octets.replace(b"python1@x", b"python2@x"))
            assert (
                session.sendmail(SENDER, mail.recipients, mail.octets.replace(b"Hello", b"Bye").replace(b"1@x", b"3@x")) == {}
            )
            return (
                refused.value.smtp_error if isinstance(refused.value.smtp_error, bytes) else refused.value.smtp_error.encode()
            )

    assert (await asyncio.to_thread(talk)).startswith(b"5.7.1 ")


async def test_python_logs_in_over_tls(running: Running) -> None:
    mail = Mail("Your code is 4712.", ("pyotp@people.example",), "pyotp@x")

    def talk() -> None:
        with smtplib.SMTP("127.0.0.1", running.server.port, timeout=PATIENCE) as session:
            session.starttls()
            session.login("shop", PASSWORD)
            session.sendmail(SENDER, mail.recipients, mail.octets)

    await asyncio.to_thread(talk)
    assert (await running.server.why("<pyotp@x>"))["client"] == "shop"


@pytest.mark.node
async def test_nodemailer_throws_for_a_refusal_and_names_the_recipients_of_what_was_taken(running: Running) -> None:
    taken = await sent_by_nodemailer(running.server.port, Mail("Hello from Node.", ("n@people.example",), "node1@x"))
    assert (taken["accepted"], taken["rejected"]) == (["n@people.example"], [])
    refused = await sent_by_nodemailer(running.server.port, Mail("Hello from Node.", ("n@people.example",), "node2@x"))
    assert refused["thrown"]


@pytest.mark.postfix
async def test_500_mails_over_50_sessions_of_smtp_source_all_arrive_once(running: Running) -> None:
    need(is_there=shutil.which("smtp-source") is not None, reason="smtp-source is not installed (it comes with Postfix)")
    load = ["-s", "50", "-m", "500", "-l", "4096", "-N", "-f", "load@sender.example", "-t", "load@people.example"]
    status, printed = await run("smtp-source", *load, f"127.0.0.1:{running.server.port}")
    assert (status, printed) == (0, "")
    while len(arrived := [one for one in running.sink.taken if one.recipients[0].endswith("load@people.example")]) < 500:
        await running.sink.change()
    assert set(Counter(one.recipients for one in arrived).values()) == {1}
    assert len({message_from_bytes(one.octets)["Message-ID"] for one in arrived}) == 500
