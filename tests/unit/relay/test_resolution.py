"""mailguard.relay.resolution: whose each recipient is, in a few queries, and what becomes of what is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from mailguard.identity.clerical import Answer
from mailguard.identity.default_parameters import DEFAULTS
from mailguard.identity.model import weight_of_probability
from mailguard.identity.person import Resolution
from mailguard.identity.query import query_of
from mailguard.identity.record import MAIL_SOURCE, Record
from mailguard.identity.resolve import Decision
from mailguard.mail.mailbox import parse_mailbox
from mailguard.mail.person_field import parse_person
from mailguard.policy.limits import Limits
from mailguard.relay.hints import Hint, record_of
from mailguard.relay.resolution import Directory, look_up
from mailguard.relay.settings import Identity
from mailguard.store import agenda, links, parameters, partition, records, verdicts
from mailguard.store.database import Database
from mailguard.store.questions import questions
from tests.builders import NOW
from tests.customers import ANN, JANE, ROBERT, SALES, crowd_of, customer, put
from tests.ledger import open_ledger

HERS = 'name="Jane Doe"; date_of_birth=1961-04-17; postcode="CA28 7UG"'
HIS = 'name="John Doe"; date_of_birth=1990-01-02; postcode="CA28 7UG"'


class Office:
    """A directory with a database of its own, and what tests ask of them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.directory = Directory(Identity())

    def put(self, *given: Record) -> list[int]:
        with self.database.write() as connection:
            numbers = put(connection, *given)
            self.directory.renew(connection)
        return numbers

    def resolve(self, *hints: Hint) -> list[Resolution]:
        with self.database.write() as connection:
            found = self.directory.resolve(connection, hints, now=NOW)
        assert found is not None
        return found

    def one(self, hint: Hint) -> Resolution:
        return self.resolve(hint)[0]

    def count(self) -> int:
        with self.database.read() as connection:
            return records.count(connection)

    def asked(self) -> list[tuple[int, int]]:
        with self.database.read() as connection:
            return [(one.a, one.b) for one in questions(connection)]

    def learnt(self, key: str) -> Record:
        with self.database.read() as connection:
            number = records.record_of(connection, MAIL_SOURCE, key)
            assert number is not None
            return records.records(connection, [number])[number].record


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    database = open_ledger(f"sqlite:///{tmp_path}/ledger.db")
    yield Office(database)
    database.close()


def hint(mailbox: str, told: str = "", *, name: str = "", is_own: bool = False, is_trusted: bool = True) -> Hint:
    """One recipient as `relay.hints` gives it."""
    box = parse_mailbox(mailbox, display_name=name)
    field = parse_person(told) if told else None
    if field is None:
        return Hint(query_of(box), is_own=is_own, is_trusted=is_trusted)
    record = record_of(box, field)
    references = (field.customer,) if field.customer else ()
    return Hint(query_of(box, hints=record, references=references), record, is_trusted=is_trusted)


# --- by mailbox ------------------------------------------------------------------------------------------------------


def test_nothing_is_asked_where_nothing_is_on_file(office: Office) -> None:
    with office.database.write() as connection:
        assert office.directory.resolve(connection, [hint("ann@people.example")], now=NOW) is None


def test_an_exact_mailbox_is_its_person(office: Office) -> None:
    (jane,) = office.put(JANE)
    found = office.one(hint("J.Doe@X.example"))
    assert (found.person, found.record, found.refs) == (f"P{jane}", jane, ("crm:4711",))
    assert (found.anchor, found.anchors) == ("j.doe@x.example", ("j.doe@x.example", f"R{jane}"))
    assert 0.99 <= found.probability < 1


def test_a_mailbox_on_no_record_is_itself(office: Office) -> None:
    office.put(JANE)
    found = office.one(hint("wilma.quux@y.example"))
    assert (found.person, found.anchors, found.record) == ("wilma.quux@y.example", ("wilma.quux@y.example",), None)
    assert not office.asked()


def test_a_bare_mailbox_that_spells_a_customers_name_is_a_question_and_joins_nobody(office: Office) -> None:
    (jane,) = office.put(JANE)
    found = office.one(hint("jane.doe@y.example"))
    assert found.person not in {f"P{jane}", "jane.doe@y.example"}
    assert office.asked() == [(jane, found.record)]
    assert office.resolve(hint("jane.doe@y.example"))[0].person == found.person
    assert office.count() == 2


def test_a_mailbox_that_several_share_is_nobodys_until_told_whose(office: Office) -> None:
    jane, robert = office.put(customer(emails=("home@y.example",)), ROBERT, customer(source_key="9", emails=("j2@y.example",)))[
        :2
    ]
    both = customer(source_key="5", full_name="Robert Doe", date_of_birth="1958-11-02", emails=("home@y.example",))
    (also,) = office.put(both)
    bare, hers, his = office.resolve(
        hint("home@y.example"), hint("home@y.example", HERS), hint("home@y.example", name="Robert Doe")
    )
    assert bare.person == "home@y.example"
    assert (hers.person, hers.anchor) == (f"P{jane}", f"R{jane}")
    assert (his.person, his.anchor) == (f"P{also}", f"R{also}")
    assert "home@y.example" not in {*hers.anchors, *his.anchors}
    assert robert not in {jane, also}


def test_an_office_s_mailbox_is_nobodys(office: Office) -> None:
    office.put(SALES)
    assert office.one(hint("info@corp.test")).person == "info@corp.test"


def test_own_mailboxes_are_found_by_mailbox_alone(office: Office) -> None:
    (jane,) = office.put(customer(emails=("jane@corp.example",)))
    known, unknown = office.resolve(
        hint("jane@corp.example", is_own=True), hint("jane.doe@corp.example", name="Jane Doe", is_own=True)
    )
    assert known.person == f"P{jane}"
    assert unknown.person == "jane.doe@corp.example"
    assert office.count() == 1


# --- by what is told -------------------------------------------------------------------------------------------------


def test_what_is_told_of_a_new_mailbox_finds_the_person_and_is_kept(office: Office) -> None:
    (jane, *_) = office.put(JANE, ROBERT, *crowd_of(50))
    found = office.one(hint("jane.doe@y.example", HERS))
    new = office.count()
    assert (found.person, found.record, found.refs) == (f"P{jane}", new, ("mail:jane.doe@y.example",))
    assert found.anchor == f"R{new}"
    assert set(found.anchors) == {f"R{new}", f"R{jane}", "jane.doe@y.example", "j.doe@x.example"}
    again, other = office.resolve(hint("jane.doe@y.example"), hint("j.doe@x.example"))
    assert again.person == other.person == f"P{jane}"
    assert set(again.anchors) == set(other.anchors) == set(found.anchors)


def test_the_same_told_twice_is_kept_once(office: Office) -> None:
    office.put(JANE, *crowd_of(50))
    for _ in range(2):
        office.one(hint("jane.doe@y.example", HERS))
    assert office.count() == 52
    assert office.one(hint("j.doe@x.example", HERS)).record is not None
    assert office.count() == 52


def test_a_namesake_born_on_another_day_is_another_person(office: Office) -> None:
    (jane, *_) = office.put(JANE, *crowd_of(50))
    found = office.one(hint("jane.doe77@z.example", 'name="Jane Doe"; date_of_birth=1990-11-30; postcode=EH1 1AA'))
    assert found.person != f"P{jane}"
    assert found.person == f"P{office.count()}"


def test_somebody_else_at_the_same_mailbox_is_another_person(office: Office) -> None:
    office.put(JANE, *crowd_of(50))
    jane = office.one(hint("jane.doe@y.example", HERS))
    john = office.one(hint("jane.doe@y.example", HIS))
    assert john.person != jane.person
    assert set(jane.anchors).isdisjoint({john.anchor})
    assert "jane.doe@y.example" not in john.anchors
    assert john.refs == ("mail:jane.doe@y.example john doe 1990-01-02",)
    assert office.one(hint("jane.doe@y.example", HERS)).person == jane.person
    assert office.one(hint("jane.doe@y.example")).person == "jane.doe@y.example"


def test_a_new_person_s_facts_become_a_person(office: Office) -> None:
    found = office.one(hint("ann@people.example", "name=Ann Lee; phone=+44 20 7946 0000"))
    assert (found.person, found.probability) == ("P1", 1.0)
    assert office.learnt("ann@people.example").phone == "+44 20 7946 0000"


def test_a_fact_that_the_person_lacks_is_added(office: Office) -> None:
    (ann,) = office.put(ANN)
    assert office.one(hint("ann@people.example", "phone=+44 20 7946 0000")).person == f"P{ann}"
    office.one(hint("ann@people.example", "phone=+44 20 7946 0000; city=London"))
    learnt = office.learnt("ann@people.example")
    assert (learnt.phone, learnt.city) == ("+44 20 7946 0000", "London")
    assert office.count() == 2
    assert office.one(hint("ann@people.example")).person == f"P{ann}"


def test_a_reference_is_taken_at_its_word(office: Office) -> None:
    (jane, *_) = office.put(JANE, ROBERT)
    found = office.one(hint("kitty@z.example", "customer=crm:4711"))
    assert (found.person, found.refs) == (f"P{jane}", ("mail:kitty@z.example",))
    assert office.one(hint("kitty@z.example")).person == f"P{jane}"


@pytest.mark.parametrize("told", ["customer=crm:nobody", "customer=crm:nobody; email=other@z.example"])
def test_a_reference_to_nobody_is_no_fact(office: Office, told: str) -> None:
    office.put(JANE)
    assert office.one(hint("kitty@z.example", told)).person == "kitty@z.example"
    assert office.count() == 1


def test_a_reference_that_name_and_birthday_contradict_is_not_taken(office: Office) -> None:
    (jane, *_) = office.put(JANE, *crowd_of(50))
    found = office.one(hint("john@z.example", f"customer=crm:4711; {HIS}"))
    assert found.person != f"P{jane}"


# --- what is not certain ---------------------------------------------------------------------------------------------


def test_what_may_match_is_asked_and_stops_nothing(office: Office) -> None:
    (jane, *_) = office.put(JANE, *crowd_of(30))
    found = office.one(hint("jane.d@z.example", "name=Jane Doe"))
    new = office.count()
    assert (found.person, found.probability) == (f"P{new}", 1.0)
    assert office.asked() == [(jane, new)]


def test_a_display_name_alone_is_asked_about_once(office: Office) -> None:
    (jane, *_) = office.put(JANE, *crowd_of(30))
    for _ in range(2):
        office.one(hint("jane.d@z.example", name="Jane Doe", is_trusted=False))
    assert office.asked() == [(jane, office.count())]
    assert office.count() == 32


def test_a_display_name_of_nobody_makes_no_record(office: Office) -> None:
    office.put(JANE)
    assert office.one(hint("bob@z.example", name="Bob Ray")).person == "bob@z.example"
    assert office.count() == 1


def test_what_a_clerk_said_to_be_another_stays_another(office: Office) -> None:
    (jane, *_) = office.put(JANE, *crowd_of(50))
    new = office.one(hint("jane.doe@y.example", HERS)).record
    assert new is not None
    with office.database.write() as connection:
        verdicts.put_verdict(connection, (jane, new), Answer.DIFFERENT, actor="clerk", now=NOW)
        partition.regroup(connection, [jane, new], threshold_bits=weight_of_probability(0.99))
        agenda.sync(connection, [jane, new], thresholds=office.directory.thresholds)
    assert office.one(hint("jane.doe@y.example", HERS)).person == f"P{new}"
    assert office.one(hint("j.doe@x.example")).person == f"P{jane}"
    assert office.one(hint("jane.doe@y.example", f"{HERS}; customer=crm:4711")).person == f"P{new}"


# --- a batch ---------------------------------------------------------------------------------------------------------


def test_two_new_mailboxes_of_one_person_in_one_batch_are_one_person(office: Office) -> None:
    first, second = office.resolve(hint("jane@a.example", HERS), hint("jane@b.example", HERS))
    assert first.person == second.person == "P1"
    assert set(first.anchors) == set(second.anchors) | {"R1"}


def test_who_is_joined_by_a_later_mail_of_the_batch_is_joined_for_all(office: Office) -> None:
    (jane, *_) = office.put(JANE, *crowd_of(50))
    before, new = office.resolve(hint("j.doe@x.example"), hint("jane.doe@y.example", HERS))
    assert before.person == new.person == f"P{jane}"
    assert "jane.doe@y.example" in before.anchors


def test_a_batch_costs_the_same_few_queries(office: Office) -> None:
    office.put(JANE, ROBERT, *crowd_of(50))
    hints = [hint(f"c{number}@crowd.example") for number in range(40)] + [
        hint(f"{n}@z.example", name="Jo Ray") for n in range(9)
    ]
    with office.database.write() as connection:
        asked = _statements(connection, lambda: office.directory.resolve(connection, hints, now=NOW))
    assert asked < 12


def _statements(connection: Connection, call: object) -> int:
    raw: Any = connection.connection.driver_connection
    seen: list[str] = []
    raw.set_trace_callback(seen.append)
    call()  # type: ignore[operator]
    raw.set_trace_callback(None)
    return len(seen)


# --- the model -------------------------------------------------------------------------------------------------------


def test_model_is_renewed_with_the_number_of_records_and_with_what_was_learnt(office: Office) -> None:
    office.put(*crowd_of(30))
    assert office.directory.model.population == 30
    same = office.directory.model
    with office.database.write() as connection:
        office.directory.renew(connection)
        assert office.directory.model is same
        parameters.adopt(connection, DEFAULTS, origin="test", now=NOW)
        office.directory.renew(connection)
    assert office.directory.model is not same


def test_looking_up_writes_nothing(office: Office) -> None:
    office.put(JANE, *crowd_of(50))
    with office.database.read() as connection:
        found = look_up(
            connection,
            [hint("jane.doe@y.example", HERS)],
            model=office.directory.model,
            thresholds=office.directory.thresholds,
        )
    assert found[0].outcome.decision is Decision.MATCH
    assert office.count() == 51


def test_what_was_erased_does_not_come_back(office: Office) -> None:
    (jane, *_) = office.put(JANE, *crowd_of(50))
    new = office.one(hint("jane.doe@y.example", HERS)).record
    assert new is not None
    with office.database.write() as connection:
        records.forget(connection, [new], now=NOW, actor="clerk")
    found = office.one(hint("jane.doe@y.example", HERS))
    assert (found.person, found.refs) == (f"P{jane}", ())
    assert office.count() == 51


def _pairs(connection: Connection) -> Sequence[links.Kept]:
    return list(links.all_links(connection))


def test_a_changed_record_keeps_what_no_weight_gave_it(office: Office) -> None:
    office.put(JANE)
    office.one(hint("kitty@z.example", "customer=crm:4711"))
    office.one(hint("kitty@z.example", "language=fr"))
    with office.database.read() as connection:
        assert [one.origin for one in _pairs(connection)] == [links.Origin.EXACT]
    assert office.learnt("kitty@z.example").language == "fr"


def test_parameters_that_cannot_be_read_leave_the_former_ones_in_use(office: Office) -> None:
    office.put(JANE)
    with office.database.write() as connection:
        parameters.adopt(connection, DEFAULTS, origin="test", now=NOW)
        connection.exec_driver_sql("UPDATE parameters SET document = '{}'")
    assert office.one(hint("j.doe@x.example")).person == "P1"
    assert office.directory.model.parameters is DEFAULTS


def test_bare_mailboxes_are_resolved_without_writing(office: Office) -> None:
    (jane, _) = office.put(JANE, ROBERT)
    boxes = [parse_mailbox(text) for text in ("J.Doe@x.example", "q@new.example", "r.doe@x.example")]
    with office.database.read() as connection:
        hers, nobodys, own = office.directory.resolve_mailboxes(
            connection, boxes, limits=Limits(own_domains=frozenset({"new.example"}))
        )
    assert (hers.person, hers.record) == (f"P{jane}", jane)
    assert "j.doe@x.example" in hers.anchors
    assert (nobodys.person, nobodys.record) == ("q@new.example", None)
    assert own.record is not None


def test_bare_mailboxes_are_themselves_where_nothing_is_on_file(office: Office) -> None:
    with office.database.read() as connection:
        (found,) = office.directory.resolve_mailboxes(connection, [parse_mailbox("q@new.example")], limits=Limits())
    assert (found.person, found.anchors) == ("q@new.example", ("q@new.example",))
