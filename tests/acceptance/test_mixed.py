"""What is not simply delivered or refused: mixed recipients, held mail, and who is told of it.

A rejected recipient beside others is told of by a DSN; held mail is released, dropped or expires; nobody bounces a bounce.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message

import pytest
import pytest_asyncio

from tests.harness import FrozenClock, Relay, running_relay
from tests.harness_client import calling, id_in, letter, wire
from tests.harness_serve import Server, serving
from tests.harness_sink import Sink, TakenMessage, running_sink

START = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
SENDER = "shop@sender.example"
REPEATED, CLEAN = "ann@people.example", "bob@people.example"


@dataclass(frozen=True)
class Dsn:
    """A delivery status notification as the email package reads it (RFC 3464)."""

    taken: TakenMessage
    of_message: Message
    of_recipients: Sequence[Message]
    returned: Message

    @classmethod
    def read(cls, taken: TakenMessage) -> Dsn:
        report = message_from_bytes(taken.octets)
        assert report.get_content_type() == "multipart/report"
        assert report.get_param("report-type") == "delivery-status"
        explanation, status, returned = _parts(report)
        assert explanation.get_content_type() == "text/plain"
        assert status.get_content_type() == "message/delivery-status"
        of_message, *of_recipients = _parts(status)
        return cls(taken, of_message, of_recipients, returned)


def _parts(message: Message) -> list[Message]:
    payload = message.get_payload()
    assert isinstance(payload, list)
    return [part for part in payload if isinstance(part, Message)]


async def transact(port: int, content: bytes, *recipients: str, mail: str = f"<{SENDER}>") -> str:
    """Send one mail; `mail` and `recipients` are what follows the colon, parameters included. Returns the last answer."""
    async with calling(port) as peer:
        await peer.begin(*recipients, sender=mail)
        await peer.send(wire(content))
        return await peer.answer()


async def send_mixed(relay: Relay, first_recipient: str, *, mail: str = f"<{SENDER}>") -> str:
    """Send ANN something, then the same to her, as `first_recipient` says, and to BOB; returns the second answer."""
    port = relay.worker.port
    await transact(port, letter("Your parcel is here.", message_id="1@sender.example"), f"<{REPEATED}>")
    return await transact(
        port, letter("Your parcel is here.", message_id="2@sender.example"), first_recipient, f"<{CLEAN}>", mail=mail
    )


async def test_of_mixed_recipients_the_clean_go_out_and_the_ledger_names_the_others() -> None:
    async with running_relay(clock=FrozenClock(START)) as relay:
        answer = await send_mixed(relay, f"<{REPEATED}>")
        assert answer.endswith(" accepted, 1 of 2 recipients rejected")
        await relay.sink.sink.took(3)
        await relay.settled()
        why = relay.why(id_in(answer))
        assert why["action"] == "reject"
        assert {one["mailbox"]: one["state"] for one in why["recipients"]} == {REPEATED: "rejected", CLEAN: "delivered"}
        assert [finding["code"] for finding in why["recipients"][0]["findings"]] == ["repeat"]
        first, second, _ = sorted(relay.sink.sink.taken, key=lambda message: message.recipients)
        assert (first.recipients, second.recipients) == ((REPEATED,), (CLEAN,))


async def test_the_sender_of_mixed_recipients_is_told_of_the_rejected_one() -> None:
    async with running_relay(clock=FrozenClock(START)) as relay:
        answer = await send_mixed(
            relay, f"<{REPEATED}> ORCPT=rfc822;Ann@People.example", mail=f"<{SENDER}> ENVID=order-7 RET=HDRS"
        )
        dsn = await take_dsn(relay.sink.sink, 3)
        assert (dsn.taken.reverse_path, dsn.taken.recipients) == ("", (SENDER,))
        assert dsn.of_message["Original-Envelope-Id"] == "order-7"
        assert dsn.of_message["Reporting-MTA"] == "dns; relay.example"
        [told] = dsn.of_recipients
        assert told["Final-Recipient"] == f"rfc822; {REPEATED}"
        assert told["Original-Recipient"] == "rfc822; Ann@People.example"
        assert (told["Action"], told["Status"]) == ("failed", "5.7.1")
        assert dsn.returned.get_content_type() == "text/rfc822-headers"
        assert "<2@sender.example>" in dsn.returned.as_string()
        assert "Your parcel is here." not in dsn.returned.as_string()
        assert relay.why(id_in(answer))["recipients"][0]["state"] == "rejected"


async def test_a_dsn_is_no_automatic_mail_that_anyone_should_answer() -> None:
    async with running_relay(clock=FrozenClock(START)) as relay:
        await send_mixed(relay, f"<{REPEATED}>")
        report = message_from_bytes((await take_dsn(relay.sink.sink, 3)).taken.octets)
        assert report["Auto-Submitted"] == "auto-replied"
        assert report["In-Reply-To"] == "<2@sender.example>"


@pytest.mark.parametrize(
    ("first_recipient", "mail"),
    [
        (f"<{REPEATED}> NOTIFY=NEVER", f"<{SENDER}>"),
        (f"<{REPEATED}> NOTIFY=SUCCESS,DELAY", f"<{SENDER}>"),
        (f"<{REPEATED}>", "<>"),
        (f"<{REPEATED}> NOTIFY=FAILURE", "<>"),
    ],
)
async def test_who_does_not_want_a_dsn_or_cannot_get_one_gets_none(first_recipient: str, mail: str) -> None:
    async with running_relay(clock=FrozenClock(START)) as relay:
        answer = await send_mixed(relay, first_recipient, mail=mail)
        assert answer.endswith(" accepted, 1 of 2 recipients rejected")
        await relay.settled()  # a DSN would be in the spool since the answer, and be fetched now
        assert sorted(one.recipients for one in relay.sink.sink.taken) == [(REPEATED,), (CLEAN,)]


async def test_a_refusal_of_all_recipients_is_told_in_the_dialogue_alone() -> None:
    async with running_relay(clock=FrozenClock(START)) as relay:
        port = relay.worker.port
        await transact(port, letter("Once.", message_id="1@sender.example"), f"<{REPEATED}>")
        answer = await transact(port, letter("Once.", message_id="2@sender.example"), f"<{REPEATED}>")
        assert answer.startswith("550 5.7.1 ")
        await relay.settled()
        assert [one.recipients for one in relay.sink.sink.taken] == [(REPEATED,)]


# Held mail

TWELVE = ", ".join(f"p{number}@people.example" for number in range(12))


def copied(message_id: str) -> bytes:
    """A mail that twelve people would see one another in."""
    return letter("Please read.", message_id=message_id, to=TWELVE)


async def test_held_mail_that_nobody_releases_expires_with_a_dsn() -> None:
    clock = FrozenClock(START)
    async with running_relay(clock=clock) as relay:
        answer = await transact(relay.worker.port, copied("1@sender.example"), "<p1@people.example>", "<p2@people.example>")
        assert answer.endswith(" held: mass_cc, 12 visible recipients, limit 10")
        clock.move_to(START + timedelta(days=5) - timedelta(minutes=2))
        await relay.settled()
        assert not relay.sink.sink.taken
        clock.move_to(START + timedelta(days=5))
        await relay.settled()
        dsn = await take_dsn(relay.sink.sink, 1)
        assert (dsn.taken.reverse_path, dsn.taken.recipients) == ("", (SENDER,))
        assert [told["Final-Recipient"] for told in dsn.of_recipients] == [
            "rfc822; p1@people.example",
            "rfc822; p2@people.example",
        ]
        assert {told["Action"] for told in dsn.of_recipients} == {"failed"}
        assert {one["state"] for one in relay.why(id_in(answer))["recipients"]} == {"expired"}


async def test_held_mail_from_the_null_reverse_path_expires_in_silence() -> None:
    clock = FrozenClock(START)
    async with running_relay(clock=clock) as relay:
        answer = await transact(relay.worker.port, copied("1@sender.example"), "<p1@people.example>", mail="<>")
        clock.move_to(START + timedelta(days=5))
        await relay.settled()
        assert relay.why(id_in(answer))["recipients"][0]["state"] == "expired"
        assert not relay.sink.sink.taken


@dataclass(frozen=True)
class Running:
    """A server as it is run, and its next hop."""

    server: Server
    sink: Sink

    async def hold(self, message_id: str, recipient: str) -> str:
        """Send a mail that is held; its id."""
        answer = await transact(self.server.port, copied(message_id), f"<{recipient}>")
        assert answer.endswith(" held: mass_cc, 12 visible recipients, limit 10"), answer
        return id_in(answer)

    async def reached(self, *message_ids: str) -> list[str]:
        """Those of the messages that are with the next hop once nothing is under way any more."""
        await self.server.nothing_under_way()
        return [name for name in message_ids if any(f"<{name}>".encode() in message.octets for message in self.sink.taken)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("mailguard")
    async with running_sink() as sink, serving(folder, sink.port) as server:
        yield Running(server, sink)


@pytest.mark.asyncio(loop_scope="module")
async def test_released_mail_goes_out_as_it_came(running: Running) -> None:
    held = await running.hold("a1@sender.example", "a1@people.example")
    done = await running.server.command("queue", "release", held, "--reason", "asked the sender, it was meant")
    assert done.document["recipients"] == 1
    assert await running.reached("a1@sender.example")
    [out] = [message for message in running.sink.taken if message.recipients == ("a1@people.example",)]
    assert out.octets.endswith(copied("a1@sender.example"))
    why = await running.server.why(held)
    assert why["recipients"][0]["state"] == "delivered"
    assert [(event["verb"], event["reason"]) for event in why["events"]] == [("released", "asked the sender, it was meant")]


@pytest.mark.asyncio(loop_scope="module")
async def test_a_repeat_of_held_mail_waits_with_it_and_is_dropped_when_that_is_released(running: Running) -> None:
    first = await running.hold("b1@sender.example", "b@people.example")
    second = await running.hold("b2@sender.example", "b@people.example")
    assert (await running.server.why(second))["recipients"][0]["joins"] == first
    assert (await running.server.command("queue", "release", first)).document["joined"] == 1
    assert await running.reached("b1@sender.example", "b2@sender.example") == ["b1@sender.example"]
    why = await running.server.why(second)
    assert why["recipients"][0]["state"] == "dropped"
    assert why["events"][0]["reason"] == f"repeat of {first}, which was released"


@pytest.mark.asyncio(loop_scope="module")
async def test_dropped_mail_goes_nowhere_and_its_sender_is_not_told(running: Running) -> None:
    held = await running.hold("c1@sender.example", "c@people.example")
    assert (await running.server.command("queue", "drop", "--finding", "mass_cc")).document["messages"] == [held]
    assert await running.reached("c1@sender.example") == []
    assert (await running.server.why(held))["recipients"][0]["state"] == "dropped"
    assert not [message for message in running.sink.taken if not message.reverse_path]


async def take_dsn(sink: Sink, count: int) -> Dsn:
    """The DSN among the first `count` messages that the sink gets."""
    [report] = [message for message in await sink.took(count) if not message.reverse_path]
    return Dsn.read(report)
