"""mailguard.sources.csv_source: a file as somebody exported it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.errors import UsageError
from mailguard.sources.csv_source import CsvSource
from mailguard.sources.source_row import Flaw, Row

Open = Callable[..., CsvSource]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    """Opens a file with this content."""

    def open_it(content: str | bytes, **options: str) -> CsvSource:
        file = tmp_path / "customers.csv"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return CsvSource.open(file, **options)

    return open_it


def values(source: CsvSource) -> list[list[str]]:
    return [list(row.values) for row in source.rows() if isinstance(row, Row)]


def flaws(source: CsvSource) -> list[tuple[int, str]]:
    return [(row.line, row.reason) for row in source.rows() if isinstance(row, Flaw)]


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_delimiter_and_line_ends_are_found_out(opened: Open, sign: str, end: str) -> None:
    lines = [sign.join(row) for row in (("id", "name", "street"), ("1", "Ada", '"12, High Street; rear"'), ("2", "Bea", ""))]
    source = opened(end.join(lines))
    assert source.columns == ("id", "name", "street")
    assert values(source) == [["1", "Ada", "12, High Street; rear"], ["2", "Bea", ""]]


def test_separator_inside_values_does_not_mislead(opened: Open) -> None:
    rows = "".join(f"{n};Miller, Ann, Dr.;12,50\n" for n in range(30))
    assert opened("id;name, titles;fee\n" + rows).delimiter == ";"


def test_spreadsheets_own_word_for_the_separator_is_taken(opened: Open) -> None:
    source = opened("sep=|\nid|a,b,c\n1|x,y,z\n")
    assert (source.delimiter, source.columns, values(source)) == ("|", ("id", "a,b,c"), [["1", "x,y,z"]])
    assert [row.line for row in source.rows()] == [3]


@pytest.mark.parametrize(("said", "columns"), [(";", ("id,name", "x")), ("tab", ("id,name;x",)), ("\\t", ("id,name;x",))])
def test_delimiter_that_is_said_wins(opened: Open, said: str, columns: tuple[str, ...]) -> None:
    assert opened("id,name;x\n", delimiter=said).columns == columns


def test_encoding_that_is_said_wins(opened: Open) -> None:
    source = opened("id,name\n1,Łukasz\n".encode("iso-8859-2"), encoding="iso-8859-2")
    assert values(source) == [["1", "Łukasz"]]
    assert "ISO8859-2" in str(source)


def test_source_says_what_it_was_found_to_be(opened: Open) -> None:
    assert str(opened("id;name\n1;Zoë\n".encode("cp1252"))) == "customers.csv: Windows-1252, separated by ;, 2 columns"


def test_line_numbers_are_those_of_the_file(opened: Open) -> None:
    source = opened('\n\nid,note\n1,"two\nlines"\n\n2,x\n,\n3,y\n')
    assert [row.line for row in source.rows()] == [4, 7, 9]
    assert values(source)[0] == ["1", "two\nlines"]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1", "1 value, the header has 3"),
        ("1,Ada", "2 values, the header has 3"),
        ("1,Ada,x,y", "4 values, the header has 3"),
        ('1,"A"da,x', "a quote inside a quoted value is not doubled"),
        ('1,"Ada,x', "a quote is opened and never closed"),
    ],
)
def test_bad_row_costs_no_other(opened: Open, row: str, reason: str) -> None:
    source = opened(f"id,name,mail\n{row}\n2,Bea,b\n3,Cy,c\n")
    assert flaws(source) == [(2, reason)]
    assert [row[0] for row in values(source)] == ["2", "3"]


def test_blank_values_beyond_the_last_column_are_none(opened: Open) -> None:
    source = opened("id,name,,\n1,Ada\n2,Bea,,,,\n3,Cy,,x\n4,Di,,,,x\n")
    assert [row[:2] for row in values(source)] == [["1", "Ada"], ["2", "Bea"], ["3", "Cy"]]
    assert flaws(source) == [(5, "6 values, the header has 2")]


def test_quote_never_closed_far_from_the_end_costs_one_line(opened: Open) -> None:
    rows = "".join(f"{n},Ada,x\n" for n in range(20_000))
    source = opened(f'id,name,mail\n0,"Ada,x\n{rows}')
    assert flaws(source) == [(2, "a quote is opened and never closed")]
    assert len(values(source)) == 20_000


def test_row_that_swallowed_a_good_one_gives_it_back(opened: Open) -> None:
    source = opened('id,name,mail\n1,"Ada,x\n2,Bea,y\n3,"Cy",z\n')
    assert flaws(source) == [(2, "a quote inside a quoted value is not doubled")]
    assert values(source) == [["2", "Bea", "y"], ["3", "Cy", "z"]]


def test_stray_nuls_are_taken_out(opened: Open) -> None:
    source = opened(b"id,name\n1,A\0da\n\0\0\0\n2,Bea\n" + b"\0" * 100)
    assert values(source) == [["1", "Ada"], ["2", "Bea"]]
    assert flaws(source) == []


def test_undecodable_row_is_left_out(opened: Open) -> None:
    source = opened("id,name\n1,Zoë\n2,Jürgen\n".encode() + b"3,\xff\n4,Di\n")
    assert [line for line, _ in flaws(source)] == [4]
    assert "not readable as UTF-8" in flaws(source)[0][1]
    assert [row[0] for row in values(source)] == ["1", "2", "4"]


def test_file_of_one_endless_line_is_read_in_pieces(opened: Open) -> None:
    source = opened("id,name\n" + "x" * 3_000_000)
    assert {reason for _, reason in flaws(source)} == {"a quote is opened and never closed"} or len(flaws(source)) > 1


def test_rows_can_be_read_again(opened: Open) -> None:
    source = opened("id,name\n1,Ada\n")
    assert values(source) == values(source)


def test_number_of_rows_is_told_about(opened: Open) -> None:
    assert opened("id,name\n" + "1000,Ada\n" * 5000).expected == pytest.approx(5000, rel=0.01)
    assert opened("id,name\n1,Ada\n").expected == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        ("id,email,name,email\n", "several columns 'email' \\(2 and 4\\)"),
        (b"PK\x03\x04\x14\x00", "is a workbook of a spreadsheet program; save its table as CSV"),
        (b"id,n\xff\xffme\nxx,\xc3\xa4\xc3\xa4\n", "name its encoding with --encoding"),
        pytest.param('id,"name' + "\nx" * 300, "cannot be read as column names: a quote is opened", id="open quote"),
    ],
)
def test_file_without_columns_is_refused_in_one_line(opened: Open, content: str | bytes, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        opened(content)


@pytest.mark.parametrize("delimiter", ["x", ",,", "space"])
def test_delimiter_that_is_none_is_refused(opened: Open, delimiter: str) -> None:
    with pytest.raises(UsageError, match=r"write one of , ; tab \|"):
        opened("id\n", delimiter=delimiter)


def test_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not there"):
        CsvSource.open(tmp_path / "none.csv")
    with pytest.raises(UsageError, match="no regular file"):
        CsvSource.open(tmp_path)


def test_file_that_goes_away_is_one_line(opened: Open) -> None:
    source = opened("id,name\n1,Ada\n")
    source.file.unlink()
    with pytest.raises(UsageError, match="cannot read"):
        list(source.rows())


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


@given(rows=st.lists(st.lists(TEXT, min_size=3, max_size=3), max_size=12), sign=st.sampled_from(",;\t|"))
def test_what_was_written_by_the_rules_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: Sequence[Sequence[str]], sign: str
) -> None:
    """Whatever the values are: only the white space around them, and rows of nothing, are not kept."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=sign, quoting=csv.QUOTE_ALL)
    writer.writerows([["id", "name", "mail"], *rows])
    file = tmp_path_factory.getbasetemp() / "written.csv"
    file.write_bytes(out.getvalue().encode())
    read = values(CsvSource.open(file, delimiter="tab" if sign == "\t" else sign, encoding="utf-8"))
    assert read == [list(row) for row in rows if any(map(str.strip, row))]


@given(content=st.binary(max_size=300))
def test_no_octets_whatever_raise_anything_else(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "fuzzed.csv"
    file.write_bytes(content)
    try:
        source = CsvSource.open(file)
    except UsageError:
        return
    lines = [row.line for row in source.rows()]
    assert lines == sorted(set(lines))
