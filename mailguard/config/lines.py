"""Where each key of a TOML text stands. The text has been parsed already; this only finds lines and judges nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias

KeyPath: TypeAlias = tuple[str | int, ...]

_KEY = r"""(?:[A-Za-z0-9_-]+|"(?:\\.|[^"\\\n])*"|'[^'\n]*')"""
_KEYS = rf"{_KEY}(?:[ \t]*\.[ \t]*{_KEY})*"
_HEADER = re.compile(rf"[ \t]*\[(\[?)[ \t]*({_KEYS})[ \t]*\]")
_PAIR = re.compile(rf"[ \t]*({_KEYS})[ \t]*=")
_ONE_KEY = re.compile(_KEY)
_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*|[^"\'#\[\]{}\n]+|.', re.DOTALL
)


def key_lines(text: str) -> dict[KeyPath, int]:
    """Return the line, counted from 1, of each table and key; tables of an array are numbered from 0 in the path."""
    lines: dict[KeyPath, int] = {}
    arrays: dict[KeyPath, int] = {}
    table: KeyPath = ()
    position = 0
    while position < len(text):
        line = text.count("\n", 0, position) + 1
        if header := _HEADER.match(text, position):
            table = _table(_names(header[2]), arrays, is_array=bool(header[1]))
            lines.setdefault(table, line)
            position = _end_of_line(text, header.end())
        elif pair := _PAIR.match(text, position):
            lines.setdefault(table + _names(pair[1]), line)
            position = _end_of_value(text, pair.end())
        else:
            position = _end_of_line(text, position)
    return lines


def line_of(lines: Mapping[KeyPath, int], path: KeyPath) -> int | None:
    """Return the line of `path`, or of the nearest table or key above it; None where none of them is written."""
    return next((lines[path[:size]] for size in range(len(path), 0, -1) if path[:size] in lines), None)


def _names(dotted: str) -> tuple[str, ...]:
    return tuple(key.strip("\"'") for key in _ONE_KEY.findall(dotted))


def _table(names: tuple[str, ...], arrays: dict[KeyPath, int], *, is_array: bool) -> KeyPath:
    path: KeyPath = ()
    for name in names[:-1]:
        path += (name,)
        if path in arrays:
            path += (arrays[path],)
    path += names[-1:]
    if is_array:
        arrays[path] = arrays.get(path, -1) + 1
    return (*path, arrays[path]) if path in arrays else path


def _end_of_line(text: str, position: int) -> int:
    end = text.find("\n", position)
    return len(text) if end < 0 else end + 1


def _end_of_value(text: str, position: int) -> int:
    """Return where the next statement begins: after the first line end outside strings and brackets."""
    depth = 0
    for token in _TOKEN.finditer(text, position):
        if token[0] == "\n" and depth == 0:
            return token.end()
        depth += (token[0] in ("[", "{")) - (token[0] in ("]", "}"))
    return len(text)
