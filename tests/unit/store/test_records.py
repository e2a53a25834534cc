from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, select

from mailguard.identity.blocking import blocking_keys
from mailguard.identity.clerical import Answer
from mailguard.identity.record import Record
from mailguard.identity.resolve import Thresholds
from mailguard.identity.standard import Standard
from mailguard.store import agenda
from mailguard.store.candidates import anchors, candidates, owners
from mailguard.store.database import Database
from mailguard.store.links import Origin, links_of, mark_linked, put_links
from mailguard.store.pending import mark_all_linked
from mailguard.store.persons import person_of
from mailguard.store.record_row import standard_from
from mailguard.store.records import (
    StoredRecord,
    Upserted,
    all_references,
    columns,
    count,
    find,
    forget,
    prepare,
    record_of,
    records,
    sources,
    upsert,
)
from mailguard.store.tables import BLOCKING_KEY, LINK, MAILBOX, ORIGINAL, QUESTION, RECORD, UNLINKED, VERDICT
from mailguard.store.verdicts import put_verdict, verdicts_of
from tests.builders import NOW
from tests.records import arrive, customer, join, scored, strangers

LATER = NOW + timedelta(days=1)
ANN = customer(1, "ann", "lee", "ann@people.example", born="1980-01-02", language="en")
BOB = customer(2, "bob", "ray", "bob@people.example", "b@people.example")


def everything(connection: Connection) -> list[list[tuple[object, ...]]]:
    tables = (RECORD, ORIGINAL, MAILBOX, BLOCKING_KEY, UNLINKED, LINK, VERDICT, QUESTION)
    return [sorted(map(tuple, connection.execute(select(table)))) for table in tables]


def unlinked(connection: Connection) -> list[int]:
    return list(connection.execute(select(UNLINKED.c.record).order_by(UNLINKED.c.record)).scalars())


def test_new_records_are_numbered_as_they_come_and_persons_of_their_own(database: Database) -> None:
    with database.write() as connection:
        assert upsert(connection, [ANN, BOB], now=NOW) == Upserted(new=(1, 2))
        assert upsert(connection, [customer(3)], now=NOW) == Upserted(new=(3,))
    with database.read() as connection:
        assert records(connection, [2, 1, 7]) == {1: StoredRecord(1, 1, *ANN), 2: StoredRecord(2, 2, *BOB)}
        assert count(connection) == 3


def test_an_empty_database_has_no_records(database: Database) -> None:
    with database.write() as connection:
        assert upsert(connection, [], now=NOW) == Upserted()
        assert (count(connection), sources(connection)) == (0, {})


def test_the_same_again_writes_nothing(database: Database) -> None:
    with database.write() as connection:
        arrive(connection, ANN, BOB)
        before = everything(connection)
        assert upsert(connection, [BOB, ANN], now=LATER) == Upserted(unchanged=2)
        assert everything(connection) == before


def test_one_key_in_two_sources_is_two_records(database: Database) -> None:
    with database.write() as connection:
        assert len(arrive(connection, customer(1), customer(1, source="shop"))) == 2
        assert sources(connection) == {"crm": 1, "shop": 1}
        assert find(connection, [("shop", "1"), ("crm", "1"), ("crm", "9")]) == {("crm", "1"): 1, ("shop", "1"): 2}
        assert (record_of(connection, "shop", "1"), record_of(connection, "erp", "1")) == (2, None)


def test_a_changed_record_keeps_the_links_that_rest_on_no_weight(database: Database) -> None:
    with database.write() as connection:
        a, b, c = arrive(connection, ANN, BOB, customer(3))
        exact = [replace(scored(a, b), origin=Origin.EXACT), replace(scored(b, c), origin=Origin.EXACT)]
        put_links(connection, [*exact, scored(a, c)])
        upsert(connection, [customer(2, "bob", "ray-lee"), customer(3, "zoe")], now=LATER)
        assert links_of(connection, [a, b, c]) == exact


def test_of_several_with_one_key_the_last_counts(database: Database) -> None:
    with database.write() as connection:
        assert upsert(connection, [ANN, BOB, customer(1, "anna")], now=NOW) == Upserted(new=(1, 2))
        assert records(connection, [1])[1].record.given_name == "anna"


def test_a_changed_record_is_found_by_what_it_says_now_and_loses_its_links_but_no_verdict(database: Database) -> None:
    with database.write() as connection:
        a, b, c = arrive(connection, ANN, BOB, customer(3))
        put_links(connection, [scored(a, b), scored(b, c), scored(a, c)])
        put_verdict(connection, (a, b), Answer.SAME, actor="ada", now=NOW)
        join(connection, a, b)
        mark_all_linked(connection, but=[])
        moved = customer(2, "bob", "ray-lee", "b@people.example", "new@people.example")
        assert upsert(connection, [ANN, moved], now=LATER) == Upserted(changed=(b,), unchanged=1)
        assert records(connection, [b])[b] == StoredRecord(b, a, *moved)
        assert list(owners(connection, ["bob@people.example", "b@people.example", "new@people.example"])) == [
            "b@people.example",
            "new@people.example",
        ]
        gone = set(blocking_keys(BOB[1])) - set(blocking_keys(moved[1]))
        assert gone
        assert candidates(connection, gone) == {}
        assert candidates(connection, blocking_keys(moved[1])).keys() == set(blocking_keys(moved[1]))
        assert [link.pair for link in links_of(connection, [a, b, c])] == [(a, c)]
        assert [verdict.pair for verdict in verdicts_of(connection, [b])] == [(a, b)]
        assert unlinked(connection) == [b]


def test_what_is_not_compared_changes_no_link(database: Database) -> None:
    with database.write() as connection:
        a, b = arrive(connection, ANN, BOB)
        put_links(connection, [scored(a, b)])
        mark_all_linked(connection, but=[])
        french = replace(ANN[0], language="fr", extra=(("income", "41100"),))
        assert upsert(connection, [(french, ANN[1])], now=LATER) == Upserted(changed=(a,))
        assert records(connection, [a])[a].record == french
        assert [link.pair for link in links_of(connection, [a])] == [(a, b)]
        assert unlinked(connection) == []


def test_a_record_that_is_standardised_otherwise_is_a_changed_one(database: Database) -> None:
    with database.write() as connection:
        (a,) = arrive(connection, ANN)
        otherwise = replace(ANN[1], given="anne")
        assert upsert(connection, [(ANN[0], otherwise)], now=LATER) == Upserted(changed=(a,))
        assert records(connection, [a])[a].standard == otherwise


def test_blocking_keys_may_be_made_beforehand(database: Database) -> None:
    with database.write() as connection:
        assert upsert(connection, prepare([ANN, BOB]), now=NOW) == Upserted(new=(1, 2))
        before = everything(connection)
        assert upsert(connection, prepare([ANN, BOB]), now=NOW) == Upserted(unchanged=2)
        changed = prepare([customer(2, "bob", "day")])
        assert upsert(connection, changed, now=NOW) == Upserted(changed=(2,))
        upsert(connection, [BOB], now=NOW)
        mark_linked(connection, [])
        assert everything(connection) == before


def test_new_and_changed_records_wait_for_linking(database: Database) -> None:
    with database.write() as connection:
        a, b, c = strangers(connection, 3)
        assert unlinked(connection) == [a, b, c]
        mark_linked(connection, [b])
        assert unlinked(connection) == [a, c]
        mark_all_linked(connection, but=[b])
        assert unlinked(connection) == [b]


def test_a_mailbox_named_twice_is_one(database: Database) -> None:
    with database.write() as connection:
        (a,) = arrive(connection, customer(1, "ann", "lee", "ann@people.example", "ann@people.example"))
        assert [one.record for one in owners(connection, ["ann@people.example"])["ann@people.example"]] == [a]


def test_all_records_are_read_in_order_piece_by_piece(database: Database) -> None:
    rows = [customer(n, f"g{n}", f"s{n}") for n in range(7)]
    with database.write() as connection:
        arrive(connection, *rows)
        join(connection, 2, 5)
    with database.read() as connection:
        pieces = list(columns(connection, rows=3))
        assert [len(piece) for piece in pieces] == [3, 3, 1]
        assert pieces[1][1][:5] == (5, 2, "g4", "", "s4")
        assert [standard_from(row[2:]) for piece in pieces for row in piece] == [standard for _, standard in rows]
        assert list(all_references(connection)) == [(n + 1, ("crm", str(n))) for n in range(7)]


def test_of_a_forgotten_record_nothing_is_left_but_its_number(database: Database) -> None:
    with database.write() as connection:
        a, b, c = arrive(connection, ANN, BOB, customer(3))
        put_links(connection, [scored(a, b), scored(b, c, 3.0)])
        put_verdict(connection, (a, b), Answer.SAME, actor="ada", now=NOW)
        agenda.sync(connection, thresholds=Thresholds())
        assert forget(connection, [b, 99], now=LATER, actor="ada") == 1
        assert everything(connection)[0][1][:2] == (b, 0)
        left = "".join(map(str, everything(connection)))
        assert not any(trace in left for trace in ("bob", "ray", "people.example\n"))
        assert [len(table) for table in everything(connection)[4:]] == [2, 0, 0, 0]
        assert (count(connection), list(records(connection, [a, b, c])), person_of(connection, [b])) == (2, [a, c], {})
        assert ([row[0] for piece in columns(connection) for row in piece], sources(connection)) == ([a, c], {"crm": 2})
        assert anchors(connection, [b]) == {}
        assert owners(connection, BOB[1].mailboxes) == {}
        assert b not in {one.record for found in candidates(connection, blocking_keys(BOB[1])).values() for one in found}
        assert forget(connection, [b], now=LATER, actor="ada") == 0


def test_what_a_forgotten_record_held_is_gone_from_the_file(tmp_path: Path) -> None:
    database = Database.open(f"sqlite:///{tmp_path}/ledger.db")
    with database.write() as connection:
        arrive(connection, ANN, customer(2, "zebedee", "quagmire", "zq@people.example", street_address="9 Xylophone Way" * 400))
    with database.write() as connection:
        forget(connection, [2], now=LATER, actor="ada")
    database.close()
    octets = (tmp_path / "ledger.db").read_bytes()
    assert b"ann@people.example" in octets
    assert not [trace for trace in (b"zebedee", b"quagmire", b"zq@people", b"Xylophone") if trace in octets]


def test_a_forgotten_record_does_not_come_back_with_the_next_import(database: Database) -> None:
    with database.write() as connection:
        arrive(connection, ANN, BOB)
        forget(connection, [2], now=LATER, actor="ada")
        assert upsert(connection, [ANN, BOB, customer(3)], now=LATER) == Upserted(new=(3,), unchanged=1, forgotten=1)
        assert upsert(connection, [BOB], now=LATER) == Upserted(forgotten=1)
        assert (record_of(connection, "crm", "2"), count(connection)) == (None, 2)


def test_a_number_is_never_used_again(database: Database) -> None:
    with database.write() as connection:
        strangers(connection, 3)
        forget(connection, [1, 2, 3], now=NOW, actor="ada")
        assert count(connection) == 0
        assert arrive(connection, customer("new")) == (4,)


def test_text_that_no_column_takes_is_kept_and_found_again(database: Database) -> None:
    odd = Record(source="c\0rm", source_key="\ud8001", full_name="A\0\ud800", extra=(("n\0", "\udcff"),))
    row = (odd, Standard(given="a\0", state="b\ud800", mailboxes=("ann@people.example",)))
    with database.write() as connection:
        assert arrive(connection, row) == (1,)
        assert upsert(connection, [row], now=NOW) == Upserted(unchanged=1)
        assert records(connection, [1])[1].record.full_name == "A\0\ud800"
        assert find(connection, [("c\0rm", "\ud8001")]) == {("c\0rm", "\ud8001"): 1}
        assert record_of(connection, "c\0rm", "\ud8001") == 1


def test_more_records_than_one_query_asks_for(database: Database) -> None:
    with database.write() as connection:
        many = strangers(connection, 1_100)
        assert list(records(connection, many)) == many
        assert len(find(connection, [("crm", str(n)) for n in range(1_100)])) == 1_100
