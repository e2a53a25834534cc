"""Postfix on both sides of mailguard: it splits, bounces and retries what it sends, and takes what leaves.

Each Postfix is a real one with a queue and ports of its own; mailguard is run as it is run.
"""

from __future__ import annotations

import asyncio
import re
import smtplib
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.harness_client import calling, id_in, letter, wire
from tests.harness_gate import Gate
from tests.harness_postfix import Postfix, is_installed, running_postfix
from tests.harness_programs import need
from tests.harness_serve import Server, broken_ledger, serving
from tests.harness_sink import Sink, TakenMessage, running_sink

pytestmark = [pytest.mark.postfix, pytest.mark.asyncio(loop_scope="module")]

SENDER = "agent@corp.example"


@dataclass(frozen=True)
class Line:
    """A Postfix before mailguard, or behind it; the gate is between the two."""

    sink: Sink
    server: Server
    postfix: Postfix
    gate: Gate

    async def submit(self, content: bytes, *recipients: str) -> None:
        """Give Postfix a mail, as a program on its host does."""

        def talk() -> None:
            with smtplib.SMTP("127.0.0.1", self.postfix.port, timeout=60) as session:
                assert session.sendmail(SENDER, recipients, content) == {}

        await asyncio.to_thread(talk)

    async def arrived(self, *recipients: str, reverse_path: str = SENDER) -> TakenMessage:
        """Wait until the sink has a message to these recipients; it must be the only one."""
        while not (
            found := [one for one in self.sink.taken if (one.reverse_path, one.recipients) == (reverse_path, recipients)]
        ):
            await self.sink.change()
        [message] = found
        return message


@pytest.fixture(scope="module", autouse=True)
def _postfix_is_there() -> None:
    need(is_there=is_installed(), reason="Postfix is not installed, or this is not root")


def postfix_before(port: int, **settings: str) -> AbstractContextManager[Postfix]:
    """A Postfix that hands all its mail to this port of loopback."""
    return running_postfix({"relayhost": f"[127.0.0.1]:{port}", **settings})


# As the sender


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sending(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Line]:
    """Postfix, the gate, mailguard with two workers, the sink."""
    folder = tmp_path_factory.mktemp("mailguard")
    split = {"smtp_destination_recipient_limit": "50", "initial_destination_concurrency": "20"}
    async with running_sink() as sink, serving(folder, sink.port, workers=2) as server, Gate(server.port).open() as gate:
        with postfix_before(gate.port, **split) as postfix:
            yield Line(sink, server, postfix, gate)


async def test_800_visible_recipients_in_16_simultaneous_transactions_are_one_held_message(sending: Line) -> None:
    reps = [f"rep{number}@dealer{number % 40}.example" for number in range(800)]
    copied = ",\r\n ".join(reps[1:])
    content = (
        f"From: {SENDER}\r\nTo: {reps[0]}\r\nCc: {copied}\r\nSubject: Re: Your order\r\n"
        "Message-ID: <angry@corp.example>\r\nDate: Mon, 16 Nov 2026 09:00:00 +0000\r\n\r\n"
        "Dear Mr. Miller,\r\n\r\nhow often must I tell you: page 7 of the manual.\r\n"
    ).encode()
    with sending.gate.holding(asyncio.Barrier(16).wait):
        await sending.submit(content, *reps)
        answers = {match[1] for match in await sending.postfix.logged(r"@dealer\d+\.example>.* status=sent \((.*)\)$", 800)}
    [answer] = answers
    assert answer.endswith(" held: mass_cc, 800 visible recipients, limit 10")
    [waiting] = (await sending.server.command("queue", "list")).document
    assert (waiting["id"], waiting["states"]) == (id_in(answer), {"held": 800})
    why = await sending.server.why("<angry@corp.example>")
    assert (why["id"], why["action"], why["others"]) == (id_in(answer), "hold", [])
    assert [finding["code"] for finding in why["findings"]][:2] == ["mass_cc", "addressee_mismatch"]
    assert sorted(one["mailbox"] for one in why["recipients"]) == sorted(reps)
    assert not [path for message in sending.sink.taken for path in message.recipients if "@dealer" in path]


async def test_a_repeat_that_mailguard_refuses_is_bounced_by_postfix(sending: Line) -> None:
    await sending.submit(letter("Your income, please.", message_id="ask1@corp.example"), "ann@people.example")
    await sending.arrived("ann@people.example")
    await sending.submit(letter("Your income, please.", message_id="ask2@corp.example"), "ann@people.example")
    bounce = await sending.arrived(SENDER, reverse_path="")
    told = " ".join(bounce.octets.decode().split())
    [(refused, first)] = set(re.findall(r"550 5\.7\.1 (\w{26}) repeat of (\w{26}) of ", told))
    assert (await sending.server.why("<ask1@corp.example>"))["id"] == first
    why = await sending.server.why("<ask2@corp.example>")
    assert (why["id"], why["action"], why["recipients"][0]["state"]) == (refused, "reject", "rejected")


async def test_postfix_keeps_what_mailguard_cannot_take_and_sends_it_again_once_it_can(sending: Line) -> None:
    with broken_ledger(sending.server.database):
        await sending.submit(letter("Later, then.", message_id="kept@corp.example"), "bob@people.example")
        await sending.postfix.logged(r"<bob@.* status=deferred \(host .* said: 451 4\.3\.0 temporarily unable, try again")
    sending.postfix.flush()
    [match] = await sending.postfix.logged(r"<bob@.* status=sent \(250 2\.0\.0 (\w+) accepted\)")
    assert b"<kept@corp.example>" in (await sending.arrived("bob@people.example")).octets
    why = await sending.server.why("<kept@corp.example>")
    assert (why["id"], why["others"]) == (match[1], [])


async def test_postfix_that_never_heard_the_250_is_told_of_a_replay_and_nothing_goes_out_twice(sending: Line) -> None:
    with sending.gate.losing(b" accepted\r\n"):
        await sending.submit(letter("Once.", message_id="once@corp.example"), "cleo@people.example")
        await sending.postfix.logged(r"<cleo@.* status=deferred \(lost connection with .* message may be sent more than once")
    sending.postfix.flush()
    [match] = await sending.postfix.logged(r"<cleo@.* status=sent \(250 2\.0\.0 (\w+) replay\)")
    await sending.server.nothing_under_way()
    await sending.arrived("cleo@people.example")
    [first, replay] = (await sending.server.command("log", "--person", "cleo@people.example")).documents
    assert (first["id"], first["recipients"][0]["state"]) == (match[1], "delivered")
    assert replay["recipients"][0]["state"] == "replayed"


async def test_of_many_mails_from_postfix_each_leaves_once(sending: Line) -> None:
    names = [f"order{number}@people.example" for number in range(60)]
    for name in names:
        await sending.submit(letter(f"Order {name}.", message_id=name), name)
    for name in names:
        assert f"<{name}>".encode() in (await sending.arrived(name)).octets
    await sending.server.nothing_under_way()
    assert sorted(one.recipients[0] for one in sending.sink.taken if one.recipients[0].startswith("order")) == sorted(names)


# As the next hop


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def receiving(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Line]:
    """Mailguard, Postfix, the sink; Postfix knows no unknown@people.example."""
    folder = tmp_path_factory.mktemp("mailguard")
    refuses = "check_recipient_access inline:{{unknown@people.example=550 5.1.1 unknown here}}"
    async with running_sink() as sink:
        with postfix_before(sink.port, smtpd_recipient_restrictions=refuses) as postfix:
            async with serving(folder, postfix.port) as server:
                yield Line(sink, server, postfix, Gate(server.port))


async def transact(port: int, content: bytes, *recipients: str, mail: str = f"<{SENDER}>") -> None:
    """Have mailguard accept a mail; `mail` and `recipients` are what follows the colon, parameters included."""
    async with calling(port) as peer:
        await peer.begin(*recipients, sender=mail)
        await peer.send(wire(content))
        assert (await peer.answer()).endswith(" accepted")


async def test_mail_leaves_through_postfix_unharmed_and_with_its_dsn_parameters(receiving: Line) -> None:
    content = letter(".A dot, and gr\u00fc\u00dfe.", message_id="dsn@corp.example")
    await transact(
        receiving.server.port,
        content,
        "<ann@people.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;ann+2Bcard@people.example",
        "<bob@people.example> NOTIFY=NEVER",
        mail=f"<{SENDER}> BODY=8BITMIME RET=HDRS ENVID=order+3D7",
    )
    message = await receiving.arrived("ann@people.example", "bob@people.example")
    assert message.octets.endswith(content)
    assert {"RET=HDRS", "ENVID=order+3D7", "BODY=8BITMIME"} <= set(message.parameters)
    of_ann, of_bob = message.recipient_parameters
    assert {word.upper() for word in of_ann} == {"NOTIFY=SUCCESS,DELAY", "ORCPT=RFC822;ANN+2BCARD@PEOPLE.EXAMPLE"}
    assert "NOTIFY=NEVER" in of_bob


async def test_what_postfix_refuses_is_told_to_the_sender_by_a_dsn(receiving: Line) -> None:
    content = letter("To both.", message_id="both@corp.example")
    await transact(receiving.server.port, content, "<unknown@people.example>", "<cleo@people.example>")
    await receiving.arrived("cleo@people.example")
    dsn = await receiving.arrived(SENDER, reverse_path="")
    assert b"Diagnostic-Code: smtp; 550 5.1.1 <unknown@people.example>" in dsn.octets


async def test_success_is_told_by_mailguard_where_postfix_does_not_offer_to(tmp_path: Path) -> None:
    async with running_sink() as sink:
        with postfix_before(sink.port, smtpd_discard_ehlo_keywords="dsn") as postfix:
            async with serving(tmp_path, postfix.port) as server:
                line = Line(sink, server, postfix, Gate(server.port))
                content = letter("Did it come?", message_id="1@corp.example")
                await transact(server.port, content, "<ann@people.example> NOTIFY=SUCCESS")
                await line.arrived("ann@people.example")
                assert b"Action: relayed" in (await line.arrived(SENDER, reverse_path="")).octets
