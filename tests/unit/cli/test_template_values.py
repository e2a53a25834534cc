"""mailguard.cli.template_values: rows from JSON, JSON lines and CSV, and what is wrong with them said in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mailguard.cli import template_values
from mailguard.cli.template_values import read_rows
from mailguard.errors import UsageError


def written(folder: Path, name: str, octets: bytes) -> Path:
    file = folder / name
    file.write_bytes(octets)
    return file


@pytest.mark.parametrize(
    ("name", "octets", "rows"),
    [
        ("a.json", b'{"n": 1}', [{"n": 1}]),
        ("a.json", b'\xef\xbb\xbf[{"n": 1}, {"n": 2}]', [{"n": 1}, {"n": 2}]),
        ("a.jsonl", b'{"n": 1}\n\n{"n": 2}\n', [{"n": 1}, {"n": 2}]),
        ("a.csv", b"n, m\n1,2\n3\n", [{"n": "1", "m": "2"}, {"n": "3", "m": ""}]),
        ("a.CSV", b'n;m\r\n"a;b";\xc3\xa9\r\n', [{"n": "a;b", "m": "é"}]),
        ("a.tsv", b"n\tm\n1\t2\n", [{"n": "1", "m": "2"}]),
    ],
)
def test_rows_are_read(tmp_path: Path, name: str, octets: bytes, rows: list[dict[str, Any]]) -> None:
    assert read_rows(written(tmp_path, name, octets)) == rows


@pytest.mark.parametrize(
    ("name", "octets", "said"),
    [
        ("a.json", b"", "neither JSON nor JSON lines"),
        ("a.json", b"[1]", "holds no JSON objects"),
        ("a.json", b"[]", "has no rows"),
        ("a.json", b'{"n": 1}\n{"n": \n', "line 2 is no JSON"),
        ("a.json", b'{"n": 1}\n[1]\n', "line 2 is no JSON object"),
        ("a.csv", b"n\n", "has no rows"),
        ("a.csv", b"n\n1,2\n", "line 2: it has more columns"),
        ("a.csv", b'n\n"' + b"x" * 200_000 + b'"\n', "field larger"),
        ("a.csv", b"n\n\xff\n", "is not UTF-8"),
    ],
)
def test_mistake_is_named(tmp_path: Path, name: str, octets: bytes, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read_rows(written(tmp_path, name, octets))


def test_absent_and_large_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_rows(tmp_path / "a.json")
    monkeypatch.setattr(template_values, "MOST_OCTETS", 3)
    with pytest.raises(UsageError, match="larger than 3 octets"):
        read_rows(written(tmp_path, "a.json", b"[{}]"))
