from __future__ import annotations

import marshal
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import update

from mailguard.broadcast.audience_judging import MOST_KEPT, Judged, Judging, Rank, as_checked, as_new, of_recipients
from mailguard.broadcast.audience_row import RowReading
from mailguard.mail.control import ControlFields, MailClass
from mailguard.policy.facts import State
from mailguard.policy.history import History
from mailguard.policy.limits import Limits
from mailguard.policy.message_rules import hidden_recipients
from mailguard.policy.rules import MESSAGE_RULES
from mailguard.policy.submission import Submission
from mailguard.relay.audience_resolution import AudienceResolver
from mailguard.relay.settings import Identity
from mailguard.sources.audience_columns import find_columns
from mailguard.store.database import Database
from mailguard.store.tables import MESSAGE
from tests.audiences import COLUMNS, Rows, prototype
from tests.builders import crowd, message, submission
from tests.customers import JANE, customer, put
from tests.ledger import mail, states, take


def judge(
    database: Database, *rows: Sequence[str], brand: str = "", limits: Limits | None = None, given: Submission | None = None
) -> Judged:
    limits = limits or Limits()
    reading = RowReading(find_columns(Rows([])), limits, region="", source="")
    judging = Judging(given or prototype(), limits, reading, AudienceResolver(Identity(), limits)(), brand=brand)
    raw = [(line, [*row, *("" for _ in range(len(COLUMNS) - len(row)))]) for line, row in enumerate(rows, 2)]
    with database.read() as connection:
        return judging.judge(connection, raw)


def test_message_wide_rules_have_nothing_to_say_of_a_row() -> None:
    awful = message("x", visible=crowd(50), unreadable="cut short", greets="ann", is_reply=True)
    one = submission(awful, *(f"p{n}@people.example" for n in range(50)))
    limits = Limits()
    facts = History().facts_for(one, History().place(one, limits))
    assert [rule for rule in MESSAGE_RULES if rule(facts.message, limits)]
    assert not [rule for rule in MESSAGE_RULES if rule(of_recipients(facts).message, limits)]


def test_same_person_twice_in_a_piece_is_for_the_whole_to_say() -> None:
    one = submission(message(), "ann@people.example", "ann@people.example")
    facts = History().facts_for(one, History().place(one, Limits()))
    assert [one.is_again for one in facts.recipients] == [False, True]
    assert [one.is_again for one in of_recipients(facts).recipients] == [False, False]


def test_checked_broadcast_may_go_as_far_as_it_was_checked_for() -> None:
    one = submission(message(), *(f"p{n}@people.example" for n in range(50)))
    limits = as_checked(Limits())
    facts = History().facts_for(one, History().place(one, limits))
    assert hidden_recipients(facts.message, limits) is None


def test_broadcast_is_a_new_mail_whatever_its_file_says() -> None:
    keyed = prototype(message(message_id="m@x", control=ControlFields(key="k", check="c1.old")))
    new = as_new(keyed)
    assert (new.message.message_id, new.message.control, new.envelope.recipients, new.persons) == ("", ControlFields(), (), ())


def test_what_is_held_because_nobody_had_checked_it_may_be_sent_to_and_what_was_sent_may_not(database: Database) -> None:
    limits = Limits(fan_out_limit=1)
    news = [
        mail(message("news", message_id=name), f"{name}@people.example", mail_class=MailClass.BULK) for name in ("ann", "bob")
    ]
    with database.write() as connection:
        assert states(take(connection, *news, limits=limits)) == [(State.QUEUED,), (State.HELD,)]
    judged = judge(database, ["ann@people.example"], ["bob@people.example"], given=prototype(message("news")), limits=limits)
    assert [rank >= Rank.UNFIT for rank in judged.ranks] == [True, False]


def test_examples_of_a_code_are_the_first_ones_of_the_piece(database: Database) -> None:
    judged = judge(database, *([f"info{n}@"] for n in range(MOST_KEPT + 2)))
    assert judged.codes == {"invalid_address": MOST_KEPT + 2}
    assert [line for line, _ in judged.first["invalid_address"]] == [2, 3, 4, 5, 6]


def test_only_the_mailbox_in_the_record_that_is_meant_is_on_record(database: Database) -> None:
    with database.write() as connection:
        put(connection, JANE)
    judged = judge(database, ["j.doe@x.example"], ["jane@home.example", "", "", "", "", "crm:4711"], ["bob@people.example"])
    assert list(judged.ranks) == [Rank.ON_RECORD, Rank.FIT, Rank.FIT]
    assert judged.sources == {"crm": 2, "": 1}
    assert judged.persons[:8] == judged.persons[8:16] != judged.persons[16:]


def test_row_that_may_be_somebodys_names_the_person(database: Database) -> None:
    with database.write() as connection:
        put(connection, JANE, customer(source_key="2", full_name="Janet Doe", date_of_birth="1961-04-17"))
    judged = judge(database, ["j.doe@x.example", "J", "Doe"])
    assert [at for at, _ in judged.maybe] == [0]


def test_person_is_of_the_brands_that_wrote_to_them(database: Database) -> None:
    with database.write() as connection:
        for who, brand in (("ann", "Acme"), ("bob", "Acme"), ("bob", "shop")):
            one = mail(message(f"{who} {brand}"), f"{who}@people.example", at=-timedelta(days=1))
            take(connection, one)
            connection.execute(update(MESSAGE).where(MESSAGE.c.id == one.id).values(brand=brand))
    judged = judge(database, ["ann@people.example"], ["bob@people.example"], ["eve@people.example"], brand="Shop")
    assert [row[4] for row in marshal.loads(judged.spilt)] == [
        ("unknown_person", "other_brand"),
        ("unknown_person",),
        ("unknown_person",),
    ]


def test_mailboxes_at_ones_own_domain_are_of_their_person_and_marked_as_own(database: Database) -> None:
    own = Limits(own_domains=frozenset({"x.example"}))
    with database.write() as connection:
        put(connection, customer(emails=("j.doe@x.example", "jane@x.example")))
    judged = judge(database, ["j.doe@x.example"], ["jane@x.example"], limits=own)
    assert judged.persons[:8] == judged.persons[8:]
    assert list(judged.ranks) == [Rank.OWN, Rank.OWN]
    assert judged.codes == {"own_address": 2}
