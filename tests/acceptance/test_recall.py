"""Mail taken back while it is on its way: over real sockets, at every point where a recall and a delivery can meet."""

from __future__ import annotations

import asyncio
import smtplib
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from mailguard.policy.facts import State
from mailguard.relay.recall import Terms, recall, rehearse
from mailguard.relay.recall_document import RecallDocument
from mailguard.store import holds, recalls
from mailguard.store.holds import Act, Filter
from mailguard.store.recalls import Order, Target
from tests.builders import NOW
from tests.harness import FrozenClock, Relay, running_relay
from tests.harness_postfix import free_port
from tests.harness_serve import Server, serving, write_config
from tests.harness_sink import Action, HangUp, Until, running_sink
from tests.reply_mail import reply_mail

SHOP = "shop@sender.example"
ONE_AT_A_TIME = {"delivery": {"connections": 1, "retry": "1s"}}


def mail(number: int, text: str = "hello") -> bytes:
    """A mail with a Message-ID of its own."""
    head = f"From: The Shop <{SHOP}>\r\nSubject: News {number}\r\nMessage-ID: <{number}@shop.example>\r\n"
    return f"{head}Date: Mon, 16 Nov 2026 09:00:00 +0000\r\n\r\n{text} {number}\r\n".encode()


async def send(relay: Relay, number: int, *to: str) -> str:
    """The ledger's id of a mail that was taken."""
    answer = await relay.send(mail(number), SHOP, to or [f"p{number}@people.example"])
    assert answer.code == 250, answer
    return answer.text.split()[1]


def terms(wait: float = 20) -> Terms:
    return Terms(hostname="relay.example", draft_expire=timedelta(days=5), wait=timedelta(seconds=wait), names_spared=True)


async def take_back(relay: Relay, *names: str, wait: float = 20, target: Target | None = None) -> RecallDocument:
    """What came of a recall, which runs beside the relay as a command does."""
    order = Order(relay.worker.clock(), "bob", "the wrong list")
    found = await asyncio.to_thread(
        recall, relay.worker.database, target or Target(names=names), order, terms(wait), clock=relay.worker.clock
    )
    assert found is not None
    return found


def got(document: RecallDocument) -> list[str]:
    return [one.mailbox for one in document.delivered]


def may_have(document: RecallDocument) -> list[str]:
    return [one.mailbox for one in document.uncertain]


def did_not(document: RecallDocument) -> list[str]:
    return [one.mailbox for one in document.not_delivered or ()]


def states(relay: Relay, id: str) -> list[str]:
    return [one["state"] for one in relay.why(id)["recipients"]]


def sent_to(relay: Relay) -> list[str]:
    return [to for _, recipients, _ in relay.sink.messages for to in recipients]


async def until_withdrawn(relay: Relay, *ids: str) -> None:
    """Return once the worker has given up what it had in memory of these."""
    while any("queued" in states(relay, id) for id in ids):  # noqa: ASYNC110 - nobody announces it
        await asyncio.sleep(0.01)


async def test_what_waits_in_a_workers_memory_is_withdrawn_and_what_is_under_way_is_told() -> None:
    gate = asyncio.Event()
    async with running_relay(clock=FrozenClock(NOW), sections=ONE_AT_A_TIME) as relay:
        relay.sink.sink.on("DOT", Until(gate))
        first, second, third = [await send(relay, n) for n in range(3)]
        await relay.sink.sink.heard("DATA")
        taking_back = asyncio.create_task(take_back(relay, first, second))
        await until_withdrawn(relay, second)
        assert states(relay, first) == ["queued"]
        gate.set()
        document = await taking_back
        await relay.settled()
        assert (got(document), may_have(document), did_not(document)) == (["p0@people.example"], [], ["p1@people.example"])
        assert (document.cancelled, document.under_way, document.apology.messages) == (1, 0, 1)
        assert sent_to(relay) == ["p0@people.example", "p2@people.example"]
        assert states(relay, third) == ["delivered"]
        assert relay.why(second)["recalled"] == {
            "recall": document.recall,
            "at": "2026-11-16T09:00:00Z",
            "actor": "bob",
            "reason": "the wrong list",
        }


async def test_connection_lost_after_the_last_dot_may_have_delivered_and_is_not_tried_again() -> None:
    gate = asyncio.Event()
    clock = FrozenClock(NOW)
    async with running_relay(clock=clock, sections=ONE_AT_A_TIME) as relay:
        relay.sink.sink.on("DOT", Until(gate, HangUp()))
        id = await send(relay, 1)
        await relay.sink.sink.heard("DATA")
        taking_back = asyncio.create_task(take_back(relay, id))
        while not (await asyncio.to_thread(_recalled, relay)):  # noqa: ASYNC110 - nobody announces it
            await asyncio.sleep(0.01)
        gate.set()
        document = await taking_back
        assert (got(document), may_have(document), did_not(document)) == ([], ["p1@people.example"], [])
        assert states(relay, id) == ["cancelled"]
        assert relay.why(id)["recipients"][0]["attempts"][0]["uncertain"] is True
        clock.move_to(NOW + timedelta(hours=1))
        await relay.settled()
        assert sent_to(relay) == []
        assert document.apology.messages == 1


def _recalled(relay: Relay) -> bool:
    with relay.worker.database.read() as connection:
        return bool(connection.exec_driver_sql("SELECT count(*) FROM recall").scalar_one())


async def test_uncertain_try_before_the_recall_is_told_too() -> None:
    async with running_relay(clock=FrozenClock(NOW), sections=ONE_AT_A_TIME) as relay:
        relay.sink.sink.on("DOT", HangUp())
        id = await send(relay, 1)
        await relay.settled()
        assert states(relay, id) == ["deferred"]
        document = await take_back(relay, id)
        assert (got(document), may_have(document), did_not(document)) == ([], ["p1@people.example"], [])


async def test_hop_that_ends_a_transaction_before_the_dot_does_not_get_the_mail_at_the_other_hop() -> None:
    gate = asyncio.Event()
    hops = {"next_hop": ["smtp://127.0.0.1:PORT?tls=none", "smtp://localhost:PORT?tls=none"]}
    async with running_relay(clock=FrozenClock(NOW), relay=hops, sections=ONE_AT_A_TIME) as relay:
        relay.sink.sink.on("DATA", Until(gate, HangUp()))
        id = await send(relay, 1)
        await relay.sink.sink.heard("DATA")
        document = await take_back(relay, id, wait=0)
        assert document.under_way == 1
        await relay.worker.chores.tick()
        gate.set()
        document = await take_back(relay, id)
        await relay.settled()
        assert (got(document), may_have(document), did_not(document)) == ([], [], ["p1@people.example"])
        assert sent_to(relay) == []


async def test_delivery_whose_outcome_is_not_written_yet_is_told_as_delivered() -> None:
    gate = asyncio.Event()
    async with running_relay(clock=FrozenClock(NOW), sections=ONE_AT_A_TIME) as relay:
        relay.sink.sink.on("DOT", Until(gate))
        id = await send(relay, 1)
        await relay.sink.sink.heard("DATA")
        database = relay.worker.database
        # The recall's transaction stands before that of the outcome, which the worker knows already.
        with database.write() as connection:
            recalls.begin(connection, Target(names=(id,)), Order(NOW, "bob", ""))
            gate.set()
            while relay.worker._delivery.backlog.parcels:  # noqa: ASYNC110 - nobody announces it
                await asyncio.sleep(0.01)
        document = await take_back(relay, id)
        assert (got(document), did_not(document)) == (["p1@people.example"], [])


async def test_lease_never_yields_what_was_recalled() -> None:
    clock = FrozenClock(NOW)
    async with running_relay(clock=clock, sections={"undo": {"service": "10m"}}) as relay:
        ids = [await send(relay, n) for n in range(3)]
        with relay.worker.database.write() as connection:
            assert recalls.begin(connection, Target(names=(ids[1],)), Order(NOW, "bob", "")) is not None
        assert states(relay, ids[1]) == ["queued"]
        clock.move_to(NOW + timedelta(minutes=10))
        await relay.settled()
        assert states(relay, ids[1]) == ["cancelled"]
        assert sorted(sent_to(relay)) == ["p0@people.example", "p2@people.example"]


async def test_what_a_killed_worker_had_may_have_been_delivered_and_is_not_sent_by_the_next_one() -> None:
    clock = FrozenClock(NOW)
    async with running_relay(clock=clock, sections={"undo": {"service": "10m"}}) as relay:
        id = await send(relay, 1, "ann@people.example")
        untouched = await send(relay, 2, "bob@people.example")
        with relay.worker.database.write() as connection:
            connection.exec_driver_sql(f"UPDATE recipient SET owner = 'gone' WHERE message = '{id}'")
        document = await take_back(relay, id, untouched)
        assert (may_have(document), did_not(document)) == (["ann@people.example"], ["bob@people.example"])
        clock.move_to(NOW + timedelta(hours=1))
        await relay.settled()
        assert sent_to(relay) == []
        assert "the next hop may have this mail" in relay.why(id)["recipients"][0]["attempts"][0]["answer"]


async def test_parts_that_come_later_are_rejected_and_replays_answered_as_before() -> None:
    async with running_relay(clock=FrozenClock(NOW)) as relay:
        id = await send(relay, 1, "ann@people.example")
        await relay.settled()
        await take_back(relay, id)
        late = await relay.send(mail(1), SHOP, ["bob@people.example"])
        assert (late.code, late.text.split()[:3]) == (550, ["5.7.1", id, "recalled:"])
        other_octets = await relay.send(mail(1, "good morning"), SHOP, ["cid@people.example"])
        assert other_octets.code == 550
        assert (await relay.send(mail(1), SHOP, ["ann@people.example"])).text.endswith(f"{id} replay")
        assert (await relay.send(mail(2), SHOP, ["dot@people.example"])).code == 250
        await relay.settled()
        assert sent_to(relay) == ["ann@people.example", "dot@people.example"]
        assert states(relay, id) == ["delivered", "rejected"]


async def test_mode_shadow_lets_nothing_of_a_recalled_message_in() -> None:
    async with running_relay(clock=FrozenClock(NOW), policy={"mode": "shadow"}, sections={"undo": {"service": "1h"}}) as relay:
        id = await send(relay, 1, "ann@people.example")
        await relay.settled()
        assert sent_to(relay) == ["ann@people.example"]
        await take_back(relay, id)
        assert (await relay.send(mail(1), SHOP, ["bob@people.example"])).code == 550
        assert states(relay, id) == ["delivered", "rejected"]


async def test_held_parts_for_a_polite_client_leave_by_no_release() -> None:
    clients = [{"name": "shop", "networks": ["127.0.0.0/8"], "answers": "polite"}]
    async with running_relay(clock=FrozenClock(NOW), clients=clients) as relay:
        id = await send(relay, 1, "ann@people.example")
        await relay.settled()
        await take_back(relay, id)
        late = await relay.send(mail(1), SHOP, ["bob@people.example"])
        assert (late.code, states(relay, id)) == (250, ["delivered", "held"])
        with relay.worker.database.write() as connection:
            holds.release(connection, Filter(ids=(id,)), Act(NOW, "bob", ""), expires_at=NOW + timedelta(days=1))
        await relay.settled()
        assert states(relay, id) == ["delivered", "cancelled"]
        assert sent_to(relay) == ["ann@people.example"]


async def test_undo_window_shows_the_mail_holds_it_back_and_lets_it_go_in_time() -> None:
    clock = FrozenClock(NOW)
    sections = {"undo": {"service": "10m"}, "delivery": {"expire": "1h"}}
    async with running_relay(clock=clock, sections=sections) as relay:
        id = await send(relay, 1)
        await relay.settled()
        (recipient,) = relay.why(id)["recipients"]
        assert (recipient["state"], recipient["leaves_at"]) == ("queued", "2026-11-16T09:10:00Z")
        assert recipient["expires_at"] == "2026-11-16T10:10:00Z"
        assert sent_to(relay) == []
        clock.move_to(NOW + timedelta(minutes=10, seconds=-1))
        await relay.settled()
        assert sent_to(relay) == []
        clock.move_to(NOW + timedelta(minutes=10))
        await relay.settled()
        assert sent_to(relay) == ["p1@people.example"]


async def test_retry_of_a_named_mail_ends_its_undo_window_and_retry_of_everything_does_not() -> None:
    async with running_relay(clock=FrozenClock(NOW), sections={"undo": {"service": "10m"}}) as relay:
        id, other = await send(relay, 1), await send(relay, 2)
        act, until = Act(NOW, "bob", ""), NOW + timedelta(days=1)
        with relay.worker.database.write() as connection:
            assert holds.retry(connection, Filter(everything=True), act, expires_at=until).recipients == 0
            assert holds.retry(connection, Filter(ids=(id,)), act, expires_at=until).recipients == 1
        await relay.settled()
        assert (states(relay, id), states(relay, other)) == (["delivered"], ["queued"])


async def test_reply_that_comes_in_the_undo_window_stops_the_mail() -> None:
    clock = FrozenClock(NOW)
    async with running_relay(clock=clock, sections={"undo": {"service": "10m"}}) as relay:
        asks = b"Subject: papers\r\nMessage-ID: <ask@s.example>\r\nMailguard-Asks: income\r\n\r\nplease\r\n"
        id = (await relay.send(asks, SHOP, ["ann@people.example"])).text.split()[1]
        relay.take_reply(reply_mail("Here they are.", {"From": "ann@people.example", "In-Reply-To": "<ask@s.example>"}))
        clock.move_to(NOW + timedelta(minutes=10))
        await relay.settled()
        assert (states(relay, id), sent_to(relay)) == (["held"], [])


@pytest.mark.parametrize(("mail_class", "leaves_at"), [("critical", None), ("service", "09:05"), ("bulk", "09:05")])
async def test_undo_of_a_client_counts_for_its_service_and_bulk_mail(mail_class: str, leaves_at: str | None) -> None:
    clients = [{"name": "shop", "networks": ["127.0.0.0/8"], "class": mail_class, "undo": "5m"}]
    async with running_relay(clock=FrozenClock(NOW), clients=clients, sections={"undo": {"service": "1h"}}) as relay:
        (recipient,) = relay.why(await send(relay, 1))["recipients"]
        assert (recipient.get("leaves_at", "T")[11:16] or None) == leaves_at


async def test_recall_in_the_undo_window_lets_nothing_leave_and_again_says_the_same() -> None:
    clock = FrozenClock(NOW)
    async with running_relay(clock=clock, sections={"undo": {"service": "10m"}}) as relay:
        id = await send(relay, 1, "ann@people.example", "bob@people.example")
        rehearsed = await asyncio.to_thread(
            rehearse, relay.worker.database, Target(names=(id,)), Order(NOW, "bob", "the wrong list")
        )
        assert rehearsed is not None
        assert (rehearsed.recall, rehearsed.cancelled, states(relay, id)) == (None, 2, ["queued"] * 2)
        document = await take_back(relay, "<1@shop.example>")
        assert (document.cancelled, document.apology.messages, states(relay, id)) == (2, 0, ["cancelled"] * 2)
        again = await take_back(relay, id)
        assert again == document.model_copy(update={"targets": (id,)})
        clock.move_to(NOW + timedelta(hours=1))
        await relay.settled()
        assert sent_to(relay) == []


async def test_second_recall_writes_no_second_apology_and_what_is_released_leaves_to_one_person_each() -> None:
    async with running_relay(clock=FrozenClock(NOW)) as relay:
        id = await send(relay, 1, "ann@people.example", "bob@people.example")
        await relay.settled()
        document = await take_back(relay, id)
        assert (await take_back(relay, id)).apology == document.apology
        drafts = [relay.why(draft) for draft in document.apology.ids]
        assert [[one["mailbox"] for one in draft["recipients"]] for draft in drafts] == [
            ["ann@people.example"],
            ["bob@people.example"],
        ]
        assert {one["findings"][0]["code"] for one in drafts} == {"recalled"}
        with relay.worker.database.write() as connection:
            holds.release(connection, Filter(ids=document.apology.ids), Act(NOW, "bob", ""), expires_at=NOW + timedelta(days=1))
        await relay.settled()
        apologies = relay.sink.messages[1:]
        assert [to for _, to, _ in apologies] == [("ann@people.example",), ("bob@people.example",)]
        head = apologies[0][2].decode().partition("\r\n\r\n")[0].split("\r\n")
        assert head[:3] == [f"From: The Shop <{SHOP}>", "To: ann@people.example", "Subject: Sent by mistake: News 1"]
        assert {"In-Reply-To: <1@shop.example>", "Auto-Submitted: auto-generated"} <= set(head)
        of_own = await take_back(relay, *document.apology.ids)
        assert (len(of_own.delivered), of_own.apology.messages) == (2, 0)


async def test_restart_keeps_the_undo_window_and_the_recall() -> None:
    clock = FrozenClock(NOW)
    async with running_relay(clock=clock, sections={"undo": {"service": "10m"}}) as relay:
        ids = [await send(relay, n) for n in range(2)]
        await relay.worker.stop()
        await relay.worker.start()
        await take_back(relay, ids[0])
        clock.move_to(NOW + timedelta(minutes=10))
        await relay.settled()
        assert [states(relay, id) for id in ids] == [["cancelled"], ["delivered"]]
        assert sent_to(relay) == ["p1@people.example"]


@pytest.mark.parametrize("seed", range(4))
async def test_after_a_recall_each_recipient_got_it_or_may_have_or_never_will(seed: int) -> None:
    chance, clock = Random(seed), FrozenClock(NOW)
    async with running_relay(clock=clock, policy={"fan_out_limit": 1000}, sections={"delivery": {"connections": 3}}) as relay:
        good = {"DOT": "250 2.0.0 Ok", "DATA": "354 go", "RCPT": "250 2.1.5 Ok", "MAIL": "250 2.1.0 Ok"}
        trouble: list[Action] = [HangUp(), "451 4.7.1 later", "550 5.7.1 no", "452 4.3.1 full"]
        for stage, fine in good.items():
            relay.sink.sink.on(stage, *chance.choices([*[fine] * 8, *trouble], k=60))
        ids = [
            await send(relay, number, *(f"p{number}.{k}@people.example" for k in range(chance.randrange(1, 4))))
            for number in range(30)
        ]
        await relay.sink.sink.heard("MAIL", chance.randrange(1, 25))
        document = await take_back(relay, target=Target(client="local"))
        clock.move_to(NOW + timedelta(hours=2))
        await relay.settled()
        seen = set(sent_to(relay)) - {SHOP}
        parts = [set(got(document)), set(may_have(document)), set(did_not(document))]
        everybody = {one["mailbox"] for id in ids for one in relay.why(id)["recipients"]}
        assert sum(map(len, parts)) == len(everybody) == len(set().union(*parts))
        assert parts[0] <= seen <= parts[0] | parts[1]
        assert not {state for id in ids for state in states(relay, id)} & {State.QUEUED, State.DEFERRED, State.HELD}


async def test_relay_that_was_killed_leaves_nobody_unaccounted_for(tmp_path: Path) -> None:
    gate, options = asyncio.Event(), {"delivery": {"connections": 2}, "policy": {"fan_out_limit": 1000}}
    async with running_sink() as sink:
        killed = Server(free_port(), tmp_path)
        write_config(killed, sink.port, **options)
        try:
            await killed.start(2)
            sink.always("DOT", Until(gate))
            await asyncio.to_thread(_send_all, killed.port, 20)
            await sink.heard("DATA", 2)
        finally:
            await killed.kill()
        gate.set()  # the next hop takes what it has, and nobody is there to hear it
        await sink.took(2)
        document = (await killed.command("recall", "--client", "local", "--full")).document
        async with serving(tmp_path, sink.port, workers=2, **options) as server:
            await server.nothing_under_way()
        seen = {to for one in sink.taken for to in one.recipients}
        parts = [{one["mailbox"] for one in document[name]} for name in ("delivered", "uncertain", "not_delivered")]
        assert sum(map(len, parts)) == 20 == len(set().union(*parts))
        assert seen
        assert parts[0] <= seen <= parts[0] | parts[1]
        assert document["apology"]["messages"] == len(parts[0] | parts[1])


def _send_all(port: int, count: int) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
        for number in range(count):
            client.sendmail(SHOP, [f"p{number}@people.example"], mail(number))
