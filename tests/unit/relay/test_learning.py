"""mailguard.relay.learning: what is worth writing down, and under which key. What comes of it: test_resolution."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailguard.identity.default_parameters import DEFAULTS
from mailguard.identity.model import Model
from mailguard.identity.resolve import Thresholds
from mailguard.policy.facts import Suppression
from mailguard.relay import learning
from mailguard.relay.learning import Found, Terms, Written, is_news, write_down
from mailguard.relay.resolution import look_up
from mailguard.store import agenda, links, records
from mailguard.store.database import Database
from mailguard.store.persons import person_of
from mailguard.store.suppressions import Suppressed, suppress
from tests.builders import NOW
from tests.customers import ANN, JANE, crowd_of, customer, put
from tests.ledger import open_ledger
from tests.records import scored
from tests.unit.relay.test_resolution import HERS, HIS, hint

MODEL, THRESHOLDS = Model(DEFAULTS, 50), Thresholds()
TERMS = Terms(model=MODEL, thresholds=THRESHOLDS, region="", now=NOW)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_ledger(f"sqlite:///{tmp_path}/ledger.db")
    with opened.write() as connection:
        put(connection, JANE, ANN, *crowd_of(20))
    yield opened
    opened.close()


def found(database: Database, mailbox: str, told: str = "", **options: str | bool) -> Found:
    with database.read() as connection:
        return look_up(connection, [hint(mailbox, told, **options)], model=MODEL, thresholds=THRESHOLDS)[0]  # type: ignore[arg-type]


def written(database: Database, mailbox: str, told: str) -> Written:
    of_mail = found(database, mailbox, told)
    with database.write() as connection:
        one = write_down(connection, hint(mailbox, told), of_mail, TERMS)
    assert one is not None
    return one


@pytest.mark.parametrize(
    ("mailbox", "told", "on_file", "news"),
    [
        ("bob@z.example", "", set(), False),
        ("bob@z.example", "name=Bob Ray", set(), True),
        ("bob@z.example", "email=b@z.example; customer=crm:none", set(), False),
        ("bob@z.example", 'name="N/A"', set(), False),
        ("ann@people.example", "name=Ann Lee", {"full_name", "given_name", "surname"}, False),
        ("ann@people.example", "name=Ann Lee; phone=+442079460000", {"full_name", "given_name", "surname"}, True),
        ("jane.doe@y.example", HERS, {"full_name", "given_name", "surname", "date_of_birth", "postcode"}, True),
    ],
)
def test_what_is_not_on_file_is_news(database: Database, mailbox: str, told: str, on_file: set[str], *, news: bool) -> None:
    assert is_news(hint(mailbox, told), found(database, mailbox, told), on_file) is news


@pytest.mark.parametrize(
    ("mailbox", "name", "trusted", "news"),
    [
        ("jane.d@z.example", "Jane Doe", False, True),
        ("bob@z.example", "Bob Ray", True, False),
        ("ann@people.example", "Bob Ray", True, False),
    ],
)
def test_a_display_name_is_news_where_it_leads_to_somebody(
    database: Database, mailbox: str, name: str, *, trusted: bool, news: bool
) -> None:
    one = hint(mailbox, name=name, is_trusted=trusted)
    assert is_news(one, found(database, mailbox, name=name, is_trusted=trusted), set()) is news


def test_a_record_stands_under_its_mailbox_and_a_second_one_under_the_name_too(database: Database) -> None:
    assert written(database, "jane.doe@y.example", HERS).reference == "mail:jane.doe@y.example"
    assert written(database, "jane.doe@y.example", HIS).reference == "mail:jane.doe@y.example john doe 1990-01-02"


def test_an_agency_that_gets_mail_for_many_customers_does_not_make_them_one(database: Database) -> None:
    first = written(database, "post@agency.example", "customer=crm:4711")
    second = written(database, "post@agency.example", "customer=crm:1")
    again = found(database, "post@agency.example", "customer=crm:4711")
    assert first.reference == "mail:post@agency.example"
    assert second.reference == "mail:post@agency.example crm:1"
    with database.read() as connection:
        of_first, of_second = (person_of(connection, [one.number])[one.number] for one in (first, second))
    assert of_first != of_second
    assert again.outcome.person == of_first


def test_of_whom_was_erased_on_request_nothing_is_written_down(database: Database) -> None:
    of_mail = found(database, "bob@z.example", "name=Bob Ray")
    with database.write() as connection:
        suppress(connection, Suppressed("bob@z.example", Suppression.ERASED, NOW, "clerk", "asked in writing"))
        before = records.count(connection)
        assert write_down(connection, hint("bob@z.example", "name=Bob Ray"), of_mail, TERMS) is None
        assert records.count(connection) == before


def test_what_is_told_goes_before_what_was_known(database: Database) -> None:
    written(database, "ann@people.example", "city=London; phone=+442079460000")
    one = written(database, "ann@people.example", "city=Leeds; email=a.lee@z.example")
    with database.read() as connection:
        record = records.records(connection, [one.number])[one.number].record
    assert (record.city, record.phone, record.emails) == ("Leeds", "+442079460000", ("ann@people.example", "a.lee@z.example"))


def test_pairs_that_may_match_are_kept_with_what_they_rest_on(database: Database) -> None:
    one = written(database, "jane.doe@y.example", HERS)
    with database.read() as connection:
        (kept,) = links.links_of(connection, [one.number])
    assert (kept.pair, kept.origin) == ((1, one.number), links.Origin.ONLINE)
    assert kept.probability >= THRESHOLDS.match


def test_who_fits_two_persons_joins_neither(database: Database) -> None:
    with database.write() as connection:
        put(connection, customer(source_key="9", emails=("j2@x.example",)))
    one = written(database, "jane.doe@y.example", HERS)
    with database.read() as connection:
        kept = links.links_of(connection, [one.number])
        assert person_of(connection, [one.number]) == {one.number: one.number}
    assert len(kept) == 2
    assert all(THRESHOLDS.possible <= link.probability < THRESHOLDS.match for link in kept)


@pytest.mark.parametrize(("trusted", "waiting", "is_written"), [(False, 1, True), (False, 2, False), (True, 2, True)])
def test_untrusted_client_adds_no_question_to_many_that_wait(
    database: Database, monkeypatch: pytest.MonkeyPatch, *, trusted: bool, waiting: int, is_written: bool
) -> None:
    monkeypatch.setattr(learning, "MOST_WAITING", 2)
    with database.write() as connection:
        for other in range(waiting):
            links.put_links(connection, [scored(3 + 2 * other, 4 + 2 * other, 1.0)])
        agenda.sync(connection, thresholds=THRESHOLDS)
    one = hint("jane.d@z.example", name="Jane Doe", is_trusted=trusted)
    of_mail = found(database, "jane.d@z.example", name="Jane Doe", is_trusted=trusted)
    with database.write() as connection:
        assert (write_down(connection, one, of_mail, TERMS) is not None) is is_written


def test_a_match_by_mailbox_is_kept_as_exact(database: Database) -> None:
    one = written(database, "ann@people.example", "phone=+442079460000")
    with database.read() as connection:
        (kept,) = links.links_of(connection, [one.number])
    assert (kept.pair, kept.origin) == ((2, one.number), links.Origin.EXACT)
    assert kept.match_weight >= TERMS.match_bits
