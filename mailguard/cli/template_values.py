"""The values that a template is checked with, read from a file: a JSON object or list, JSON lines, or CSV with a heading."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any, Final

from mailguard.errors import UsageError

MOST_OCTETS: Final = 67_108_864
"""Octets of a file of values."""


def read_rows(file: Path) -> list[dict[str, Any]]:
    """Return the rows. Raises UsageError, which says what is wrong and where."""
    text = _read(file)
    rows = _csv_rows(file, text) if file.suffix.lower() in {".csv", ".tsv"} else _json_rows(file, text)
    if not rows:
        raise UsageError(f"{file} has no rows; give it at least one")
    return rows


def _read(file: Path) -> str:
    try:
        octets = file.read_bytes()
        if len(octets) > MOST_OCTETS:
            raise UsageError(f"{file} is larger than {MOST_OCTETS} octets; give some of its rows")
        return octets.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{file} is not UTF-8; save it as UTF-8") from error


def _csv_rows(file: Path, text: str) -> list[dict[str, Any]]:
    heading = text.partition("\n")[0]
    delimiter = max(",;\t", key=heading.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, restval="")
    rows: list[dict[str, Any]] = []
    try:
        for row in reader:
            if None in row:
                raise UsageError(f"{file} line {reader.line_num}: it has more columns than the heading")
            rows.append({name.strip(): value for name, value in row.items()})
    except csv.Error as error:
        raise UsageError(f"{file} line {reader.line_num}: {error}") from error
    return rows


def _json_rows(file: Path, text: str) -> list[dict[str, Any]]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        if "\n" in text.strip() and text.lstrip().startswith("{"):
            return [_line(file, number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
        raise UsageError(f"{file} is neither JSON nor JSON lines: {error}; CSV is told by its name, .csv") from error
    rows = found if isinstance(found, list) else [found]
    if not all(isinstance(row, dict) for row in rows):
        raise UsageError(f"{file} holds no JSON objects; each row is an object of names and values")
    return rows


def _line(file: Path, number: int, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file} line {number} is no JSON: {error}") from error
    if not isinstance(row, dict):
        raise UsageError(f"{file} line {number} is no JSON object")
    return row
