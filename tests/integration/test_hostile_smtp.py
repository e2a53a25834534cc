"""What was seen to go wrong with SMTP servers of this kind, sent to the front door over real sockets."""

from __future__ import annotations

import asyncio
import http.client
from contextlib import suppress
from random import Random
from typing import Any

import pytest

from mailguard.relay.arrival import Arrival
from mailguard.relay.refusal import Refusal
from tests.harness_smtp import KeepingIntake, Peer, connected, door_of_its_own, front_door

MEGABYTE = 2**20

# Taken for the end of data by one server or another, and for none by others.
NOT_THE_END = [
    b"\n.\n",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\r\n.\r",
    b"\r.\r",
    b"\r.\r\n",
    b"\r\n.\r\r\n",
    b"\r\n\r.\r\n",
    b"\r\r\n.\n",
    b"\n\n.\r\n",
    b"\n\r.\r\n",
    b"\r\n\0.\r\n",
    b"\r\n.\0\r\n",
    b"\0\r\n.\n",
    b"\r\n. \r\n",
    b"\r\n..\r\n",
    b"\n..\n",
]
SMUGGLED = b"MAIL FROM:<evil@x.test>\r\nRCPT TO:<b@y.test>\r\nDATA\r\nevil\r\n"


# Memory.


async def test_data_without_line_ends_take_no_memory() -> None:
    async with door_of_its_own(max_size=MEGABYTE) as door, connected(door) as peer:
        await peer.begin()
        await peer.send(b"x" * MEGABYTE)
        before = door.most_memory()
        for _ in range(64):
            await peer.send(b"x" * MEGABYTE)
        await peer.send(b"\r\n.\r\n")
        assert (await peer.answer()).startswith("552 5.3.4")
        assert door.most_memory() - before < 8 * MEGABYTE
        assert (await peer.mail_dialogue()).startswith("250")


async def test_command_without_line_end_takes_no_memory() -> None:
    async with door_of_its_own() as door, connected(door) as peer:
        await peer.send(b"x" * MEGABYTE)
        before = door.most_memory()
        for _ in range(64):
            await peer.send(b"x" * MEGABYTE)
        assert door.most_memory() - before < 8 * MEGABYTE
        assert (await peer.say("")).startswith("500 5.5.6")
        assert (await peer.mail_dialogue()).startswith("250")


async def test_many_messages_at_once_take_no_more_memory_than_allowed() -> None:
    async with door_of_its_own(most_octets_held=8 * MEGABYTE) as door:
        before = door.most_memory()

        async def send() -> str:
            async with connected(door) as peer:
                await peer.begin()
                for _ in range(20):
                    await peer.send((b"x" * 1022 + b"\r\n") * 1024)
                await peer.send(b".\r\n")
                return await peer.answer()

        answers = await asyncio.gather(*(send() for _ in range(10)))
        assert {answer[:9] for answer in answers} == {"452 4.3.1"}
        assert door.most_memory() - before < 48 * MEGABYTE


async def test_long_line_is_content_like_any_other() -> None:
    line = b"x" * 100_000 + b"\r\n"
    async with front_door() as door, connected(door) as peer:
        assert (await peer.mail(line + b".\r\n")).startswith("250")
        assert door.octets == [line]


# Smuggling.


@pytest.mark.parametrize("variant", NOT_THE_END)
@pytest.mark.parametrize("keep_bare_newlines", [False, True])
async def test_only_crlf_dot_crlf_ends_the_data_wherever_it_is_split(variant: bytes, keep_bare_newlines: bool) -> None:  # noqa: FBT001
    content = b"before" + variant + SMUGGLED
    octets = content + b".\r\n"
    is_clean = variant in {b"\r\n..\r\n", b"\r\n. \r\n"}
    answer = "250 2.0.0" if keep_bare_newlines or is_clean else "550 5.6.11"
    async with front_door(keep_bare_newlines=keep_bare_newlines) as door, connected(door) as peer:
        for cut in range(5, len(b"before") + len(variant) + 2):
            await peer.begin()
            await peer.send(octets[:cut])
            await asyncio.sleep(0)
            await peer.send(octets[cut:])
            assert (await peer.answer()).startswith(answer)
            # Any command that was read out of the content would have had its answer before this one.
            assert (await peer.say("VRFY x")).startswith("252")
        assert {arrival.envelope.reverse_path for arrival in door.intake.arrivals} <= {"a@x.test"}
        # RFC 5321 4.5.2: the first of the dots at the start of a line is not content.
        assert set(door.octets) <= {content.replace(b"\r\n.", b"\r\n")}


@pytest.mark.parametrize("variant", NOT_THE_END)
async def test_only_crlf_dot_crlf_ends_the_data_octet_by_octet(variant: bytes) -> None:
    async with front_door(keep_bare_newlines=True) as door, connected(door) as peer:
        await peer.begin()
        for octet in variant + SMUGGLED + b".\r\n":
            await peer.send(bytes([octet]))
            await asyncio.sleep(0)
        assert (await peer.answer()).startswith("250")
        assert (await peer.say("VRFY x")).startswith("252")
        assert len(door.octets) == 1


async def test_data_that_never_end_are_not_taken() -> None:
    for variant in NOT_THE_END:
        async with front_door(keep_bare_newlines=True) as door:
            async with connected(door) as peer:
                await peer.begin()
                await peer.send(b"before" + variant + SMUGGLED)
                peer.writer.write_eof()
                assert await peer.is_hung_up_on()
            assert door.octets == []


# Paths.

HOSTILE_PATHS = [
    b'<"a\rb"@c.test>',
    b'<"a\0b"@c.test>',
    b'<"a\tb"@c.test>',
    b"<a\tb@c.test>",
    b"<a\xff@c.test>",
    b"<a\xed\xa0\x80@c.test>",
    "<a@h\u2028.example>".encode(),
    "<a@h\u0085.example>".encode(),
    "<a\u202e@h.example>".encode(),
    b"<=?utf-8?q?a=0d=0aRCPT_TO:<b@x>?=@h.example>",
    b"<=?utf-8?q?a?=@h.example>",
    b"<@relay.test:a@h.example>",
    b"<a@h.example>b@h.example",
    b"<a@h.example",
    b"a@h.example",
    b"<a b@h.example>",
    b"<a@h.example>\x0bSIZE=1",
    b"<a@@h.example>",
    b"<a@>",
    b"<@h.example>",
    b"<a@[127.0.0.1>",
    b"<" + b"a" * 400 + b"@h.example>",
]


@pytest.mark.parametrize("path", HOSTILE_PATHS)
async def test_hostile_path_is_refused(path: bytes) -> None:
    async with front_door() as door, connected(door) as peer:
        await peer.send(b"MAIL FROM:" + path + b" SMTPUTF8\r\n")
        assert (await peer.answer())[0] == "5"
        assert (await peer.say("MAIL FROM:<a@x.test> SMTPUTF8")).startswith("250")
        await peer.send(b"RCPT TO:" + path + b"\r\n")
        assert (await peer.answer())[0] == "5"
        assert (await peer.say("DATA")).startswith("554 5.5.1")
        assert door.octets == []


@pytest.mark.parametrize(
    "path", ['"a b"@h.example', '"a\\"b"@h.example', "a+tag@H.Example", "a@[127.0.0.1]", "a@[IPv6:::1]", "jörg@bücher.example"]
)
async def test_path_that_is_taken_never_changes(path: str) -> None:
    async with front_door() as door, connected(door) as peer:
        assert (await peer.say(f"MAIL FROM:<{path}> SMTPUTF8")).startswith("250")
        assert (await peer.say(f"RCPT TO:<{path}>")).startswith("250")
        await peer.say("DATA")
        await peer.send(b".\r\n")
        assert (await peer.answer()).startswith("250")
        envelope = door.intake.arrivals[0].envelope
        assert envelope.reverse_path == path
        assert envelope.recipients[0].mailbox.wire == path


# The dialogue.


async def test_other_connection_does_not_change_what_a_session_may_say() -> None:
    long = f"MAIL FROM:<a@x.test> SIZE=10 ENVID={'x' * 100} RET=FULL BODY=8BITMIME SMTPUTF8"
    async with front_door() as door, connected(door) as first, connected(door, greeted=False):
        assert (await first.say(long)).startswith("250 2.1.0")


async def test_exception_inside_is_temporary_and_tells_nothing() -> None:
    async def fail(_: Arrival) -> None:
        raise OSError(28, "No space left on device", "/var/lib/mailguard/spool")

    async with front_door(KeepingIntake(first=fail)) as door, connected(door) as peer:
        assert await peer.mail_dialogue() == "451 4.3.0 temporarily unable, try again"


@pytest.mark.parametrize("count", [100, 1000])
async def test_flood_of_recipients_has_an_end(count: int) -> None:
    async with front_door(max_recipients=count) as door, connected(door) as peer:
        await peer.say("MAIL FROM:<a@x.test>")
        await peer.send(b"".join(b"RCPT TO:<b%d@y.test>\r\n" % n for n in range(20_000)))
        answers = await peer.answers(2 * count + 1)
        assert [answer[:3] for answer in answers] == ["250"] * count + ["452"] * count + ["421"]
        assert await peer.is_hung_up_on()


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "OPTIONS"])
async def test_http_request_with_a_mail_in_it_delivers_nothing(method: str) -> None:
    body = b"EHLO x\r\nMAIL FROM:<a@x.test>\r\nRCPT TO:<b@y.test>\r\nDATA\r\nevil\r\n.\r\nQUIT\r\n"

    def ask(port: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        with suppress(http.client.HTTPException, ConnectionError):
            connection.request(method, "/", body)
            connection.getresponse()
        connection.close()

    async with front_door() as door:
        await asyncio.to_thread(ask, door.port)
        assert await door.is_left()
        assert door.octets == []


async def test_tls_handshake_on_the_plain_port_is_not_understood() -> None:
    async with front_door() as door, connected(door, greeted=False) as peer:
        await peer.answer()
        await peer.send(bytes.fromhex("160301") + b"\x02\0" + b"\x01" * 512 + b"\n")
        assert (await peer.answer()).startswith("5")
        assert door.octets == []


@pytest.mark.parametrize("octets", [b"\0" * 1000 + b"\r\n", bytes(range(256)) * 4 + b"\r\n", b"\xff\xfe" * 300 + b"\r\n"])
async def test_binary_noise_is_not_understood(octets: bytes) -> None:
    async with front_door() as door, connected(door) as peer:
        await peer.send(octets + b"VRFY x\r\n")
        assert {answer[:5] for answer in await peer.answers(octets.count(b"\n"))} <= {"500 5"}
        assert (await peer.answer()).startswith("252")
        assert (await peer.mail_dialogue()).startswith("250")


async def test_slow_sender_does_not_hold_up_others() -> None:
    async with front_door() as door, connected(door) as slow, connected(door) as quick:
        await slow.begin()
        for octet in b"slow and steady\r\n":
            await slow.send(bytes([octet]))
            assert (await quick.mail_dialogue()).startswith("250")
        await slow.send(b".\r\n")
        assert (await slow.answer()).startswith("250")
        assert door.octets[-1] == b"slow and steady\r\n"


async def test_many_connections_come_and_go() -> None:
    async with front_door(max_connections=10_000, max_connections_per_client=10_000) as door:

        async def visit(number: int) -> str:
            peer = Peer(*await asyncio.open_connection("127.0.0.1", door.port))
            answers: list[Any] = [await peer.answer()]
            if number % 3 == 0:
                await peer.greet()
            if number % 3 == 1:
                await peer.send(b"EHLO half a li")
            await peer.close()
            return str(answers[0])

        answers = await asyncio.gather(*(visit(number) for number in range(300)))
        assert {answer[:4] for answer in answers} == {"220 "}
        assert await door.is_left()
        assert door.server.octets_held == 0


# Anything at all.

PIECES = [
    *(
        b"EHLO x",
        b"HELO x",
        b"RSET",
        b"NOOP",
        b"VRFY x",
        b"HELP",
        b"QUIT",
        b"STARTTLS",
        b"AUTH PLAIN",
        b"AUTH LOGIN QQ==",
        b"*",
    ),
    *(
        b"MAIL FROM:<a@x.test>",
        b"RCPT TO:<b@y.test>",
        b"DATA",
        b".",
        b"..",
        b"content",
        b"\xff\0\r",
        b"",
        b"z" * 600,
        b"z" * 30_000,
    ),
    b"MAIL FROM:<> SIZE=10 BODY=8BITMIME SMTPUTF8 RET=FULL ENVID=a+2B AUTH=<>",
    b'RCPT TO:<"q q"@y.test> NOTIFY=NEVER ORCPT=rfc822;a+20b@c.test',
]
ENDS = [*([b"\r\n"] * 12), b"\n", b"\r", b"", b"\r\n.\r\n", b"\r\n.\r\n"]


def random_dialogue(random: Random) -> bytes:
    """Return commands in any order, some of them with octets exchanged, left out or added."""
    said = bytearray()
    for _ in range(random.randint(1, 25)):
        piece = bytearray(random.choice(PIECES))
        if random.random() < 0.2:
            at = random.randint(0, len(piece))
            piece[at : at + random.randint(0, 2)] = random.randbytes(random.randint(0, 3))
        said += piece + random.choice(ENDS)
    return bytes(said)


@pytest.mark.parametrize("seed", range(4))
async def test_no_dialogue_makes_the_door_fail(seed: int) -> None:
    random = Random(seed)
    async with front_door() as door:
        for _ in range(100):
            async with connected(door, greeted=False) as peer:
                said = random_dialogue(random)
                cut = random.randint(0, len(said))
                await peer.send(said[:cut])
                await asyncio.sleep(0)
                with suppress(ConnectionError):
                    await peer.send(said[cut:])
                    peer.writer.write_eof()
                    lines = (await peer.reader.read()).split(b"\r\n")
                    assert all(line[:3].isdigit() for line in lines[:-1])
        assert await door.is_left()
        assert Refusal.FAILURE not in door.refusals
        assert door.server.octets_held == 0
