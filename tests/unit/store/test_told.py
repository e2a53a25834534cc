from __future__ import annotations

from datetime import timedelta

from mailguard.store.database import Database
from mailguard.store.told import Told, all_told, take_once, tell, told
from tests.builders import NOW

DAY = timedelta(days=1)


def test_what_was_told_is_known_under_its_anchor_with_who_said_so(database: Database) -> None:
    with database.write() as connection:
        tell(connection, "R1", {"income": "48050", "phone": None}, source="crm", at=NOW)
        tell(connection, "ann@x.example", {"phone": "+39"}, source="ivr", at=NOW)
        assert told(connection, ["R1", "R2", "R1"]) == {"R1": {"income": "crm", "phone": "crm"}}
        assert told(connection, ["R1", "ann@x.example"])["ann@x.example"] == {"phone": "ivr"}
        assert all_told(connection, ["ann@x.example"]) == [Told("ann@x.example", "phone", "+39", "ivr", NOW)]


def test_what_is_told_last_holds_and_a_value_that_is_not_told_again_stays(database: Database) -> None:
    with database.write() as connection:
        tell(connection, "R1", {"income": "48050"}, source="crm", at=NOW)
        tell(connection, "R1", {"income": None}, source="web", at=NOW + DAY)
        assert all_told(connection, ["R1"]) == [Told("R1", "income", "48050", "web", NOW + DAY)]
        tell(connection, "R1", {"income": "50000"}, source="crm", at=NOW + DAY)
        assert all_told(connection, ["R1"]) == [Told("R1", "income", "50000", "crm", NOW + DAY)]


def test_what_an_engine_refuses_is_replaced(database: Database) -> None:
    with database.write() as connection:
        tell(connection, "R1", {"na\0me": "va\0lue"}, source="c\0rm", at=NOW)
        (one,) = all_told(connection, ["R1"])
    assert "\0" not in one.field + (one.value or "") + one.source


def test_an_event_is_taken_once(database: Database) -> None:
    with database.write() as connection:
        assert [take_once(connection, id, at=NOW) for id in ("a", "b", "a", "a")] == [True, True, False, False]
