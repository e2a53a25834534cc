"""A case as lines of styled text, for any width: both records side by side with what differs marked, in colour and in signs.

The styles are names; which colours they are is for the screen, and a plain terminal does without. Knows no key and no database.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest
from typing import Final

from rich.cells import cell_len

from mailguard.cli.output import counted
from mailguard.cli.review.case import Case, Row, Said, Side, name_of, reference_of, rows
from mailguard.cli.review.difference import Piece, Sign
from mailguard.cli.review.shown import is_right_to_left, shown
from mailguard.store.person_mail import PersonMail


class Style(StrEnum):
    """What a run of text is."""

    PLAIN = "plain"
    LABEL = "label"
    STRONG = "strong"
    FAINT = "faint"
    MARK = "mark"
    CARET = "caret"
    EQUAL = "equal"
    ALIKE = "alike"
    DIFFERENT = "different"
    PLUS = "plus"
    MINUS = "minus"
    URGENT = "urgent"


@dataclass(frozen=True, slots=True)
class Run:
    """Some text of one style."""

    text: str
    style: Style = Style.PLAIN


Line = tuple[Run, ...]

LEAST_WIDTH: Final = 60
"""Columns below which two values do not fit beside each other."""

LEAST_HEIGHT: Final = 16
"""Rows below which too little of a pair is seen at once."""

_NARROWEST: Final = 40
"""Cells that a page takes at least; a terminal that is wide enough always leaves it more."""

_LABEL: Final = 9
_GAP: Final = 3
_OTHERS: Final = 3
"""Other records of a person that are named; the rest is counted."""

_LEFT_TO_RIGHT: Final = "\N{LEFT-TO-RIGHT MARK}"
"""Behind a value that is written from right to left: else a terminal that turns it turns its neighbours with it."""

_SIGNS: Final = {Sign.EQUAL: Style.EQUAL, Sign.ALIKE: Style.ALIKE, Sign.DIFFERENT: Style.DIFFERENT, Sign.MISSING: Style.FAINT}


def pair_lines(case: Case, width: int) -> list[Line]:
    """Both records, then what else is in both persons and what mail hangs on them; no line is wider than `width` cells."""
    columns = _Columns(max(width, _NARROWEST))
    lines = columns.beside("", _heading(case.left), _heading(case.right), style=Style.STRONG)
    lines += columns.beside("", _membership(case.left), _membership(case.right), style=Style.FAINT)
    lines.append(columns.rule())
    for row in rows(case):
        lines += columns.compared(row)
    lines.append(columns.rule())
    lines += columns.beside("also", *_padded(_others(case.left), _others(case.right)))
    lines += columns.beside("sent", [_mail(case.left.mail)], [_mail(case.right.mail)])
    lines += columns.beside("held", *_padded(_held(case.left.mail), _held(case.right.mail)), style=Style.URGENT)
    lines += [_said(one) for one in case.said]
    return lines


def plain(line: Line) -> str:
    """The line without styles."""
    return "".join(run.text for run in line).rstrip()


def width_of(text: str) -> int:
    """The cells that a terminal needs for it."""
    return cell_len(text)


def fitted(text: str, width: int) -> str:
    """The text in exactly `width` cells, cut with an ellipsis or filled with spaces."""
    if width_of(text) > width:
        text = "".join(letter.text for letter in _that_fit(_split((Piece(text),)), width - 1)) + "…"
    return text + " " * (width - width_of(text))


class _Columns:
    """The page's columns: the field's name, one value, the sign, the other value."""

    def __init__(self, width: int) -> None:
        self._value = (width - _LABEL - _GAP) // 2

    def rule(self) -> Line:
        return (Run("─" * (_LABEL + 2 * self._value + _GAP), Style.FAINT),)

    def beside(self, label: str, left: Sequence[str], right: Sequence[str], *, style: Style = Style.PLAIN) -> list[Line]:
        """Texts side by side, none of them compared; nothing for nothing."""
        lines: list[Line] = []
        for one, other in zip_longest(left, right, fillvalue=""):
            head = fitted("" if lines else label, _LABEL)
            values = (
                Run(_turned(fitted(one, self._value)), style),
                Run(" " * _GAP),
                Run(_turned(fitted(other, self._value)), style),
            )
            lines.append((Run(head, Style.LABEL), *values))
        return lines

    def compared(self, row: Row) -> list[Line]:
        """One field: its values, and under what differs carets."""
        style = _SIGNS[row.difference.sign]
        lines: list[Line] = []
        sides = (side or (Piece("–"),) for side in (row.difference.left, row.difference.right))
        pairs = zip_longest(*(_wrapped(side, self._value) for side in sides), fillvalue=())
        for one, other in pairs:
            head, sign = ("", " ") if lines else (row.label, row.difference.sign)
            gap = Run(f" {sign}".ljust(_GAP), style)
            lines.append((Run(fitted(head, _LABEL), Style.LABEL), *self._value_runs(one), gap, *self._value_runs(other)))
            carets = self._carets(one), self._carets(other)
            if "^" in carets[0] + carets[1]:
                lines.append((Run(" " * _LABEL), Run(carets[0], Style.CARET), Run(" " * _GAP), Run(carets[1], Style.CARET)))
        return lines

    def _value_runs(self, pieces: Sequence[Piece]) -> tuple[Run, ...]:
        text = "".join(piece.text for piece in pieces)
        filler = " " * (self._value - width_of(text))
        end = _LEFT_TO_RIGHT if is_right_to_left(text) else ""
        return (*(Run(piece.text, Style.MARK if piece.is_marked else Style.PLAIN) for piece in pieces), Run(end + filler))

    def _carets(self, pieces: Sequence[Piece]) -> str:
        # In a text from right to left nobody knows which column a letter is in: there the letters are only underlined.
        if is_right_to_left("".join(piece.text for piece in pieces)):
            return " " * self._value
        signs = "".join(("^" if piece.is_marked else " ") * width_of(piece.text) for piece in pieces)
        return signs.ljust(self._value)


def _turned(text: str) -> str:
    return text + _LEFT_TO_RIGHT if is_right_to_left(text) else text


def _heading(side: Side) -> list[str]:
    return [shown(reference_of(side.record))]


def _membership(side: Side) -> list[str]:
    """Whose it is and what hangs on that, in a line that is always on the screen."""
    mail = side.mail
    parts = (
        side.person,
        f"{len(mail.held)} held!" if mail.held else "",
        f"{mail.count} sent" if mail.count else "",
        counted(side.size, "record") if side.size > 1 else "alone",
    )
    return [" · ".join(part for part in parts if part)]


def _others(side: Side) -> list[str]:
    """The person's further records, one a line."""
    named = side.others[:_OTHERS]
    lines = [shown(" · ".join(part for part in (reference_of(one), name_of(one), *one.emails[:1]) if part)) for one in named]
    more = side.size - 1 - len(named)
    return [*lines, f"and {counted(more, 'record')} more"] if more > 0 else lines


def _mail(mail: PersonMail) -> str:
    if mail.last_at is None:
        return "none"
    return shown(f"{mail.count}, last {mail.last_at:%Y-%m-%d}: {mail.last_subject}")


def _held(mail: PersonMail) -> list[str]:
    return [shown(f"! {one.finding or 'held'}: {one.subject}") for one in mail.held]


def _padded(left: list[str], right: list[str]) -> tuple[list[str], list[str]]:
    """A dash where only one side has something, so that its absence is seen."""
    return (left or ["–"], right or ["–"]) if left or right else (left, right)


def _said(said: Said) -> Line:
    why = f": {said.reason}" if said.reason else ""
    taken_back = ", taken back" if said.is_undone else ""
    return (Run(shown(f"{said.at:%Y-%m-%d} {said.actor} said {said.answer}{why}{taken_back}"), Style.FAINT),)


@dataclass(frozen=True, slots=True)
class _Letter:
    text: str
    is_marked: bool
    width: int


def _split(pieces: Iterable[Piece]) -> Iterator[_Letter]:
    """The letters, each with the accents that stand on it."""
    for piece in pieces:
        letter = ""
        for character in piece.text:
            if letter and width_of(character):
                yield _Letter(letter, piece.is_marked, width_of(letter))
                letter = ""
            letter += character
        if letter:
            yield _Letter(letter, piece.is_marked, width_of(letter))


def _that_fit(letters: Iterable[_Letter], width: int) -> list[_Letter]:
    fit: list[_Letter] = []
    for letter in letters:
        width -= letter.width
        if width < 0:
            break
        fit.append(letter)
    return fit


def _wrapped(pieces: Iterable[Piece], width: int) -> list[tuple[Piece, ...]]:
    """The pieces in lines of at most `width` cells, broken behind a space where there is one."""
    letters = list(_split(pieces))
    lines: list[tuple[Piece, ...]] = []
    while letters:
        fit = _that_fit(letters, width)
        if len(fit) < len(letters):
            spaces = [place for place, letter in enumerate(fit) if letter.text == " "]
            fit = fit[: spaces[-1] + 1] if spaces else fit
        lines.append(_joined(fit))
        letters = letters[len(fit) :]
    return lines or [()]


def _joined(letters: Iterable[_Letter]) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    for letter in letters:
        if pieces and pieces[-1].is_marked is letter.is_marked:
            pieces[-1] = Piece(pieces[-1].text + letter.text, letter.is_marked)
        else:
            pieces.append(Piece(letter.text, letter.is_marked))
    return tuple(pieces)
