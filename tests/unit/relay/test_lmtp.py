from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from mailguard.errors import StorageFullError, UsageError
from mailguard.mail.smtp_reply import SmtpReply
from mailguard.relay.arrival import Arrival
from mailguard.relay.lmtp import reserve_lmtp, serve_lmtp
from mailguard.relay.refusal import Refusal
from mailguard.replies.source_settings import LmtpListen
from tests.harness_postfix import free_port


@dataclass
class Kept:
    """An intake that keeps what it is given, or raises."""

    arrivals: list[Arrival] = field(default_factory=list)
    error: Exception | None = None

    async def take(self, arrival: Arrival) -> SmtpReply:
        if self.error:
            raise self.error
        self.arrivals.append(arrival)
        return SmtpReply(250, "2.0.0", "taken")


@asynccontextmanager
async def lmtp(kept: Kept, **settings: Any) -> AsyncIterator[LmtpListen]:
    listen = LmtpListen(**{"host": "127.0.0.1", "port": free_port(), **settings})
    refused: list[Refusal] = []
    server = await serve_lmtp(listen, kept, hostname="mx.example", max_size=1_000, refused=refused.append)
    try:
        yield listen
    finally:
        await server.close(grace=timedelta(seconds=1))


async def dialogue(listen: LmtpListen, said: bytes) -> list[str]:
    """All that is answered when this is said at once."""
    place = asyncio.open_unix_connection(listen.path) if listen.path else asyncio.open_connection(listen.host, listen.port)
    reader, writer = await place
    writer.write(said)
    try:
        async with asyncio.timeout(20):
            return (await reader.read()).decode().splitlines()
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


def transaction(*recipients: str, content: bytes = b"Subject: x\r\n\r\nx\r\n") -> bytes:
    rcpt = b"".join(f"RCPT TO:<{recipient}>\r\n".encode() for recipient in recipients)
    return b"LHLO client\r\nMAIL FROM:<> BODY=8BITMIME SMTPUTF8\r\n" + rcpt + b"DATA\r\n" + content + b".\r\nQUIT\r\n"


async def test_each_recipient_that_was_taken_has_an_answer_of_its_own() -> None:
    kept = Kept()
    async with lmtp(kept) as listen:
        answers = await dialogue(listen, transaction("a@x.example", "no mailbox", "b@x.example", "a@x.example"))
    assert answers[0] == "220 mx.example LMTP mailguard"
    assert [answer[:3] for answer in answers[-9:]] == ["250", "553", "250", "250", "354", "250", "250", "250", "221"]
    assert {path.mailbox.wire for path in kept.arrivals[0].envelope.recipients} == {"a@x.example", "b@x.example"}


async def test_lhlo_offers_what_is_kept_and_nothing_else() -> None:
    async with lmtp(Kept()) as listen:
        answers = await dialogue(listen, b"LHLO client\r\nQUIT\r\n")
    offered = {answer[4:] for answer in answers[2:-1]}
    assert offered == {"PIPELINING", "SIZE 1000", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"}


@pytest.mark.parametrize("greeting", [b"HELO client", b"EHLO client", b"STARTTLS", b"AUTH PLAIN AGEAYg=="])
async def test_commands_of_smtp_are_not_obeyed(greeting: bytes) -> None:
    async with lmtp(Kept()) as listen:
        answers = await dialogue(listen, greeting + b"\r\nMAIL FROM:<>\r\nLHLO\r\nHELP\r\nQUIT\r\n")
    assert answers[1:-1] == [
        "500 5.5.2 command not recognised",
        "503 5.5.1 send LHLO first",
        "501 5.5.4 syntax: LHLO hostname",
        "214 2.0.0 LHLO MAIL RCPT DATA RSET NOOP VRFY HELP QUIT",
    ]


async def test_data_without_a_recipient_is_out_of_order() -> None:
    async with lmtp(Kept()) as listen:
        answers = await dialogue(
            listen, b"LHLO client\r\nDATA\r\nMAIL FROM:<>\r\nDATA\r\nRCPT TO:<a@x.example>\r\nDATA now\r\nQUIT\r\n"
        )
    assert [answer[:9] for answer in answers[-6:-1]] == ["503 5.5.1", "250 2.1.0", "503 5.5.1", "250 2.1.5", "501 5.5.4"]


@pytest.mark.parametrize(
    ("error", "answer"),
    [(RuntimeError("cause"), "451 4.3.0 temporarily unable, try again"), (StorageFullError("full"), "452 4.3.1 full")],
)
async def test_failure_of_ours_leaves_the_reply_with_the_mail_server(error: Exception, answer: str) -> None:
    async with lmtp(Kept(error=error)) as listen:
        answers = await dialogue(listen, transaction("a@x.example", "b@x.example"))
    assert answers[-3:-1] == [answer] * 2


async def test_too_large_a_reply_is_refused_for_each_recipient_and_bare_line_ends_are_not() -> None:
    kept = Kept()
    async with lmtp(kept) as listen:
        large = await dialogue(listen, transaction("a@x.example", "b@x.example", content=b"x" * 1_001 + b"\r\n"))
        bare = await dialogue(listen, transaction("a@x.example", content=b"Subject: x\n\nx\0\r\n"))
    assert [answer[:9] for answer in large[-3:-1]] == ["552 5.3.4"] * 2
    assert bare[-2].startswith("250")
    assert kept.arrivals[0].octets == b"Subject: x\n\nx\0\r\n"


async def test_stranger_hears_no() -> None:
    async with lmtp(Kept(), networks=(ip_network("192.0.2.0/24"),)) as listen:
        assert await dialogue(listen, b"LHLO client\r\n") == ["554 5.7.1 relaying denied"]


async def test_socket_of_the_file_system_is_taken_over_from_a_predecessor(tmp_path: Path) -> None:
    path = str(tmp_path / "lmtp")
    with socket.socket(socket.AF_UNIX) as old:
        old.bind(path)
    kept = Kept()
    async with lmtp(kept, path=path) as listen:
        answers = await dialogue(listen, transaction("a@x.example"))
        with pytest.raises(UsageError, match="cannot listen on unix:"):
            reserve_lmtp(listen)
    assert answers[-2] == "250 2.0.0 taken"
    assert kept.arrivals[0].peer == "unix"


def test_port_that_another_program_has_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(UsageError, match=r"set replies\.lmtp_listen"):
        reserve_lmtp(LmtpListen(host="127.0.0.1", port=other.getsockname()[1]))
