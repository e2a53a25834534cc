"""What a command prints: tables where a person looks, JSON where a program does. Text from mail is made safe for a terminal.

Only results go to standard output; everything else goes to standard error.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal

import typer

from mailguard.mail.masking import terminal_safe

_NAMES: Final = {"mail_class": "class"}
"""What the contract calls by a name that is a keyword in Python."""

_WIDE: Final = 200
"""Columns of a table that goes to no terminal."""


def print_json(document: Any) -> None:
    """Print one document; indented where a person looks."""
    typer.echo(json.dumps(plain(document), indent=2 if sys.stdout.isatty() else None))


def print_json_line(document: Any) -> None:
    """Print one document of a stream on a line of its own, at once."""
    typer.echo(json.dumps(plain(document)))


def plain(value: Any) -> Any:
    """Return `value` as what JSON can hold; dataclasses become objects, times RFC 3339."""
    match value:
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(item) for item in value]
        case _ if dataclasses.is_dataclass(value):
            return {
                _NAMES.get(name, name): plain(getattr(value, name))
                for name in (field.name for field in dataclasses.fields(value))
            }
        case _ if hasattr(value, "model_dump"):
            return value.model_dump(mode="json", exclude_none=True)
        case _:
            return value


def say(text: str) -> None:
    """Print one line of a result."""
    typer.echo(terminal_safe(text))


def note(text: str) -> None:
    """Say something beside the result, on standard error."""
    typer.echo(terminal_safe(text), err=True)


_WHOLE: Final = frozenset({"id", "such as"})
"""Columns that are never broken, for what stands there is copied."""


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table with a heading; numbers stand to the right."""
    from rich.console import Console  # noqa: PLC0415 - a program that asks for JSON does not pay for it
    from rich.table import Table  # noqa: PLC0415 - the same
    from rich.text import Text  # noqa: PLC0415 - the same

    cells = [list(row) for row in rows]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, column in enumerate(columns):
        is_number = bool(cells) and all(isinstance(row[place], int | float) for row in cells)
        side: Literal["left", "right"] = "right" if is_number else "left"
        table.add_column(column, justify=side, overflow="fold", no_wrap=column in _WHOLE)
    for row in cells:
        table.add_row(*(Text(terminal_safe(str(cell))) for cell in row))
    Console(width=None if sys.stdout.isatty() else _WIDE, highlight=False, soft_wrap=False).print(table)


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return "1 message" or "3 messages"; `plural` where it does not end in a mere s."""
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"


def when(moment: datetime | None) -> str:
    """Return a time as a person reads it, in the zone of this host; "" for none."""
    return f"{moment.astimezone():%Y-%m-%d %H:%M:%S}" if moment else ""
