"""Which lines of a text were newly written: neither quoted, nor the line that says who wrote what is quoted.

A quotation is told by its marks (`>`), by the lines that mail programs write above it (`On … wrote:`, a copied header,
`-----Original Message-----`), or by QUOTED, which stands in a text made from HTML for each quotation that the HTML marked. What
is not marked line by line goes on to the end. Each line is looked at a bounded number of times: linear.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from mailguard.replies.quotation_words import (
    ATTRIBUTION_BEGINNING,
    FORWARD_LINES,
    HEADER_GROUPS,
    LONGEST_HEADER_NAME,
    REPLY_ABOVE,
    REPLY_ABOVE_STEMS,
    SEPARATOR_STEMS,
    WROTE,
)

QUOTED = "\ufdd0"
"""A line of this alone stands for a quotation that HTML marked: no character, so that no text holds it."""

_LONGEST_LINE = 300  # of an attribution, a copied field or a separator
_MOST_ATTRIBUTION_LINES = 4
_MOST_HEADER_LINES = 14
_MOST_TRIES = 200  # lines that may begin a copied header or end an attribution, and are looked at more closely
_MOST_CONTINUED = 3  # lines of a copied header that go on with a long field
_FULL_LINE = 45
_INITIALS = re.compile(r"[A-Z]{1,3}>")
_COLONS = (":", "：", ":*")
_DIRECTIONS = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # they may stand after the colon
_ANY_DIGIT = re.compile(r"\d")
_TIME_OF_DAY = re.compile(r"\d{1,2}\s?[:.hH時时點点시]\s?\d{2}")
_SEPARATOR = re.compile(r"[-_=*—–]{2,}\s*([^-_=*—–].{1,200}?)\s*[-_=*—–:]{2,}")
_COMMENT_RULE = re.compile(r"-{10,}")
_COMMENT_HEAD = re.compile(r"\S.{0,80}, .{0,30}\d{4}\D{1,8}\d{1,2}[:.]\d{2}.{0,12}")
_FIELD = re.compile(r"[*_\s]*([^:：*]+?)\s*\*?\s*[:：]")


class _Line(Enum):
    BLANK = 0
    TEXT = 1
    QUOTED = 2


@dataclass(frozen=True, slots=True)
class Unquoted:
    """`segments` are the newly written runs of lines in order; `is_quoting`: a quotation was found."""

    segments: tuple[tuple[str, ...], ...]
    is_quoting: bool


def unquote_text(text: str) -> Unquoted:
    """Return the newly written lines, each stripped at its end."""
    if not text.isascii():
        for mark in _DIRECTIONS:
            text = text.replace(mark, "")
    lines = [line.rstrip() for line in text.split("\n")]
    return _Reading(lines).read()


class _Reading:
    """Reads one text from its first line to its last, or to where all that follows is quoted."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._kinds = [_kind(line) for line in lines]
        self._segments: list[tuple[str, ...]] = []
        self._current: list[str] = []
        self._is_quoting = False
        self._tries = 0
        self._has_text = False
        self._is_help_desk = False

    def read(self) -> Unquoted:
        """Return what was newly written."""
        for at, (line, kind) in enumerate(zip(self._lines, self._kinds, strict=True)):
            if kind is _Line.QUOTED:
                self._is_quoting = True
                self._close()
                continue
            if kind is _Line.TEXT and len(line) <= _LONGEST_LINE:
                if not self._has_text and self._is_above_comment(line.strip()):
                    continue
                if self._begins_rest(at):
                    self._is_quoting = True
                    break
                if line.endswith(_COLONS) and self._may_try() and self._attributes(at):
                    if not self._is_before_quotation(at):
                        break
                    continue
            self._current.append(line)
            self._has_text = self._has_text or kind is _Line.TEXT
        self._close()
        return Unquoted(tuple(self._segments), self._is_quoting)

    def _close(self) -> None:
        if any(self._current):
            self._segments.append(tuple(self._current))
        self._current = []

    def _is_above_comment(self, bare: str) -> bool:
        """Whether the line is what a help desk puts above a comment: where to reply, then who wrote it and when."""
        if _asks_to_reply_above(bare):
            self._is_help_desk = True
            return True
        is_head = self._is_help_desk and _COMMENT_HEAD.fullmatch(bare) is not None
        self._is_help_desk = self._is_help_desk and not is_head
        return is_head

    def _begins_rest(self, at: int) -> bool:
        """Whether everything from this line on was quoted or passed on."""
        bare = self._lines[at].strip()
        if _asks_to_reply_above(bare):
            return True
        if bare[0] in "-_=*—–" and (found := _SEPARATOR.fullmatch(bare)):
            inner = found[1].casefold()
            if any(stem in inner for stem in SEPARATOR_STEMS) or _says_who(found[1], is_before=False):
                return True
        if _COMMENT_RULE.fullmatch(bare) and _COMMENT_HEAD.fullmatch(self._next(at)):
            return True
        if bare.endswith(_COLONS) and bare.strip(":：* ").casefold() in FORWARD_LINES:
            return True
        return _group(bare) != "" and self._may_try() and self._is_header(at)

    def _next(self, at: int) -> str:
        """Return the next line that is not blank."""
        return next((line.strip() for line in self._lines[at + 1 : at + 4] if line), "")

    def _may_try(self) -> bool:
        self._tries += 1
        return self._tries <= _MOST_TRIES

    def _is_header(self, at: int) -> bool:
        """Whether a copied header begins with this line: who wrote, and two more of when, to whom and about what."""
        groups: set[str] = set()
        continued = 0
        for line in self._lines[at : at + _MOST_HEADER_LINES]:
            group = _group(line.strip())
            continued += not group and bool(line)
            if continued > _MOST_CONTINUED:
                break
            groups.add(group)
        return "sender" in groups and len(groups & {"sent", "to", "subject"}) >= 2

    def _is_before_quotation(self, at: int) -> bool:
        following = (kind for kind in self._kinds[at + 1 : at + 4] if kind is not _Line.BLANK)
        return next(following, None) is _Line.QUOTED

    def _attributes(self, at: int) -> bool:
        """Whether an attribution ends with this line; its lines before this one are then taken back."""
        is_before = self._is_before_quotation(at)
        joined = ""
        count = 0
        for back in range(min(_MOST_ATTRIBUTION_LINES, len(self._current) + 1)):
            line = self._lines[at - back].strip()
            if not line or len(line) > _LONGEST_LINE:
                break
            joined = f"{line} {joined}"
            if not _says_who(joined, is_before=is_before):
                continue
            count = count or back + 1
            if ATTRIBUTION_BEGINNING.match(line):
                count = back + 1
                break
        if not count:
            return False
        self._is_quoting = True
        count += self._is_broken_name(at - count)
        del self._current[len(self._current) - (count - 1) :]
        return True

    def _is_broken_name(self, at: int) -> bool:
        """Whether this full line, a paragraph's first, was broken before the line that says who wrote."""
        if at < 0 or self._kinds[at] is not _Line.TEXT or (at and self._kinds[at - 1] is _Line.TEXT) or not self._current:
            return False
        line = self._lines[at].strip()
        return (
            _FULL_LINE <= len(line) <= _LONGEST_LINE
            and line[-1] not in ".!?,;"
            and not ATTRIBUTION_BEGINNING.match(self._lines[at + 1].strip())
        )


def _kind(line: str) -> _Line:
    if not line:
        return _Line.BLANK
    bare = line if line[0] == ">" else line.lstrip()
    if bare[0] in ">＞" or bare == QUOTED or _INITIALS.match(bare):
        return _Line.QUOTED
    return _Line.TEXT


def _asks_to_reply_above(bare: str) -> bool:
    folded = bare.casefold()
    return any(stem in folded for stem in REPLY_ABOVE_STEMS) and REPLY_ABOVE.search(bare) is not None


def _group(line: str) -> str:
    """Return what a line names that looks like a copied header field; "" for any other."""
    start = line[: LONGEST_HEADER_NAME + 8]
    found = _FIELD.match(start) if ":" in start or "：" in start else None
    return HEADER_GROUPS.get(found[1].casefold(), "") if found else ""


def _says_who(joined: str, *, is_before: bool) -> bool:
    """Whether the words say who wrote what follows, and when.

    Before marked quotation a mailbox or a time of day is enough, or the verb; else the verb is needed, and a mailbox or the
    beginning and the time of day that programs write: people write "on 20 November you wrote:" too.
    """
    has_mailbox = "@" in joined
    has_time = _TIME_OF_DAY.search(joined) is not None
    wrote = WROTE.search(joined) is not None
    if is_before:
        return wrote or ((has_mailbox or has_time) and _ANY_DIGIT.search(joined) is not None)
    return wrote and (has_mailbox or (has_time and ATTRIBUTION_BEGINNING.match(joined) is not None))


def joined_segments(segments: Sequence[Sequence[str]]) -> str:
    """Return the segments as one text, a blank line between them, no two blank lines together, none at either end."""
    paragraphs: list[str] = []
    for segment in segments:
        was_blank = True
        if paragraphs and paragraphs[-1]:
            paragraphs.append("")
        for line in segment:
            bare = line.strip()
            if bare or not was_blank:
                paragraphs.append(bare)
            was_blank = not bare
    return "\n".join(paragraphs).strip()
