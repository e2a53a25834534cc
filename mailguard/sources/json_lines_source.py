"""A file of JSON objects, one a line, as rows under columns. Knows nothing of what the columns mean."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self, TextIO

from mailguard.errors import UsageError
from mailguard.sources.source_row import Flaw, Row

_LONGEST_LINE: Final = 1 << 20
"""Characters read as one line at most: a file without line ends must not fill the memory."""

_MOST_COLUMNS: Final = 1000

_NO_TEXT: Final = re.compile("[\0\ud800-\udfff]")
"""What JSON can write and no file and no database takes: NUL, and halves of a character."""


@dataclass(frozen=True, slots=True)
class JsonLinesSource:
    """A file whose objects' names are the columns, in the order in which they first come; `a.b` is b in the object a."""

    file: Path
    columns: tuple[str, ...]
    expected: int

    @classmethod
    def open(cls, file: Path) -> Self:
        """Return the file as a source; it is read once to find all its columns.

        Raises UsageError where it cannot be read, no line of it is an object, or it has more columns than anybody means.
        """
        columns: dict[str, None] = {}
        count = 0
        with _opened(file) as text:
            for _, line in _lines(text):
                count += 1
                columns |= dict.fromkeys(_fields(line) or ())
                if len(columns) > _MOST_COLUMNS:
                    raise UsageError(f"{file} has more than {_MOST_COLUMNS} different names; write one flat object a line")
        if not columns:
            raise UsageError(f'{file} holds no JSON object a line, such as {{"email": "ada@lovelace.example"}}')
        return cls(file, tuple(columns), count)

    def __str__(self) -> str:
        """Return what it was found to be, for a person."""
        return f"{self.file.name}: JSON lines, {len(self.columns)} columns"

    def rows(self) -> Iterator[Row | Flaw]:
        """The rows in order, without blank lines. Raises UsageError where the file cannot be read."""
        with _opened(self.file) as text:
            for number, line in _lines(text):
                fields = _fields(line)
                if fields is None:
                    yield Flaw(number, "no JSON object")
                else:
                    yield Row(number, [fields.get(column, "") for column in self.columns])


def _opened(file: Path) -> TextIO:
    try:
        return file.open(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from error


def _lines(text: TextIO) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, by number; of one that is too long its beginning, which is no object."""
    number = 0
    while line := text.readline(_LONGEST_LINE):
        number += 1
        more = line
        while more and not more.endswith("\n"):
            more = text.readline(_LONGEST_LINE)
        if line.strip():
            yield number, line


def _fields(line: str) -> dict[str, str] | None:
    """The values of one object as text, None where the line is none."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return dict(_flat(found)) if isinstance(found, dict) else None


def _flat(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in found.items():
        if isinstance(value, dict):
            yield from ((f"{name}.{inner}".strip(), _text(one)) for inner, one in value.items())
        else:
            yield name.strip(), _text(value)


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case str():
            return _NO_TEXT.sub("\ufffd", value)
        case bool():
            return "true" if value else "false"
        case list() if all(isinstance(one, str) for one in value):
            return _text(";".join(value))
        case _:
            return json.dumps(value, ensure_ascii=False)
