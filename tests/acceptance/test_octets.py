"""Bytes in, bytes out: what the next hop gets is what the client sent, but for what the relay says that it changes.

It takes out the Mailguard-* fields, puts one Received field before all, and adds a Message-ID and a Date where there was none.
"""

from __future__ import annotations

import base64
import re
import subprocess
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import dkim
import pytest
import pytest_asyncio
from nacl.signing import SigningKey

from tests.harness import FrozenClock, Relay, running_relay
from tests.harness_client import calling, id_in, wire
from tests.harness_sink import TakenMessage

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "mail"
FIXTURES = {path.stem: path.read_bytes() for path in sorted(FOLDER.glob("*.eml"))}

HEADER = (
    b"From: shop@sender.example\r\nTo: ann@people.example\r\nSubject: odd\r\n"
    b"Message-ID: <odd@sender.example>\r\nDate: Mon, 16 Nov 2026 09:00:00 +0000\r\n"
)

ODD_SHAPES = {
    "one bare line of 100 kB": HEADER + b"\r\n" + b"x" * 100_000 + b"\r\n",
    "one line of 400 kB with spaces": HEADER + b"\r\n" + b"word " * 80_000 + b"\r\n",
    "a header line of 20 kB": HEADER + b"X-Long: " + b"y" * 20_000 + b"\r\n\r\nbody\r\n",
    "every octet from 128 on": HEADER + b"\r\n" + bytes(range(128, 256)) * 20 + b"\r\n",
    "control octets but NUL": HEADER + b"\r\n" + bytes(set(range(1, 32)) - {10, 13}) + b"\x7f\r\n",
    "dots": HEADER + b"\r\n.\r\n..\r\n...\r\n.word\r\n. \r\n .\r\n",
    "nothing but dots": HEADER + b"\r\n" + b".\r\n" * 5_000,
    "empty lines at the end": HEADER + b"\r\nbody\r\n\r\n\r\n\r\n",
    "spaces and tabs at line ends": HEADER + b"\r\nbody \t \r\n \r\n\t\r\n",
    "no body": HEADER + b"\r\n",
    "no empty line": HEADER,
    "commands in the body": HEADER + b"\r\nQUIT\r\nRSET\r\nMAIL FROM:<x@y>\r\nDATA\r\n",
    "folded fields": HEADER + b"X-Folded: a\r\n b\r\n\tc\r\n  \r\n\r\nbody\r\n",
    "a line without a colon": HEADER + b"no colon here\r\nX-After: 1\r\n\r\nbody\r\n",
    "a space before the colon": HEADER + b"X-Space : 1\r\n\r\nbody\r\n",
    "odd case": HEADER + b"x-ODD-cAsE: 1\r\n\r\nbody\r\n",
    "fields that stand twice": HEADER + b"X-Twice: 1\r\nX-Twice: 1\r\nTo: bob@people.example\r\n\r\nbody\r\n",
    "an mbox line": b"From shop Mon Nov 16 09:00:00 2026\r\n" + HEADER + b"\r\nFrom here on\r\n",
    "raw 8 bit in the header": HEADER + b"X-Raw: gr\xfc\xdfe\r\n\r\nbody\r\n",
    "trace fields of others": b"Received: from a by b; Mon, 16 Nov 2026 08:59:59 +0000\r\nReturn-Path: <a@b>\r\n"
    + HEADER
    + b"\r\ntraced\r\n",
    "a control field's name in the body": HEADER + b"\r\nMailguard-Class: critical\r\n",
    "a control field within a part": HEADER
    + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nMailguard-Key: 1\r\n\r\na\r\n--x--\r\n",
}

CONTROL_FIELDS = {
    "first": (b"Mailguard-Class: service\r\n" + HEADER, HEADER),
    "last": (HEADER + b"Mailguard-Template: order\r\n", HEADER),
    "folded": (
        HEADER + b"Mailguard-Asks: income,\r\n postal_address\r\n\tbirthday\r\nX-Kept: 1\r\n",
        HEADER + b"X-Kept: 1\r\n",
    ),
    "in odd case": (HEADER + b"mAILGUARD-asks: income\r\n", HEADER),
    "with a space before the colon": (HEADER + b"Mailguard-Asks : income\r\n", HEADER),
    "of a name that means nothing": (HEADER + b"Mailguard-Whatever: 1\r\n", HEADER),
    "repeated": (b"Mailguard-Asks: a\r\n" + HEADER + b"Mailguard-Asks: b\r\n", HEADER),
    "not quite one": (HEADER + b"X-Mailguard-Key: 1\r\n", HEADER + b"X-Mailguard-Key: 1\r\n"),
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def relay() -> AsyncIterator[Relay]:
    """One relay for all: in mode shadow it lets everything out."""
    async with running_relay(clock=FrozenClock(NOW), policy={"mode": "shadow"}) as running:
        yield running


@dataclass(frozen=True)
class Passed:
    """What came out for a content, and the id that it was answered with."""

    id: str
    message: TakenMessage

    @property
    def content(self) -> bytes:
        """What came out, without the one field that the relay puts before it."""
        trace = re.match(rb"Received: [^\n]*\n(?:[ \t][^\n]*\n)*", self.message.octets)
        assert trace, self.message.octets[:200]
        return self.message.octets[trace.end() :]


async def pass_on(relay: Relay, content: bytes) -> Passed:
    """Send the content in the plainest way and wait until the next hop has it."""
    count = len(relay.sink.messages)
    async with calling(relay.worker.port) as peer:
        parameters = "" if content.isascii() else " BODY=8BITMIME SMTPUTF8"
        assert (await peer.say(f"MAIL FROM:<shop@sender.example>{parameters}")).startswith("250 ")
        assert (await peer.say("RCPT TO:<ann@people.example>")).startswith("250 ")
        assert (await peer.say("DATA")).startswith("354 ")
        await peer.send(wire(content))
        answer = await peer.answer()
    assert answer.startswith("250 2.0.0 "), answer
    assert answer.endswith(" accepted"), answer
    await relay.sink.sink.took(count + 1)
    return Passed(id_in(answer), relay.sink.sink.taken[count])


def with_what_was_missing(content: bytes, id: str) -> bytes:
    """The content with a Message-ID and a Date at the end of the header, where it has none."""
    header, empty_line, body = content.partition(b"\r\n\r\n")
    names = [line.partition(b":")[0].strip().lower() for line in header.split(b"\r\n")]
    if b"message-id" not in names:
        header += b"\r\nMessage-ID: <%s@relay.example>" % id.encode()
    if b"date" not in names:
        header += b"\r\nDate: Mon, 16 Nov 2026 09:00:00 +0000"
    return header + empty_line + body


@pytest.mark.parametrize("name", FIXTURES)
async def test_a_real_mail_leaves_as_it_came(relay: Relay, name: str) -> None:
    passed = await pass_on(relay, FIXTURES[name])
    assert passed.content == with_what_was_missing(FIXTURES[name], passed.id)


@pytest.mark.parametrize("shape", ODD_SHAPES)
async def test_an_odd_shape_leaves_as_it_came(relay: Relay, shape: str) -> None:
    passed = await pass_on(relay, ODD_SHAPES[shape])
    assert passed.content == ODD_SHAPES[shape]


@pytest.mark.parametrize("size", [1, 2, 3, 65_535, 65_536, 65_537, 262_143, 262_144, 262_145, 1_000_000])
async def test_a_body_of_any_size_leaves_as_it_came(relay: Relay, size: int) -> None:
    content = HEADER + b"\r\n" + (b"." * 60 + b"\r\n") * (size // 62) + b"x" * (size % 62) + b"\r\n"
    assert (await pass_on(relay, content)).content == content


async def test_a_body_without_a_line_end_at_its_end_gets_one_from_the_client(relay: Relay) -> None:
    assert (await pass_on(relay, HEADER + b"\r\nno line end")).content == HEADER + b"\r\nno line end\r\n"


async def test_an_empty_content_gets_what_every_mail_must_have(relay: Relay) -> None:
    passed = await pass_on(relay, b"")
    assert passed.content == b"Message-ID: <%s@relay.example>\r\nDate: Mon, 16 Nov 2026 09:00:00 +0000\r\n" % passed.id.encode()


async def test_the_trace_field_says_who_brought_it_and_its_id(relay: Relay) -> None:
    passed = await pass_on(relay, HEADER + b"\r\ntrace\r\n")
    trace = passed.message.octets.removesuffix(passed.content)
    unfolded = b" ".join(trace.split())
    assert unfolded.startswith(b"Received: from client.test ([127.0.0.1]) by relay.example with ESMTP id ")
    assert passed.id.encode() in unfolded
    assert unfolded.endswith(b"; Mon, 16 Nov 2026 09:00:00 +0000")
    assert max(map(len, trace.split(b"\r\n"))) <= 78  # RFC 5322 2.1.1


@pytest.mark.parametrize("place", CONTROL_FIELDS)
async def test_control_fields_do_not_leave_and_nothing_else_changes(relay: Relay, place: str) -> None:
    sent, kept = CONTROL_FIELDS[place]
    body = b"\r\nMailguard-Class: bulk\r\n%s\r\n" % place.encode()
    passed = await pass_on(relay, sent + body)
    assert passed.content == kept + body


# DKIM (RFC 6376)


@dataclass(frozen=True)
class Key:
    """A private key as dkimpy takes it, its algorithm, and the record that has its public half."""

    private: bytes
    algorithm: bytes
    record: bytes

    def look_up(self, name: bytes, *, timeout: int = 5) -> bytes:  # noqa: ARG002 - dkimpy's signature
        """The record of this name, as the DNS would have it."""
        assert name == b"sel._domainkey.sender.example."
        return self.record


def rsa_key() -> Key:
    private = subprocess.run(["openssl", "genrsa", "-traditional", "2048"], capture_output=True, check=True).stdout
    made = subprocess.run(["openssl", "rsa", "-pubout", "-outform", "DER"], input=private, capture_output=True, check=True)
    return Key(private, b"rsa-sha256", b"v=DKIM1; k=rsa; p=" + base64.b64encode(made.stdout))


def ed25519_key() -> Key:
    key = SigningKey.generate()
    record = b"v=DKIM1; k=ed25519; p=" + base64.b64encode(bytes(key.verify_key))
    return Key(base64.b64encode(bytes(key)), b"ed25519-sha256", record)


@pytest.mark.parametrize("make_key", [rsa_key, ed25519_key])
@pytest.mark.parametrize("canonical", [b"simple", b"relaxed"])
async def test_a_dkim_signature_made_before_verifies_after(relay: Relay, make_key: Callable[[], Key], canonical: bytes) -> None:
    key = make_key()
    unsigned = HEADER + b"MIME-Version: 1.0\r\n\r\n.dot\r\n  spaces  \r\n" + "grüße\r\n\r\n".encode()
    signature = dkim.sign(
        unsigned, b"sel", b"sender.example", key.private, canonicalize=(canonical, canonical), signature_algorithm=key.algorithm
    )
    passed = await pass_on(relay, b"Mailguard-Class: service\r\n" + signature + unsigned)
    assert passed.content == signature + unsigned
    assert dkim.verify(passed.message.octets, dnsfunc=key.look_up)
    assert not dkim.verify(passed.message.octets.replace(b".dot", b"..dot"), dnsfunc=key.look_up)
