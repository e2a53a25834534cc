"""mailguard.relay.intake: one batch, one transaction, each decision seeing those before it."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest

from mailguard.errors import ParameterError
from mailguard.mail.envelope import Envelope, ForwardPath
from mailguard.policy.answer import Answers
from mailguard.policy.facts import State
from mailguard.policy.limits import Limits, Mode
from mailguard.policy.parcel import Attempt, Outcome
from mailguard.relay.arrival import Arrival
from mailguard.relay.intake import LARGE, Intake, Pending, Taken, undecided_parcel
from mailguard.relay.metrics import open_metrics
from mailguard.relay.resolution import Directory
from mailguard.relay.settings import Client, DeliverySettings, Identity, Listen, Policy, RelaySettings
from mailguard.store import ledger, queue, records
from mailguard.store.database import Database
from tests import customers
from tests.builders import NOW, mailboxes
from tests.customers import put
from tests.ledger import open_ledger

CLIENT = Client(name="shop", networks=(ip_network("127.0.0.0/8"),), trusts_fields=True)


class Room:
    """Whether delivery has room."""

    def __init__(self) -> None:
        self.is_there = True

    def __call__(self) -> bool:
        return self.is_there


class Desk:
    """An intake with a ledger of its own."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.room = Room()
        settings = RelaySettings(database="", listen=Listen(hostname="relay.example"), delivery=DeliverySettings(next_hops=()))
        self.intake = Intake(
            settings,
            owner="me",
            clock=lambda: NOW,
            has_room=self.room,
            metrics=open_metrics(None),
            directory=Directory(Identity()),
        )

    async def read(self, text: str, *recipients: str, message_id: str = "", client: Client = CLIENT, head: str = "") -> Pending:
        header = f"{head}Subject: hello\r\nDate: Mon, 16 Nov 2026 09:00:00 +0000\r\n"
        header += f"Message-ID: <{message_id}>\r\n" if message_id else ""
        paths = tuple(ForwardPath(box) for box in mailboxes(*(recipients or ("ann@people.example",))))
        octets = f"{header}\r\n{text}\r\n".encode()
        return await self.intake.read(
            Arrival(client, "127.0.0.1", "shop.example", "ESMTP", Envelope("shop@sender.example", paths), octets)
        )

    def decide(self, *pending: Pending, outcomes: tuple[Outcome, ...] = ()) -> list[Taken]:
        with self.database.write() as connection:
            return self.intake.decide_batch(connection, pending, outcomes)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    database = open_ledger(f"sqlite:///{tmp_path}/ledger.db")
    yield Desk(database)
    database.close()


async def test_second_of_two_equal_mails_of_a_batch_is_rejected(desk: Desk) -> None:
    first, second = desk.decide(await desk.read("same", message_id="a@x"), await desk.read("same", message_id="b@x"))
    assert first.answer.code == 250
    assert (second.answer.code, second.parcel) == (550, None)
    assert first.answer.text.split()[0] in second.answer.text


async def test_what_may_leave_is_handed_over_as_it_will_be_in_the_spool(desk: Desk) -> None:
    (taken,) = desk.decide(await desk.read("hello", message_id="a@x"))
    assert taken.parcel is not None
    assert taken.parcel.octets.startswith(b"Received: from shop.example")
    with desk.database.write() as connection:
        assert queue.lease(connection, owner="other", now=NOW, limit=10) == []
        queue.disown(connection, [taken.parcel.message], owner="me")
        assert queue.lease(connection, owner="other", now=NOW, limit=10) == [taken.parcel]


async def test_without_room_mail_stays_in_the_spool(desk: Desk) -> None:
    desk.room.is_there = False
    (taken,) = desk.decide(await desk.read("hello", message_id="a@x"))
    assert (taken.answer.code, taken.parcel) == (250, None)
    with desk.database.write() as connection:
        (parcel,) = queue.lease(connection, owner="me", now=NOW, limit=10)
    assert parcel.message == taken.answer.text.split()[0]


async def test_retry_is_answered_with_the_first_id_and_not_sent_again(desk: Desk) -> None:
    (first,) = desk.decide(await desk.read("hello", message_id="a@x"))
    (again,) = desk.decide(await desk.read("hello", message_id="a@x"))
    assert again.answer.text == f"{first.answer.text.split()[0]} replay"
    assert again.parcel is None
    with desk.database.read() as connection:
        document = ledger.why(connection, "<a@x>")
    assert document is not None
    assert document.recipients[0].state is State.REPLAYED


async def test_parts_of_one_message_are_one_message(desk: Desk) -> None:
    first, second = desk.decide(
        await desk.read("hello", "a@people.example", message_id="a@x"),
        await desk.read("hello", "b@people.example", message_id="a@x"),
    )
    identifier = first.answer.text.split()[0]
    assert second.answer.text.split()[0] == identifier
    assert second.parcel is not None
    assert [destination.n for destination in second.parcel.destinations] == [1]
    with desk.database.read() as connection:
        document = ledger.why(connection, identifier)
    assert document is not None
    assert [recipient.mailbox for recipient in document.recipients] == ["a@people.example", "b@people.example"]


async def test_same_key_with_another_body_is_refused_and_not_recorded(desk: Desk) -> None:
    head = "Mailguard-Key: order-7\r\n"
    first, other = desk.decide(
        await desk.read("one", message_id="a@x", head=head), await desk.read("two", message_id="b@x", head=head)
    )
    assert first.answer.code == 250
    assert (other.answer.code, other.answer.enhanced_status, other.entry) == (550, "5.5.4", None)


async def test_field_that_cannot_be_taken_is_refused_by_name(desk: Desk) -> None:
    with pytest.raises(ParameterError, match="Mailguard-Class has a value") as refused:
        await desk.read("hello", head="Mailguard-Class: urgent\r\n")
    assert (refused.value.code, refused.value.enhanced_status) == (550, "5.5.4")


async def test_polite_client_is_not_told_no(desk: Desk) -> None:
    polite = Client(name="app", answers=Answers.POLITE)
    desk.decide(await desk.read("same", message_id="a@x", client=polite))
    (taken,) = desk.decide(await desk.read("same", message_id="b@x", client=polite))
    assert taken.answer.code == 250
    assert taken.entry is not None
    assert taken.entry.states == (State.HELD,)


async def test_rejected_beside_accepted_recipients_are_told_of_by_mail(desk: Desk) -> None:
    desk.decide(await desk.read("same", "ann@people.example", message_id="a@x"))
    (taken,) = desk.decide(await desk.read("same", "ann@people.example", "bob@people.example", message_id="b@x"))
    assert taken.answer.text.endswith("accepted, 1 of 2 recipients rejected")
    with desk.database.write() as connection:
        (notice,) = queue.lease(connection, owner="me", now=NOW, limit=10)
    assert notice.reverse_path == ""
    assert b"ann@people.example" in notice.octets


async def test_failures_are_recorded_and_told_of_by_mail(desk: Desk) -> None:
    (taken,) = desk.decide(await desk.read("hello", message_id="a@x"))
    assert taken.parcel is not None
    attempt = Attempt(NOW, "hop:25", "550 5.1.1 no such user")
    desk.decide(outcomes=(Outcome(taken.parcel.message, 0, State.FAILED, (attempt,), None),))
    with desk.database.write() as connection:
        (notice,) = queue.lease(connection, owner="me", now=NOW, limit=10)
        document = ledger.why(connection, taken.parcel.message)
    assert b"5.1.1" in notice.octets
    assert document is not None
    assert document.recipients[0].state is State.FAILED


async def test_large_mail_is_read_beside_the_event_loop(desk: Desk) -> None:
    pending = await desk.read("line\r\n" * (LARGE // 6), message_id="a@x")
    assert not pending.submission.message.unreadable


async def test_undecided_mail_leaves_whole_and_to_everybody(desk: Desk) -> None:
    pending = await desk.read("hello", "a@people.example", "b@people.example", message_id="a@x")
    parcel = undecided_parcel(pending, expire=DeliverySettings(next_hops=()).expire)
    assert parcel.octets == pending.octets
    assert [destination.mailbox for destination in parcel.destinations] == ["a@people.example", "b@people.example"]


async def test_part_after_retention_has_content_to_be_sent(desk: Desk) -> None:
    (first,) = desk.decide(await desk.read("hello", "a@people.example", message_id="a@x"))
    with desk.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM content")
    desk.room.is_there = False
    (part,) = desk.decide(await desk.read("hello", "b@people.example", message_id="a@x"))
    assert part.answer.text.split()[0] == first.answer.text.split()[0]
    with desk.database.write() as connection:
        (parcel,) = queue.lease(connection, owner="me", now=NOW, limit=10)
    assert [destination.mailbox for destination in parcel.destinations] == ["b@people.example"]


async def test_failure_of_what_another_has_delivered_is_told_to_nobody(desk: Desk) -> None:
    (taken,) = desk.decide(await desk.read("hello", message_id="a@x"))
    assert taken.parcel is not None
    attempt = Attempt(NOW, "hop:25", "250 2.0.0 ok")
    desk.decide(outcomes=(Outcome(taken.parcel.message, 0, State.DELIVERED, (attempt,), None),))
    desk.decide(outcomes=(Outcome(taken.parcel.message, 0, State.FAILED, (attempt,), None),))
    with desk.database.write() as connection:
        assert queue.lease(connection, owner="me", now=NOW, limit=10) == []


async def test_shadow_mode_refuses_nothing(desk: Desk) -> None:
    desk.intake.policy = Policy(limits=Limits(mode=Mode.SHADOW))
    head = "Mailguard-Key: order-7\r\n"
    first, other = desk.decide(
        await desk.read("one", message_id="a@x", head=head), await desk.read("two", message_id="b@x", head=head)
    )
    odd = desk.decide(await desk.read("three", message_id="c@x", head="Mailguard-Class: urgent\r\n"))[0]
    assert [taken.answer.code for taken in (first, other, odd)] == [250, 250, 250]
    assert other.parcel is not None


JANE = 'name="Jane Doe"; date_of_birth=1961-04-17; postcode="CA28 7UG"'


async def test_recipients_are_persons_when_customers_are_on_file(desk: Desk) -> None:
    with desk.database.write() as connection:
        put(connection, customers.JANE, *customers.crowd_of(50))
    first, second = desk.decide(
        await desk.read("same", "jane.doe@y.example", message_id="a@x", head=f"Mailguard-Person: {JANE}\r\n"),
        await desk.read("same", "j.doe@x.example", message_id="b@x"),
    )
    assert (first.answer.code, second.answer.code) == (250, 550)
    with desk.database.read() as connection:
        document = ledger.why(connection, first.answer.text.split()[0])
    assert document is not None
    assert (document.recipients[0].person, document.recipients[0].records) == ("P1", ("crm:4711", "mail:jane.doe@y.example"))


async def test_what_is_on_file_is_not_asked_for(desk: Desk) -> None:
    with desk.database.write() as connection:
        put(connection, customers.JANE)
    (taken,) = desk.decide(await desk.read("income?", "j.doe@x.example", head="Mailguard-Asks: income\r\n"))
    assert taken.answer.text.endswith("held: known_data, asks for what is on file")


async def test_a_field_that_does_not_say_whom_it_speaks_of_is_refused_by_name(desk: Desk) -> None:
    recipients = ("ann@people.example", "bob@people.example")
    head = "Mailguard-Person: name=Ann\r\n"
    with pytest.raises(ParameterError) as refused:
        await desk.read("hello", *recipients, head=head)
    assert refused.value.text == "Mailguard-Person has a value that cannot be taken"
    desk.intake.policy = Policy(limits=Limits(mode=Mode.SHADOW))
    (taken,) = desk.decide(await desk.read("hello", *recipients, head=head))
    assert taken.answer.code == 250
    with desk.database.read() as connection:
        assert records.count(connection) == 0
