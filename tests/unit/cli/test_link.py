"""mailguard.cli.link: all records compared with one another."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import pytest

from mailguard.linkage import learning
from tests.population import arrive, people, population
from tests.unit.cli.conftest import Mailguard
from tests.unit.cli.people import opened

COUNT = 200


@pytest.fixture(autouse=True)
def _learn_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "RANDOM_PAIRS", 20_000)


@pytest.fixture
def known(here: Path) -> Path:
    """A database with some people, and the truth about them."""
    with opened(here) as database:
        arrive(database, people(COUNT))
    truth = here / "truth.csv"
    with truth.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("source", "source_key", "cluster"))
        writer.writerows((record.source, record.source_key, person) for (record, _), person in population(COUNT))
    return truth


def test_without_records_it_says_what_to_do(mailguard: Mailguard) -> None:
    ran = mailguard("link")
    assert ran.status == 1
    assert "customers import" in ran.err.splitlines()[-1]


def test_first_link_is_applied_later_ones_are_said(mailguard: Mailguard, known: Path) -> None:
    first = mailguard("link", "--json")
    assert first.status == 0
    document = first.document
    assert (document["records"], document["applied"], document["first"], document["engine"]) == (
        COUNT,
        True,
        True,
        "recordlinkage",
    )
    assert document["evaluation"] is None
    assert set(document) >= {"candidate_pairs", "links", "possible", "persons", "seconds", "changes"}
    again = mailguard("link", "--json").document
    assert (again["applied"], again["first"]) == (False, False)
    assert {name: again[name] for name in ("links", "possible", "persons")} == {
        name: document[name] for name in ("links", "possible", "persons")
    }
    assert again["changes"]["links_added"] == 0


def test_progress_goes_to_standard_error(mailguard: Mailguard, known: Path) -> None:
    ran = mailguard("link")
    assert "reading records" in ran.err
    assert "reading records" not in ran.out
    assert ran.out.startswith(f"{COUNT} records, ")
    assert "linked for the first time" in ran.out


def test_evaluation(mailguard: Mailguard, known: Path) -> None:
    document = mailguard("link", "--evaluate", str(known), "--threshold", "0.6", "--json").document
    evaluation = document["evaluation"]
    assert evaluation["threshold"] == 0.6
    assert 0.8 < evaluation["f1"] <= 1
    assert 0.8 < evaluation["bcubed_f1"] <= 1
    assert {"precision", "recall", "bcubed_precision", "bcubed_recall", "chart", "wrong"} <= set(evaluation)
    assert document["applied"]  # it was the first link


def test_wrong_pairs_go_to_a_file(mailguard: Mailguard, known: Path, here: Path) -> None:
    ran = mailguard("link", "--evaluate", str(known), "--threshold", "0.999", "--wrong", "wrong.csv", "--json")
    rows = list(csv.DictReader((here / "wrong.csv").read_text().splitlines()))
    assert len(rows) == len(ran.document["evaluation"]["wrong"]) > 5
    assert {row["kind"] for row in rows} <= {"missed", "false link"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--wrong", "wrong.csv"), "needs --evaluate"),
        (("--engine", "spark", "--learn"), "learns nothing"),
        (("--engine", "abacus"), "abacus"),
        (("--evaluate", "absent.csv"), "absent.csv"),
        (("--threshold", "1"), "--threshold"),
    ],
)
def test_bad_usage_is_one_clear_line(mailguard: Mailguard, known: Path, arguments: tuple[str, ...], said: str) -> None:
    ran = mailguard("link", *arguments)
    assert ran.status == 2
    assert said in ran.err.splitlines()[-1]


def test_an_engine_that_is_not_installed(mailguard: Mailguard, known: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "splink", None)
    ran = mailguard("link", "--engine", "duckdb")
    assert ran.status == 1
    assert "pip install 'mailguard[duckdb]'" in ran.err


def test_duckdb_links_the_same(mailguard: Mailguard, known: Path) -> None:
    ours = mailguard("link", "--json").document
    theirs = mailguard("link", "--engine", "duckdb", "--json").document
    assert theirs["engine"] == "duckdb"
    assert theirs["changes"]["links_added"] == theirs["changes"]["links_removed"] == 0
    assert theirs["candidate_pairs"] == ours["candidate_pairs"]


def test_new_records_wait_for_apply(mailguard: Mailguard, here: Path) -> None:
    with opened(here) as database:
        arrive(database, people(COUNT)[:150])
    mailguard("link")
    with opened(here) as database:
        arrive(database, people(COUNT)[150:])
    said = mailguard("link")
    assert "would be added" in said.out
    assert "nothing was changed" in said.out
    applied = mailguard("link", "--apply")
    assert "added" in applied.out
    assert "would be" not in applied.out
    assert "nothing to change" in mailguard("link").out
