"""mailguard.cli.review.exchange: questions out to a spreadsheet, answers in from it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Mailguard


def fill(here: Path, answers: dict[str, str], note: str = "") -> None:
    """Write answers into the exported file, as a person would."""
    file = here / "out.csv"
    with file.open(encoding="utf-8-sig", newline="") as text:
        rows = list(csv.DictReader(text))
    with file.open("w", encoding="utf-8-sig", newline="") as text:
        writer = csv.DictWriter(text, list(rows[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(row | {"answer": answers.get(row["id"].replace("R", ""), ""), "note": note} for row in rows)


def test_questions_go_out_and_answers_come_in(mailguard: Mailguard, asked: list[str], here: Path) -> None:
    ran = mailguard("review", "export", "out.csv")
    assert (ran.status, ran.out.splitlines()[0]) == (
        0,
        "wrote 3 questions to out.csv; write same, different or unsure under answer, then:",
    )
    assert (here / "out.csv").stat().st_mode & 0o777 == 0o600
    fill(here, {asked[0]: "same", asked[1]: "different"}, "by the card")
    ran = mailguard("review", "import", "out.csv", "--json")
    assert (ran.status, ran.document) == (0, {"answered": 2, "unchanged": 0, "unanswered": 1, "refused": []})
    assert [one["id"] for one in mailguard("review", "list", "--json").document] == asked[2:]
    said = mailguard("review", "show", asked[0], "--json").document["said"]
    assert [(one["answer"], one["actor"], one["reason"]) for one in said] == [("same", "ada", "by the card")]


def test_same_file_again_changes_nothing(mailguard: Mailguard, asked: list[str], here: Path) -> None:
    mailguard("review", "export", "out.csv", "--limit", "2", "--json")
    fill(here, {asked[0]: "same", asked[1]: "unsure"})
    mailguard("review", "import", "out.csv")
    ran = mailguard("review", "import", "out.csv")
    assert (ran.status, ran.out) == (0, "0 answers kept, 2 known already, 0 rows without an answer, 0 refused\n")
    assert len(mailguard("review", "show", asked[0], "--json").document["said"]) == 1


def test_what_was_answered_otherwise_meanwhile_is_not_overwritten(mailguard: Mailguard, asked: list[str], here: Path) -> None:
    mailguard("review", "export", "out.csv")
    fill(here, {asked[0]: "same", asked[1]: "same", asked[2]: "same"})
    mailguard("review", "decide", asked[0], "different")
    mailguard("review", "decide", asked[1], "unsure")
    ran = mailguard("review", "import", "out.csv")
    assert (ran.status, ran.out) == (1, "2 answers kept, 0 known already, 0 rows without an answer, 1 refused\n")
    assert ran.err.startswith(f"out.csv line 2: {asked[0]}: ada has answered different on ")
    assert f"mailguard review undo {asked[0]}" in ran.err


def test_unknown_questions_are_named_by_line(mailguard: Mailguard, asked: list[str], here: Path) -> None:
    (here / "in.csv").write_text(f"id,answer\n900-901,same\n{asked[0]},same\nx,same\n")
    ran = mailguard("review", "import", "in.csv", "--json")
    assert (ran.status, ran.document["answered"]) == (1, 1)
    assert [one["line"] for one in ran.document["refused"]] == [2, 4]
    assert ran.document["refused"][0]["reason"] == "there is no question 900-901"


def test_export_goes_to_standard_output(mailguard: Mailguard, asked: list[str]) -> None:
    out = mailguard("review", "export", "-").out
    assert len(out.splitlines()) == 4
    assert out.startswith("id,a_record,b_record")


def test_nothing_to_export_is_status_1(mailguard: Mailguard, here: Path) -> None:
    ran = mailguard("review", "export", "out.csv")
    assert (ran.status, ran.err) == (1, "no question waits\n")
    assert not (here / "out.csv").exists()


@pytest.mark.parametrize(("name", "said"), [("out.csv", "is there already"), ("no/such/folder.csv", "cannot write")])
def test_file_that_cannot_be_written_is_bad_usage(
    mailguard: Mailguard, asked: list[str], here: Path, name: str, said: str
) -> None:
    (here / "out.csv").write_text("mine")
    ran = mailguard("review", "export", name)
    assert (ran.status, ran.out) == (2, "")
    assert said in ran.err
    assert (here / "out.csv").read_text() == "mine"


def test_absent_file_is_bad_usage(mailguard: Mailguard, asked: list[str]) -> None:
    assert mailguard("review", "import", "absent.csv").status == 2
