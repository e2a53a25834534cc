"""She answered: what must not go out as if she had not, and what must go out all the same, through a running relay.

Replies are taken in as the sources hand them on; Ann is a customer, the bank writes to her.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count
from typing import Any

import pytest

from mailguard.cli.explanation import explain
from mailguard.policy.finding import Code
from mailguard.policy.reply import Kind, ReplyState
from mailguard.store import holds, ledger, replies, told
from mailguard.store.filter import Filter
from tests.harness import FrozenClock, Relay, running_relay
from tests.harness_sink import Until

START = datetime(2026, 11, 19, 8, 0, tzinfo=UTC)
ANN, TOM, BANK = "ann@people.example", "tom@people.example", "bank@bank.example"
ASKED = "asked-1@bank.example"
_numbers = count(1)


@asynccontextmanager
async def bank(**settings: Any) -> AsyncIterator[tuple[Relay, FrozenClock]]:
    clock = FrozenClock(START)
    async with running_relay(clock=clock, own_domains=["bank.example"], **settings) as relay:
        yield relay, clock


def letter(text: str, *, to: str = ANN, subject: str = "Your account", message_id: str = "", **fields: str) -> bytes:
    """A mail of the bank; `fields` with `_` for `-`."""
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    id = message_id or f"{next(_numbers)}@bank.example"
    return (
        f"From: {BANK}\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <{id}>\r\n"
        f"Date: {format_datetime(START)}\r\n{more}\r\n{text}\r\n"
    ).encode()


def wrote(text: str, *, id: str = "wrote-1", answers: str = ASKED, sender: str = ANN) -> bytes:
    """A reply of Ann's to a mail of the bank's."""
    thread = f"In-Reply-To: <{answers}>\r\nReferences: <{answers}>\r\n" if answers else ""
    return (
        f"From: Ann <{sender}>\r\nTo: {BANK}\r\nSubject: Re: Your account\r\nMessage-ID: <{id}@people.example>\r\n"
        f"Date: {format_datetime(START)}\r\n{thread}\r\n{text}\r\n"
    ).encode()


async def send(relay: Relay, raw: bytes, *to: str) -> dict[str, Any]:
    """What `why` says of the mail, with the answer that its sender got."""
    answer = await relay.send(raw, BANK, to or (ANN,))
    id = next(word for word in answer.text.split() if len(word) == 26 and word.isupper())
    return relay.why(id) | {"said": f"{answer.code} {answer.text}"}


async def asked(relay: Relay, **fields: str) -> None:
    """The bank asks Ann for something; the mail has left."""
    document = await send(relay, letter("please send us your papers.", message_id=ASKED, **fields))
    assert document["action"] == "deliver"
    await relay.settled()


def reply(relay: Relay, raw: bytes) -> str:
    taken = relay.take_reply(raw)
    assert (taken.kind, taken.is_new) == (Kind.HUMAN, True), taken
    return taken.id


def state_of(relay: Relay, id: str) -> ReplyState | None:
    with relay.worker.database.read() as connection:
        found = replies.show(connection, id)
    assert found is not None
    return found.state


def codes(document: dict[str, Any]) -> list[str]:
    return [finding["code"] for finding in document["findings"]]


def states(document: dict[str, Any]) -> list[str]:
    return [recipient["state"] for recipient in document["recipients"]]


EVERYDAY = {
    "an invoice with another amount": letter("Your invoice 7 of 19.90 EUR is attached.", Mailguard_Template="account"),
    "a shipping notice": letter("Your card is on its way.", subject="On its way", Mailguard_Template="shipped"),
    "an appointment": letter("Your appointment is on 3 December at 10:30.", subject="Appointment"),
    "a password reset": letter(
        "Use https://bank.example/reset/9af3.", subject="Reset", Mailguard_Class="critical", References=f"<{ASKED}>"
    ),
    "a mail in another conversation": letter("As we said on the telephone.", In_Reply_To="<other@bank.example>"),
    "a help desk's answer": letter(
        "Dear Ann, we have your papers.", In_Reply_To="<wrote-1@people.example>", Auto_Submitted="auto-generated"
    ),
    "an answer under a ticket's own Message-ID": letter(
        "Dear Ann, we have them.", In_Reply_To="<ticket-7@desk.example>", References=f"<{ASKED}> <wrote-1@people.example>"
    ),
}


@pytest.mark.parametrize("name", EVERYDAY)
async def test_everyday_mail_leaves_though_she_waits_for_an_answer(name: str) -> None:
    async with bank() as (relay, _):
        await asked(relay, Mailguard_Template="account")
        reply(relay, wrote("Here they are."))
        document = await send(relay, EVERYDAY[name])
        await relay.settled()
        assert document["action"] == "deliver"
        assert len(relay.sink.messages) == 2


IGNORANT = {
    "asks for something": letter("Please state your income.", subject="New card", Mailguard_Asks="income"),
    "goes on as before": letter("We have not heard from you.", References=f"<{ASKED}>"),
    "says it again in other words": letter("Please send your papers to us.", subject="A", Mailguard_Template="account"),
    "advertises": letter("Our new card.", subject="New!", Mailguard_Class="bulk"),
    "wants a score": letter("How likely are you to recommend us?", subject="Survey", Mailguard_Template="nps-2026"),
}


@pytest.mark.parametrize("name", IGNORANT)
async def test_mail_as_if_she_had_said_nothing_waits_for_a_person(name: str) -> None:
    async with bank(sections={"template": [{"name": "nps-*", "survey": True}]}) as (relay, _):
        await asked(relay, Mailguard_Template="account")
        id = reply(relay, wrote("Here they are."))
        document = await send(relay, IGNORANT[name])
        assert (codes(document), states(document)) == (["open_reply"], ["held"])
        assert document["findings"][0]["refs"] == [id]
        assert document["said"].startswith("250")
        assert id not in document["said"]
        assert ANN not in document["said"]


async def test_a_persons_answer_resolves_and_lets_the_next_mail_out() -> None:
    async with bank() as (relay, _):
        await asked(relay)
        id = reply(relay, wrote("Here they are."))
        assert state_of(relay, id) is ReplyState.OPEN
        answer = await send(relay, letter("Dear Ann, thank you.", In_Reply_To="<wrote-1@people.example>"))
        assert answer["action"] == "deliver"
        assert state_of(relay, id) is ReplyState.RESOLVED
        later = await send(relay, letter("Please state your income.", subject="New card", Mailguard_Asks="income"))
        assert later["action"] == "deliver"


async def test_five_equal_answers_to_five_complaints_pass_and_a_second_to_one_does_not() -> None:
    async with bank() as (relay, _):
        await asked(relay)
        ids = [reply(relay, wrote("This does not work!", id=f"complaint-{n}")) for n in range(5)]
        for n in range(5):
            answer = letter("We are sorry.", In_Reply_To=f"<complaint-{n}@people.example>", References=f"<{ASKED}>")
            assert (await send(relay, answer))["action"] == "deliver"
        assert {state_of(relay, id) for id in ids} == {ReplyState.RESOLVED}
        again = await send(relay, letter("We are sorry.", In_Reply_To="<complaint-2@people.example>", References=f"<{ASKED}>"))
        assert codes(again) == ["repeat"]


async def test_a_program_acknowledges_once_a_conversation() -> None:
    auto = {"Auto_Submitted": "auto-replied"}
    async with bank() as (relay, _):
        await asked(relay)
        first, second = reply(relay, wrote("Hello?", id="a")), reply(relay, wrote("Hello??", id="b"))
        got_it = await send(relay, letter("We got your mail, ticket 1.", In_Reply_To="<a@people.example>", **auto))
        assert got_it["action"] == "deliver"
        assert (state_of(relay, first), state_of(relay, second)) == (ReplyState.ACKNOWLEDGED, ReplyState.OPEN)
        once_more = await send(relay, letter("We got your mail, ticket 2.", In_Reply_To="<b@people.example>", **auto))
        assert codes(once_more) == ["open_reply"]
        words = letter("Ticket 2: it works again.", In_Reply_To="<b@people.example>", Auto_Submitted="auto-generated")
        assert (await send(relay, words))["action"] == "deliver"
        assert state_of(relay, second) is ReplyState.ACKNOWLEDGED


async def test_mail_that_waits_is_stopped_when_she_answers() -> None:
    async with bank() as (relay, clock):
        await asked(relay)
        relay.sink.sink.on("DOT", "451 4.2.0 later")
        reminder = await send(relay, letter("We have not heard from you.", References=f"<{ASKED}>"))
        other = await send(relay, letter("Dear Tom, where are your papers?", to=TOM), TOM)
        await relay.settled()
        assert relay.why(reminder["id"])["recipients"][0]["state"] == "deferred"
        id = reply(relay, wrote("Here they are."))
        stopped = relay.why(reminder["id"])
        assert (codes(stopped), states(stopped)) == (["open_reply"], ["held"])
        assert stopped["findings"][0]["refs"] == [id]
        assert [(event["verb"], event["actor"]) for event in stopped["events"]] == [("stopped", "mailguard")]
        clock.move_to(START + timedelta(minutes=5))
        await relay.settled()
        assert [to for _, to, _ in relay.sink.messages] == [(ANN,), (TOM,)]
        assert states(relay.why(other["id"])) == ["delivered"]


async def test_what_was_under_way_when_she_answered_is_asked_about_when_it_is_deferred() -> None:
    async with bank() as (relay, clock):
        await asked(relay)
        may_go = asyncio.Event()
        relay.sink.sink.on("DOT", Until(may_go, "451 4.2.0 later"))
        reminder = await send(relay, letter("We have not heard from you.", References=f"<{ASKED}>"))
        await relay.sink.sink.heard("DATA", 2)
        reply(relay, wrote("Here they are."))
        assert states(relay.why(reminder["id"])) == ["queued"]
        may_go.set()
        await relay.settled()
        assert states(relay.why(reminder["id"])) == ["held"]
        release(relay, reminder["id"], clock)
        relay.sink.sink.on("DOT", "451 4.2.0 later")
        await relay.settled()
        assert states(relay.why(reminder["id"])) == ["deferred"]


def release(relay: Relay, id: str, clock: FrozenClock) -> holds.Changed:
    with relay.worker.database.write() as connection:
        act = holds.Act(clock(), "clerk", "")
        return holds.release(connection, Filter(ids=(id,)), act, expires_at=clock() + timedelta(days=5))


async def test_an_answer_that_a_clerk_releases_resolves() -> None:
    async with bank(policy={"max_visible_recipients": 0}) as (relay, clock):
        raw = letter("please send us your papers.", message_id=ASKED)
        release(relay, (await send(relay, raw))["id"], clock)
        id = reply(relay, wrote("Here they are."))
        answer = await send(relay, letter("Dear Ann, thank you.", In_Reply_To="<wrote-1@people.example>"))
        assert (codes(answer), state_of(relay, id)) == (["mass_cc"], ReplyState.OPEN)
        release(relay, answer["id"], clock)
        assert state_of(relay, id) is ReplyState.RESOLVED


async def test_a_forged_reply_stops_nothing() -> None:
    async with bank() as (relay, _):
        await asked(relay)
        forged = reply(relay, wrote("I am Ann.", answers="", id="forged").replace(b"Re: Your account", b"Hello"))
        document = await send(relay, letter("Please state your income.", subject="New card", Mailguard_Asks="income"))
        assert (codes(document), state_of(relay, forged)) == ([], ReplyState.OPEN)


async def test_a_text_that_was_written_before_she_answered_is_stale() -> None:
    async with bank() as (relay, _):
        await asked(relay)
        reply(relay, wrote("Here they are."))
        unwitting = letter("Your card is on its way.", Mailguard_Context="C0-01JD0000000000000000000000")
        knowing = letter("Your card has left us.", Mailguard_Context="C1-01JD0000000000000000000000")
        stale = await send(relay, unwitting)
        assert (codes(stale), states(stale)) == (["stale_context"], ["held"])
        assert (await send(relay, knowing))["action"] == "deliver"
        answer = await relay.send(letter("Hello.", Mailguard_Context="yesterday"), BANK, (ANN,))
        assert answer.code == 550


async def test_why_shows_what_she_wrote(capsys: pytest.CaptureFixture[str]) -> None:
    async with bank() as (relay, _):
        await asked(relay)
        id = reply(relay, wrote("Here they are:\r\n\x1b[2Jmy papers."))
        document = await send(relay, letter("Please state your income.", subject="New card", Mailguard_Asks="income"))
        shown = document["open_replies"]
        assert [(one["id"], one["state"], one["received_at"][:10]) for one in shown] == [(id, "open", "2026-11-19")]
        assert "my papers." in shown[0]["text"]
        with relay.worker.database.read() as connection:
            found = ledger.why(connection, document["id"])
        assert found is not None
        explain(found)
        printed = capsys.readouterr().out
        assert f"reply {id} of 2026-11-19" in printed
        assert "my papers." in printed
        assert "\x1b" not in printed


async def test_what_a_system_has_told_a_second_ago_is_not_asked_for() -> None:
    async with bank() as (relay, clock):
        with relay.worker.database.write() as connection:
            told.tell(connection, ANN, {"meter_reading": "4711"}, source="hotline", at=clock())
        document = await send(relay, letter("Please read your meter.", Mailguard_Asks="meter reading"))
        assert codes(document) == ["known_data"]
        assert "told:hotline" in document["findings"][0]["text"]
        assert "hotline" not in document["said"]


async def test_shadow_mode_lets_out_what_she_should_be_spared_and_says_so() -> None:
    async with bank(policy={"mode": "shadow"}) as (relay, _):
        await asked(relay)
        reply(relay, wrote("Here they are."))
        document = await send(relay, letter("Please state your income.", subject="New card", Mailguard_Asks="income"))
        await relay.settled()
        document = relay.why(document["id"])
        assert (codes(document), states(document), document["shadow"]) == (["open_reply"], ["delivered"], True)


HOP = "smtp://127.0.0.1:PORT?tls=none&reply_aware=yes"


async def test_a_next_hop_that_wants_it_is_told_of_each_recipient_alone() -> None:
    async with bank(relay={"next_hop": [HOP]}) as (relay, _):
        await asked(relay)
        reply(relay, wrote("Here they are."))
        raw = letter("Your statement 7 is here.", to=f"{ANN}, {TOM}", subject="Statement")
        forged = raw.replace(b"Subject:", b"Mailguard-Reply-Aware: yes; open=9\r\nSubject:")
        await send(relay, forged, ANN, TOM)
        await relay.settled()
        got = {to: octets for _, to, octets in relay.sink.messages[1:]}
        assert got.keys() == {(ANN,), (TOM,)}
        heads = {to: octets.split(b"\r\n", 1) for to, octets in got.items()}
        assert heads[ANN,][0] == b"Mailguard-Reply-Aware: yes; open=1; last=2026-11-19T08:00:00Z"
        assert heads[TOM,][0] == b"Mailguard-Reply-Aware: no"
        assert heads[ANN,][1] == heads[TOM,][1]
        assert heads[ANN,][1].endswith(raw)
        assert b"open=9" not in heads[ANN,][1]


async def test_other_next_hops_are_told_nothing() -> None:
    async with bank() as (relay, _):
        await asked(relay)
        reply(relay, wrote("Here they are."))
        raw = letter("Your statement 7 is here.", to=f"{ANN}, {TOM}", subject="Statement")
        await send(relay, raw.replace(b"Subject:", b"Mailguard-Reply-Aware: no\r\nSubject:"), ANN, TOM)
        await relay.settled()
        _, to, octets = relay.sink.messages[1]
        assert to == (ANN, TOM)
        assert octets.endswith(raw)
        assert b"Reply-Aware" not in octets


@pytest.mark.parametrize(
    ("refusal", "times", "is_bounced"),
    [
        ("550 5.1.1 no such user", 1, True),
        ("550 no such user", 1, False),
        ("550 no such user", 2, True),
        ("554 5.7.1 relay access denied", 2, False),
        ("550 relay not permitted", 2, False),
        ("552 5.2.2 mailbox full", 2, False),
    ],
)
async def test_a_mailbox_that_the_next_hop_does_not_know_gets_no_more_mail(
    refusal: str, times: int, *, is_bounced: bool
) -> None:
    async with bank() as (relay, _):
        for number in range(times):
            relay.sink.sink.on("RCPT", refusal)
            await send(relay, letter(f"Your code is {number}77.", Mailguard_Class="critical"))
            await relay.settled()
        document = await send(relay, letter("Your code is 99.", Mailguard_Class="critical"))
        assert (document["action"] == "reject") is is_bounced
        assert (codes(document) == [Code.SUPPRESSED]) is is_bounced
