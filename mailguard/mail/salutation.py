"""The salutation: where it stands in the text, and the name when it greets exactly one person.

A greeting is looked for in the first lines only. Where text follows on the same line, only the greeting part is the salutation.
It refuses to know who the recipient is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mailguard.mail.greeting_words import (
    AND,
    GREETING_BEGINNINGS,
    GREETINGS,
    MOST_GREETING_WORDS,
    NO_NAMES,
    NOBODY,
    PARTICLES,
    TITLES,
    UNSPACED_GREETINGS,
    UNSPACED_HONORIFICS,
    UNSPACED_NOBODY,
)

_HEAD = 6_000  # characters in which the salutation must stand
_MOST_LINES = 15
_LONGEST_LINE = 200  # looked at; a paragraph that begins with a greeting is longer
_MOST_NAME_WORDS = 6
_MOST_GREETINGS = 3  # after the first one, on one line
_LONGEST_NAME = 100
_LONGEST_UNSPACED_NAME = 12
_STRIPPED = " \t\r,.!:;*_>|-–—，。！：、«»\"'()\u200b\u00a0¡¿"
# A point ends a salutation only at the end of the line: "Dr. Rossi".
_END_OF_NAME = re.compile(r"[,!:;，！：、。؛،]|\s[-–—/|]\s|\.\s*$|।")
_VARIANT = re.compile(r"\([^()]{1,6}\)|/[^\W\d]{1,6}$")  # Caro(a), Уважаемая(-ый), Αγαπητή/έ
# What scripts without spaces put between two marks of punctuation.
_SEGMENT = re.compile(r"([^、，,。.!！:：;；\n]{1,30})(?:[、，,。.!！:：;；]+\s*|$)")
_PRONOUNS = frozenset("您你我的是有请已")
_NAMED_FIRST = re.compile(r"^(?P<name>[^\W\d_][\w.'’-]*(?: [^\W\d_][\w.'’-]*){0,2}),$")


@dataclass(frozen=True, slots=True)
class Salutation:
    """`text[start:stop]`, empty where there is none; `greets` is the name if it greets exactly one person, else "".

    `is_line`: nothing else stands on its line.
    """

    start: int
    stop: int
    greets: str
    is_line: bool


NO_SALUTATION = Salutation(0, 0, "", is_line=True)


def find_salutation(text: str) -> Salutation:
    """Return the first salutation among the first lines."""
    at = 0
    seen = 0
    head = text[:_HEAD]
    while seen < _MOST_LINES and at < len(head):
        end = head.find("\n", at)
        end = len(head) if end < 0 else end
        line = head[at : min(end, at + _LONGEST_LINE)]
        bare = line.lstrip(_STRIPPED)
        if bare.strip(_STRIPPED).strip():
            found = _read(bare, is_whole=end - at <= _LONGEST_LINE, is_first=seen == 0)
            if found is not None:
                length, name = found
                start = at + len(line) - len(bare)
                is_line = not head[start + length : end].strip(_STRIPPED)
                return Salutation(start, start + length, name[:_LONGEST_NAME], is_line=is_line)
            seen += 1
        at = end + 1
    return NO_SALUTATION


def _read(line: str, *, is_whole: bool, is_first: bool) -> tuple[int, str] | None:
    """Return the length of the salutation that the line begins with, and the one name in it; None where there is none."""
    if line[0] >= "\u3040":
        return _read_unspaced(line)
    first = line.split(None, 1)[0].casefold()
    if first in GREETING_BEGINNINGS or first.strip(_STRIPPED) in GREETING_BEGINNINGS or _has_variant(first):
        length = _greeting(line)
        if length:
            return _after_greeting(line, length, is_whole=is_whole)
    if is_first and is_whole:
        named = _NAMED_FIRST.match(line.rstrip())
        if named is not None and _is_name(named["name"].split()) and not _is_sentence_word(named["name"]):
            return len(line), _one_person(named["name"])
    return None


def _has_variant(first: str) -> bool:
    return ("(" in first or "/" in first) and _VARIANT.sub("", first) in GREETING_BEGINNINGS


def _is_sentence_word(name: str) -> bool:
    return name.split(None, 1)[0].casefold() in NO_NAMES | NOBODY


def _greeting(line: str) -> int:
    """Return the length of the longest greeting that the line begins with, 0 where it begins with none."""
    words = line[:80].split(" ")
    for count in range(min(MOST_GREETING_WORDS, len(words)), 0, -1):
        phrase = " ".join(words[:count])
        for form in (phrase, phrase.rstrip(_STRIPPED)):
            if form.casefold() in GREETINGS:
                return len(form)
        if _VARIANT.sub("", phrase).casefold() in GREETINGS:
            return len(phrase)
    return 0


def _after_greeting(line: str, length: int, *, is_whole: bool) -> tuple[int, str] | None:
    rest = line[length:]
    end = _END_OF_NAME.search(rest)
    if end is None and not is_whole:
        return None
    name = rest[: end.start()] if end is not None else rest
    stop = end.end() if end is not None else len(rest)
    words = name.split()
    if not words:
        return _greeting_alone(line, length, rest, end)
    if words[0].casefold() in NO_NAMES or not _is_name(words, is_ended=end is not None):
        return None
    more = _next_greetings(rest[stop:])
    return length + stop + more, "" if more else _one_person(name)


def _greeting_alone(line: str, length: int, rest: str, end: re.Match[str] | None) -> tuple[int, str] | None:
    """`Hello,` and what may follow it on the line: a name with an end of its own, or the first sentence."""
    if end is None:
        return len(line), ""
    after = rest[end.end() :]
    more = _next_greetings(after)
    if more:
        return length + end.end() + more, ""
    end_of_name = _END_OF_NAME.search(after)
    name = after[: end_of_name.start()] if end_of_name is not None else ""
    words = name.split()
    if end_of_name is not None and 0 < len(words) <= 3 and _is_name(words) and not _is_sentence_word(name):
        return length + end.end() + end_of_name.end(), _one_person(name)
    return length + end.end(), ""


def _next_greetings(rest: str) -> int:
    """Return the length of further greetings: `Sehr geehrte Frau Müller, sehr geehrter Herr Schmidt,`."""
    length = 0
    for _ in range(_MOST_GREETINGS):
        bare = rest[length:].lstrip()
        greeting = _greeting(bare) if bare else 0
        end = _END_OF_NAME.search(bare, greeting)
        name = bare[greeting : end.start() if end is not None else len(bare)]
        if not greeting or len(name.split()) > _MOST_NAME_WORDS:
            break
        length = len(rest) - len(bare) + (end.end() if end is not None else len(bare))
    return length


def _is_name(words: list[str], *, is_ended: bool = True) -> bool:
    """Whether the words can be a name, a title and name, or those whom a circular means."""
    if len(words) > _MOST_NAME_WORDS + 2:
        return False
    folded = [word.strip(_STRIPPED).casefold() for word in words]
    odd = [
        word
        for word, plain in zip(words, folded, strict=True)
        if not (word[:1].isupper() or not word[:1].isalpha() or not _is_cased(word) or plain in _NAME_PARTS)
    ]
    return not odd or (is_ended and len(words) <= 2)


_NAME_PARTS = PARTICLES | TITLES | NOBODY | AND


def _is_cased(word: str) -> bool:
    return word.lower() != word.upper()


def _one_person(name: str) -> str:
    """Return the name without titles when it is one person's, else ""."""
    words = [word for word in name.split() if word.strip(_STRIPPED)]
    folded = [word.strip(_STRIPPED).casefold() for word in words]
    if not AND.isdisjoint(folded[1:-1]) or not NOBODY.isdisjoint(folded) or "&" in name or "/" in name:
        return ""
    kept = [word for word, plain in zip(words, folded, strict=True) if plain not in TITLES]
    return " ".join(kept).strip(_STRIPPED)


def _read_unspaced(line: str) -> tuple[int, str] | None:
    """Read what scripts without spaces put before and after the name: 亲爱的李雷，, 山田様, 안녕하세요, 김철수님."""
    first = _SEGMENT.match(line)
    if first is None:
        return _unspaced_greeting(line)
    name, is_greeted, is_honoured = _bare_unspaced(first[1])
    following = _SEGMENT.match(line, first.end())
    stop = first.end()
    if following is not None:
        next_name, next_is_greeting, next_is_honoured = _bare_unspaced(following[1])
        if not name and next_name and (next_is_honoured or _is_unspaced_name(following)):
            name, is_honoured, stop = next_name, True, following.end()
        elif is_honoured and next_is_greeting and not next_name:
            stop = following.end()
    if not is_honoured and not (is_greeted and len(name) <= _LONGEST_UNSPACED_NAME and first[0] != first[1]):
        return _unspaced_greeting(line)
    return stop, "" if any(word in name for word in UNSPACED_NOBODY) else name


def _is_unspaced_name(segment: re.Match[str]) -> bool:
    """Whether the segment is a name alone: two to four characters, none of them a pronoun, and an end."""
    name = segment[1].strip()
    return 2 <= len(name) <= 4 and segment[0] != segment[1] and _PRONOUNS.isdisjoint(name)


def _bare_unspaced(segment: str) -> tuple[str, bool, bool]:
    """Return the segment without greeting and honorific, and whether it had the one and the other."""
    name = segment.strip(_STRIPPED)
    whole = name
    for greeting in UNSPACED_GREETINGS:
        name = name.removeprefix(greeting).removesuffix(greeting).strip(_STRIPPED)
    greeted = name
    honorific = next((each for each in UNSPACED_HONORIFICS if name.endswith(each)), "")
    return name.removesuffix(honorific).strip(_STRIPPED), greeted != whole, bool(honorific)


def _unspaced_greeting(line: str) -> tuple[int, str] | None:
    greeting = next((each for each in UNSPACED_GREETINGS if line.startswith(each)), "")
    return (len(greeting), "") if greeting else None
