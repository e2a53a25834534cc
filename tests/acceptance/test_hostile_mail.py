"""Mail and dialogues that have stalled, crashed or deceived parsers and servers before: answered, and never lost or changed.

One server as it is run takes them all. While a hostile mail comes in, and while a large one is being read, others are served;
that is shown by what happens before what. What was answered `250` comes out at the next hop as it went in, held or not.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import count

import pytest
import pytest_asyncio

from tests.harness_client import all_is_sent, calling, id_in, letter, wire
from tests.harness_kernel import forget_peak_memory, peak_memory
from tests.harness_serve import Server, broken_ledger, serving
from tests.harness_sink import Sink, running_sink
from tests.harness_smtp import Peer

pytestmark = pytest.mark.asyncio(loop_scope="module")

MB = 1_000_000


def header(*fields: bytes) -> bytes:
    """An ordinary header with these fields at its end, and the empty line."""
    ordinary = (b"From: shop@sender.example", b"Subject: s", b"Date: Mon, 16 Nov 2026 09:00:00 +0000")
    return b"".join(line + b"\r\n" for line in (*ordinary, *fields)) + b"\r\n"


def nested(depth: int) -> bytes:
    """That many multiparts, each in the one before."""
    opened = [b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level) for level in range(depth)]
    closed = [b"--b%d--\r\n" % level for level in reversed(range(depth))]
    first = opened[0].removesuffix(b"\r\n\r\n--b0\r\n")
    return header(first) + b"--b0\r\n" + b"".join(opened[1:]) + b"\r\nx\r\n" + b"".join(closed)


def many_parts(number: int, part: bytes = b"\r\nx\r\n") -> bytes:
    return header(b"Content-Type: multipart/mixed; boundary=b") + (b"--b\r\n" + part) * number + b"--b--\r\n"


HTML = header(b"Content-Type: text/html")

UNREADABLE = {
    "two million semicolons after a content type": header(b"Content-Type: text/plain" + b";" * 2 * MB) + b"x\r\n",
    "20,000 Cc addresses": header(b"Cc: " + b",\r\n ".join(b"c%d@people.example" % n for n in range(20_000))) + b"x\r\n",
    "50,000 parts": many_parts(50_000),
    "a thousand nested parts": nested(1_000),
    "a header of 5 MB": header(b"X: " + b"y" * 5 * MB) + b"x\r\n",
    "200,000 header fields": header(*[b"X: y"] * 200_000) + b"x\r\n",
}
"""What no real mail has: beyond the bounds, and so held for a person."""

HARD = {
    "50,000 semicolons after a content type": header(b"Content-Type: text/plain" + b";" * 50_000) + b"x\r\n",
    "20 kB of quotes in To": header(b"To: " + b'"' * 20_000) + b"x\r\n",
    "20 kB of parentheses in To": header(b"To: " + b"(" * 20_000) + b"x\r\n",
    "an open quote": header(b'To: "') + b"x\r\n",
    "an open angle bracket": header(b"To: <") + b"x\r\n",
    "an open domain literal": header(b"To: a@[") + b"x\r\n",
    "a broken Message-ID": header(b"Message-ID: <[>") + b"x\r\n",
    "a line end in an encoded word": header(b"To: =?us-ascii?q?=0A?= <a@people.example>") + b"x\r\n",
    "a command in an encoded word": header(b"To: =?utf-8?q?a=0d=0aRCPT_TO:<b@x>?= <a@people.example>") + b"x\r\n",
    "a charset that is no charset": header(b"Content-Type: text/plain; charset=zlib") + b"x\r\n",
    "a charset nobody knows": header(b"Content-Type: text/plain; charset=\xff\xfe") + b"x\r\n",
    "an address with a parenthesis": header(b"To: alice@people.example)bob@people.example") + b"x\r\n",
    "60 kB of On": header() + b"On " * 20_000 + b"\r\n",
    "40,000 nested divs": HTML + b"<div>" * 40_000 + b"x" + b"</div>" * 40_000 + b"\r\n",
    "2 MB of <": HTML + b"<" * 2 * MB + b"\r\n",
    "2 MB of &": HTML + b"&" * 2 * MB + b"\r\n",
    "1 MB of one link": header() + b"http://" + b"a" * MB + b"\r\n",
    "2 MB of numbers": header() + b"12 " * 600_000 + b"\r\n",
    "base64 that is none": header(b"Content-Transfer-Encoding: base64") + b"=" * MB + b"\r\n",
    "quoted-printable that is none": header(b"Content-Transfer-Encoding: quoted-printable") + b"=" * MB + b"\r\n",
    "50,000 lines that are nearly boundaries": many_parts(1).replace(b"--b--", b"--bx\r\n" * 50_000 + b"--b--"),
}
"""What libraries hang or raise on."""


@dataclass(frozen=True)
class Running:
    """The server, its next hop, and mailboxes that nobody has written to."""

    server: Server
    sink: Sink
    _numbers: count[int] = field(default_factory=count)

    def somebody(self) -> str:
        """A new mailbox."""
        return f"p{next(self._numbers)}@people.example"

    async def ordinary(self, peer: Peer) -> str:
        """Send one ordinary mail to somebody, from MAIL to the answer after the dot."""
        recipient = self.somebody()
        return await peer.mail(wire(letter("All is well.", message_id=recipient)), f"<{recipient}>")

    async def came_out(self, recipient: str) -> bytes:
        """The content that this recipient gets, without the trace field of one or more lines."""
        async with asyncio.timeout(60):
            while not (found := [one for one in self.sink.taken if one.recipients == (recipient,)]):
                await self.sink.change()
        [message] = found
        return message.octets[message.octets.index(b"From: shop@") :]

    async def release(self, id: str) -> None:
        assert (await self.server.command("queue", "release", id)).status == 0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("mailguard")
    async with running_sink() as sink, serving(folder, sink.port, policy={"fan_out_limit": 1_000_000}) as server:
        yield Running(server, sink)


# Mail


async def take_in(running: Running, content: bytes, recipient: str) -> str:
    """Send the content, with an ordinary mail of another session while its first half is there; the answer to it."""
    octets = wire(content)
    async with calling(running.server.port) as hostile, calling(running.server.port) as other:
        await hostile.begin(f"<{recipient}>")
        await hostile.send(octets[: len(octets) // 2])
        assert (await running.ordinary(other)).endswith(" accepted")
        await hostile.send(octets[len(octets) // 2 :])
        answer = await hostile.answer()
        assert (await running.ordinary(hostile)).endswith(" accepted")
        return answer


def identified(content: bytes, recipient: str) -> bytes:
    """The content with a Message-ID where it has none."""
    return (
        content
        if b"Message-ID:" in content
        else content.replace(b"Subject:", b"Message-ID: <%s>\r\nSubject:" % recipient.encode())
    )


@pytest.mark.parametrize("name", UNREADABLE)
async def test_what_cannot_be_read_is_held_and_leaves_as_it_came_when_released(running: Running, name: str) -> None:
    recipient = running.somebody()
    content = identified(UNREADABLE[name], recipient)
    answer = await take_in(running, content, recipient)
    assert " held: unreadable, " in answer
    await running.release(id_in(answer))
    assert await running.came_out(recipient) == content


@pytest.mark.parametrize("name", HARD)
async def test_what_is_hard_to_read_is_decided_and_leaves_as_it_came(running: Running, name: str) -> None:
    recipient = running.somebody()
    content = identified(HARD[name], recipient)
    answer = await take_in(running, content, recipient)
    assert answer.startswith("250 2.0.0 ")
    if not answer.endswith(" accepted"):
        await running.release(id_in(answer))
    assert await running.came_out(recipient) == content


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(
            many_parts(490, b"Content-Type: text/html\r\n\r\n" + b"<p>a 1</p>" * 2_000 + b"\r\n"), id="490 HTML parts"
        ),
        pytest.param(header() + b"12 " * 8 * MB + b"\r\n", id="8,000,000 numbers"),
        pytest.param(HTML + b"<b><i><a href=x>" * (MB * 3 // 2) + b"\r\n", id="4,500,000 open tags"),
    ],
)
async def test_others_are_served_while_a_large_mail_is_being_read(running: Running, content: bytes) -> None:
    recipient = running.somebody()
    content = identified(content, recipient)
    async with calling(running.server.port) as hostile, calling(running.server.port) as other:
        await hostile.begin(f"<{recipient}>")
        await hostile.send(wire(content).removesuffix(b".\r\n"))
        await all_is_sent(hostile)
        hostile.writer.write(b".\r\n")
        answered = asyncio.create_task(hostile.answer())
        assert (await running.ordinary(other)).endswith(" accepted")
        assert not answered.done()
        answer = await answered
    assert answer.startswith("250 2.0.0 ")
    assert await running.came_out(recipient) == content


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param([b"Cc : %s"], id="a space before the colon"),
        pytest.param([b"Cc\t: %s"], id="a tab before the colon"),
        pytest.param([b"no colon in this line", b"Cc: %s"], id="after a broken line"),
        pytest.param([b"cC: %s"], id="odd case"),
        pytest.param([b"To: one@people.example", b"To: %s"], id="a second To"),
        pytest.param([b"Cc:", b" %s"], id="folded at once"),
        pytest.param([b"Cc: list:%s;"], id="a group"),
        pytest.param([b'Cc: "a, b" <q@people.example>, (c, d) %s'], id="behind a quoted name and a comment"),
    ],
)
async def test_recipients_that_a_mail_program_would_show_are_counted(running: Running, fields: list[bytes]) -> None:
    names = b", ".join(b"v%d@people.example" % n for n in range(12))
    recipient = running.somebody()
    content = identified(header(*(line.replace(b"%s", names) for line in fields)) + b"x\r\n", recipient)
    assert " held: mass_cc, 1" in await take_in(running, content, recipient)


# The end of data, and what stands in the lines

NOT_THE_END = [
    b"\n.\n", b"\r\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n", b"\r\n\0.\r\n", b"\r\n.\0\r\n", b"\n\n.\r\n", b"\r\r\n.\r\n.\n",
]  # fmt: skip


@pytest.mark.parametrize("almost", NOT_THE_END, ids=repr)
async def test_no_mail_is_smuggled_behind_what_is_almost_an_end_of_data(running: Running, almost: bytes) -> None:
    smuggled = b"MAIL FROM:<a@x.test>\r\nRCPT TO:<smuggled@people.example>\r\nDATA\r\nSubject: s\r\n\r\nx\r\n"
    async with calling(running.server.port) as peer:
        answer = await peer.mail(header() + b"one" + almost + smuggled + b".\r\n", f"<{running.somebody()}>")
        if almost == b"\r\r\n.\r\n.\n":  # the first dot is an end of data; what follows are commands
            assert answer.startswith("550 5.6.11 ")
            return
        assert answer == "550 5.6.11 bare CR, LF or NUL in the message"
        assert await peer.say("NOOP") == "250 2.0.0 ok"
    log = await running.server.command("log", "--person", "smuggled@people.example")
    assert (log.status, log.documents) == (1, [])


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(header(b"X: a\rBcc: victim@people.example") + b"x\r\n", id="bare CR in the header"),
        pytest.param(header(b"X: a\nBcc: victim@people.example") + b"x\r\n", id="bare LF in the header"),
        pytest.param(header() + b"a\rb\r\n", id="bare CR in the body"),
        pytest.param(header() + b"a\nb\r\n", id="bare LF in the body"),
        pytest.param(header(b'Content-Type: text/plain; charset="a\0b"') + b"x\r\n", id="NUL in a charset"),
    ],
)
async def test_what_could_become_another_line_on_the_way_is_refused(running: Running, content: bytes) -> None:
    answer = await take_in(running, content, running.somebody())
    assert answer == "550 5.6.11 bare CR, LF or NUL in the message"


async def test_data_without_a_line_end_costs_no_more_memory_than_a_mail_may(running: Running) -> None:
    [worker] = running.server.workers()
    async with calling(running.server.port) as peer:
        await peer.begin(f"<{running.somebody()}>")
        forget_peak_memory(worker)
        before = peak_memory(worker)
        for _ in range(200):
            await peer.send(b"x" * MB)
        await peer.send(b"\r\n.\r\n")
        assert await peer.answer() == "552 5.3.4 message larger than 26214400 octets"
        assert peak_memory(worker) - before < 80 * MB
        assert (await running.ordinary(peer)).endswith(" accepted")


# The envelope

BAD_PATHS = [
    b'<"a\rb"@c.example>',
    b'<"a\0b"@c.example>',
    b"<a\0b@c.example>",
    b"<a\tb@c.example>",
    b"<a b@c.example>",
    b"<\xff@c.example>",
    b"<a@\xff.example>",
    "<a@h\u2028.example>".encode(),
    "<a\u2029b@h.example>".encode(),
    b"<=?utf-8?q?a=0d=0aRCPT_TO:<b@x>?=@h.example>",
    b"<@evil.example:a@h.example>",
    b"<a@h.example> <b@h.example>",
    b"<a@h.example",
    b"a@h.example>",
    b"<a@h..example>",
    b"<a@b@h.example>",
    b"<" + b"a" * 1_500 + b"@h.example>",
]


@pytest.mark.parametrize("path", BAD_PATHS, ids=repr)
@pytest.mark.parametrize("command", [b"MAIL FROM:", b"RCPT TO:"])
async def test_a_path_that_could_change_on_the_way_is_refused_for_good(running: Running, command: bytes, path: bytes) -> None:
    async with calling(running.server.port) as peer:
        if command == b"RCPT TO:":
            assert (await peer.say("MAIL FROM:<a@x.test>")).startswith("250 ")
        await peer.send(command + path + b"\r\n")
        assert (await peer.answer()).startswith("5")
        if command == b"RCPT TO:":
            assert (await peer.say("DATA")).startswith(("503 ", "554 "))
        assert await peer.say("RSET") == "250 2.0.0 ok"
        assert (await running.ordinary(peer)).endswith(" accepted")


@pytest.mark.parametrize(
    "parameters", ["SIZE=²", "SIZE=-1", "SIZE=1e3", "SIZE=", "BODY=9BIT", "RET=ALL RET=HDRS", "ENVID=" + "x" * 200, "X=Y", "="]
)
async def test_a_parameter_that_is_none_is_refused_for_good(running: Running, parameters: str) -> None:
    async with calling(running.server.port) as peer:
        assert (await peer.say(f"MAIL FROM:<a@x.test> {parameters}")).startswith("5")
        assert (await running.ordinary(peer)).endswith(" accepted")


async def test_a_bounce_has_the_null_reverse_path_on_both_sides(running: Running) -> None:
    recipient = running.somebody()
    async with calling(running.server.port) as peer:
        await peer.begin(f"<{recipient}>", sender="<>")
        await peer.send(wire(letter("It failed.", message_id=recipient)))
        assert (await peer.answer()).endswith(" accepted")
    await running.came_out(recipient)
    assert [one.reverse_path for one in running.sink.taken if one.recipients == (recipient,)] == [""]


async def test_another_client_does_not_change_what_one_may_say(running: Running) -> None:
    envid = "e" * 90
    async with calling(running.server.port) as peer:
        async with calling(running.server.port) as other:
            assert await other.say("NOOP") == "250 2.0.0 ok"
        assert (await peer.say(f"MAIL FROM:<{'a' * 60}@x.test> SIZE=1000 BODY=8BITMIME RET=HDRS ENVID={envid}")).startswith(
            "250 "
        )


# The dialogue


@pytest.mark.parametrize("request_line", [b"POST / HTTP/1.1", b"GET / HTTP/1.0", b"CONNECT a:25 HTTP/1.1"])
async def test_a_request_of_a_browser_delivers_no_mail(running: Running, request_line: bytes) -> None:
    body = b"HELO x\r\nMAIL FROM:<a@x.test>\r\nRCPT TO:<browsed@people.example>\r\nDATA\r\nSubject: s\r\n\r\nx\r\n.\r\nQUIT\r\n"
    async with calling(running.server.port, greeting="") as peer:
        await peer.send(request_line + b"\r\nHost: x\r\nContent-Type: text/plain\r\n\r\n" + body)
        assert await peer.answer() == "421 4.7.0 this is an SMTP server"
        assert await peer.is_hung_up_on()
    assert (await running.server.command("log", "--person", "browsed@people.example")).status == 1


async def test_a_session_of_junk_is_ended(running: Running) -> None:
    async with calling(running.server.port) as peer:
        await peer.send(b"JUNK\r\n" * 200)
        said = [await peer.answer() for _ in range(101)]
        assert set(said[:99]) == {"500 5.5.2 command not recognised"}
        assert "421 4.7.0 too many commands without a mail" in said
        assert await peer.is_hung_up_on()


async def test_more_recipients_than_one_transaction_may_have_are_put_off(running: Running) -> None:
    async with calling(running.server.port) as peer:
        assert (await peer.say("MAIL FROM:<a@x.test>")).startswith("250 ")
        await peer.send(b"".join(b"RCPT TO:<m%d@people.example>\r\n" % number for number in range(1_010)))
        said = await peer.answers(1_010)
        assert {answer[:9] for answer in said[:1_000]} == {"250 2.1.5"}
        assert set(said[1_000:]) == {"452 4.5.3 too many recipients"}


async def test_a_failure_inside_keeps_the_mail_with_its_sender_and_says_nothing_of_itself(running: Running) -> None:
    recipient = running.somebody()
    content = identified(header() + b"kept by its sender\r\n", recipient)
    async with calling(running.server.port) as peer:
        with broken_ledger(running.server.database):
            assert await peer.mail(wire(content), f"<{recipient}>") == "451 4.3.0 temporarily unable, try again"
        assert (await peer.mail(wire(content), f"<{recipient}>")).endswith(" accepted")
    assert await running.came_out(recipient) == content
    [failure, *_] = await running.server.log.wait_for("batch_failed")
    assert "disk failure" in failure["exception"]
