"""Dates of birth as sources write them, in one form. Refuses to know today's date.

What is wrong by a typing error stays: 1937-13-45 is still evidence beside 1937-12-45. What stands for no date goes.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from mailguard.identity.folding import ascii_of, is_nothing, word_set, words
from mailguard.mail.calendar_words import MONTHS

_CACHED: Final = 1 << 16
_LATEST_SHORT_YEAR = 20  # 20 is 2020, 21 is 1921
_MONTH_FIRST = word_set("us ph fm gu pr")
_YEAR_FIRST = re.compile(r"(\d{4})[-/. ](\d{1,2})(?:[-/. ](\d{1,2}))?(?:[T ].*)?", re.DOTALL)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)")
_YEAR_LAST = re.compile(r"(\d{1,2})\s?[-/. ]\s?(\d{1,2})\s?[-/. ]\s?(\d{4}|\d\d)(?:\s.*)?", re.DOTALL)
_MONTH_AND_YEAR = re.compile(r"(\d{1,2})[-/. ](\d{4})")
# What programs put where there is no date: epochs of Unix, Excel, SQL Server, .NET, Windows; zeros, ones and nines.
_PLACEHOLDERS = word_set("""
1970-01-01 1900-01-01 1900-01-00 1899-12-30 1899-12-31 1753-01-01 1601-01-01 1901-01-01 1800-01-01 1111-11-11 2000-00-00
1900-00-00
""")
_EAST_ASIAN = dict(zip(map(ord, "年月日년월일"), "-- -- ", strict=True))  # 1985年4月12日
_FIRST_YEAR, _LAST_YEAR = 1001, 2998
_MONTH_WORDS = {words(name)[0]: min(numbers) for name, numbers in MONTHS.items() if len(numbers) == 1 and words(name)}


@lru_cache(_CACHED)
def born(text: str, region: str = "") -> str:
    """Return YYYY-MM-DD, or YYYY-MM or YYYY where no more is told, or "".

    `region`: ISO 3166 alpha-2; it says what 03/04/1980 is. But in the few that put the month first, the day is first.
    """
    if is_nothing(text):
        return ""
    bare = ascii_of(text[:64].translate(_EAST_ASIAN)).strip()
    year, month, day = _numeric(bare, region)
    return _complete(year, month, day) if year else _in_words(bare)


def _numeric(text: str, region: str) -> tuple[str, str, str]:
    """Return year, month and day as written; "" for what is not."""
    if found := _COMPACT.fullmatch(text) or _YEAR_FIRST.fullmatch(text):
        year, month, day = found.groups(default="")
        return year, month, day
    if found := _YEAR_LAST.fullmatch(text):
        first, second, year = found.groups()
        day, month = (second, first) if region.lower() in _MONTH_FIRST else (first, second)
        if int(month) > 12 >= int(day):
            day, month = month, day
        return _long(year), month, day
    if found := _MONTH_AND_YEAR.fullmatch(text):
        return found[2], found[1], ""
    return (text, "", "") if len(text) == 4 and text.isdecimal() else ("", "", "")


def _in_words(text: str) -> str:
    """Return a date whose month is a word: 10 December 1815, Dec 10, 1815, 10-Dec-85."""
    found = words(text)
    months = [number for word in found if (number := _MONTH_WORDS.get(word))]
    numbers = [digits for word in found if (digits := word.rstrip("stndrhe")).isdecimal()]
    years = [digits for digits in numbers if len(digits) == 4]
    days = [digits for digits in numbers if len(digits) < 3]
    if len(months) != 1:
        return ""
    if not years and len(days) == 2:
        years = [_long(days.pop())]
    return _complete(years[0] if years else "", str(months[0]), days[0] if days else "")


def _long(year: str) -> str:
    if len(year) == 4:
        return year
    return f"20{year}" if int(year) <= _LATEST_SHORT_YEAR else f"19{year}"


def _complete(year: str, month: str, day: str) -> str:
    """Return the parts as one text, unless it stands for no date."""
    if not year or not _FIRST_YEAR <= int(year) <= _LAST_YEAR:
        return ""
    text = "-".join(part if len(part) > 1 else f"0{part}" for part in (year, month, day) if part)
    return "" if text in _PLACEHOLDERS else text.removesuffix("-00").removesuffix("-00")
