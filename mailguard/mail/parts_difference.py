"""Where the text and the HTML of one mail say different things. Reads decoded parts; refuses to say which is right."""

from __future__ import annotations

import re
from typing import Final

from mailguard.mail.html_text import render
from mailguard.mail.link import LINK, less_tracking, take_links

_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_NUMBER: Final = re.compile(r"\d[\d.,:/-]*\d|\d")
_LEAST_WORDS: Final = 8
_LEAST_SHARE: Final = 0.5
"""Of the words of the shorter part that the longer one must have."""
_MOST_SHOWN: Final = 5


def difference(text: str, html: str) -> tuple[str, tuple[str, ...]]:
    """Return in one clause how the two parts differ in what they say, and with which words; "" where they say the same.

    Markup, order and addresses of links are left out of it: a number that only one of them has, or another text, is not.
    """
    seen = render(html).text
    plain, plain_targets = _taken(text)
    shown, shown_targets = _taken(seen)
    words, others = set(_words(plain)), set(_words(shown))
    fewer = min(len(words), len(others))
    if fewer >= _LEAST_WORDS and len(words & others) < _LEAST_SHARE * fewer:
        return "the text part and the HTML part say different things", tuple(sorted(words - others)[:_MOST_SHOWN])
    if bool(words) != bool(others):
        return f"only the {'text' if words else 'HTML'} part says anything", ()
    numbers = _numbers(plain) ^ _numbers(shown)
    if numbers:
        return "a number stands in only one of the text part and the HTML part", tuple(sorted(numbers)[:_MOST_SHOWN])
    targets = plain_targets - shown_targets
    if targets and shown_targets:
        return "a link of the text part is not in the HTML part", tuple(sorted(targets)[:_MOST_SHOWN])
    return "", ()


def _taken(text: str) -> tuple[str, set[str]]:
    links = take_links(text)
    return links.text.replace(LINK, " "), {less_tracking(each) for each in links.targets}


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


def _numbers(text: str) -> set[str]:
    return {"".join(each for each in number if each.isdigit()) for number in _NUMBER.findall(text)}
