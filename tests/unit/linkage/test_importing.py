"""mailguard.linkage.importing: records of one source into the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailguard.errors import MailguardError, UsageError
from mailguard.linkage import importing
from mailguard.linkage.importing import Tally, first_record, import_rows, keep_in, source_name, would_keep_in
from mailguard.linkage.preparing import Recipe
from mailguard.sources.mapping import map_columns
from mailguard.sources.source_row import Flaw, Row
from mailguard.store.database import Database
from mailguard.store.pending import count_pending
from mailguard.store.records import count, find, forget, records
from tests.ledger import open_ledger

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
COLUMNS = ("id", "name", "email", "income")


@dataclass
class Table:
    """A source in memory; `fails_after` so many rows."""

    lines: Sequence[Row | Flaw]
    fails_after: int = 10**9
    columns: tuple[str, ...] = COLUMNS
    expected: int = 0

    def rows(self) -> Iterator[Row | Flaw]:
        for place, row in enumerate(self.lines):
            if place == self.fails_after:
                raise MailguardError("the shop is closed")
            yield row


@dataclass
class Told:
    """What the listener heard."""

    flaws: list[tuple[int, str]] = field(default_factory=list)
    warnings: list[tuple[int, str]] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)

    def bad(self, flaw: Flaw) -> None:
        self.flaws.append((flaw.line, flaw.reason))

    def warn(self, flaw: Flaw) -> None:
        self.warnings.append((flaw.line, flaw.reason))

    def went_on(self, rows: int) -> None:
        self.rows.append(rows)


def table(*rows: str) -> Table:
    return Table([Row(n, text.split(",")) for n, text in enumerate(rows, 2)])


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_ledger(f"sqlite:///{tmp_path}/mailguard.db")
    yield opened
    opened.close()


def recipe(source: str = "crm") -> Recipe:
    return Recipe(map_columns(COLUMNS), source, "")


def imported(database: Database, source: Table, *, name: str = "crm", told: Told | None = None) -> Tally:
    return import_rows(source, recipe(name), keep_in(database, clock=lambda: NOW), listener=told or Told())


def compared(database: Database | None, source: Table) -> Tally:
    return import_rows(source, recipe(), would_keep_in(database), listener=Told())


def test_new_changed_and_known_records_are_told_apart(database: Database) -> None:
    first = table("1,Ada Lovelace,ada@mail.example,", "2,Bea Brown,bea@mail.example,100")
    assert imported(database, first) == Tally(rows=2, new=2)
    second = table("1,Ada King,ada@mail.example,", "2,Bea Brown,bea@mail.example,100", "3,Cy Cole,,")
    expected = Tally(rows=3, new=1, changed=1, unchanged=1)
    assert compared(database, second) == expected
    assert compared(database, second) == expected
    assert imported(database, second) == expected
    assert imported(database, second) == Tally(rows=3, unchanged=3)
    with database.read() as connection:
        stored = records(connection, find(connection, [("crm", "1")]).values())
    assert [one.record.full_name for one in stored.values()] == ["Ada King"]


def test_without_a_database_all_would_be_new() -> None:
    assert compared(None, table("1,Ada,,", "2,Bea,,")) == Tally(rows=2, new=2)


def test_sources_are_apart(database: Database) -> None:
    imported(database, table("1,Ada,,"), name="crm")
    assert imported(database, table("1,Bea,,"), name="shop").new == 1


def test_bad_rows_are_told_and_good_ones_kept(database: Database) -> None:
    rows: list[Row | Flaw] = [
        Row(2, ["1", "Ada", "ada at mail", ""]),
        Flaw(3, "2 values, the header has 4"),
        Row(4, ["", "Bea", "", ""]),
        Row(5, ["1", "Cy", "", ""]),
        Row(6, ["2", "", "", ""]),
        Row(7, ["3", "Di", "", ""]),
    ]
    told = Told()
    tally = imported(database, Table(rows), told=told)
    assert (tally, tally.kept) == (Tally(rows=6, new=2, bad=4), 2)
    assert told.flaws == [
        (3, "2 values, the header has 4"),
        (4, "no key"),
        (5, "the key is that of line 2 already"),
        (6, "no value but the key"),
    ]
    assert told.warnings == [(2, "'ada at mail' is no mailbox; kept as it is")]
    assert told.rows == [6]


def test_erased_record_is_not_taken_in_again(database: Database) -> None:
    imported(database, table("1,Ada,,"))
    with database.write() as connection:
        forget(connection, find(connection, [("crm", "1")]).values(), now=NOW, actor="clerk")
    assert imported(database, table("1,Ada,,", "2,Bea,,")) == Tally(rows=2, new=1, forgotten=1)


def test_pieces_before_a_failure_are_kept_and_the_rest_comes_with_the_next_run(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "AT_ONCE", 10)
    source = table(*(f"{n},Ada {n},," for n in range(25)))
    with pytest.raises(MailguardError, match="the shop is closed"):
        imported(database, Table(source.lines, fails_after=24))
    with database.read() as connection:
        assert count(connection) % 10 == 0
        kept = count(connection)
    told = Told()
    assert imported(database, source, told=told) == Tally(rows=25, new=25 - kept, unchanged=kept)
    assert told.rows == [10, 20, 25]
    with database.read() as connection:
        assert count_pending(connection) == 25


def test_duplicate_keys_are_seen_over_all_pieces(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "AT_ONCE", 2)
    told = Told()
    imported(database, table("1,Ada,,", "2,Bea,,", "3,Cy,,", "1,Di,,"), told=told)
    assert told.flaws == [(5, "the key is that of line 2 already")]


def test_first_record_shows_what_the_columns_are() -> None:
    first = first_record(Table([Flaw(2, "bad"), Row(3, ["", "x", "", ""]), Row(4, ["1", "Ada", "", ""])]), recipe())
    assert first is not None
    assert first.full_name == "Ada"
    assert first_record(Table([Flaw(2, "bad")]), recipe()) is None


@pytest.mark.parametrize("name", ["crm", "shop-2", "CRM_old", "s3.eu", "x" * 64])
def test_source_is_named(name: str) -> None:
    assert source_name(name) == name


@pytest.mark.parametrize("name", ["", "a b", "crm:eu", "-x", "größe", "x" * 65, "crm\n"])
def test_source_that_cannot_stand_before_a_colon_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="cannot name a source"):
        source_name(name)


def test_source_of_what_mail_teaches_is_reserved() -> None:
    with pytest.raises(UsageError, match="choose another name"):
        source_name("mail")
