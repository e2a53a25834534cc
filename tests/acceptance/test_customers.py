"""The customer of twenty years whom two systems know by two names: one person once both are in, and again none when she asks."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from mailguard.cli.app import run

CRM = """customer id,first name,last name,e-mail,date of birth,street,zip,city,income
4711,Jane,Doe,j.doe@x.example,1961-03-04,12 High Street,20121,Milan,48050
4712,John,Doe,doe.family@x.example,1959-07-21,12 High Street,20121,Milan,
4713,Mary,Miller,mary.miller@x.example,1990-11-30,3 Low Road,20121,Milan,31000
"""

KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from mailguard.linkage import importing
from mailguard.sources.csv_source import CsvSource
from mailguard.sources.mapping import map_columns
from mailguard.linkage.preparing import Recipe
from mailguard.store.database import Database
from mailguard.store.records import upsert

class Nobody:
    bad = warn = went_on = lambda self, told: None

def keep(piece, pieces=iter(range(2))):
    with database.write() as connection:
        kept = upsert(connection, piece, now=datetime.now(UTC))
        if next(pieces, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        return kept

if __name__ == "__main__":
    importing.AT_ONCE = 100
    database = Database.open("sqlite:///mailguard.db")
    source = CsvSource.open(Path("many.csv"))
    importing.import_rows(source, Recipe(map_columns(source.columns), "crm", ""), keep, listener=Nobody())
"""


@dataclass(frozen=True)
class Ran:
    """What a command came to."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Company:
    """A folder, and the commands as they are run in it."""

    folder: Path

    def customers(self, *arguments: str) -> Ran:
        out, err = StringIO(), StringIO()
        with chdir(self.folder), redirect_stdout(out), redirect_stderr(err):
            status = run(["customers", *arguments])
        return Ran(status, out.getvalue(), err.getvalue())

    def person(self, name: str) -> Any:
        return self.customers("show", name, "--json").document["person"]


@pytest.fixture
def company(tmp_path: Path) -> Company:
    """Its customers in two systems: a table that a spreadsheet saved, and a database."""
    (tmp_path / "crm.csv").write_bytes(CRM.replace(",", ";").encode("utf-16"))
    with sqlite3.connect(tmp_path / "cards.db") as connection:
        connection.execute(
            "CREATE TABLE card_holder (id INTEGER, holder TEXT, mail TEXT, born DATE, address TEXT, postal_code TEXT)"
        )
        connection.executemany(
            "INSERT INTO card_holder VALUES (?, ?, ?, ?, ?, ?)",
            [
                (1, "DOE, Jane", "jane.doe@y.example", "04.03.1961", "12, High St.", "20121"),
                (2, "Mary Smith", "msmith@y.example", "1975-01-02", "9 Other Street", "10115"),
            ],
        )
    connection.close()
    return Company(tmp_path)


def import_both(company: Company) -> None:
    assert company.customers("import", "crm.csv", "--source", "crm").status == 0
    url = f"sqlite:///{company.folder}/cards.db"
    ran = company.customers(
        "import", "--from-sql", url, "--table", "card_holder", "--map", "full_name=holder", "--source", "cards"
    )
    assert ran.status == 0, ran.err


def test_two_records_in_two_systems_are_one_person_and_her_husband_another(company: Company) -> None:
    import_both(company)
    assert company.person("j.doe@x.example") == company.person("jane.doe@y.example") == "P1"
    assert company.person("crm:4712") != "P1"
    assert company.person("crm:4713") != company.person("cards:2")
    shown = company.customers("show", "cards:1").out
    assert "48050" in shown
    assert "04.03.1961" in shown


def test_recipient_of_whom_only_name_and_birth_are_told_is_found(company: Company) -> None:
    import_both(company)
    ran = company.customers(
        "resolve", "Jane Doe <jd@new.example>", "--hint", "date_of_birth=1961-03-04", "--hint", "zip=20121", "--json"
    )
    assert (ran.document["decision"], ran.document["person"]) == ("match", "P1")


def test_what_was_joined_wrongly_is_taken_apart_and_stays_apart(company: Company) -> None:
    import_both(company)
    assert company.customers("split", "cards:1", "--reason", "her aunt").status == 0
    assert company.person("cards:1") == "P4"
    import_both(company)
    assert company.person("cards:1") == "P4"
    assert company.customers("split", "cards:1", "--undo").status == 0
    assert company.person("P4") == "P1"


def test_person_gets_all_that_is_held_and_is_erased_for_good(company: Company) -> None:
    import_both(company)
    held = company.customers("export", "jane.doe@y.example").document
    assert [record["record"] for record in held["records"]] == ["crm:4711", "cards:1"]
    assert company.customers("forget", "P1", "--yes").status == 0
    import_both(company)
    for name in ("P1", "crm:4711", "cards:1", "j.doe@x.example"):
        assert company.customers("show", name).status == 1
    resolved = company.customers("resolve", "Jane Doe <j.doe@x.example>", "--json")
    assert (resolved.status, resolved.document["decision"]) == (1, "new")
    database = (company.folder / "mailguard.db").read_bytes()
    assert b"48050" not in database


def test_import_that_was_killed_is_simply_run_again(company: Company) -> None:
    rows = "".join(f"{n},Ada{n % 7} Lovelace{n},ada{n}@mail.example\n" for n in range(350))
    (company.folder / "many.csv").write_text("id,name,email\n" + rows, encoding="utf-8")
    killed = subprocess.run([sys.executable, "-c", KILLED], cwd=company.folder, check=False)
    assert killed.returncode == -signal.SIGKILL
    again = company.customers("import", "many.csv", "--source", "crm", "--json").document
    assert (again["rows"], again["unchanged"], again["new"]) == (350, 200, 150)
    once_more = company.customers("import", "many.csv", "--source", "crm", "--json").document
    assert (once_more["unchanged"], once_more["links"], once_more["persons"]) == (350, 0, again["persons"])
