"""Replies from a real Dovecot, a real Postfix and Maildirs, through `mailguard serve`: nothing twice, nothing lost."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import pytest

from tests.harness_dovecot import OTHER_USERS, PASSWORD, USER, Dovecot, running_dovecot
from tests.harness_postfix import free_port, is_installed, running_postfix
from tests.harness_serve import PATIENCE, Server, broken_ledger, serving


def mail(number: int, *, to: str = USER, text: str = "Thank you, but my question was another one.") -> bytes:
    """A customer's mail."""
    return (
        f"From: Ada Lovelace <ada@mail.example>\r\nTo: {to}\r\nSubject: question {number}\r\nMessage-ID: <{number}@mail.example>\r\n"
        f"Date: Sun, 22 Nov 2026 05:00:00 +0000\r\n\r\n{text}\r\nNumber {number}.\r\n"
    ).encode()


async def replies(server: Server, count: int) -> list[dict[str, Any]]:
    """The open replies once there are that many."""
    found: list[dict[str, Any]] = []
    async with asyncio.timeout(PATIENCE):
        while len(found) < count:
            await asyncio.sleep(0.05)  # what another process writes down is no event here
            found = (await server.command("replies", "list", "--limit", "1000")).document
    return found


def subjects(found: list[dict[str, Any]]) -> list[str]:
    return sorted((reply["subject"] for reply in found), key=lambda subject: int(subject.split()[1]))


def numbered(*numbers: int) -> list[str]:
    return [f"question {number}" for number in numbers]


def account(dovecot: Dovecot, **settings: Any) -> dict[str, Any]:
    return {
        "host": "127.0.0.1",
        "port": dovecot.port,
        "tls": "none",
        "username": USER,
        "password": PASSWORD,
        "poll": "1s",
        **settings,
    }


def imap(*accounts: dict[str, Any], **replies: Any) -> dict[str, Any]:
    """Sections of the configuration with these accounts, and what else stands in `[replies]`."""
    return {"replies": replies, "replies.imap": list(accounts)}


def replies_process(server: Server) -> int:
    """The process that takes replies in: the last one that was started."""
    return server.workers()[-1]


@pytest.fixture(scope="module")
def one_dovecot() -> Iterator[Dovecot]:
    with running_dovecot() as server:
        yield server


@pytest.fixture
def dovecot(one_dovecot: Dovecot) -> Dovecot:
    one_dovecot.empty()
    return one_dovecot


@pytest.mark.dovecot
async def test_replies_come_by_imap_and_leave_no_trace(dovecot: Dovecot, tmp_path: Path) -> None:
    ways = dict(zip(("none", "starttls", "implicit"), (USER, *OTHER_USERS), strict=True))
    ports = {"implicit": dovecot.tls_port}
    for number, user in enumerate(ways.values(), 1):
        dovecot.save(mail(number), user=user)
    there = [
        account(dovecot, name=tls, username=user, tls=tls, port=ports.get(tls, dovecot.port), poll="10m")
        | {"tls_ca": str(dovecot.certificate)}
        for tls, user in ways.items()
    ]
    async with serving(tmp_path, 9, **imap(*there)) as server:
        first = {reply["source"]: reply for reply in await replies(server, 3)}
        for number, user in enumerate(ways.values(), 4):
            dovecot.save(mail(number), user=user)  # IDLE tells of it: the next look would be in ten minutes
        assert subjects(await replies(server, 6)) == numbered(*range(1, 7))
    assert {source: reply["message_id"] for source, reply in first.items()} == {
        "imap:none": "1@mail.example",
        "imap:starttls": "2@mail.example",
        "imap:implicit": "3@mail.example",
    }
    assert first["imap:none"]["text"].startswith("Thank you, but")
    assert not [user for user in ways.values() if "Seen" in dovecot.flags(user=user)]


@pytest.mark.dovecot
async def test_several_folders_without_idle(dovecot: Dovecot, tmp_path: Path) -> None:
    dovecot.doveadm("mailbox", "create", "-u", USER, "Kunden/Rückfragen")
    there = account(dovecot, folders=["INBOX", "Kunden/Rückfragen", "gone"], idle=False)
    async with serving(tmp_path, 9, **imap(there)) as server:
        dovecot.save(mail(1))
        dovecot.save(mail(2), folder="Kunden/Rückfragen")
        assert subjects(await replies(server, 2)) == numbered(1, 2)
        (trouble,) = server.log.of("reply_source_failed")
    assert trouble["what"] == "gone"


@pytest.mark.dovecot
async def test_nothing_twice_and_nothing_lost_over_kills_and_another_uidvalidity(dovecot: Dovecot, tmp_path: Path) -> None:
    async with serving(tmp_path, 9, **imap(account(dovecot))) as server:
        for number in range(1, 31):
            dovecot.save(mail(number))
            if number % 10 == 5:
                os.kill(replies_process(server), signal.SIGKILL)
            if number == 20:
                dovecot.new_validity()
        await server.log.wait_for("child_died", 3)
        assert subjects(await replies(server, 30)) == numbered(*range(1, 31))
        dovecot.save(mail(31))
        assert subjects(await replies(server, 31)) == numbered(*range(1, 32))


@pytest.mark.dovecot
async def test_folder_that_was_made_anew_is_read_from_its_beginning(dovecot: Dovecot, tmp_path: Path) -> None:
    dovecot.doveadm("mailbox", "create", "-u", USER, "Feedback")
    dovecot.save(mail(1), folder="Feedback")
    dovecot.save(mail(2), folder="Feedback")
    async with serving(tmp_path, 9, **imap(account(dovecot, folders=["Feedback"]))) as server:
        await replies(server, 2)
        dovecot.doveadm("mailbox", "delete", "-u", USER, "Feedback")
        dovecot.doveadm("mailbox", "create", "-u", USER, "Feedback")
        dovecot.save(mail(3), folder="Feedback")
        assert subjects(await replies(server, 3)) == numbered(1, 2, 3)


@pytest.mark.dovecot
async def test_too_large_a_reply_is_put_aside_and_the_next_one_taken(dovecot: Dovecot, tmp_path: Path) -> None:
    dovecot.save(mail(1, text="x" * 20_000))
    dovecot.save(mail(2))
    async with serving(tmp_path, 9, **imap(account(dovecot), max_size=10_000)) as server:
        assert subjects(await replies(server, 1)) == numbered(2)


@pytest.mark.dovecot
async def test_server_that_is_away_stops_no_other_source(dovecot: Dovecot, tmp_path: Path) -> None:
    away = account(dovecot, name="away", port=free_port())
    dovecot.save(mail(1))
    async with serving(tmp_path, 9, **imap(away, account(dovecot))) as server:
        assert subjects(await replies(server, 1)) == numbered(1)
        (failed,) = await server.log.wait_for("reply_source_failed")
    assert failed["source"] == "imap:away"


@pytest.mark.dovecot
async def test_same_mail_by_imap_lmtp_and_maildir_is_one_reply(dovecot: Dovecot, tmp_path: Path) -> None:
    maildir = made_maildir(tmp_path / "copies")
    port = free_port()
    places = imap(account(dovecot), maildirs=[str(maildir)], lmtp_listen=f"127.0.0.1:{port}")
    async with serving(tmp_path, 9, **places) as server:
        deliver(maildir, "1.host", b"Delivered-To: support@corp.example\r\n" + mail(1))
        await lmtp(port, mail(1))
        dovecot.save(b"Received: from somewhere; Sun, 22 Nov 2026 05:00:01 +0000\r\n" + mail(1))
        dovecot.save(mail(2))
        deliver(maildir, "3.host", mail(3))
        assert subjects(await replies(server, 3)) == numbered(1, 2, 3)


async def test_maildir_is_only_read_and_goes_on_after_a_kill(tmp_path: Path) -> None:
    maildir = made_maildir(tmp_path / "box")
    async with serving(tmp_path, 9, replies={"maildirs": [str(maildir)]}) as server:
        deliver(maildir, "1.host", mail(1))
        await replies(server, 1)
        os.kill(replies_process(server), signal.SIGKILL)
        (maildir / "new" / "1.host").rename(maildir / "cur" / "1.host:2,S")
        deliver(maildir, "2.host", mail(2))
        assert subjects(await replies(server, 2)) == numbered(1, 2)
    assert [file.name for file in (maildir / "cur").iterdir()] == ["1.host:2,S"]
    assert [file.name for file in (maildir / "new").iterdir()] == ["2.host"]


@pytest.mark.postfix
@pytest.mark.parametrize("place", ["port", "socket"])
async def test_postfix_hands_over_by_lmtp(tmp_path: Path, place: str) -> None:
    if not is_installed():
        pytest.skip("Postfix is not installed, or this is not root")
    port = free_port()
    listen = f"127.0.0.1:{port}" if place == "port" else f"unix:{tmp_path}/lmtp"
    target = f"lmtp:inet:[127.0.0.1]:{port}" if place == "port" else f"lmtp:unix:{tmp_path}/lmtp"
    brands = [{"name": "acme", "addresses": ["replies@corp.test"]}]
    for folder in takewhile(lambda each: each != Path(gettempdir()), (tmp_path, *tmp_path.parents)):
        folder.chmod(0o755)  # Postfix is not root when it connects
    async with serving(tmp_path, 9, **{**imap(lmtp_listen=listen), "replies.brand": brands}) as server:
        transport = {"transport_maps": f"inline:{{ corp.test={target} }}", "lmtp_host_lookup": "native"}
        with running_postfix(transport) as postfix:
            await smtp(postfix.port, mail(1), "replies@corp.test", "billing@corp.test")
            await postfix.logged(r"status=sent \(250 2\.0\.0 \w{26} taken\)", 2)
        (reply,) = await replies(server, 1)
    assert (reply["source"], reply["brand"]) == ("lmtp", "acme")


async def test_postfix_keeps_what_could_not_be_written(tmp_path: Path) -> None:
    port = free_port()
    async with serving(tmp_path, 9, replies={"lmtp_listen": f"127.0.0.1:{port}"}) as server:
        with broken_ledger(server.database, "BEFORE INSERT ON reply"):
            assert [answer[:9] for answer in await lmtp(port, mail(1), recipients=2)] == ["451 4.3.0"] * 2
        assert [answer[:9] for answer in await lmtp(port, mail(1), recipients=2)] == ["250 2.0.0"] * 2
        assert subjects(await replies(server, 1)) == numbered(1)


def made_maildir(path: Path) -> Path:
    for name in ("tmp", "new", "cur"):
        (path / name).mkdir(parents=True)
    return path


def deliver(maildir: Path, name: str, octets: bytes) -> None:
    """Write a mail as an MDA does: whole, before it has its name in `new`."""
    (maildir / "tmp" / name).write_bytes(octets)
    (maildir / "tmp" / name).rename(maildir / "new" / name)


async def lmtp(port: int, octets: bytes, *, recipients: int = 1) -> list[str]:
    """Deliver a mail; the answers after the dot."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await reader.readline()
    rcpt = "".join(f"RCPT TO:<to{number}@corp.example>\r\n" for number in range(recipients))
    writer.write(f"LHLO client.example\r\nMAIL FROM:<ada@mail.example>\r\n{rcpt}DATA\r\n".encode())
    while not (await reader.readline()).startswith(b"354"):
        pass
    writer.write(octets + b".\r\nQUIT\r\n")
    answers = (await reader.read()).decode().splitlines()
    writer.close()
    return answers[:-1]


async def smtp(port: int, octets: bytes, *to: str) -> None:
    """Hand a mail to a mail server."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    rcpt = "".join(f"RCPT TO:<{mailbox}>\r\n" for mailbox in to)
    writer.write(f"EHLO client.example\r\nMAIL FROM:<ada@mail.example>\r\n{rcpt}DATA\r\n".encode())
    while not (line := await reader.readline()).startswith(b"354"):
        assert line[:1] in b"23", line
    writer.write(octets + b".\r\nQUIT\r\n")
    assert (await reader.readline()).startswith(b"250")
    writer.close()
