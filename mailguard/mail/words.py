"""Text as words that compare: folded once as a whole, in UTF-8, so that the rest is a few passes in C.

Owns what a word is: case, compatibility forms (NFKC), invisible characters, punctuation and decoration, digits of all scripts,
and scripts that put no space between words. It refuses to know which words matter. Linear, and in slices where one call could
take long.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import category, decimal, normalize

MARK = "\x02"
"""Stands in a line for a fact; among the words it is MARK_WORD."""
MARK_WORD = "#"
SENTENCE_END = "\x03"
"""Stands among the words where a sentence, an item or a paragraph ends."""

# Canonical ordering is quadratic in a run of combining marks, so a long line is normalised in slices cut at a space.
_SLICE = 256
_MOST_REPLACED = 24  # beyond it one pass over all characters is faster than a pass for each
_MOST_LOWERED = 8
_LONGEST_FORM = 4  # some Arabic signs are whole sentences in their compatibility form
_ASCII = bytes(range(0x80))
# Arrows, boxes, shapes and dingbats that decorate. Emoji and ticks stay: they may say what no word does.
_DECORATIONS = re.compile("[\u2122\u2190-\u21ff\u2460-\u25ff\u2605\u2606\u2794\u27a1\u27a4\u2b05-\u2b07\u3007\u3030]")
_DASHES = frozenset("\u2010\u2011\u2012\u2013\u2212")
_BULLETS = frozenset("\u2022\u2023\u2043\u2219\u25aa\u25cf\u25e6")
_INVISIBLE = frozenset("\u00ad\u034f\u115f\u1160\u3164\ufe0e\ufe0f")
_EMOJI = re.compile("[\u2600-\u27bf\U0001f000-\U0001faff]")
# Scripts without spaces: each letter is a word, so that it does not matter where a line was broken.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3006\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
_SEPARATING = frozenset({"Zs", "Zl", "Zp", "Cc", "Pi", "Pf", "Ps", "Pe", "Pd", "Sk"})

_KEPT = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789\n") | frozenset(range(0x80, 0x100))
_TABLE = {**{each: each for each in (*_KEPT, *b".!?")}, ord(MARK): ord(MARK_WORD)}
_WORDS = bytes(_TABLE.get(each, 0x20) for each in range(256))
_ENDS = b".!?"
_NOT_ENDS = bytes(set(range(256)) - set(_ENDS))
_SENTENCES = bytes(ord(SENTENCE_END) if each in _ENDS else each for each in range(256))
_BARE = bytes(0x20 if each in _ENDS else each for each in _WORDS)
_SHAPE = bytes(0x30 if 0x30 <= each <= 0x39 else each for each in _WORDS)

# A blank line, an indented line, an item and a line that begins with a fact begin a sentence; else a line reads on.
_BREAK = re.compile(f"\n(?=[\n {MARK_WORD}])")
_MOST_BREAKS = 131_072
# Lines of plain text are broken at one width; where the longest line is out of this range, they are not broken at all.
_WRAP_WIDTHS = range(40, 101)
_MOST_JOINED = 2
_LISTED = re.compile(rb"[ \t]*+(?:[-*][ \t]*+)?\d")

ReadLine = Callable[[str, str, bool], str | None]
"""Takes a line that holds a digit, the line before it, and whether it is one of several such lines; gives it back with its
facts replaced by MARK, or None when it has taken enough and the rest is to stay as it is."""


def composed(text: str) -> str:
    """Return the text with its letters in one character each where there is one (NFC)."""
    return text if text.isascii() else "\n".join(map(_composed, text.split("\n")))


def fold(text: str) -> bytes:
    """Return composed text folded for comparing: lower case, compatibility forms, ASCII digits; punctuation and lines kept."""
    if text.isascii():
        return _lowered(text)
    letters = _rare_letters(text)
    replaced = {letter: folded for letter in letters if (folded := _folded(letter)) != letter}
    if len(replaced) > _MOST_REPLACED:
        text = text.translate({ord(letter): folded for letter, folded in replaced.items()})
    else:
        for letter, folded in replaced.items():
            text = text.replace(letter, folded)
    lowered = {letter: folded for letter in letters if (folded := letter.casefold()) != letter}
    if len(lowered) > _MOST_LOWERED:
        text = text.casefold()
    else:
        for letter, folded in lowered.items():
            text = text.replace(letter, folded)
    return _lowered(text)


def _lowered(text: str) -> bytes:
    octets = text.encode("utf-8", "replace").lower()
    return octets.translate(None, b"\r") if b"\r" in octets else octets


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text: in one `line`, and the same in `sentences` and items. `ends` are the signs that end sentences."""

    line: str
    ends: str
    sentences: tuple[str, ...]

    @property
    def count(self) -> int:
        """The number of words."""
        return self.line.count(" ") + bool(self.line)


def read_words(folded: bytes, read_line: ReadLine) -> Words:
    """Return the words of folded text with MARK_WORD for its facts, having shown each line with a digit to `read_line`."""
    marked = _marked(folded, read_line)
    ends = marked.translate(None, _NOT_ENDS).decode()
    line = " ".join(_with_breaks(marked.translate(_SENTENCES).decode()).split())
    while "# #" in line:
        line = line.replace("# #", "#")
    sentences = tuple(filter(None, map(str.strip, line.split(SENTENCE_END))))
    return Words(" ".join(sentences), ends, sentences)


def _with_breaks(text: str) -> str:
    """Return the text with SENTENCE_END where a line begins a sentence; a slice at a time, for it may be all line ends."""
    if len(text) <= _MOST_BREAKS:
        return _BREAK.sub(SENTENCE_END, text)
    slices = (text[at : at + _MOST_BREAKS] for at in range(0, len(text), _MOST_BREAKS))
    return "".join(_BREAK.sub(SENTENCE_END, each) for each in slices)


def words_of(folded: bytes) -> list[str]:
    """Return the words of folded text as they are, numbers too."""
    return folded.translate(_BARE).decode().split()


def _marked(folded: bytes, read_line: ReadLine) -> bytes:
    """Return the text without punctuation, sentences and facts marked."""
    shape = folded.translate(_SHAPE)
    at = shape.find(b"0")
    if at < 0:
        return shape
    width = _wrap_width(folded)
    pieces: list[bytes] = []
    done = 0
    while at >= 0:
        start, stop = _logical_line(folded, at, done=done, width=width)
        before = _line_before(folded, start)
        line = read_line(folded[start:stop].decode(), before, _is_listed(folded, start, stop, before=before))
        if line is None:
            pieces.append(folded[done:].translate(_WORDS))
            return b"".join(pieces)
        pieces += (shape[done:start], line.encode().translate(_WORDS))
        done = stop
        at = shape.find(b"0", done)
    pieces.append(shape[done:])
    return b"".join(pieces)


def _wrap_width(folded: bytes) -> int:
    """Return the length of the longest line that can be a broken one; lines are joined where they are about that full."""
    width = max((length for length in map(len, folded.decode().split("\n")) if length < _WRAP_WIDTHS.stop), default=0)
    return width if width in _WRAP_WIDTHS else _WRAP_WIDTHS.stop


def _rare_letters(text: str) -> set[str]:
    return set(text.encode("utf-8", "replace").translate(None, _ASCII).decode())


def _composed(line: str) -> str:
    if len(line) <= _SLICE:
        return normalize("NFC", line)
    pieces: list[str] = []
    start = 0
    while start < len(line):
        stop = start + _SLICE
        space = line.rfind(" ", start, stop) if stop < len(line) else -1
        stop = space + 1 if space >= 0 else stop
        pieces.append(normalize("NFC", line[start:stop]))
        start = stop
    return "".join(pieces)


@lru_cache(maxsize=8192)
def _folded(letter: str) -> str:
    """Return what stands for one character out of ASCII, case aside."""
    kind = category(letter)
    if letter in _INVISIBLE or kind == "Cf":
        return ""
    if letter in _DASHES:
        return "-"
    if letter in _BULLETS:
        return " - "
    if _DECORATIONS.match(letter) or kind in _SEPARATING:
        return "\n" if kind in {"Zl", "Zp"} else " "
    return _written(letter, kind)


def _written(letter: str, kind: str) -> str:
    """Return the digit, word or compatibility form that a character is."""
    if kind == "Nd":
        return str(decimal(letter))
    form = normalize("NFKC", letter)
    if _EMOJI.match(letter) or _UNSPACED.match(letter):
        return f" {form} "
    return _plain(form if len(form) <= _LONGEST_FORM else letter, kind)


def _plain(form: str, kind: str) -> str:
    """Return the compatibility form; punctuation of any script is a space where it is not ASCII then."""
    if kind == "Po":
        return form if form.isascii() else "." if form in "。।॥።" else " "
    return f" {form} " if kind == "Sc" else form


def _logical_line(folded: bytes, at: int, *, done: int, width: int) -> tuple[int, int]:
    """Return where the line begins and ends that holds `at`, with the lines that it was broken into."""
    start = max(folded.rfind(b"\n", done, at) + 1, done)
    stop = _line_end(folded, at)
    for _ in range(_MOST_JOINED):
        before = max(folded.rfind(b"\n", done, max(done, start - 1)) + 1, done)
        if start <= done or not _reads_on(folded, before, start - 1, width=width):
            break
        start = before
    last = start
    for _ in range(_MOST_JOINED):
        last = max(last, folded.rfind(b"\n", last, stop) + 1)
        if not _reads_on(folded, last, stop, width=width):
            break
        stop = _line_end(folded, stop + 1)
    return start, stop


def _line_end(folded: bytes, at: int) -> int:
    end = folded.find(b"\n", at)
    return len(folded) if end < 0 else end


def _reads_on(folded: bytes, start: int, stop: int, *, width: int) -> bool:
    """Whether the line `start:stop` was broken because the first word of the next one had no room."""
    following = folded[stop + 1 : stop + 1 + 4 * width]
    if not following or following[0] in b" \t\n-*>|#=" or stop - start > 4 * width:
        return False
    length = len(folded[start:stop].decode())
    word = following.partition(b"\n")[0].partition(b" ")[0].decode("utf-8", "ignore")
    return length <= width < length + 1 + len(word)


def _line_before(folded: bytes, start: int) -> str:
    """Return the last line before `start` that is not blank, at most 200 octets of it."""
    return folded[max(0, start - 200) : start].rstrip().rpartition(b"\n")[2].decode("utf-8", "ignore")


def _is_listed(folded: bytes, start: int, stop: int, *, before: str) -> bool:
    """Whether the line begins with a number and one beside it does so too."""
    if not _LISTED.match(folded[start : start + 20]):
        return False
    return bool(_LISTED.match(folded[stop : stop + 40].lstrip()) or _LISTED.match(before[:20].encode()))
