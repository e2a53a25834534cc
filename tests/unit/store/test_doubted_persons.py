from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import insert

from mailguard.store.database import Database
from mailguard.store.doubted_persons import doubted_persons
from mailguard.store.tables import QUESTION
from tests.records import join, strangers

NOW = datetime(2026, 11, 16, tzinfo=UTC)


def question(a: int, b: int, state: str = "open") -> dict[str, object]:
    return {
        "a": a,
        "b": b,
        "probability": 0.7,
        "match_weight": 1.0,
        "is_bridge": False,
        "value": 1.0,
        "state": state,
        "claimed_by": "",
        "claimed_until": None,
    }


def test_persons_of_open_questions_are_named_and_no_others(database: Database) -> None:
    with database.write() as connection:
        one, two, three, four, five = strangers(connection, 5)
        join(connection, one, two)
        rows = [question(two, three), question(one, two), question(four, five, "answered")]
        connection.execute(insert(QUESTION), rows)
    with database.read() as connection:
        assert list(doubted_persons(connection)) == [(f"P{one}", f"P{three}")]
