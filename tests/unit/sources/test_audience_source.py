from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from mailguard.errors import UsageError
from mailguard.sources.audience_source import HeadlessSource, open_audience
from mailguard.sources.csv_source import CsvSource
from mailguard.sources.json_lines_source import JsonLinesSource
from mailguard.sources.source_row import Row
from mailguard.sources.sql_source import SqlSource


def file(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_csv_with_names_of_columns(tmp_path: Path) -> None:
    found = open_audience(file(tmp_path, "a.csv", "email;name\nada@x.example;Ada\n"))
    assert isinstance(found, CsvSource)
    assert list(found.rows()) == [Row(2, ["ada@x.example", "Ada"])]


def test_bare_list_of_addresses_has_its_first_row(tmp_path: Path) -> None:
    found = open_audience(file(tmp_path, "a.txt", "ada@x.example\nbob@x.example\n"))
    assert isinstance(found, HeadlessSource)
    assert found.columns == ("email",)
    assert list(found.rows()) == [Row(1, ["ada@x.example"]), Row(2, ["bob@x.example"])]
    assert found.expected == 2
    assert "without a line of column names" in str(found)


def test_columns_beside_addresses_without_names_get_some(tmp_path: Path) -> None:
    assert open_audience(file(tmp_path, "a.csv", "Ada,ada@x.example\nBob,bob@x.example\n")).columns == ("column_1", "email")


def test_first_row_may_hold_a_name_beside_its_address_and_values_that_are_alike(tmp_path: Path) -> None:
    found = open_audience(file(tmp_path, "a.csv", "Ada <ada@x.example>,DE,DE\nbob@x.example,IT,IT\n"))
    assert found.columns == ("email", "column_2", "column_3")
    assert [list(row.values) for row in found.rows() if isinstance(row, Row)] == [
        ["Ada <ada@x.example>", "DE", "DE"],
        ["bob@x.example", "IT", "IT"],
    ]


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.ndjson", "a.txt"])
def test_json_lines_by_their_name_or_by_what_they_are(tmp_path: Path, name: str) -> None:
    assert isinstance(open_audience(file(tmp_path, name, '{"email": "ada@x.example"}\n')), JsonLinesSource)


def test_database_with_a_query(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as other:
        other.execute("CREATE TABLE people (email TEXT)")
        other.execute("INSERT INTO people VALUES ('ada@x.example')")
        other.commit()
    found = open_audience(f"sqlite:///{tmp_path}/shop.db", query="SELECT email FROM people")
    assert isinstance(found, SqlSource)
    assert list(found.rows()) == [Row(1, ["ada@x.example"])]


def test_query_without_a_database_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="go with a database"):
        open_audience(file(tmp_path, "a.csv", "email\n"), query="SELECT 1")


def test_file_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not there"):
        open_audience(str(tmp_path / "gone.csv"))
