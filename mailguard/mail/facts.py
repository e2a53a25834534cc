"""What makes two mails of one template two mails: every number, amount, code, date and time in a line, with what it is about.

A fact is bound to the words before it, or, where a line or list item begins with it, to the word after it: swapped numbers are
other facts, moved paragraphs are not. The mail's own date and time are none. It knows lines that `words.py` folded; it refuses
to know where in the mail they stand.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from mailguard.mail.dates import Span, find_spans
from mailguard.mail.own_time import OwnTime
from mailguard.mail.words import MARK

MAX_FACTS = 20_000
"""Numbers of a text that are read as facts; those beyond stay words, so that another one makes another text."""

_SYMBOLS = "$¢£¤¥֏؋₠₡₢₣₤₥₦₧₨₩₪₫€₭₮₯₰₱₲₳₴₵₶₷₸₹₺₻₼₽₾₿%"
_SYMBOL = re.compile(f"[{_SYMBOLS}]")
_IS_FACT = re.compile(f"[0-9{_SYMBOLS}]")
_GLUED_LABEL = re.compile(r"(?<=[^\W\d_])[:=](?=[0-9])")
_AROUND = ".,;:!?()[]{}<>\"'*_|~`#=/\\&@^"
_SIGNS = "-+"
_ENDS_SENTENCE = ".!?"
_SHORTEST_LAST_WORD = 5  # "Nr.", "No." and "Tel." end no sentence
_CONTEXT_WORDS = 2


class FactReader:
    """Reads lines; `facts` are pairs of context and value. `sent_at` None: no date is the mail's own."""

    def __init__(self, sent_at: datetime | None) -> None:
        self._sent_at = sent_at
        self._own: OwnTime | None = None
        self._left = MAX_FACTS
        self.facts: set[tuple[str, str]] = set()

    def read(self, line: str, before: str, is_listed: bool) -> str | None:  # noqa: FBT001 - the signature of ReadLine
        """Return the line with its facts replaced by MARK and without the mail's own date; None when enough were taken."""
        words, numbers = _split(line)
        self._left -= len(numbers)
        if self._left < 0:
            return None
        if not numbers:
            return line
        return self._read(words, numbers, before=before, is_listed=is_listed)

    def _read(self, words: list[str], numbers: list[int], *, before: str, is_listed: bool) -> str:
        spans = find_spans(words, numbers, self._own_time())
        out: list[str] = []
        done = 0
        for start, stop, is_own in _pieces(numbers, spans):
            out += words[done:start]
            done = stop
            mark = ""
            if not is_own:
                value = " ".join(filter(None, map(_value, words[start:stop])))
                self.facts.add((_context(out, words, stop, before=before, is_listed=is_listed), value))
                mark = MARK
            end = words[stop - 1][-1]
            mark += end if end in _ENDS_SENTENCE else ""
            if mark:
                out.append(mark)
        out += words[done:]
        return " ".join(out)

    def _own_time(self) -> OwnTime:
        if self._own is None:
            self._own = OwnTime(self._sent_at)
        return self._own

    def values(self) -> set[str]:
        """Return the values without what they are about."""
        return {value for _, value in self.facts}


def _split(line: str) -> tuple[list[str], list[int]]:
    """Return the words of a line and the places of those that are facts; symbols of money and per cent stand alone."""
    if "$" in line or "%" in line:
        line = line.replace("$", " $ ").replace("%", " % ")
    if ":" in line or "=" in line:
        line = _GLUED_LABEL.sub(": ", line)
    words = line.replace("|", " ").split()
    return words, [at for at, word in enumerate(words) if not word.isalpha() and _IS_FACT.search(word)]


def _pieces(numbers: Sequence[int], spans: Sequence[Span]) -> list[tuple[int, int, bool]]:
    """Return every date, time and other number in order, once."""
    if not spans:
        return [(at, at + 1, False) for at in numbers]
    taken = {at for span in spans for at in range(span.start, span.stop)}
    pieces = [(at, at + 1, False) for at in numbers if at not in taken]
    pieces += [(span.start, span.stop, span.is_own) for span in spans]
    return sorted(pieces)


def _value(word: str) -> str:
    """Return the word without punctuation around it; a sign before a number stays: a refund is no charge."""
    value = word.strip(_AROUND)
    bare = value.strip(_SIGNS)
    is_signed = len(value) - len(value.lstrip(_SIGNS)) == 1 and bare[:1].isdecimal()
    return value[0] + bare if is_signed else bare


def _context(out: Sequence[str], words: Sequence[str], stop: int, *, before: str, is_listed: bool) -> str:
    """Return the words that the fact is about: those before it in its sentence, else the one after it, else the line before."""
    context = _last_words(out)
    if context:
        return context
    has_label = before.endswith(":") and not is_listed
    if not has_label:
        for word in words[stop:]:
            after = word.strip(_AROUND)
            if len(after) > 1 and after.isalpha():
                return "> " + after
    return _last_words(before.split())


def _last_words(words: Sequence[str]) -> str:
    """Return up to two words at the end of what stands there, none across the end of a sentence."""
    found: list[str] = []
    for word in reversed(words[-4:]):
        bare = MARK if word[0] == MARK else word.strip(_AROUND).strip(_SIGNS)
        if not bare:
            continue
        if word[-1] in _ENDS_SENTENCE and len(bare) >= _SHORTEST_LAST_WORD:
            break
        found.append(bare)
        if len(found) == _CONTEXT_WORDS:
            break
    return " ".join(found)
