"""Telephone numbers in one form (ITU-T E.164). Refuses to say whether anybody answers.

The library is loaded with the first number: it takes longer to load than everything else here together.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from mailguard.identity.folding import ascii_of

_CACHED: Final = 1 << 16
_LONGEST = 64
_FEWEST_DIGITS = 5
_MOST_DIGITS = 17  # E.164 has 15, and a trunk prefix may stand before them
_NO_DIGIT = re.compile(r"\D+")
_NUMBER = re.compile(r"[+(]*\d[\d()\-. /]*")  # ends at an extension, a remark
_TELLING = 5  # first digits that tell how a number is written
_COUNTING = "01234567890123456789"


@lru_cache(_CACHED)
def phone(text: str, region: str = "") -> str:
    """Return the number in E.164 where its country is told, by itself or by `region` (ISO 3166 alpha-2); else its digits.

    "" for what has too few digits or too many, or is one digit repeated or counting.
    """
    found = _NUMBER.search(ascii_of(text[:_LONGEST]))
    text = found[0] if found else ""
    digits = _NO_DIGIT.sub("", text)
    if len(digits) > _MOST_DIGITS:  # two numbers, where 0171 / 123456 is one
        text = text.partition("/")[0]
        digits = _NO_DIGIT.sub("", text)
    if not _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS or _is_placeholder(digits):
        return ""
    if digits.startswith("00"):
        text = f"+{digits[2:]}"
    return _international(text, region.upper()) or digits if region or "+" in text else digits


def _is_placeholder(digits: str) -> bool:
    return len(set(digits.lstrip("0"))) <= 1 or digits in _COUNTING or digits in _COUNTING[::-1]


def _international(text: str, region: str) -> str:
    """Return the number in E.164; "" where the library cannot read it."""
    if region and text.isdecimal() and (form := _national_form(region, text[:_TELLING], len(text))):
        dropped, prefix = form
        return prefix + text[dropped:]
    return _read(text, region)


@lru_cache(_CACHED)
def _national_form(region: str, start: str, length: int) -> tuple[int, str] | None:
    """Return how a region writes numbers that start so and are so long in E.164: how many digits go, and what is put before.

    The library takes 30 microseconds a number; its rules look at the first digits and the length alone, but for a handful of
    islands.
    """
    sample = start + "2" * (length - len(start))
    number = _read(sample, region)
    dropped = next(at for at in range(length + 1) if number.endswith(sample[at:]))
    return (dropped, number[: len(number) - length + dropped]) if number else None


def _read(text: str, region: str) -> str:
    from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, parse  # noqa: PLC0415

    try:
        return format_number(parse(text, region or None), PhoneNumberFormat.E164)
    except NumberParseException:
        return ""
