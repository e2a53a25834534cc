from __future__ import annotations

from pathlib import Path

import pytest

from mailguard.errors import UsageError
from mailguard.sources.json_lines_source import JsonLinesSource
from mailguard.sources.source_row import Flaw, Row


def source(folder: Path, text: str) -> JsonLinesSource:
    file = folder / "audience.jsonl"
    file.write_text(text, encoding="utf-8")
    return JsonLinesSource.open(file)


def test_names_are_columns_in_the_order_in_which_they_come_and_values_are_text(tmp_path: Path) -> None:
    found = source(
        tmp_path,
        '\ufeff{"email": "ada@x.example", "n": 7, "vip": true, "off": false, "gone": null}\n\n'
        '{"email": "bob@x.example", "tags": ["a", "b"], "list": [1], "name": {"given": "Bob", "more": {"a": 1}}}\n',
    )
    assert found.columns == ("email", "n", "vip", "off", "gone", "tags", "list", "name.given", "name.more")
    assert found.expected == 2
    assert list(found.rows()) == [
        Row(1, ["ada@x.example", "7", "true", "false", "", "", "", "", ""]),
        Row(3, ["bob@x.example", "", "", "", "", "a;b", "[1]", "Bob", '{"a": 1}']),
    ]
    assert str(found) == "audience.jsonl: JSON lines, 9 columns"


def test_line_that_is_no_object_costs_only_itself(tmp_path: Path) -> None:
    deep = "[" * 100_000
    found = source(tmp_path, f'{{"email": "a"}}\n[1]\n{{"email": \n{deep}\n{{"email": "b"}}\n')
    assert [type(row) for row in found.rows()] == [Row, Flaw, Flaw, Flaw, Row]
    assert next(row for row in found.rows() if isinstance(row, Flaw)) == Flaw(2, "no JSON object")


def test_line_without_an_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    long = '{"a": "' + "x" * (1 << 21) + '"}'
    found = source(tmp_path, f'{{"email": "a"}}\n{long}\n{{"email": "b"}}')
    assert found.columns == ("email",)
    assert list(found.rows()) == [Row(1, ["a"]), Flaw(2, "no JSON object"), Row(3, ["b"])]


def test_what_no_file_and_no_database_takes_is_replaced(tmp_path: Path) -> None:
    found = source(tmp_path, '{"email": "a", "name": "A\\ud800\\u0000a", "tags": ["\\udfff"]}\n')
    assert list(found.rows()) == [Row(1, ["a", "A\ufffd\ufffda", "\ufffd"])]


@pytest.mark.parametrize("text", ["", "[1]\n", '[{"email": "a"}]'])
def test_file_without_objects_says_what_is_needed(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match="no JSON object a line"):
        source(tmp_path, text)


def test_more_names_than_anybody_means_are_told_of(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="more than 1000 different names"):
        source(tmp_path, "".join(f'{{"n{number}": 1}}\n' for number in range(1001)))


def test_file_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read"):
        JsonLinesSource.open(tmp_path / "gone.jsonl")
