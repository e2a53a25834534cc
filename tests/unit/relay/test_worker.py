"""mailguard.relay.worker: the parts of one process, wired."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mailguard.policy.limits import Mode
from mailguard.relay.metrics import open_metrics
from mailguard.relay.worker import Worker
from tests.builders import NOW
from tests.harness import FrozenClock, running_relay

MAIL = b"Subject: hello\r\nMessage-ID: <%d@shop.example>\r\nDate: Mon, 16 Nov 2026 09:00:00 +0000\r\n\r\nhello\r\n"
ANN = ["ann@people.example"]


async def test_mail_goes_from_the_sender_to_the_next_hop() -> None:
    async with running_relay(clock=FrozenClock(NOW)) as relay:
        answer = await relay.send(MAIL % 1, "shop@sender.example", ANN)
        await relay.settled()
        assert answer.text.endswith("accepted")
        ((reverse_path, recipients, octets),) = relay.sink.messages
        assert (reverse_path, recipients) == ("shop@sender.example", ("ann@people.example",))
        assert octets.startswith(b"Received: from client.example")
        assert octets.endswith(MAIL % 1)


async def test_a_new_policy_counts_from_the_next_mail_on() -> None:
    async with running_relay(clock=FrozenClock(NOW)) as relay:
        await relay.send(MAIL % 1, "shop@sender.example", ANN)
        policy = relay.config.policy
        relay.worker.use(replace(policy, limits=replace(policy.limits, mode=Mode.SHADOW)))
        answer = await relay.send(MAIL % 2, "shop@sender.example", ANN)
        assert answer.code == 250
        document = relay.why(answer.text.split()[1])
        assert (document["action"], document["findings"][0]["code"]) == ("reject", "repeat")
        await relay.settled()
        assert len(relay.sink.messages) == 2


async def test_mail_that_the_ledger_cannot_take_stays_with_its_sender() -> None:
    async with running_relay(clock=FrozenClock(NOW)) as relay:
        with relay.worker.database.write() as connection:
            connection.exec_driver_sql("ALTER TABLE recipient RENAME TO away")
        answer = await relay.send(MAIL % 1, "shop@sender.example", ANN)
        assert (answer.code, answer.text) == (451, "4.3.0 temporarily unable, try again")
        with relay.worker.database.write() as connection:
            connection.exec_driver_sql("ALTER TABLE away RENAME TO recipient")
        assert (await relay.send(MAIL % 1, "shop@sender.example", ANN)).code == 250


async def test_open_means_handed_on_undecided_while_the_ledger_is_away() -> None:
    async with running_relay(clock=FrozenClock(NOW), relay={"fail": "open"}) as relay:
        with relay.worker.database.write() as connection:
            connection.exec_driver_sql("ALTER TABLE recipient RENAME TO away")
        answer = await relay.send(MAIL % 1, "shop@sender.example", ANN)
        assert answer.text.endswith("handed on undecided")
        assert len(relay.sink.messages) == 1
        with relay.worker.database.write() as connection:
            connection.exec_driver_sql("ALTER TABLE away RENAME TO recipient")


async def test_a_second_worker_goes_on_where_the_first_ended(tmp_path: Path) -> None:
    async with running_relay(clock=FrozenClock(NOW)) as relay:
        settings = replace(relay.config.relay, database=f"sqlite:///{tmp_path}/ledger.db")
        async with Worker(settings, metrics=open_metrics(None)) as first:
            assert first.port
        async with Worker(settings, metrics=open_metrics(None)) as second:
            assert second.port


async def test_a_recipient_named_twice_gets_one_mail_and_later_parts_are_taken() -> None:
    async with running_relay(clock=FrozenClock(NOW)) as relay:
        assert (await relay.send(MAIL % 1, "shop@sender.example", [*ANN, *ANN])).code == 250
        assert (await relay.send(MAIL % 1, "shop@sender.example", ["bob@people.example"])).code == 250
        await relay.settled()
        assert [recipients for _, recipients, _ in relay.sink.messages] == [("ann@people.example",), ("bob@people.example",)]
