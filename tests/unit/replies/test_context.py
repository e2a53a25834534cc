"""mailguard.replies.context: one person's standing, from one snapshot, and nothing of anybody else's."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update

from mailguard.identity.person import Resolution
from mailguard.mail.control import MailClass
from mailguard.mail.mailbox import parse_mailbox
from mailguard.policy.context import Context, Standing
from mailguard.policy.facts import Suppression
from mailguard.policy.finding import Action, Code
from mailguard.policy.foresight import Intent
from mailguard.policy.limits import Limits
from mailguard.policy.reply import Kind, ReplyState, Tie
from mailguard.relay.resolution import Directory
from mailguard.relay.settings import Identity
from mailguard.replies.context import context, contexts
from mailguard.store.bounces import Bounce, record
from mailguard.store.database import Database
from mailguard.store.reply_moves import move
from mailguard.store.suppressions import Suppressed, suppress
from mailguard.store.tables import RECIPIENT
from mailguard.store.told import tell
from tests.builders import NOW, message
from tests.customers import ANN, JANE, ROBERT, customer, put
from tests.ledger import mail, take
from tests.unit.store.written import wrote

JANES, ROBERTS = "j.doe@x.example", "r.doe@x.example"
DAY = timedelta(days=1)


class Office:
    """A ledger with customers, and what is asked of it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.directory = Directory(Identity())
        self.limits = Limits()

    def whose(self, *addresses: str) -> list[Resolution]:
        boxes = [parse_mailbox(address) for address in addresses]
        with self.database.read() as connection:
            return self.directory.resolve_mailboxes(connection, boxes, limits=self.limits)

    def context(self, address: str, intent: Intent | None = None, *, now: datetime = NOW) -> Context:
        with self.database.read() as connection:
            return context(connection, self.whose(address)[0], intent or Intent(), limits=self.limits, now=now)

    def put(self, *records: Any) -> list[int]:
        with self.database.write() as connection:
            return put(connection, *records)

    def send(self, address: str, text: str = "hello", *, at: timedelta = timedelta(), **options: Any) -> None:
        with self.database.write() as connection:
            take(connection, mail(message(text, text, message_id=f"{text}@x.example"), address, at=at, **options))
            connection.execute(update(RECIPIENT).values(state="delivered"))

    def move(self, id: str, state: ReplyState) -> None:
        with self.database.write() as connection:
            move(connection, id, state, actor="bea", reason="", now=NOW)


def test_whom_nobody_knows_has_an_empty_context(database: Database) -> None:
    found = Office(database).context("q@new.example")
    document = found.as_document()
    assert document.pop("context_id") == str(found.context_id)
    assert found.context_id.seq == 0
    assert document == {
        "reply_aware": False, "reply_state": "none", "open_replies": 0, "last_reply_at": None, "last_reply_language": None,
        "sent_count": 0, "last_sent_at": None, "last_same_template_at": None, "known_customer": False, "known_fields": [],
        "person": None, "probability": None, "would": "deliver", "findings": [],
    }  # fmt: skip


def test_customer_is_known_by_name_of_fields_alone(database: Database) -> None:
    office = Office(database)
    (jane,) = office.put(JANE)
    found = office.context(JANES)
    assert (found.known_customer, found.person, found.probability) == (True, f"P{jane}", 0.999)
    assert {"income", "full_name", "postal_address", "email"} <= set(found.known_fields)
    text = str(found.as_document())
    assert not [value for value in ("41250", "Rope Walk", "1961", "7700", "Jane") if value in text]


def test_reply_to_one_mailbox_counts_at_all_of_the_person(database: Database) -> None:
    office = Office(database)
    office.put(customer(emails=(JANES, "jane@home.example")))
    wrote(database, "r1", anchor=JANES, language="it", at=NOW - DAY)
    found = office.context("jane@home.example")
    assert (found.reply_aware, found.reply_state, found.open_replies) == (True, Standing.OPEN, 1)
    assert (found.last_reply_at, found.last_reply_language, found.context_id.seq) == (NOW - DAY, "it", 1)


def test_answer_of_one_is_nothing_to_another(database: Database) -> None:
    office = Office(database)
    office.put(JANE, ROBERT)
    wrote(database, "r1", anchor=JANES)
    office.send(JANES)
    with database.write() as connection:
        tell(connection, JANES, {"shoe_size": "38"}, source="crm", at=NOW)
    his = office.context(ROBERTS)
    assert (his.reply_aware, his.reply_state, his.sent_count) == (False, Standing.NONE, 0)
    assert not {"shoe_size", "income"} & set(his.known_fields)
    assert his.context_id.seq == 1


def test_mailbox_of_several_persons_speaks_of_itself_alone(database: Database) -> None:
    office = Office(database)
    tom = replace(ANN, source_key="9", full_name="Tom Rex", emails=("family@x.example",))
    office.put(customer(emails=("family@x.example",)), tom)
    office.send("family@x.example")
    found = office.context("family@x.example", Intent(asks=("income",)))
    assert (found.known_customer, found.person, found.known_fields, found.probability) == (False, None, (), None)
    assert (found.sent_count, found.would, found.findings) == (1, Action.DELIVER, ())


def test_states_follow_the_ledger(database: Database) -> None:
    office = Office(database)
    id = wrote(database, "r1", anchor="q@new.example")
    office.move(id, ReplyState.ACKNOWLEDGED)
    found = office.context("q@new.example")
    assert (found.reply_aware, found.reply_state, found.open_replies) == (True, Standing.ACKNOWLEDGED, 1)
    office.move(id, ReplyState.RESOLVED)
    found = office.context("q@new.example")
    assert (found.reply_aware, found.reply_state, found.open_replies) == (False, Standing.RESOLVED, 0)
    assert found.last_reply_at == NOW


def test_five_complaints_are_five_open_replies(database: Database) -> None:
    for number in range(5):
        wrote(database, f"r{number}", anchor="q@new.example", text="Where is it?")
    assert Office(database).context("q@new.example").open_replies == 5


def test_forged_reply_and_automatic_one_change_nothing(database: Database) -> None:
    wrote(database, "r1", anchor="q@new.example", tie=Tie.SENDER)
    wrote(database, "r2", anchor="q@new.example", kind=Kind.AUTOMATIC)
    found = Office(database).context("q@new.example")
    assert (found.reply_aware, found.reply_state, found.last_reply_at) == (False, Standing.NONE, None)


def test_reply_is_open_for_its_window(database: Database) -> None:
    office = Office(database)
    wrote(database, "r1", anchor="q@new.example", at=NOW - 30 * DAY)
    assert office.context("q@new.example", now=NOW - timedelta(seconds=1)).reply_aware
    late = office.context("q@new.example")
    assert (late.reply_aware, late.open_replies, late.reply_state) == (False, 0, Standing.OPEN)


def test_what_a_system_told_is_known_for_the_very_next_mail(database: Database) -> None:
    office = Office(database)
    (jane,) = office.put(JANE)
    intent = Intent(asks=("phone_pin",))
    assert office.context(JANES, intent).would is Action.DELIVER
    with database.write() as connection:
        tell(connection, f"R{jane}", {"phone_pin": None}, source="ivr", at=NOW)
    found = office.context(JANES, intent)
    assert "phone_pin" in found.known_fields
    assert (found.would, [one.code for one in found.findings]) == (Action.HOLD, [Code.KNOWN_DATA])
    assert "ivr" not in str(found.as_document()["findings"])


def test_what_would_become_of_the_mail_is_foreseen(database: Database) -> None:
    office = Office(database)
    office.put(JANE)
    assert office.context(JANES, Intent(asks=("income",))).would is Action.HOLD
    assert office.context(JANES, Intent(asks=("income",), mail_class=MailClass.CRITICAL)).would is Action.DELIVER
    with database.write() as connection:
        suppress(connection, Suppressed(JANES, Suppression.UNSUBSCRIBED, NOW, "jane", ""))
    assert office.context(JANES, Intent(mail_class=MailClass.BULK)).would is Action.REJECT
    assert office.context(JANES).would is Action.DELIVER


def test_bounced_mailbox_gets_nothing_by_its_bounces_and_by_somebodys_word(database: Database) -> None:
    office = Office(database)
    with database.write() as connection:
        record(connection, [Bounce("q@new.example", NOW, is_hard=True, status="5.1.1", message="01JD", n=0)])
        suppress(connection, Suppressed("z@new.example", Suppression.BOUNCED, NOW, "bea", ""))
    assert office.context("q@new.example", Intent(mail_class=MailClass.CRITICAL)).would is Action.REJECT
    assert office.context("z@new.example").would is Action.REJECT


def test_bulk_mail_is_counted_where_there_is_a_cap(database: Database) -> None:
    office = Office(database)
    office.limits = Limits(bulk_per_person=1)
    office.send("q@new.example", mail_class=MailClass.BULK)
    assert office.context("q@new.example", Intent(mail_class=MailClass.BULK), now=NOW + DAY).would is Action.HOLD
    assert office.context("q@new.example", now=NOW + DAY).would is Action.DELIVER


def test_sent_mail_is_counted_and_dated(database: Database) -> None:
    office = Office(database)
    office.put(customer(emails=(JANES, "jane@home.example")))
    office.send(JANES, "first", template="card")
    office.send("jane@home.example", "second", at=DAY)
    found = office.context(JANES, Intent(template="card"))
    assert (found.sent_count, found.last_sent_at, found.last_same_template_at) == (2, NOW + DAY, NOW)


def test_many_are_as_one_by_one_and_each_has_an_id_of_its_own(database: Database) -> None:
    office = Office(database)
    office.put(JANE, ROBERT)
    wrote(database, "r1", anchor=JANES)
    asked = (JANES, "q@new.example", ROBERTS, JANES)
    with database.read() as connection:
        many = contexts(connection, office.whose(*asked), Intent(), limits=office.limits, now=NOW)
    ones = [office.context(address) for address in asked]
    assert [_without_id(one) for one in many] == [_without_id(one) for one in ones]
    assert len({one.context_id for one in many}) == len(asked)


def test_none_are_none(database: Database) -> None:
    with database.read() as connection:
        assert contexts(connection, [], Intent(), limits=Limits(), now=NOW) == []


def _without_id(one: Context) -> dict[str, Any]:
    return {name: value for name, value in one.as_document().items() if name != "context_id"}
