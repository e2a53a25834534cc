"""Where the signature and the footer of a text stand: what a near repeat may differ in.

Looks at the end of the text only. Errs on the side of content: a line that could be either is content. It refuses to judge
numbers, but for one thing: which lines of a footer are an address, a phone number or a register entry.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mailguard.mail.footer_words import CONTACT, MARKER_BEGINNINGS, MARKER_STEMS, UNSPACED_MARKER_STEMS
from mailguard.mail.greeting_words import CLOSINGS, TEAMS, THANKS, UNSPACED_CLOSINGS
from mailguard.mail.link import LINK, beginnings_of, says_aside

_TAIL = 3_000  # characters in which signature and footer must stand
_LONGEST_CLOSING = 60
_LONGEST_SIGNATURE_LINE = 60
_MOST_SIGNATURE_LINES = 3
_LONGEST_AFTER_CLOSING = 300  # a longer paragraph after the closing is content where it does not say that it is none
_FULL_LINE = 60  # a line at least so long may have been broken for its length
_STRIPPED = " \t\r\n.,!:;*_>|-–—，。！、♥❤"
_SIGNATURE = re.compile(r"--[ \t]*\r?$")  # RFC 3676 4.3
_RULES = "-_=*#~"
_POSTSCRIPT = re.compile(
    r"\W{0,3}(?:p\.?\s?p?\.?s\b|n\.?b\b|ps:|hinweis:|note:|wichtig|important|nota:|примечание|追伸|附)", re.IGNORECASE
)
_SENTENCE_END = re.compile(r"[.!?]\s|[。！？।]")
_SENTENCE_ENDS = frozenset(".!?。！？।")
_LINKED = LINK.strip()
_ANY_DIGIT = re.compile(r"\d")
_LONGEST_MARKED = 300
_LONGEST_CONTACT = 160


@dataclass(frozen=True, slots=True)
class Region:
    """`text[start:stop]` is signature or footer. `is_card`: all of it is who wrote, as after RFC 3676's "-- "."""

    start: int
    stop: int
    is_card: bool


class _Unit(NamedTuple):
    """A line, with the lines that it was broken into: where it begins and ends, and whether a blank line stands before it."""

    start: int
    stop: int
    text: str
    begins_paragraph: bool


def find_footer(text: str) -> tuple[Region, ...]:
    """Return the regions at the end that are signature or footer, in order, not overlapping."""
    units = _units(text, start=max(0, len(text) - _TAIL))
    card = next((at for at, unit in enumerate(units) if _SIGNATURE.match(unit.text)), len(units))
    regions = [Region(unit.start, unit.stop, is_card=True) for unit in units[card:]]
    units = units[:card]
    closing = next((at for at in range(1, len(units)) if _closes(units, at)), len(units))
    found = [unit for unit in units[closing:] if _is_after_closing(unit)]
    end = closing
    while end and _is_marked(units[end - 1].text):
        end -= 1
    start = end if closing < len(units) else _signature_start(units, end)
    regions[:0] = [Region(unit.start, unit.stop, is_card=False) for unit in (*units[start:closing], *found)]
    return tuple(regions)


def is_contact(line: str) -> bool:
    """Whether a line of a footer is an address, a phone number, a register entry or a copyright: no fact of the mail."""
    return len(line) <= _LONGEST_CONTACT and CONTACT.search(line) is not None


def _units(text: str, *, start: int) -> list[_Unit]:
    units: list[_Unit] = []
    lines: list[str] = []
    begin = at = start
    begins_paragraph = True
    for line in text[start:].split("\n"):
        bare = line.strip()
        is_rule = bare[:1] in _RULES
        is_blank = not bare or (is_rule and not bare.strip(_RULES) and not _SIGNATURE.match(line))
        is_short = len(bare) <= _LONGEST_CLOSING
        if lines and (is_blank or is_rule or len(lines[-1]) < _FULL_LINE or (is_short and _is_closing(bare))):
            units.append(_Unit(begin, at, " ".join(lines), begins_paragraph))
            begins_paragraph = False
            lines = []
        if is_blank:
            begins_paragraph = True
        else:
            begin = at if not lines else begin
            lines.append(bare)
        at += len(line) + 1
    if lines:
        units.append(_Unit(begin, len(text), " ".join(lines), begins_paragraph))
    return units


def _is_marked(text: str) -> bool:
    """Whether it says of itself, in its first sentence, that it is a footer."""
    text = _SENTENCE_END.split(text.strip()[:_LONGEST_MARKED], maxsplit=1)[0].casefold()
    beginnings = beginnings_of(text)
    if not beginnings.isdisjoint(MARKER_BEGINNINGS) and any(stem in text for stem in MARKER_STEMS):
        return True
    if not text.isascii() and any(stem in text for stem in UNSPACED_MARKER_STEMS):
        return True
    return says_aside(text)


def _signature_start(units: Sequence[_Unit], end: int) -> int:
    """Return where the name of who wrote begins: the last paragraph, when it is a few short lines that are no sentences."""
    start = end - 1
    while start > 0 and not units[start].begins_paragraph:
        start -= 1
    is_short = start > 0 and end - start <= _MOST_SIGNATURE_LINES
    return start if is_short and all(_can_sign(unit.text) for unit in units[start:end]) else end


def _can_sign(text: str) -> bool:
    bare = text.strip()
    if len(bare) > _LONGEST_SIGNATURE_LINE or _ends_sentence(bare) or ":" in bare or "=" in bare or bare[0] in _RULES:
        return False
    if _LINKED in bare:
        return False
    return _ANY_DIGIT.search(bare) is None or is_contact(bare.casefold())


def _ends_sentence(text: str) -> bool:
    return text.rstrip()[-1:] in _SENTENCE_ENDS


def _closes(units: Sequence[_Unit], at: int) -> bool:
    """Whether the mail's closing begins with this line."""
    line = units[at].text
    if _is_closing(line.strip()):
        return True
    if len(line) > _LONGEST_CLOSING or at < len(units) - 6:
        return False
    folded = line.strip(_STRIPPED).casefold()
    if folded in THANKS:
        return "," in line and at + 1 < len(units) and len(units[at + 1].text) <= _LONGEST_SIGNATURE_LINE
    words = folded.split()
    return 1 < len(words) <= 6 and not TEAMS.isdisjoint(_team_words(words)) and _can_sign(line)


def _team_words(words: list[str]) -> set[str]:
    """Return the first and last words, where a signature names its team; "Acme-Team" is two words."""
    return {part for word in (*words[:3], words[-1]) for part in word.replace("'", "-").replace("’", "-").split("-")}


def _is_closing(line: str) -> bool:
    if len(line) > 2 * _LONGEST_CLOSING:
        return False
    bare = line.strip(_STRIPPED)
    words = bare.split(None, 1)
    if not words or len(bare) > _LONGEST_CLOSING:
        return False
    closings = CLOSINGS.get(words[0].rstrip(_STRIPPED).casefold(), UNSPACED_CLOSINGS if words[0] >= "\u3040" else ())
    folded = bare.casefold() if closings else ""
    for closing in closings:
        if folded.startswith(closing):
            rest = bare[len(closing) :]
            return not rest or (rest[0] in ",!. " and _is_signed(rest.strip(_STRIPPED)))
    return False


def _is_signed(rest: str) -> bool:
    """Whether what follows the closing on its line is a name: few words, each with a capital where the script has them."""
    words = rest.split()
    return len(words) <= 6 and all(word[:1].isupper() or len(word) <= 3 or word.lower() == word.upper() for word in words)


def _is_after_closing(unit: _Unit) -> bool:
    """Whether what stands after the closing belongs to it; a postscript and a long paragraph are content."""
    return _POSTSCRIPT.match(unit.text) is None and (len(unit.text) <= _LONGEST_AFTER_CLOSING or _is_marked(unit.text))
