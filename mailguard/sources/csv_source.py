"""A file of comma-separated values as somebody exported it: encoding and delimiter found out, good rows kept apart from bad.

A row that cannot be read costs its first line and no other: reading goes on behind it, also where a quote was never closed.
Knows nothing of what the columns mean.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, Self, TextIO

from mailguard.errors import UsageError
from mailguard.sources.mailbox_cell import holds_mailbox
from mailguard.sources.source_row import Flaw, Row
from mailguard.sources.source_text import UNDECODABLE, encoding_name, find_encoding, known_encoding, open_text

DELIMITERS: Final = {",": ",", ";": ";", "tab": "\t", "|": "|"}
"""What a person may write, and the character that is meant."""

_WORKBOOKS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
"""How files of Excel, LibreOffice and Numbers begin: the ZIP format, and Microsoft's older one."""

_SAMPLE_LINES: Final = 100
_LONGEST_LINE: Final = 1 << 18
"""Characters read as one line at most: a file without line ends must not fill the memory."""

_MOST_LINES: Final = 200
"""Lines of one row; one that goes on is one whose quote nobody closed."""


@dataclass(frozen=True, slots=True)
class CsvSource:
    """A file whose first line names its columns. `head`: the lines before its rows. `expected`: about how many rows it has."""

    file: Path
    encoding: str
    delimiter: str
    columns: tuple[str, ...]
    head: int
    expected: int

    @classmethod
    def open(cls, file: Path, *, encoding: str = "", delimiter: str = "") -> Self:
        """Return the file as a source; `encoding` and `delimiter` ("tab" is one) are found out where they are not given.

        Raises UsageError where it cannot be read, is empty or a workbook, or names a column twice.
        """
        if not file.is_file():
            raise UsageError(f"{file} is {'no regular file; save it to one first' if file.exists() else 'not there'}")
        _check_text(file)
        codec = known_encoding(encoding) if encoding else find_encoding(file)
        with open_text(file, codec) as text:
            sample = list(islice(_clean(text), _SAMPLE_LINES))
        declared = _declared_delimiter(sample[0]) if sample else ""
        sign = _character(delimiter) or declared or _best_delimiter(sample)
        lines = _Lines(sample[bool(declared) :])
        columns = _header(lines, file, encoding=codec, delimiter=sign)
        head = lines.number + bool(declared)
        return cls(file, codec, sign, columns, head, _expected(file, sample, codec) - head)

    def __str__(self) -> str:
        """Return what it was found to be, for a person."""
        delimiter = next(name for name, sign in DELIMITERS.items() if sign == self.delimiter)
        return f"{self.file.name}: {encoding_name(self.encoding)}, separated by {delimiter}, {len(self.columns)} columns"

    def rows(self) -> Iterator[Row | Flaw]:
        """The rows in order, without blank ones. Raises UsageError where the file cannot be read."""
        with open_text(self.file, self.encoding) as text:
            body = islice(_clean(text), self.head, None)
            yield from _rows(_Lines(body, self.head), self.delimiter, self.columns, encoding_name(self.encoding))


def _check_text(file: Path) -> None:
    """Raise UsageError for what a spreadsheet program saves where it is not asked for text."""
    try:
        with file.open("rb") as octets:
            is_workbook = octets.read(8).startswith(_WORKBOOKS)
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from error
    if is_workbook:
        raise UsageError(f"{file} is a workbook of a spreadsheet program; save its table as CSV (UTF-8), and give that")


class _Lines:
    """The lines of a text, and the way back to just behind the first line of the row that is being read."""

    def __init__(self, lines: Iterable[str], number: int = 0) -> None:
        self.number = number
        self._lines = iter(lines)
        self._again: deque[str] = deque()
        self._row: list[str] = []

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        if len(self._row) == _MOST_LINES:
            raise csv.Error("too many lines")
        line = self._again.popleft() if self._again else next(self._lines)
        self._row.append(line)
        self.number += 1
        return line

    def begin_row(self) -> None:
        """Forget the way back: the row was taken."""
        self._row.clear()

    def go_back(self) -> None:
        """Let all lines of this row but its first come again."""
        self.number -= max(0, len(self._row) - 1)
        self._again.extendleft(reversed(self._row[1:]))

    @property
    def count(self) -> int:
        """Lines of this row so far."""
        return len(self._row)

    @property
    def is_damaged(self) -> bool:
        """Whether there is something in this row that the encoding could not read."""
        return any(UNDECODABLE in line for line in self._row)


def _clean(text: TextIO) -> Iterator[str]:
    """The lines without stray NULs, which no text means."""
    while line := text.readline(_LONGEST_LINE):
        yield line.replace("\0", "") if "\0" in line else line


def _rows(lines: _Lines, delimiter: str, columns: tuple[str, ...], encoding: str) -> Iterator[Row | Flaw]:
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    while True:
        lines.begin_row()
        first = lines.number + 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            values, reason = [], _reason(error)
        else:
            reason = _wrong_count(values, columns)
        if lines.is_damaged:
            reason = f"not readable as {encoding}; if the file is of another encoding, name it with --encoding"
        if reason:
            lines.go_back()
            yield Flaw(first, reason)
        elif any(map(str.strip, values)):
            yield Row(first, values[: len(columns)])


def _reason(error: csv.Error) -> str:
    if "expected after" in str(error):
        return "a quote inside a quoted value is not doubled"
    return "a quote is opened and never closed"


def _wrong_count(values: list[str], columns: tuple[str, ...]) -> str:
    """What is wrong with the number of values, "" for nothing: unnamed columns and blank values at the end do not count."""
    found, needed = len(values), len(columns)
    while not columns[needed - 1]:
        needed -= 1
    is_blank = not any(map(str.strip, values))
    if is_blank or needed <= found <= len(columns) or (found > needed and not any(map(str.strip, values[len(columns) :]))):
        return ""
    return f"{found} value{'' if found == 1 else 's'}, the header has {needed}"


def _expected(file: Path, sample: list[str], codec: str) -> int:
    """About how many lines the file has: its size in octets, by those of the first lines."""
    octets = sum(len(line.encode(codec, "replace")) for line in sample)
    return max(len(sample), file.stat().st_size * len(sample) // max(1, octets))


def _header(lines: _Lines, file: Path, *, encoding: str, delimiter: str) -> tuple[str, ...]:
    """The columns' names, from the first line that is not blank."""
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        columns = next((tuple(map(str.strip, row)) for row in reader if any(map(str.strip, row))), ())
    except csv.Error as error:
        raise UsageError(f"{file}: the first line cannot be read as column names: {_reason(error)}") from error
    if not columns:
        raise UsageError(f"{file} is empty; it needs a line with column names, and rows")
    if lines.is_damaged:
        raise UsageError(f"{file} is not {encoding_name(encoding)}; name its encoding with --encoding")
    repeated = next((name for place, name in enumerate(columns) if name and name in columns[:place]), "")
    if repeated and not any(map(holds_mailbox, columns)):  # else it is a row, whose values may well be alike
        places = " and ".join(str(place + 1) for place, name in enumerate(columns) if name == repeated)
        raise UsageError(f"{file} has several columns {repeated!r} ({places}); give each a name of its own")
    return columns


def _character(delimiter: str) -> str:
    """The delimiter that a person named, "" for none. Raises UsageError for one that is not known."""
    name = {"\t": "tab", "\\t": "tab"}.get(delimiter, delimiter.lower())
    if name and name not in DELIMITERS:
        raise UsageError(f"the delimiter cannot be {delimiter!r}; write one of {' '.join(DELIMITERS)}")
    return DELIMITERS[name] if name else ""


def _declared_delimiter(line: str) -> str:
    """What a first line `sep=;` says, which spreadsheets write and read; "" for another line."""
    name, _, sign = line.strip("\r\n").strip('"').partition("=")
    return sign if name.lower() == "sep" and sign in DELIMITERS.values() else ""


def _best_delimiter(sample: list[str]) -> str:
    """The delimiter that cuts the most lines into as many values as the first one, and that into the most."""
    return max(DELIMITERS.values(), key=lambda sign: _fitness(sample, sign))


def _fitness(sample: list[str], delimiter: str) -> float:
    try:
        widths = [len(row) for row in csv.reader(sample, delimiter=delimiter, skipinitialspace=True) if row]
    except csv.Error:
        return 0.0
    return (widths[0] - 1) * widths.count(widths[0]) / len(widths) if widths else 0.0
