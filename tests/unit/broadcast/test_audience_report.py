from __future__ import annotations

import csv
from pathlib import Path

import pytest
from sqlalchemy import insert

from mailguard.errors import UsageError
from mailguard.sources.source_row import Flaw
from mailguard.store.database import Database
from mailguard.store.tables import QUESTION
from tests.audiences import check
from tests.customers import ANN, JANE, put

COLUMNS = ("email", "note")


def rows_of(file: Path) -> list[list[str]]:
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.reader(text))


def test_clean_file_has_the_columns_of_the_source_and_one_row_a_person(database: Database, tmp_path: Path) -> None:
    awkward = 'a "quoted", and\nbroken; =cmd'
    given: list[tuple[str, ...] | Flaw] = [
        ("ann@people.example", awkward),
        ("ANN@people.example", "again"),
        ("nobody", "x"),
        Flaw(5, "a quote is open"),
    ]
    with check(database, *given, columns=COLUMNS) as report:
        report.write_clean(tmp_path / "clean.csv")
        report.write_left_out(tmp_path / "out.csv")
    assert rows_of(tmp_path / "clean.csv") == [["email", "note"], ["ann@people.example", awkward]]
    assert rows_of(tmp_path / "out.csv") == [
        ["email", "note", "mailguard_code", "mailguard_reason"],
        ["ANN@people.example", "again", "duplicate", "line 3: the same person or mailbox has another row"],
        ["nobody", "x", "invalid_address", "line 4: it has no @"],
        ["", "", "unreadable_row", "line 5: a quote is open"],
    ]


def test_file_that_cannot_be_written_is_told_of(database: Database, tmp_path: Path) -> None:
    with check(database, "ann@people.example") as report, pytest.raises(UsageError, match="cannot write"):
        report.write_clean(tmp_path / "gone" / "clean.csv")


def test_profile_and_domains_are_of_what_can_be_written_to(database: Database) -> None:
    with check(database, "a@x.example", "b@x.example", "c@y.example", "nobody") as report:
        assert report.profile.rows == 3
        assert report.domains == (("x.example", 2), ("y.example", 1))
        assert report.profile.domains == {"x.example": 0.6667, "y.example": 0.3333}
        assert dict(report.languages) == {}


def test_possible_duplicate_stays_in_and_says_so(database: Database) -> None:
    with database.write() as connection:
        a, b = put(connection, JANE, ANN)
        connection.execute(insert(QUESTION), [waiting(a, b)])
    with check(database, ("j.doe@x.example", ""), ("ann@people.example", ""), columns=COLUMNS) as report:
        assert [(row.codes, row.is_clean) for row in report.judged()] == [(("possible_duplicate",), True)] * 2
        assert (report.counts.possible_duplicate, report.counts.clean) == (2, 2)


def waiting(a: int, b: int) -> dict[str, object]:
    return {
        "a": a,
        "b": b,
        "probability": 0.7,
        "match_weight": 1.0,
        "is_bridge": False,
        "value": 1.0,
        "state": "open",
        "claimed_by": "",
        "claimed_until": None,
    }
