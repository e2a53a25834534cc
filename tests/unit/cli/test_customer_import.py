"""mailguard.cli.customer_import: a file or a table of another database into records and persons."""

from __future__ import annotations

import csv
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from mailguard.linkage import importing
from mailguard.store.records import upsert
from tests.unit.cli.conftest import Mailguard

TABLE = """Kundennummer;Vorname;Name;E-Mail;Geburtsdatum;PLZ;Einkommen
1;Ada;Lovelace;ada@mail.example;10.12.1985;10115;48050
2;Ada;Lovelace;a.lovelace@work.example;10.12.1985;10115;
3;Jürgen;Möller;kaputt;01.02.1970;20095;
3;Zoë;Doppelt;zoe@mail.example;;;
;Cy;Ohnekunde;;;;
4;Di
"""


@pytest.fixture
def customers(here: Path) -> Path:
    """A table as a spreadsheet saves it in Germany."""
    file = here / "kunden.csv"
    file.write_bytes(TABLE.replace("\n", "\r\n").encode("cp1252"))
    return file


def imported(mailguard: Mailguard, *arguments: str) -> Any:
    return mailguard("customers", "import", *arguments, "--json").document


def test_table_becomes_records_and_persons(mailguard: Mailguard, customers: Path) -> None:
    ran = mailguard("customers", "import", str(customers), "--source", "crm")
    assert ran.status == 0
    assert ran.out.splitlines()[0] == "6 rows: 3 new, 0 changed, 0 unchanged, 3 left out"
    assert ran.out.splitlines()[1].endswith("persons in all")
    for said in (
        "kunden.csv: Windows-1252, separated by ;, 7 columns",
        "source_key=Kundennummer, given_name=Vorname, surname=Name, email=E-Mail, date_of_birth=Geburtsdatum, postcode=PLZ",
        "kept as further fields: Einkommen",
        "line 5 left out: the key is that of line 4 already",
        "line 6 left out: no key",
        "line 7 left out: 2 values, the header has 7",
        "line 4: 'kaputt' is no mailbox; kept as it is",
    ):
        assert said in ran.err
    assert mailguard("customers", "show", "crm:3", "--json").document["records"][0]["fields"]["given_name"] == "Jürgen"


def test_import_again_changes_nothing(mailguard: Mailguard, customers: Path) -> None:
    first = imported(mailguard, str(customers), "--source", "crm")
    assert (first["source"], first["rows"], first["new"], first["dry_run"]) == ("crm", 6, 3, False)
    assert first["bad"][0] == {"line": 5, "reason": "the key is that of line 4 already"}
    assert first["warnings"] == [{"line": 4, "reason": "'kaputt' is no mailbox; kept as it is"}]
    assert first["mapping"]["given_name"] == "Vorname"
    assert {"links", "possible", "persons", "seconds"} <= first.keys()
    again = imported(mailguard, str(customers), "--source", "crm")
    assert (again["new"], again["changed"], again["unchanged"], again["links"]) == (0, 0, 3, 0)
    assert again["persons"] == first["persons"]


def test_dry_run_says_all_and_writes_nothing(mailguard: Mailguard, customers: Path, here: Path) -> None:
    ran = mailguard("customers", "import", str(customers), "--source", "crm", "--dry-run")
    assert ran.status == 0
    assert not (here / "mailguard.db").exists()
    assert "6 rows: would be 3 new, 0 changed, 0 unchanged, 3 left out" in ran.out
    assert next(line for line in ran.out.splitlines() if line.startswith("surname")).split() == ["surname", "Name", "Lovelace"]
    assert next(line for line in ran.out.splitlines() if line.startswith("Einkommen")).split()[-1] == "48050"
    mailguard("customers", "import", str(customers), "--source", "crm")
    before = (here / "mailguard.db").read_bytes()
    document = imported(mailguard, str(customers), "--source", "crm", "--dry-run", "--map", "surname=Vorname")
    assert (document["changed"], document["new"], document["dry_run"]) == (3, 0, True)
    assert "links" not in document
    assert (here / "mailguard.db").read_bytes() == before


def test_mapping_that_is_said_wins_and_columns_can_be_left_out(mailguard: Mailguard, customers: Path) -> None:
    options = ["--map", "full_name=Vorname+Name", "--map", "email=", "--ignore", "Einkommen"]
    ran = mailguard("customers", "import", str(customers), "--source", "crm", *options)
    assert "not kept: Einkommen" in ran.err
    fields = mailguard("customers", "show", "crm:1", "--json").document["records"][0]["fields"]
    assert fields == {
        "full_name": "Ada Lovelace",
        "date_of_birth": "10.12.1985",
        "postcode": "10115",
        "E-Mail": "ada@mail.example",
    }


def test_encoding_and_delimiter_that_are_said_win(mailguard: Mailguard, here: Path) -> None:
    (here / "x.csv").write_bytes("id;name, first\n1;Łucja\n".encode("iso-8859-2"))
    ran = mailguard("customers", "import", "x.csv", "--source", "crm", "--encoding", "iso-8859-2", "--delimiter", ";", "--json")
    assert ran.document["mapping"] == {"source_key": "id", "name, first": "name, first"}
    assert mailguard("customers", "show", "crm:1", "--json").document["records"][0]["fields"] == {"name, first": "Łucja"}


def test_rows_left_out_are_written_to_a_file(mailguard: Mailguard, customers: Path, here: Path) -> None:
    mailguard("customers", "import", str(customers), "--source", "crm", "--bad-rows", "bad.csv")
    with (here / "bad.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["line", "reason"]
    assert [row[0] for row in rows[1:]] == ["5", "6", "7"]
    ran = mailguard("customers", "import", str(customers), "--source", "crm", "--bad-rows", "none/bad.csv")
    assert (ran.status, "cannot write none/bad.csv" in ran.err) == (2, True)


def test_nothing_kept_is_status_1(mailguard: Mailguard, here: Path) -> None:
    (here / "x.csv").write_text("id,name\n,Ada\n", encoding="utf-8")
    ran = mailguard("customers", "import", "x.csv", "--source", "crm", "--json")
    assert (ran.status, ran.document["bad"]) == (1, [{"line": 2, "reason": "no key"}])


def test_erased_persons_do_not_come_back(mailguard: Mailguard, customers: Path) -> None:
    mailguard("customers", "import", str(customers), "--source", "crm")
    mailguard("customers", "forget", "crm:3", "--yes")
    ran = mailguard("customers", "import", str(customers), "--source", "crm")
    assert "1 row of persons who were erased: not taken in again" in ran.out
    assert mailguard("customers", "show", "crm:3").status == 1


def test_table_of_another_database(mailguard: Mailguard, here: Path) -> None:
    with sqlite3.connect(here / "shop.db") as connection:
        connection.execute("CREATE TABLE customer (id INTEGER, first_name TEXT, last_name TEXT, secret TEXT)")
        connection.execute("INSERT INTO customer VALUES (7, 'Ada', 'Lovelace', 'x')")
    connection.close()
    url = f"sqlite:///{here}/shop.db"
    ran = mailguard("customers", "import", "--from-sql", url, "--table", "customer", "--ignore", "secret", "--source", "shop")
    assert ran.status == 0
    assert f"{url}, 4 columns" in ran.err
    query = "SELECT id, first_name, last_name FROM customer"
    assert imported(mailguard, "--from-sql", url, "--query", query, "--source", "shop")["unchanged"] == 1


def test_ctrl_c_says_what_is_kept(mailguard: Mailguard, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "x.csv").write_text("id,name\n" + "".join(f"{n},Ada {n}\n" for n in range(30)), encoding="utf-8")
    monkeypatch.setattr(importing, "AT_ONCE", 10)
    pieces = iter(range(2))

    def interrupted(*arguments: Any, **options: Any) -> Any:
        if next(pieces, None) is None:
            raise KeyboardInterrupt
        return upsert(*arguments, **options)

    monkeypatch.setattr(importing, "upsert", interrupted)
    ran = mailguard("customers", "import", "x.csv", "--source", "crm")
    assert ran.status == 130
    assert "stopped: the first 20 rows are kept; run it again for the others" in ran.err
    monkeypatch.setattr(importing, "upsert", upsert)
    again = imported(mailguard, "x.csv", "--source", "crm")
    assert (again["new"], again["unchanged"], again["persons"]) == (10, 20, 30)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["kunden.csv"], "Missing option '--source'"),
        (["--source", "crm"], "say where the records are"),
        (["kunden.csv", "--source", "crm", "--table", "x"], "say where the records are"),
        (["kunden.csv", "--source", "crm", "--from-sql", "sqlite:///x"], "say where the records are"),
        (["--source", "crm", "--from-sql", "sqlite:///x"], "--table NAME or --query"),
        (["none.csv", "--source", "crm"], "none.csv is not there"),
        (["kunden.csv", "--source", "mail"], "choose another name"),
        (["kunden.csv", "--source", "a:b"], "cannot name a source"),
        (["kunden.csv", "--source", "crm", "--map", "surname=X"], "no column 'X'"),
        (["kunden.csv", "--source", "crm", "--ignore", "X"], "no column 'X'"),
        (["kunden.csv", "--source", "crm", "--encoding", "klingon"], "there is no encoding"),
        (["kunden.csv", "--source", "crm", "--delimiter", "x"], "the delimiter cannot be"),
    ],
)
def test_bad_usage_is_one_line_and_status_2(mailguard: Mailguard, customers: Path, arguments: list[str], said: str) -> None:
    ran = mailguard("customers", "import", *arguments)
    assert (ran.status, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert said in ran.err
