"""What comes from mail and audiences made fit for an HTML page, and numbers and times as a person reads them."""

from __future__ import annotations

import re
from datetime import datetime
from html import escape
from typing import Final

# C0 and C1 controls, lone surrogates, and what turns the direction of writing (UAX 9): none of them is text.
_UNSEEN: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")

_LANGUAGES: Final = {
    "ar": "Arabic",
    "bg": "Bulgarian",
    "cs": "Czech",
    "da": "Danish",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "et": "Estonian",
    "fi": "Finnish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "hr": "Croatian",
    "hu": "Hungarian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sk": "Slovak",
    "sl": "Slovenian",
    "sr": "Serbian",
    "sv": "Swedish",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "vi": "Vietnamese",
    "zh": "Chinese",
}


def shown(text: str) -> str:
    """Return the text escaped, for content and attributes; its direction of writing stays within."""
    return escape(_UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text))


def isolated(text: str) -> str:
    """Return the text escaped in an element of its own, so that what is written from the right turns nothing else."""
    return f"<bdi>{shown(text)}</bdi>"


def number(value: int | None) -> str:
    """Return 1,234, or a dash for what is not known."""
    return "–" if value is None else f"{value:,}"


def share(part: float) -> str:
    """Return a share as a percentage: what is there never is 0 %."""
    percent = part * 100
    if 0 < percent < 0.1:
        return "< 0.1 %"
    return f"{percent:.0f} %" if percent >= 10 or percent == 0 else f"{percent:.1f} %"


def moment(at: datetime) -> str:
    """Return a time for a reader anywhere."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def language(code: str) -> str:
    """Return a language's English name, its code where it has none here."""
    return _LANGUAGES.get(code, code)


def plural(count: int | None, noun: str, several: str = "") -> str:
    """Return "1 person" or "3,000 persons"."""
    return f"{number(count)} {noun if count == 1 else several or f'{noun}s'}"
