"""The recorded mail judged again: what a real relay decided comes out again, and another policy changes just what it must.

The streams of the table that share a configuration go through one relay, all at once: what each was stopped for matters less here
than that much of everything was.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mailguard.mail.control import MailClass
from mailguard.policy.classify import Rule
from mailguard.policy.facts import Suppression
from mailguard.policy.finding import Action, Code
from mailguard.relay.replay import Judged, Terms, judged, span
from mailguard.relay.replay_comparison import Comparison, Direction
from mailguard.relay.replay_mail import Unjudged
from mailguard.relay.replay_process import compare
from mailguard.relay.settings import Client, Policy
from mailguard.store import holds
from mailguard.store.bounces import Bounce, record
from mailguard.store.filter import Filter
from mailguard.store.retention import Bounds, purge
from mailguard.store.suppressions import Suppressed, suppress
from mailguard.store.told import tell
from tests.acceptance.streams import START, Mail, Stream, load_streams
from tests.harness import FrozenClock, Relay, running_relay
from tests.ledger import open_ledger
from tests.postgres_server import PostgresServer, postgres
from tests.records import arrive, customer, join
from tests.replies import written

__all__ = ["postgres"]

SETTLED_WITHIN = timedelta(seconds=20)


def judged_again(relay: Relay, since: datetime) -> list[Judged]:
    """Each transaction since then under the policy that it was decided under."""
    policy, clients, database = relay.config.policy, relay.config.listen.clients, relay.worker.database
    terms = Terms(policy=policy, clients=clients, current=policy, current_clients=clients)
    with database.read() as connection:
        over = span(connection, since.astimezone(UTC), [policy])
    with tempfile.TemporaryDirectory() as folder, closing(open_ledger(f"sqlite:///{folder}/again.db")) as scratch:
        return list(judged(database, scratch, terms, over))


def compared(relay: Relay, tried: Policy, **options: Any) -> Comparison:
    """What `tried` would change of all that the relay decided."""
    current, clients, database = relay.config.policy, relay.config.listen.clients, relay.worker.database
    terms = Terms(policy=tried, clients=options.pop("clients", clients), current=current, current_clients=clients)
    with database.read() as connection:
        over = span(connection, START.astimezone(UTC) - timedelta(days=1), [tried, current])
    url = relay.config.database_url
    return compare(database, url, terms, over, examples=3, progress=lambda *_: None, **options)


def changes(found: Comparison) -> dict[tuple[Code | None, Action, Action], int]:
    return {(one.finding, one.before, one.after): one.count for one in found.changes}


def limited(relay: Relay, **limits: Any) -> Policy:
    """The relay's policy with other limits."""
    policy = relay.config.policy
    return replace(policy, limits=replace(policy.limits, **limits))


# --- the table of streams --------------------------------------------------------------------------------------------


def is_short(stream: Stream) -> bool:
    """Whether a stream is one of the four of five that take little time; all of them go where the environment says so."""
    few = len(stream.mails) <= 8 and sum(len(mail.recipients) for mail in stream.mails) <= 40
    return few or "MAILGUARD_ALL_STREAMS" in os.environ


def shared() -> Iterator[list[Stream]]:
    """The streams of the table, those together that have one configuration."""
    groups: dict[str, list[Stream]] = {}
    for stream in filter(is_short, load_streams()):
        what = (stream.own_domains, stream.policy, stream.clients, stream.classify, stream.templates)
        groups.setdefault(json.dumps(what, sort_keys=True, default=str), []).append(stream)
    yield from groups.values()


@asynccontextmanager
async def streamed(streams: Sequence[Stream]) -> AsyncIterator[Relay]:
    """A relay through which all mail of these streams went, one after the other."""
    first = streams[0]
    clock = FrozenClock(min(stream.start for stream in streams))
    async with running_relay(
        clock=clock,
        policy=dict(first.policy),
        own_domains=list(first.own_domains),
        clients=[dict(client) for client in first.clients],
        classify=[dict(rule) for rule in first.classify],
        sections={"template": [dict(rule) for rule in first.templates], "retention": {"content": "1000d"}},
    ) as relay:
        for entry in (entry for stream in streams for entry in stream.suppressed):
            relay.suppress(entry.mailbox, entry.reason)
        await send_all(relay, clock, streams)
        yield relay


async def send_all(relay: Relay, clock: FrozenClock, streams: Sequence[Stream]) -> None:
    mails: list[tuple[datetime, Mail]] = [(one.start + mail.at, mail) for one in streams for mail in one.mails]
    replies = deque(
        sorted(((one.start + each.at, each.raw) for one in streams for each in one.replies), key=lambda pair: pair[0])
    )
    settled_at = clock()
    for at, mail in sorted(mails, key=lambda pair: pair[0]):
        while replies and replies[0][0] < at:
            await relay.settled()
            clock.move_to(replies[0][0])
            relay.take_reply(replies.popleft()[1])
        if at - settled_at >= SETTLED_WITHIN:
            await relay.settled()
            settled_at = at
        clock.move_to(at)
        await relay.send(mail.raw, mail.sender, list(mail.recipients), client=mail.client)
    await relay.settled()


@pytest.mark.parametrize("streams", list(shared()), ids=lambda streams: f"{streams[0].path.stem}+{len(streams) - 1}")
async def test_what_a_relay_decided_comes_out_again(streams: list[Stream]) -> None:
    async with streamed(streams) as relay:
        found = judged_again(relay, min(stream.start for stream in streams))
    assert {one.unjudged for one in found} <= {None, Unjudged.OWN, Unjudged.REPLAY}
    for one in found:
        if one.unjudged is None:
            was = [(each.action, each.codes) for each in one.recorded]
            assert [(each.action, each.codes) for each in one.recipients] == was, one


# --- another policy --------------------------------------------------------------------------------------------------


def letter(number: int, text: str, *, to: str, fields: str = "") -> bytes:
    lines = (
        "From: shop@sender.example",
        f"To: {to}",
        f"Message-ID: <{number}@sender.example>",
        "Date: Mon, 16 Nov 2026 10:00:00 +0100",
        f"Subject: {text}",
        *filter(None, [fields]),
        "",
        f"We write to say that {text} is ready.",
        "",
    )
    return "\r\n".join(lines).encode()


async def a_week(relay: Relay, clock: FrozenClock) -> None:
    """Four who see each other; a mail again on the second day; a text to eight persons; newsletters of a trusted client."""
    four = [f"rep{n}@people.example" for n in range(4)]
    await relay.send(letter(1, "the menu", to=", ".join(four)), "shop@sender.example", four)
    await relay.send(letter(2, "the parcel", to="ada@people.example"), "shop@sender.example", ["ada@people.example"])
    clock.move_to(START + timedelta(days=2))
    await relay.settled()
    await relay.send(letter(3, "the parcel", to="ada@people.example"), "shop@sender.example", ["ada@people.example"])
    for n in range(8):
        to = f"p{n}@people.example"
        await relay.send(letter(10 + n, "the timetable", to=to), "rail@sender.example", [to])
        clock.move_to(clock() + timedelta(seconds=10))
    clock.move_to(START + timedelta(days=3))
    to, fields = "eve@people.example", "Mailguard-Class: bulk\r\nMailguard-Template: weekly"
    await relay.send(letter(20, "the garden", to=to, fields=fields), "news@sender.example", [to])
    await relay.settled()


@asynccontextmanager
async def running(**options: Any) -> AsyncIterator[tuple[Relay, FrozenClock]]:
    clock = FrozenClock(START)
    async with running_relay(clock=clock, **options) as relay:
        yield relay, clock


DELIVER, HOLD, REJECT = Action.DELIVER, Action.HOLD, Action.REJECT


async def test_another_policy_changes_just_what_it_must() -> None:
    async with running() as (relay, clock):
        await a_week(relay, clock)
        unchanged = compared(relay, relay.config.policy)
        fewer_seen = compared(relay, limited(relay, max_visible_recipients=3))
        shorter = compared(relay, limited(relay, repeat_window=timedelta(days=1)))
        narrower = compared(relay, limited(relay, fan_out_limit=5))
        milder = compared(relay, limited(relay, actions={(MailClass.SERVICE, Code.REPEAT): HOLD}))
        other_class = compared(relay, replace(relay.config.policy, rules=(Rule(mail_class=MailClass.CRITICAL),)))
    assert (unchanged.messages, unchanged.recipients, unchanged.judged, unchanged.reproduced) == (12, 15, 15, 15)
    assert unchanged.changes == ()
    assert unchanged.differing == ()
    assert changes(fewer_seen) == {(Code.MASS_CC, DELIVER, HOLD): 4}
    assert changes(shorter) == {(Code.REPEAT, REJECT, DELIVER): 1}
    assert changes(narrower) == {(Code.FAN_OUT, DELIVER, HOLD): 3}
    assert changes(milder) == {(Code.REPEAT, REJECT, HOLD): 1}
    assert milder.directions == {Direction.STOPS: 0, Direction.PASSES: 0, Direction.OTHER: 1}
    assert changes(other_class) == {(Code.REPEAT, REJECT, DELIVER): 1}


async def test_a_change_names_where_it_hits_and_what_is_said() -> None:
    async with running() as (relay, clock):
        await a_week(relay, clock)
        found = compared(relay, limited(relay, max_visible_recipients=3))
    change = found.changes[0]
    assert (change.messages, change.classes, change.clients, change.direction) == (
        1,
        {"service": 4},
        {"local": 4},
        "would_stop",
    )
    assert list(change.templates.values()) == [4]
    example = change.examples[0]
    assert (example.sender, example.subject, example.recipient) == ("shop@sender.example", "the menu", "rep0@people.example")
    assert example.text == "4 visible recipients, limit 3"
    assert len(change.examples) == 3


async def test_what_a_trusted_sender_said_of_a_mail_is_not_overruled_by_new_rules() -> None:
    async with running() as (relay, clock):
        await a_week(relay, clock)
        rules = (Rule(mail_class=MailClass.CRITICAL, template="other"),)
        tried = replace(limited(relay, max_visible_recipients=3), rules=rules)
        found = compared(relay, tried)
    assert {one.finding: one.classes for one in found.changes} == {
        Code.MASS_CC: {"critical": 4},
        Code.REPEAT: {"critical": 1},
    }


async def test_mail_whose_content_is_gone_is_counted_and_still_known() -> None:
    async with running() as (relay, clock):
        await a_week(relay, clock)
        gone = START.astimezone(UTC) + timedelta(days=1)
        with relay.worker.database.write() as connection:
            purge(connection, Bounds(content=gone, ledger=gone - timedelta(days=9), audience=gone, reach=gone))
        found = compared(relay, limited(relay, max_visible_recipients=3))
    assert found.unjudged == {Unjudged.CONTENT_GONE: 5}
    assert (found.judged, found.reproduced) == (10, 10)  # the repeat on the second day is found again
    assert changes(found) == {}


async def test_each_mail_is_judged_by_what_had_become_of_earlier_mail_by_then() -> None:
    to = "ada@people.example"
    async with running(policy={"actions": {"service": {"repeat": "hold"}}, "max_visible_recipients": 3}) as (relay, clock):
        eleven = ", ".join(f"rep{n}@people.example" for n in range(4))
        first = await relay.send(letter(1, "the bill", to=eleven), "shop@sender.example", [to])
        clock.move_to(START + timedelta(hours=1))
        await relay.send(letter(2, "the bill", to=to), "shop@sender.example", [to])  # joins the held one
        clock.move_to(START + timedelta(hours=2))
        with relay.worker.database.write() as connection:
            act = holds.Act(clock(), "clerk", "")
            holds.drop(connection, Filter(ids=(first.text.split()[1],)), act)
        await relay.send(letter(3, "the bill", to=to), "shop@sender.example", [to])  # repeats nothing now
        await relay.settled()
        found = compared(relay, relay.config.policy)
    assert (found.judged, found.reproduced, found.differing) == (3, 3, ())


async def test_clients_that_only_one_configuration_has_are_named() -> None:
    async with running() as (relay, clock):
        await a_week(relay, clock)
        found = compared(relay, relay.config.policy, clients=(Client(name="other"),))
    assert found.unjudged == {Unjudged.UNKNOWN_CLIENT: 15}


async def test_the_record_is_judged_by_processes_while_mail_comes_in() -> None:
    async with running() as (relay, clock):
        await a_week(relay, clock)
        tried = limited(relay, max_visible_recipients=3)
        asked = asyncio.create_task(asyncio.to_thread(compared, relay, tried, most_here=0))
        sent = 0
        while not asked.done():
            to = f"q{sent}@people.example"
            answer = await relay.send(letter(100 + sent, f"number {sent}", to=to), "shop@sender.example", [to])
            assert answer.code == 250
            sent += 1
        found = await asked
    assert sent
    assert (found.messages, found.judged, found.reproduced) == (12, 15, 15)
    assert changes(found) == {(Code.MASS_CC, DELIVER, HOLD): 4}


ADA, ADAS, BOB = "ada@people.example", "lovelace@work.example", "bob@people.example"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def sections(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The settings that name the ledger's database, where it is not a file of the relay's own."""
    if request.param == "sqlite":
        return {}
    server: PostgresServer = request.getfixturevalue("postgres")
    return {"database": {"url": server.clean_database()}}


async def persons_and_replies(relay: Relay, clock: FrozenClock) -> None:
    """A person with two mailboxes and a phone on file, who answers; one who unsubscribes, one whose mailbox bounces."""
    with relay.worker.database.write() as connection:
        join(
            connection,
            *arrive(connection, customer(1, "ada", "lee", ADA, phone="+442079460000"), customer(2, "ada", "lee", ADAS)),
        )
        suppress(connection, Suppressed(BOB, Suppression.UNSUBSCRIBED, clock(), "test", ""))
        tell(connection, BOB, {"income": None}, source="ivr", at=clock())
        record(connection, [Bounce("eve@people.example", clock(), is_hard=True, status="5.1.1", message="other", n=0)])

    async def send(number: int, text: str, to: str, fields: str = "") -> None:
        clock.move_to(clock() + timedelta(minutes=20))
        await relay.send(letter(number, text, to=to, fields=fields), "shop@sender.example", [to])

    await send(1, "the parcel", ADA)
    await send(2, "the parcel", ADAS)  # the same person
    await send(3, "your telephone", ADAS, "Mailguard-Asks: phone")
    await send(4, "your income", BOB, "Mailguard-Asks: income")
    await send(5, "the garden", BOB, "Mailguard-Class: bulk")
    await send(6, "the house", "eve@people.example")
    await relay.settled()
    clock.move_to(clock() + timedelta(hours=1))
    relay.take_reply(written("Where is it?", sender=f"Ada <{ADA}>", answers="1@sender.example", message_id="r1@people.example"))
    await send(7, "the lawn", ADAS, "Mailguard-Class: bulk")
    await send(8, "your question", ADA, "In-Reply-To: <r1@people.example>")  # answers, and with it the reply is resolved
    await send(9, "the pond", ADAS, "Mailguard-Class: bulk")
    await relay.settled()


async def test_persons_replies_and_lists_are_those_of_then(sections: dict[str, Any]) -> None:
    async with running(sections=sections) as (relay, clock):
        await persons_and_replies(relay, clock)
        shorter = compared(relay, limited(relay, reply_window=timedelta(minutes=30), repeat_window=timedelta(minutes=1)))
        found = {code for one in judged_again(relay, START) for each in one.recipients for code in each.codes}
    assert found == {Code.REPEAT, Code.KNOWN_DATA, Code.SUPPRESSED, Code.OPEN_REPLY}
    assert (shorter.judged, shorter.differing) == (9, ())
    assert changes(shorter) == {(Code.REPEAT, REJECT, DELIVER): 1}
