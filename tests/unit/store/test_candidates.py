from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from mailguard.identity.blocking import blocking_keys
from mailguard.identity.resolve import Candidate
from mailguard.store.candidates import (
    MOST_MEMBERS,
    MOST_OF_A_KEY,
    MOST_OWNERS,
    anchors,
    candidates,
    known,
    named,
    owners,
    reference_of,
)
from mailguard.store.database import Database
from mailguard.store.records import forget
from tests.builders import NOW
from tests.records import arrive, customer, join, strangers

HOUSE = "house@people.example"


def numbers(found: dict[Any, list[Candidate]]) -> dict[Any, list[int]]:
    return {key: [one.record for one in of] for key, of in found.items()}


def test_owners_are_the_records_with_that_mailbox_oldest_first(database: Database) -> None:
    ann, bob = customer(1, "ann", "lee", HOUSE, "ann@people.example"), customer(2, "bob", "lee", HOUSE)
    with database.write() as connection:
        a, b = arrive(connection, ann, bob)
        join(connection, a, b)
        found = owners(connection, [HOUSE, "ann@people.example", "nobody@people.example", HOUSE])
    assert numbers(found) == {HOUSE: [a, b], "ann@people.example": [a]}
    assert found[HOUSE][1] == Candidate(b, a, "crm:2", bob[1])


def test_owners_of_a_mailbox_that_many_have_are_the_oldest(database: Database) -> None:
    with database.write() as connection:
        owning = arrive(connection, *(customer(n, f"g{n}", "x", HOUSE) for n in range(MOST_OWNERS + 1)))
        assert numbers(owners(connection, [HOUSE]))[HOUSE] == list(owning[:-1])


def test_a_record_is_found_by_what_its_source_calls_it(database: Database) -> None:
    with database.write() as connection:
        arrive(connection, customer("4711"), customer("4711", source="shop"))
        found = named(connection, [("shop", "4711"), ("erp", "1")])
    assert {reference: (one.record, one.reference) for reference, one in found.items()} == {("shop", "4711"): (2, "shop:4711")}


def test_candidates_share_a_key(database: Database) -> None:
    ann, anne, bob = (
        customer(n, given, surname) for n, (given, surname) in enumerate((("ann", "lee"), ("anne", "leigh"), ("bob", "ray")))
    )
    with database.write() as connection:
        arrive(connection, ann, anne, bob)
        keys = blocking_keys(ann[1])
        found = candidates(connection, [*keys, *keys, 17])
    assert set().union(*numbers(found).values()) == {1, 2}
    assert {one.standard for of in found.values() for one in of} == {ann[1], anne[1]}


@pytest.mark.parametrize("excess", [-1, 0, 1])
def test_a_key_that_too_many_share_is_passed_over(database: Database, excess: int) -> None:
    with database.write() as connection:
        arrive(connection, *(customer(n, mailbox) for n, mailbox in enumerate(["ann"] * (MOST_OF_A_KEY + excess))))
        found = numbers(candidates(connection, blocking_keys(customer(0)[1])))
        assert [len(of) for of in found.values()] == ([] if excess > 0 else [MOST_OF_A_KEY + excess] * len(found))
        assert bool(found) is (excess <= 0)
        assert candidates(connection, blocking_keys(customer(0)[1]), most=1000).keys() >= found.keys()


def test_no_keys_cost_no_query(database: Database) -> None:
    with database.read() as connection:
        assert (owners(connection, []), named(connection, []), candidates(connection, [])) == ({}, {}, {})
        assert (anchors(connection, []), known(connection, [])) == ({}, {})


def test_anchors_are_all_mailboxes_of_a_person_and_all_its_records(database: Database) -> None:
    with database.write() as connection:
        arrive(
            connection,
            customer(1, "ann", "lee", "ann@people.example", "a@people.example"),
            customer(2, "ann", "lee", "a@people.example", "lee@people.example"),
            customer(3),
        )
        join(connection, 1, 2)
        assert anchors(connection, [1, 3, 2]) == {
            1: ("ann@people.example", "a@people.example", "lee@people.example", "R1", "R2"),
            3: ("R3",),
        }


def test_a_shared_mailbox_is_an_anchor_of_the_person_who_had_it_first(database: Database) -> None:
    with database.write() as connection:
        arrive(
            connection,
            customer(1),
            customer(2, "jane", "lee", HOUSE),
            customer(3, "john", "lee", HOUSE, "john@people.example"),
            customer(4, "jane", "lee", HOUSE),
        )
        join(connection, 1, 4)
        assert anchors(connection, [1, 2, 3]) == {1: ("R1", "R4"), 2: (HOUSE, "R2"), 3: ("john@people.example", "R3")}
        join(connection, 1, 2, 4)
        assert anchors(connection, [1, 3]) == {1: (HOUSE, "R1", "R2", "R4"), 3: ("john@people.example", "R3")}
        forget(connection, [2], now=NOW, actor="ada")
        assert anchors(connection, [3]) == {3: (HOUSE, "john@people.example", "R3")}


def test_of_a_person_of_very_many_records_the_oldest_are_looked_at(database: Database) -> None:
    with database.write() as connection:
        many = strangers(connection, MOST_MEMBERS + 1)
        join(connection, *many)
        found = anchors(connection, [1])[1]
        assert (f"R{MOST_MEMBERS}" in found, f"R{MOST_MEMBERS + 1}" in found) == (True, False)
        assert len(known(connection, [1])[1]["surname"]) == MOST_MEMBERS


def test_what_is_known_of_a_person_names_the_records_that_have_it(database: Database) -> None:
    with database.write() as connection:
        arrive(
            connection,
            customer(1, "ann", ""),
            customer(2, "ann", "lee", source="shop", phone="0171 3460001"),
            customer(3, "", ""),
        )
        join(connection, 1, 2)
        found = known(connection, [1, 3, 9])
    assert found[1]["given_name"] == ("crm:1", "shop:2")
    assert (found[1]["surname"], found[1]["phone"]) == (("shop:2",), ("shop:2",))
    assert not found.get(3)
    assert 9 not in found


def test_a_reference_is_source_and_key() -> None:
    assert reference_of("crm", "47:11") == "crm:47:11"


def test_everything_is_found_by_an_index(tmp_path: Path) -> None:
    asked: list[str] = []
    with closing(Database.open(f"sqlite:///{tmp_path}/ledger.db")) as database, database.write() as connection:
        driver: Any = connection.connection.driver_connection
        driver.set_trace_callback(asked.append)
        owners(connection, [HOUSE])
        named(connection, [("crm", "1")])
        candidates(connection, [1])
        anchors(connection, [1])
        known(connection, [1])
        driver.set_trace_callback(None)
        steps = [step[3] for sql in asked if sql.startswith("WITH") for step in driver.execute(f"EXPLAIN QUERY PLAN {sql}")]
    scanned = {step.split()[1] for step in steps if step.startswith("SCAN")}
    assert scanned <= {"k", "CONSTANT", "1"}
    assert len(steps) > 20
