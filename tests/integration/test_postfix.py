"""Postfix on both sides of mailguard: it splits, bounces and retries what it sends, and takes what leaves.

Each Postfix is a real one with a queue and ports of its own; mailguard is run as it is run.
"""

from __future__ import annotations

import asyncio
import re
import smtplib
from contextlib import AbstractContextManager
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.harness_client import calling, id_in, letter, wire
from tests.harness_gate import Gate
from tests.harness_postfix import Postfix, is_installed, running_postfix
from tests.harness_programs import need
from tests.harness_serve import broken_ledger, serving
from tests.harness_sink import Sink, running_sink

pytestmark = pytest.mark.postfix

SENDER, ANN = "agent@corp.example", "ann@people.example"
SENT = r"to=<([^>]*)>.* status=sent \((.*)\)$"


@pytest.fixture(autouse=True)
def _postfix_is_there() -> None:
    need(is_there=is_installed(), reason="Postfix is not installed, or this is not root")


def postfix_before(port: int, **settings: str) -> AbstractContextManager[Postfix]:
    """A Postfix that hands all its mail to this port of loopback."""
    return running_postfix({"relayhost": f"[127.0.0.1]:{port}", **settings})


async def submit(postfix: Postfix, content: bytes, *recipients: str) -> None:
    """Give Postfix a mail, as a program on its host does."""

    def talk() -> None:
        with smtplib.SMTP("127.0.0.1", postfix.port, timeout=60) as session:
            assert session.sendmail(SENDER, recipients, content) == {}

    await asyncio.to_thread(talk)


def message_ids(sink: Sink) -> list[str]:
    """The Message-IDs of what the sink has, in order."""
    return [str(message_from_bytes(message.octets)["Message-ID"]) for message in sink.taken]


# As the sender


async def test_800_visible_recipients_in_16_simultaneous_transactions_are_one_held_message(tmp_path: Path) -> None:
    reps = [f"rep{number}@dealer{number % 40}.example" for number in range(800)]
    folded = ",\r\n ".join(reps[1:])
    content = (
        f"From: {SENDER}\r\nTo: {reps[0]}\r\nCc: {folded}\r\nSubject: Re: Your order\r\n"
        "Message-ID: <angry@corp.example>\r\nDate: Mon, 16 Nov 2026 09:00:00 +0000\r\n\r\n"
        "Dear Mr. Miller,\r\n\r\nhow often must I tell you: page 7 of the manual.\r\n"
    ).encode()
    all_are_there = asyncio.Barrier(16)
    split = {"smtp_destination_recipient_limit": "50", "initial_destination_concurrency": "20"}
    async with (
        running_sink() as sink,
        serving(tmp_path, sink.port, workers=2) as server,
        Gate(server.port, may_end=all_are_there.wait).open() as gate,
    ):
        with postfix_before(gate.port, **split) as postfix:
            await submit(postfix, content, *reps)
            answers = {match[2] for match in await postfix.logged(SENT, 800)}
        [answer] = answers
        assert answer.endswith(" held: mass_cc, 800 visible recipients, limit 10")
        [waiting] = (await server.command("queue", "list")).document
        assert (waiting["id"], waiting["states"]) == (id_in(answer), {"held": 800})
        why = await server.why("<angry@corp.example>")
        assert (why["id"], why["action"], why["others"]) == (id_in(answer), "hold", [])
        assert [finding["code"] for finding in why["findings"]][:2] == ["mass_cc", "addressee_mismatch"]
        assert sorted(one["mailbox"] for one in why["recipients"]) == sorted(reps)
        await server.stop()
        assert sink.taken == []


async def test_a_repeat_that_mailguard_refuses_is_bounced_by_postfix(tmp_path: Path) -> None:
    async with running_sink() as sink, serving(tmp_path, sink.port) as server:
        with postfix_before(server.port) as postfix:
            await submit(postfix, letter("Your income, please.", message_id="1@corp.example"), ANN)
            await sink.took()
            await submit(postfix, letter("Your income, please.", message_id="2@corp.example"), ANN)
            [_, bounce] = await sink.took(2)
        assert (bounce.reverse_path, bounce.recipients) == ("", (SENDER,))
        told = " ".join(bounce.octets.decode().split())
        [refused, first] = re.findall(r"550 5\.7\.1 (\w+) repeat of (\w+) of ", told)[0]
        assert (await server.why("<1@corp.example>"))["id"] == first
        why = await server.why("<2@corp.example>")
        assert (why["id"], why["action"], why["recipients"][0]["state"]) == (refused, "reject", "rejected")
        [sent_bounce] = [one for one in (await server.command("log")).documents if not one["reverse_path"]]
        assert sent_bounce["action"] == "deliver"


async def test_postfix_keeps_what_mailguard_cannot_take_and_sends_it_again_once_it_can(tmp_path: Path) -> None:
    async with running_sink() as sink, serving(tmp_path, sink.port) as server:
        with postfix_before(server.port) as postfix:
            with broken_ledger(server.database):
                await submit(postfix, letter("Later, then.", message_id="1@corp.example"), ANN)
                await postfix.logged(r"status=deferred \(host .* said: 451 4\.3\.0 temporarily unable, try again")
            postfix.flush()
            await postfix.logged(r"status=sent \(250 2\.0\.0 \w+ accepted\)")
        await sink.took()
        assert message_ids(sink) == ["<1@corp.example>"]
        [decision] = (await server.command("log")).documents
        assert decision["message_id"] == "1@corp.example"


async def test_postfix_that_never_heard_the_250_is_told_of_a_replay_and_nothing_goes_out_twice(tmp_path: Path) -> None:
    async with (
        running_sink() as sink,
        serving(tmp_path, sink.port) as server,
        Gate(server.port, lost_answer=b" accepted\r\n").open() as gate,
    ):
        with postfix_before(gate.port) as postfix:
            await submit(postfix, letter("Once.", message_id="1@corp.example"), ANN)
            await postfix.logged(r"status=deferred \(lost connection with .* message may be sent more than once")
            postfix.flush()
            [match] = await postfix.logged(r"status=sent \(250 2\.0\.0 (\w+) replay\)")
        assert gate.lost == 1
        await server.nothing_under_way()
        assert message_ids(sink) == ["<1@corp.example>"]
        first, replay = (await server.command("log")).documents
        assert (first["id"], first["recipients"][0]["state"]) == (match[1], "delivered")
        assert replay["recipients"][0]["state"] == "replayed"


# As the next hop


async def test_mail_leaves_through_postfix_unharmed_and_with_its_dsn_parameters(tmp_path: Path) -> None:
    content = letter(".A dot, and gr\u00fc\u00dfe.", message_id="1@corp.example")
    async with running_sink() as sink:
        with postfix_before(sink.port) as postfix:
            async with serving(tmp_path, postfix.port) as server, calling(server.port) as peer:
                await peer.begin(
                    f"<{ANN}> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;ann+2Bcard@people.example",
                    "<bob@people.example> NOTIFY=NEVER",
                    sender=f"<{SENDER}> BODY=8BITMIME RET=HDRS ENVID=order+3D7",
                )
                await peer.send(wire(content))
                assert (await peer.answer()).endswith(" accepted")
                [message] = await sink.took()
    assert message.octets.endswith(content)
    assert {"RET=HDRS", "ENVID=order+3D7", "BODY=8BITMIME"} <= set(message.parameters)
    parameters = dict(zip(message.recipients, message.recipient_parameters, strict=True))
    assert {word.upper() for word in parameters[ANN]} == {"NOTIFY=SUCCESS,DELAY", "ORCPT=RFC822;ANN+2BCARD@PEOPLE.EXAMPLE"}
    assert "NOTIFY=NEVER" in parameters["bob@people.example"]


async def test_what_postfix_refuses_is_told_to_the_sender_by_a_dsn(tmp_path: Path) -> None:
    refuses = {"smtpd_recipient_restrictions": "check_recipient_access inline:{{ann@people.example=550 5.1.1 unknown here}}"}
    async with running_sink() as sink:
        with postfix_before(sink.port, **refuses) as postfix:
            async with serving(tmp_path, postfix.port) as server, calling(server.port) as peer:
                await peer.begin(f"<{ANN}>", "<bob@people.example>", sender=f"<{SENDER}>")
                await peer.send(wire(letter("To both.", message_id="1@corp.example")))
                assert (await peer.answer()).endswith(" accepted")
                await sink.took(2)
    dsn, passed = sorted(sink.taken, key=lambda message: message.reverse_path)
    assert (passed.reverse_path, passed.recipients) == (SENDER, ("bob@people.example",))
    assert (dsn.reverse_path, dsn.recipients) == ("", (SENDER,))
    assert b"Diagnostic-Code: smtp; 550 5.1.1 <ann@people.example>" in dsn.octets


async def test_success_is_told_by_mailguard_where_postfix_does_not_offer_to(tmp_path: Path) -> None:
    async with running_sink() as sink:
        with postfix_before(sink.port, smtpd_discard_ehlo_keywords="dsn") as postfix:
            async with serving(tmp_path, postfix.port) as server, calling(server.port) as peer:
                await peer.begin(f"<{ANN}> NOTIFY=SUCCESS", sender=f"<{SENDER}>")
                await peer.send(wire(letter("Did it come?", message_id="1@corp.example")))
                assert (await peer.answer()).endswith(" accepted")
                await sink.took(2)
    [dsn] = [message for message in sink.taken if not message.reverse_path]
    assert dsn.recipients == (SENDER,)
    assert b"Action: relayed" in dsn.octets


async def test_mail_goes_from_postfix_through_two_workers_to_postfix_and_none_is_lost(tmp_path: Path) -> None:
    names = [f"{number}@corp.example" for number in range(60)]
    async with running_sink() as sink:
        with postfix_before(sink.port) as behind:
            async with serving(tmp_path, behind.port, workers=2) as server:
                with postfix_before(server.port) as before:
                    for name in names:
                        await submit(before, letter(f"Order {name}.", message_id=name), ANN)
                    await sink.took(len(names))
    assert sorted(message_ids(sink)) == sorted(f"<{name}>" for name in names)
