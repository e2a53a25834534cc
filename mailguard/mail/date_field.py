"""The date and time of a header field (RFC 5322 3.3), read leniently and written strictly."""

from __future__ import annotations

import re
from datetime import MAXYEAR, UTC, datetime, timedelta, timezone

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH_NUMBERS = {name.lower(): number for number, name in enumerate(_MONTHS, 1)}
_ZONES = {  # RFC 5322 4.3; every other name says nothing
    "EDT": -4, "EST": -5, "CDT": -5, "CST": -6, "MDT": -6, "MST": -7, "PDT": -7, "PST": -8,
}  # fmt: skip
_FIRST_YEAR = 1900
_LONGEST = 200
_DATE = re.compile(
    r"(?:[A-Za-z]{1,12}\.?,?\s*)?"
    r"(?P<day>[0-9]{1,2})[\s-]+(?P<month>[A-Za-z]{3})[a-z]{0,6}\.?,?[\s-]+(?P<year>[0-9]{2,4}),?\s+"
    r"(?P<hour>[0-9]{1,2})[:.](?P<minute>[0-9]{2})(?:[:.](?P<second>[0-9]{2})(?:\.[0-9]{1,9})?)?"
    r"(?:\s*(?P<sign>[+-])(?P<offset>[0-9]{4})|\s*(?P<zone>[A-Za-z]{1,5}))?"
)


def parse_date(text: str) -> datetime | None:
    """Return the aware date and time that the text begins with, None where it begins with none. Never raises.

    Two-digit years are read as RFC 5322 4.3 says; an absent or unknown zone is read as UTC. A year before 1900 (RFC 5322 3.3)
    or of the last that datetime knows is none: what is reckoned from it would overflow.
    """
    match = _DATE.match(text[:_LONGEST].strip())
    if match is None:
        return None
    year = _year(match["year"])
    if not _FIRST_YEAR <= year < MAXYEAR:
        return None
    month = _MONTH_NUMBERS.get(match["month"].lower(), 0)
    second = min(int(match["second"] or 0), 59)  # a leap second has no place in datetime
    try:
        return datetime(year, month, int(match["day"]), int(match["hour"]), int(match["minute"]), second, tzinfo=_zone(match))
    except ValueError:
        return None


def format_date(moment: datetime) -> str:
    """Return an aware date and time as RFC 5322 3.3 writes it, in its own zone: "Sat, 21 Nov 2026 10:00:00 +0000"."""
    minutes = int((moment.utcoffset() or timedelta()).total_seconds()) // 60
    sign, minutes = ("-", -minutes) if minutes < 0 else ("+", minutes)
    return (
        f"{_DAYS[moment.weekday()]}, {moment.day:02d} {_MONTHS[moment.month - 1]} {moment.year:04d} "
        f"{moment.hour:02d}:{moment.minute:02d}:{moment.second:02d} {sign}{minutes // 60:02d}{minutes % 60:02d}"
    )


def _year(digits: str) -> int:
    year = int(digits)
    if len(digits) == 2:
        return year + (2000 if year < 50 else 1900)
    return year + 1900 if len(digits) == 3 else year


def _zone(match: re.Match[str]) -> timezone:
    if match["offset"]:
        hours, minutes = divmod(int(match["offset"]), 100)
        offset = timedelta(hours=hours, minutes=minutes)
        # datetime knows no offset of a day or more; RFC 5322 3.3 allows 99 hours
        return timezone(-offset if match["sign"] == "-" else offset) if offset < timedelta(days=1) else UTC
    hours = _ZONES.get((match["zone"] or "").upper(), 0)
    return timezone(timedelta(hours=hours)) if hours else UTC
