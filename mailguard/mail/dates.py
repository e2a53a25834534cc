"""Dates and times in a line of text, in many languages and orders, and whether they are the mail's own.

Works on the words of a line as `words.py` folds them. A date is read in every way it may be meant (16/11 and 11/16), and it is
the mail's own where one reading is the day of its Date ± 1; a time where it is within 10 minutes, on the sender's clock or in
UTC. A day with an hour beside it is one moment: an appointment today at 15:00, or tomorrow at this hour, is not the mail's
own. It refuses to know what else numbers mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mailguard.mail.calendar_words import (
    AFTER_A_TIME,
    AFTER_A_YEAR,
    AFTER_NOON,
    BEFORE_NOON,
    MONTHS,
    WEEKDAYS,
    WITHIN_A_DATE,
    ZONES,
)
from mailguard.mail.own_time import DAY_MINUTES, Day, OwnTime

_LONGEST_GAP = 3  # words between a day and its hour
_AROUND = ".,;:!?()[]{}<>\"'*_|~`#=·/"
_BUDDHIST_ERA = 543
_BUDDHIST_YEARS = range(2_500, 2_700)

# Each of these is tried on one word of at most _LONGEST_WORD characters.
_LONGEST_WORD = 40
_CLOCK = r"(?P<hour>\d{1,2})[:h](?P<minute>\d{2})(?:[:m](?P<second>\d{2})s?(?:[.,]\d{1,9})?)?"
_HALF_OF_DAY = r"(?P<half>[ap])\.?m"
_OFFSET = r"(?:z|utc|gmt|[+-]\d{2}:?\d{2})"
_NUMERIC = re.compile(rf"(\d{{1,4}})([./-])(\d{{1,2}})\2(\d{{4}}|\d{{1,2}})(?:г|r|t{_CLOCK}{_OFFSET}?)?")
_WITH_NAME = re.compile(r"(\d{1,4})[-./]([^\W\d_]{3,12})\.?[-./](\d{1,4})|([^\W\d_]{3,12})[-./](\d{1,2})[-./](\d{2,4})")
_SHORT_NUMERIC = re.compile(r"(\d{1,2})([./-])(\d{1,2})")
_DAY = re.compile(r"(\d{1,2})(?:st|nd|rd|th|er|re|º|ª|e|η|\.|-?го|-?е|:?n?a)?")
_TIME = re.compile(rf"{_CLOCK}(?:{_HALF_OF_DAY}|h|uhr|{_OFFSET})?")
_DOTTED_TIME = re.compile(rf"(?P<hour>\d{{1,2}})\.(?P<minute>\d{{2}})(?:{_HALF_OF_DAY}|h|uhr)?")
_KOREAN = re.compile(r"(\d{1,4})([년월일시분])(?:(\d{1,2})([월일분])(?:(\d{1,2})일)?)?(?:\(.\)?)?")
_BEFORE_DOTTED_TIME = frozenset({"kl", "klo", "ore", "alle", "um", "godz", "ob", "kello"})
_RANGE = frozenset({"-", "bis", "to", "until", "till", "~", "à", "al", "до", "do", "tot", "til"})
_HEBREW_IN = "ב"  # stands before the day and the month, without a space
_CJK_WEEKDAYS = frozenset("月火水木金土日一二三四五六天")


@dataclass(frozen=True, slots=True)
class Moment:
    """A date, a time or both in `words[start:stop]`: the readings of the day, the minute of the day (-1: none)."""

    start: int
    stop: int
    days: tuple[Day, ...]
    minute: int
    is_date: bool


@dataclass(frozen=True, slots=True)
class Span:
    """Words that are one date or time, and whether it is the mail's own."""

    start: int
    stop: int
    is_own: bool


def find_spans(words: Sequence[str], numbers: Sequence[int], own: OwnTime) -> list[Span]:
    """Return the dates and times among the words; `numbers` are the places of the words that hold a digit."""
    moments = list(find_moments(words, numbers))
    spans: list[Span] = []
    at = 0
    while at < len(moments):
        moment = moments[at]
        after = moments[at + 1] if at + 1 < len(moments) else None
        if after is not None and _belong_together(words, moment, after):
            is_own = own.is_moment(moment.days or after.days, max(moment.minute, after.minute))
            spans += (Span(moment.start, moment.stop, is_own), Span(after.start, after.stop, is_own))
            at += 2
        else:
            spans.append(Span(moment.start, moment.stop, _is_own(words, moment, own)))
            at += 1
    return spans


def _is_own(words: Sequence[str], moment: Moment, own: OwnTime) -> bool:
    if moment.is_date:
        return own.is_day(moment.days) if moment.minute < 0 else own.is_moment(moment.days, moment.minute)
    return own.is_minute(moment.minute) and not _is_in_range(words, moment)


def _belong_together(words: Sequence[str], first: Moment, second: Moment) -> bool:
    """Whether a day and an hour stand beside one another, in either order, in one sentence."""
    gap = words[first.stop : second.start]
    return (
        first.is_date != second.is_date
        and (first if first.is_date else second).minute < 0
        and len(gap) <= _LONGEST_GAP
        and not any(word[-1] in ".!?。" and len(word) > 4 for word in gap)
        and not _is_in_range(words, first if second.is_date else second)
    )


def _is_in_range(words: Sequence[str], moment: Moment) -> bool:
    """Whether the time is one end of a span of time, which is an appointment and not when the mail was sent."""
    after = words[moment.stop : moment.stop + 2]
    before = words[max(0, moment.start - 2) : moment.start]
    return (len(after) == 2 and after[0] in _RANGE and _has_clock(after[1])) or (
        len(before) == 2 and before[1] in _RANGE and _has_clock(before[0])
    )


def _has_clock(word: str) -> bool:
    return _TIME.fullmatch(word.strip(_AROUND)[:_LONGEST_WORD]) is not None


def find_moments(words: Sequence[str], numbers: Sequence[int]) -> Iterator[Moment]:
    """Yield the dates and times among the words in order, none twice; `numbers` are the places of the words with a digit."""
    done = 0
    for at in numbers:
        if at < done or len(words[at]) > _LONGEST_WORD:
            continue
        moment = _date(words, at) or _time(words, at)
        if moment is not None:
            moment = Moment(max(moment.start, done), moment.stop, moment.days, moment.minute, moment.is_date)
            done = moment.stop
            yield moment


def _date(words: Sequence[str], at: int) -> Moment | None:
    word = words[at].strip(_AROUND)
    if word[:1] == _HEBREW_IN:
        word = word[1:].lstrip("-")
    if word.isdecimal():
        if len(word) == 4:
            return _year_first(words, at, word)
        return _day_first(words, at, int(word)) or _spaced(words, at, word) if len(word) <= 2 else None
    numeric = _NUMERIC.fullmatch(word)
    if numeric is not None:
        minute = _minute(numeric) if numeric["hour"] else -1
        return _dated(words, at, at + 1, _numeric_days(numeric[1], numeric[3], numeric[4]), minute=minute)
    named = _WITH_NAME.fullmatch(word)
    if named is not None:
        return _date_with_name(words, at, named)
    korean = None if word.isascii() else _KOREAN.fullmatch(word)
    if korean is not None:
        return _korean_date(words, at, korean)
    day = _DAY.fullmatch(word)
    return _day_first(words, at, int(day[1])) if day is not None else _without_year(words, at, word)


def _dated(words: Sequence[str], start: int, stop: int, days: Sequence[Day], *, minute: int = -1) -> Moment | None:
    """Return the date with the weekday beside it; None where no reading is a day of the calendar."""
    possible = tuple(day for day in days if 1 <= day[1] <= 12 and 1 <= day[2] <= 31)
    if not possible:
        return None
    if start and words[start - 1].strip(_AROUND) in WITHIN_A_DATE and _is_weekday(words, start - 2):
        start -= 2
    elif _is_weekday(words, start - 1):
        start -= 1
    return Moment(start, _after_weekday(words, stop), possible, minute, is_date=True)


def _is_weekday(words: Sequence[str], at: int) -> bool:
    if at < 0:
        return False
    word = words[at].strip(_AROUND)
    # Two letters are a weekday only with a point or comma: "to" and "so" are words.
    return word in WEEKDAYS and (len(word) > 2 or words[at][-1] in ".,")


def _after_weekday(words: Sequence[str], stop: int) -> int:
    """Return where the date ends with a weekday that follows it: `(Mon)`, `(月)`, `月曜日`, `星期一`."""
    rest = [word.strip(_AROUND) for word in words[stop : stop + 5]]
    if len(rest) >= 3 and not rest[0] and rest[1] in _CJK_WEEKDAYS and words[stop] == "(":
        closing = rest.index("", 2) if "" in rest[2:] else 1
        return stop + closing + 1
    if len(rest) >= 3 and (rest[1:3] == ["曜", "日"] or rest[:2] == ["星", "期"]):
        return stop + 3
    if rest and rest[0] in WEEKDAYS and len(rest[0]) > 1 and words[stop][0] == "(":
        return stop + 1
    return stop + (bool(rest) and rest[0] in WEEKDAYS and not rest[0].isascii() and len(rest[0]) > 2)


def _numeric_days(first: str, second: str, third: str) -> list[Day]:
    one, two, three = int(first), int(second), int(third)
    if len(first) == 4:
        return [(_year(one), two, three)]
    if len(first) == 3:
        return []
    year = _year(three)
    days = [(year, two, one), (year, one, two)]
    return days if len(third) == 4 else [*days, (_year(one), two, three)]


def _year(number: int) -> int:
    if number in _BUDDHIST_YEARS:
        return number - _BUDDHIST_ERA
    return number if number > 99 else 2_000 + number


def _date_with_name(words: Sequence[str], at: int, found: re.Match[str]) -> Moment | None:
    """16-Nov-2026, 2026-Nov-16, Nov-16-2026."""
    if found[4]:
        return _dated(words, at, at + 1, [(_year(int(found[6])), month, int(found[5])) for month in _months(found[4])])
    one, three = int(found[1]), int(found[3])
    year, day = (one, three) if len(found[1]) == 4 else (_year(three), one)
    return _dated(words, at, at + 1, [(year, month, day) for month in _months(found[2])])


def _months(word: str) -> frozenset[int]:
    bare = word.strip(_AROUND).removesuffix("-")
    return MONTHS.get(bare) or MONTHS.get(bare.removeprefix(_HEBREW_IN), frozenset())


def _skip_within(words: Sequence[str], at: int, *, step: int = 1) -> int:
    """Return the next place where no `of`, `de` or `den` stands."""
    for _ in range(2):
        if 0 <= at < len(words) and words[at].strip(_AROUND) in WITHIN_A_DATE:
            at += step
    return at


def _month_at(words: Sequence[str], at: int) -> frozenset[int]:
    return _months(words[at]) if 0 <= at < len(words) else frozenset()


def _number_at(words: Sequence[str], at: int, *, most: int) -> int:
    """Return the number there, at most that many digits, -1 where there is none."""
    if at >= len(words):
        return -1
    word = words[at].strip(_AROUND)
    day = _DAY.fullmatch(word) if most == 2 else None
    if day is not None:
        return int(day[1])
    return int(word) if word.isdecimal() and len(word) in {2, most} and most == 4 else -1


def _day_first(words: Sequence[str], at: int, day: int) -> Moment | None:
    """16 November 2026, 16. Nov., 16 de noviembre de 2026; and November 16, 2026; 11 月 16 日."""
    after = _skip_within(words, at + 1)
    months = _month_at(words, after)
    if months:
        return _with_year(words, at, after + 1, months, day)
    before = _skip_within(words, at - 1, step=-1)
    months = _month_at(words, before)
    if months:
        return _with_year(words, before, at + 1, months, day)
    rest = words[at + 1 : at + 4]
    if len(rest) == 3 and rest[0] == "月" and rest[2] == "日":
        return _dated(words, at, at + 4, [(0, day, _number_at(words, at + 2, most=2))])
    return None


def _with_year(words: Sequence[str], start: int, stop: int, months: frozenset[int], day: int) -> Moment | None:
    at = _skip_within(words, stop)
    year = _number_at(words, at, most=4)
    if year < 1000 and not (year >= 0 and words[at].startswith("'")):
        return _dated(words, start, stop, [(0, month, day) for month in months])
    stop = at + 1
    if stop < len(words) and words[stop].strip(_AROUND) in AFTER_A_YEAR:
        stop += 1
    return _dated(words, start, stop, [(_year(year), month, day) for month in months])


def _year_first(words: Sequence[str], at: int, word: str) -> Moment | None:
    """2026 november 16., 2026 年 11 月 16 日, 2026. 11. 16.; and the month of a year, which is no day."""
    year = _year(int(word))
    rest = words[at + 1 : at + 6]
    if len(rest) == 5 and rest[0] == "年" and rest[2] == "月" and rest[4] == "日":
        return _dated(words, at, at + 6, [(year, _number_at(words, at + 2, most=2), _number_at(words, at + 4, most=2))])
    if rest and words[at][-1] == "." and _number_at(words, at + 1, most=2) >= 0 and words[at + 1][-1] == ".":
        return _dated(words, at, at + 3, [(year, _number_at(words, at + 1, most=2), _number_at(words, at + 2, most=2))])
    after = _skip_within(words, at + 1)
    months = _month_at(words, after)
    day = _number_at(words, after + 1, most=2)
    if months and day >= 0:
        stop = after + 2
        stop += stop < len(words) and words[stop].strip(_AROUND) in {"d", "dienos", "日"}
        return _dated(words, at, stop, [(year, month, day) for month in months])
    before = _skip_within(words, at - 1, step=-1)
    if _month_at(words, before):
        return Moment(before, at + 1, (), -1, is_date=True)
    return Moment(at, after + 1, (), -1, is_date=True) if months else None


def _korean_date(words: Sequence[str], at: int, found: re.Match[str]) -> Moment | None:
    """2026년 11월 16일, in one word or in three; 11월 16일."""
    numbers = {unit: int(number) for number, unit in zip(found.groups()[0:4:2], found.groups()[1:4:2], strict=True) if number}
    if found[5]:
        numbers["일"] = int(found[5])
    stop = at + 1
    while stop < len(words) and stop < at + 3 and "일" not in numbers:
        more = _KOREAN.fullmatch(words[stop].strip(_AROUND))
        if more is None or more[2] not in {"월", "일"}:
            break
        numbers |= {unit: int(number) for number, unit in ((more[1], more[2]), (more[3], more[4])) if number}
        stop += 1
    if "월" not in numbers:
        return None
    if "일" not in numbers:
        return Moment(at, stop, (), -1, is_date=True)
    return _dated(words, at, stop, [(numbers.get("년", 0), numbers["월"], numbers["일"])])


def _spaced(words: Sequence[str], at: int, word: str) -> Moment | None:
    """16. 11. 2026."""
    if words[at][-1] != "." or at + 2 >= len(words) or words[at + 1][-1] != ".":
        return None
    month, year = _number_at(words, at + 1, most=2), _number_at(words, at + 2, most=4)
    return _dated(words, at, at + 3, [(year, month, int(word))]) if month >= 0 and year >= 1000 else None


def _without_year(words: Sequence[str], at: int, word: str) -> Moment | None:
    """16.11. with its last point; 11/16 only beside a weekday or a time, for else it may be a fraction."""
    found = _SHORT_NUMERIC.fullmatch(word)
    if found is None:
        return None
    days = [(0, int(found[3]), int(found[1])), (0, int(found[1]), int(found[3]))]
    if found[2] == ".":
        return _dated(words, at, at + 1, days[:1]) if words[at].rstrip(",;:)")[-1:] == "." else None
    is_beside = _is_weekday(words, at - 1) or _after_weekday(words, at + 1) > at + 1
    if is_beside or (at + 1 < len(words) and _has_clock(words[at + 1])):
        return _dated(words, at, at + 1, days)
    return None


def _time(words: Sequence[str], at: int) -> Moment | None:
    word = words[at].strip(_AROUND)
    if word.isdecimal() or not word.isascii():
        return _unit_time(words, at, word)
    found = _TIME.fullmatch(word)
    if found is None:
        return _dotted_time(words, at, word)
    return _timed(words, at, at + 1, _minute(found), half=found["half"] or "")


def _minute(found: re.Match[str]) -> int:
    hour, minute = int(found["hour"]), int(found["minute"])
    return hour * 60 + minute if hour <= 24 and minute < 60 else -1


def _dotted_time(words: Sequence[str], at: int, word: str) -> Moment | None:
    """10.02 Uhr, kl. 10.02: only with a word that makes it a time, for else it may be an amount."""
    found = _DOTTED_TIME.fullmatch(word)
    if found is None:
        return None
    after = words[at + 1].strip(_AROUND) if at + 1 < len(words) else ""
    before = words[at - 1].strip(_AROUND) if at else ""
    is_time = not word[-1].isdecimal() or before in _BEFORE_DOTTED_TIME or after in AFTER_A_TIME | BEFORE_NOON | AFTER_NOON
    return _timed(words, at, at + 1, _minute(found), half=found["half"] or "") if is_time else None


def _unit_time(words: Sequence[str], at: int, word: str) -> Moment | None:
    """10 時 02 分, 10 点 02 分, 10시 02분."""
    rest = words[at + 1 : at + 4]
    if word.isdecimal() and len(rest) == 3 and rest[0] in {"時", "时", "点", "點"} and rest[2] == "分":
        minute = _number_at(words, at + 2, most=2)
        return _timed(words, at, at + 4, int(word) * 60 + minute) if minute >= 0 and len(word) <= 2 else None
    korean = None if word.isascii() else _KOREAN.fullmatch(word)
    if korean is None or korean[2] != "시":
        return None
    if korean[3]:
        return _timed(words, at, at + 1, int(korean[1]) * 60 + int(korean[3]))
    more = _KOREAN.fullmatch(rest[0].strip(_AROUND)) if rest else None
    return _timed(words, at, at + 2, int(korean[1]) * 60 + int(more[1])) if more is not None and more[2] == "분" else None


def _timed(words: Sequence[str], start: int, stop: int, minute: int, *, half: str = "") -> Moment | None:
    """Return the time with what belongs to it: half of the day, `Uhr`, time zone."""
    if not 0 <= minute <= DAY_MINUTES:
        return None
    after = words[stop].strip(_AROUND) if stop < len(words) else ""
    before = words[start - 1].strip(_AROUND) if start else ""
    pair = "".join(words[max(0, start - 2) : start])
    if after in BEFORE_NOON | AFTER_NOON:
        half, stop = ("a" if after in BEFORE_NOON else "p"), stop + 1
    elif before in BEFORE_NOON | AFTER_NOON and before not in {"am", "m", "pm"}:
        half, start = ("a" if before in BEFORE_NOON else "p"), start - 1
    elif pair in {"午前", "上午", "午後", "下午"}:
        half, start = ("a" if pair in {"午前", "上午"} else "p"), start - 2
    if stop < len(words) and words[stop].strip(_AROUND) in AFTER_A_TIME:
        stop += 1
    stop = _after_zone(words, stop)
    if half:
        minute = minute % (DAY_MINUTES // 2) + (DAY_MINUTES // 2 if half == "p" else 0)
    return Moment(start, stop, (), minute % DAY_MINUTES, is_date=False)


def _after_zone(words: Sequence[str], stop: int) -> int:
    """Return where the time ends with its zone: CET, (UTC+1), +0100 (CET)."""
    for _ in range(2):
        if stop < len(words):
            word = words[stop].strip(_AROUND)
            name = word.partition("+")[0].partition("-")[0]
            is_offset = word[:1] in {"+", "-"} and word[1:].replace(":", "").isdecimal() and len(word) in {5, 6}
            stop += is_offset or name in ZONES
    return stop
