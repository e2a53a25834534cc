"""Clients that senders use, as they are, against the front door: smtplib, aiosmtplib, swaks and Postfix's smtp-source."""

from __future__ import annotations

import asyncio
import shutil
import smtplib
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

import aiosmtplib
import pytest
import uvloop
from argon2 import PasswordHasher

from mailguard.mail.smtp_reply import SmtpReply
from mailguard.relay.settings import Client
from tests.harness_smtp import PATIENCE, Door, KeepingIntake, front_door, self_signed, trusting_context

APP = Client(name="app", username="app", password_hash=PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("right"))

needs_swaks = [pytest.mark.swaks, pytest.mark.skipif(shutil.which("swaks") is None, reason="swaks is not installed")]
needs_smtp_source = [
    pytest.mark.postfix,
    pytest.mark.skipif(shutil.which("smtp-source", path="/usr/sbin:/usr/bin") is None, reason="Postfix is not installed"),
]


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    certificate, key = self_signed(tmp_path_factory.mktemp("tls"))
    return {"tls_cert": str(certificate), "tls_key": str(key)}


def a_mail() -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@x.test", "b@y.test", "hello"
    mail.set_content("hello\n.\n..\n")
    return mail


async def with_smtplib(door: Door, use: Callable[[smtplib.SMTP], Any]) -> Any:
    def run() -> Any:
        with smtplib.SMTP("127.0.0.1", door.port, timeout=PATIENCE) as client:
            return use(client)

    return await asyncio.to_thread(run)


async def test_smtplib_sends_a_mail() -> None:
    async with front_door() as door:
        assert await with_smtplib(door, lambda client: client.send_message(a_mail())) == {}
        (arrival,) = door.intake.arrivals
        assert arrival.octets.endswith(b"hello\r\n.\r\n..\r\n")
        assert arrival.protocol == "ESMTP"


async def test_smtplib_reads_what_is_offered() -> None:
    def offered(client: smtplib.SMTP) -> dict[str, str]:
        client.ehlo()
        return dict(client.esmtp_features)

    async with front_door() as door:
        assert await with_smtplib(door, offered) == {
            "size": "26214400",
            "8bitmime": "",
            "smtputf8": "",
            "pipelining": "",
            "enhancedstatuscodes": "",
            "dsn": "",
        }


async def test_smtplib_names_the_refused_recipient() -> None:
    def send(client: smtplib.SMTP) -> Any:
        return client.sendmail("a@x.test", ["b@y.test", "b@@y.test"], "hello\r\n")

    async with front_door() as door:
        refused = await with_smtplib(door, send)
        assert {path: code for path, (code, _) in refused.items()} == {"b@@y.test": 553}
        assert len(door.octets) == 1


async def test_smtplib_raises_what_intake_answers() -> None:
    def send(client: smtplib.SMTP) -> tuple[int, bytes | str]:
        with pytest.raises(smtplib.SMTPDataError) as refused:
            client.send_message(a_mail())
        return refused.value.smtp_code, refused.value.smtp_error

    async with front_door(KeepingIntake(reply=SmtpReply(550, "5.7.1", "01JD repeat of 01JC"))) as door:
        assert await with_smtplib(door, send) == (550, b"5.7.1 01JD repeat of 01JC")


async def test_smtplib_sends_an_internationalised_mail() -> None:
    def send(client: smtplib.SMTP) -> Any:
        return client.sendmail("jörg@x.test", ["б@пример.test"], "grüße\r\n".encode(), ["SMTPUTF8", "BODY=8BITMIME"])

    async with front_door() as door:
        assert await with_smtplib(door, send) == {}
        (arrival,) = door.intake.arrivals
        assert (arrival.envelope.reverse_path, arrival.envelope.smtputf8) == ("jörg@x.test", True)
        assert arrival.envelope.recipients[0].mailbox.wire == "б@пример.test"


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_smtplib_authenticates_over_tls(tls: dict[str, Any], run: Callable[[Any], None]) -> None:
    def send(client: smtplib.SMTP) -> Any:
        client.starttls(context=trusting_context())
        with pytest.raises(smtplib.SMTPAuthenticationError):
            client.login("app", "wrong")
        with pytest.raises(smtplib.SMTPSenderRefused) as refused:
            client.send_message(a_mail())
        assert refused.value.smtp_code == 530
        client.login("app", "right")
        return client.send_message(a_mail())

    async def scenario() -> None:
        async with front_door(clients=(APP,), **tls) as door:
            assert await with_smtplib(door, send) == {}
            (arrival,) = door.intake.arrivals
            assert (arrival.client, arrival.protocol) == (APP, "ESMTPSA")

    run(scenario())


async def test_aiosmtplib_sends_over_tls_with_credentials(tls: dict[str, Any]) -> None:
    async with front_door(clients=(APP,), **tls) as door:
        await aiosmtplib.send(
            a_mail(),
            hostname="127.0.0.1",
            port=door.port,
            username="app",
            password="right",
            start_tls=True,
            tls_context=trusting_context(),
        )
        assert door.intake.arrivals[0].protocol == "ESMTPSA"


async def run_client(*command: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, stdin=asyncio.subprocess.DEVNULL
    )
    async with asyncio.timeout(3 * PATIENCE):
        output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


async def run_swaks(door: Door, *options: str) -> tuple[int, str]:
    to = ("--server", f"127.0.0.1:{door.port}", "--from", "a@x.test", "--to", "b@y.test,c@y.test", "--helo", "swaks.test")
    return await run_client("swaks", *to, *options)


@pytest.mark.parametrize(
    ("options", "protocol"),
    [((), "ESMTP"), (("--protocol", "SMTP"), "SMTP"), (("--pipeline",), "ESMTP"), (("--tls",), "ESMTPS")],
)
@pytest.mark.parametrize("marked", [pytest.param(None, marks=needs_swaks)])
async def test_swaks_sends_a_mail(tls: dict[str, Any], options: tuple[str, ...], protocol: str, marked: None) -> None:
    async with front_door(**tls) as door:
        status, output = await run_swaks(door, *options)
        assert status == 0, output
        (arrival,) = door.intake.arrivals
        assert (arrival.protocol, arrival.helo) == (protocol, "swaks.test")
        assert [path.mailbox.wire for path in arrival.envelope.recipients] == ["b@y.test", "c@y.test"]


@pytest.mark.parametrize("mechanism", [pytest.param("PLAIN", marks=needs_swaks), pytest.param("LOGIN", marks=needs_swaks)])
@pytest.mark.parametrize(("password", "expected"), [("right", 0), ("wrong", 28)])
async def test_swaks_authenticates(tls: dict[str, Any], mechanism: str, password: str, expected: int) -> None:
    credentials = ("--auth", mechanism, "--auth-user", "app", "--auth-password", password)
    async with front_door(clients=(APP,), **tls) as door:
        status, output = await run_swaks(door, "--tls", *credentials)
        assert status == expected, output
        assert len(door.octets) == (1 if expected == 0 else 0)


@pytest.mark.parametrize("run", [pytest.param(run, marks=needs_smtp_source) for run in (asyncio.run, uvloop.run)])
@pytest.mark.parametrize("options", [("-d",), (), ("-d", "-r", "5"), ("-d", "-l", "61440")])
def test_smtp_source_sends_many(run: Callable[[Any], None], options: tuple[str, ...]) -> None:
    async def scenario() -> None:
        async with front_door() as door:
            address = ("-f", "a@x.test", "-t", "b@y.test", f"127.0.0.1:{door.port}")
            status, output = await run_client("/usr/sbin/smtp-source", "-s", "10", "-m", "300", *options, *address)
            assert status == 0, output
            assert len(door.octets) == 300
            assert door.refusals == []

    run(scenario())
