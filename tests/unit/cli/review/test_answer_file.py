"""mailguard.cli.review.answer_file: questions and answers as a spreadsheet shows them."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import pytest

from mailguard.cli.review.answer_file import COLUMNS, read_answers, write_questions
from mailguard.cli.review.casebook import Entry
from mailguard.errors import UsageError
from mailguard.identity.clerical import Answer
from mailguard.identity.record import Record
from mailguard.store.records import StoredRecord
from tests.unit.cli.review.cases import CASE, SHARED


def entry(left: Record, right: Record) -> Entry:
    return Entry(CASE.question, StoredRecord(12, 12, left, SHARED), StoredRecord(40, 40, right, SHARED), CASE.explanation)


def written(left: Record = CASE.left.record, right: Record = CASE.right.record) -> dict[str, str]:
    text = StringIO(newline="")
    assert write_questions(text, [entry(left, right)]) == 1
    (row,) = csv.DictReader(StringIO(text.getvalue(), newline=""))
    return row


def read(folder: Path, *lines: str, encoding: str = "utf-8") -> tuple[list[tuple[str, str, str]], list[tuple[int, str]], int]:
    file = folder / "answers.csv"
    file.write_text("\n".join(lines) + "\n", encoding=encoding)
    found = read_answers(file)
    answers = [("-".join(map(str, one.pair)), str(one.answer), one.note) for one in found.answers]
    return answers, [(flaw.line, flaw.reason) for flaw in found.flaws], found.unanswered


def test_records_stand_side_by_side() -> None:
    row = written()
    assert tuple(row) == COLUMNS
    assert (row["a_record"], row["b_record"], row["a_full_name"], row["b_surname"]) == (
        "crm:4711",
        "web:99",
        "Ada Lovelace",
        "Lovelase",
    )
    assert row["a_email"] == "a.king@mail.example; ada.lovelace@mail.example"
    assert (row["a_extra"], row["probability"], row["answer"], row["note"]) == ("income=40000", "0.9312", "", "")


def test_id_is_nothing_that_a_spreadsheet_takes_for_a_date() -> None:
    assert written()["id"] == "R12-R40"


@pytest.mark.parametrize("value", ["=HYPERLINK(1)", "+39 1", "-1", "@x", "\t=1", "\r=1"])
def test_spreadsheet_calculates_nothing(value: str) -> None:
    assert written(Record(source="=crm", source_key="1", full_name=value))["a_full_name"] == f"'{value}"
    assert written(Record(source="=crm", source_key="1"))["a_record"] == "'=crm:1"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_answers_are_read_as_spreadsheets_save_them(tmp_path: Path, encoding: str, mark: str) -> None:
    rows = (("ID", "Answer", "Note"), ("R12-R40", "Same", "é, same card"), ("12-41", " different ", ""), ("R1-R2", "", "later"))
    lines = [mark.join(f'"{cell}"' for cell in row) for row in rows]
    answers, flaws, unanswered = read(tmp_path, *lines, encoding=encoding)
    assert answers == [("12-40", Answer.SAME, "é, same card"), ("12-41", Answer.DIFFERENT, "")]
    assert (flaws, unanswered) == ([], 1)


def test_bad_rows_are_named_by_line(tmp_path: Path) -> None:
    answers, flaws, _ = read(tmp_path, "id,answer", "1-2,same", "x,same", "3-4,perhaps", "5-6,same,more,cells", "7-8,unsure")
    assert [one[0] for one in answers] == ["1-2", "7-8"]
    assert [line for line, _ in flaws] == [3, 4, 5]
    assert "such as 12-40" in flaws[0][1]
    assert "write same, different or unsure" in flaws[1][1]


def test_of_contradicting_rows_none_is_taken(tmp_path: Path) -> None:
    answers, flaws, _ = read(tmp_path, "id,answer", "1-2,same", "3-4,same", "R2-R1,different", "3-4,same")
    assert [one[0] for one in answers] == ["3-4"]
    assert [line for line, _ in flaws] == [2, 4]
    assert flaws[0][1] == "lines 2, 4 answer the same question differently; none is taken"


def test_file_without_the_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no column answer"):
        read(tmp_path, "id,verdict", "1-2,same")
    with pytest.raises(UsageError, match="not there"):
        read_answers(tmp_path / "absent.csv")
