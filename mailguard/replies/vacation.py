"""When somebody who is out of office will be back, as her notice says it: a date, a weekday, tomorrow.

A date is read in every order that it may be meant in, and counts where it lies ahead of the day of writing. The day told is
given, whether "until" or "back on" stands before it. It refuses to know whether the mail is such a notice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

from mailguard.mail.dates import find_moments
from mailguard.mail.own_time import Day
from mailguard.mail.words import fold
from mailguard.replies.vacation_words import BACK, ENGLISH_MONTHS, NEXT_WEEK, OTHER_MONTHS, TOMORROW, UNTIL, WEEKDAY_NUMBERS

_LOOKED_AT = 2_000
_FURTHEST = timedelta(days=400)
_MOST_NUMBERS = 100
_CUE_REACH = 6  # words between a word of returning and the date, on either side
_AROUND = ".,;:!?()[]{}<>\"'*_|~`#=·/"
_SENTENCE_END = re.compile(r"[!?\n]|(?<![\d.])(?<!\b\w)\.(?=\s|$)|[。！？]")
# What languages put at the end of a day or month: 23-án, 16-ig, 30일에, 23 Kasım'a, 30. novembrini.
_ENDING = re.compile(r"(?<=\d일)[가-힣]{1,3}|(?<=\d)-[^\W\d_]{1,4}\b|(?<=\w)['’][^\W\d_]{1,4}\b")
_MONTH_ENDING = re.compile(
    r"\b(jaanuari|veebruari|märtsi|aprilli|juuni|juuli|augusti|septembri|oktoobri|novembri|detsembri)(?:ni|l|st)\b"
)
_DAY_OF_SAME_MONTH = re.compile(r"(\b\d{1,2} 月 )(\d{1,2} 日 [^\d\s](?: [^\d\s]){0,4} )(?=\d{1,2} 日)(\d{1,2} 日)")
_NUMBERED_MONTH = re.compile(r"\b(\d{1,2}) (?:tháng|thang) (\d{1,2})\b")
# Where dates are written month first, by the offset of clocks from UTC: the Americas. Only English ones count.
_AMERICAN_OFFSETS = (timedelta(hours=-10), timedelta(hours=-4))


def read_return(text: str, *, written_at: datetime, language: str = "") -> datetime | None:
    """Return the beginning of the day told, on the writer's clock; None where none lies ahead, or only beyond 400 days."""
    day = written_at.date()
    is_american = (
        language in {"", "en"} and _AMERICAN_OFFSETS[0] <= (written_at.utcoffset() or timedelta()) <= _AMERICAN_OFFSETS[1]
    )
    sentences = [words for words in _sentences(text[:_LOOKED_AT]) if words]
    told: list[tuple[bool, date]] = []
    for words in sentences:
        told += _dates(words, day, is_american=is_american)
    told = told or [(True, each) for words in sentences for each in _relative(words, day)][:1]
    back = [each for is_back, each in told if is_back]
    best = max(back or [each for _, each in told], default=None)
    return None if best is None else datetime.combine(best, time(), tzinfo=written_at.tzinfo)


def _sentences(text: str) -> Iterator[list[str]]:
    for sentence in _SENTENCE_END.split(text):
        yield _with_plain_dates(" ".join(fold(sentence).decode().split())).split()


def _with_plain_dates(sentence: str) -> str:
    """Return the sentence with its dates as they are read elsewhere: months by names known there, no endings at the day."""
    if not sentence.isascii():
        for name, number in OTHER_MONTHS:
            if name in sentence:
                sentence = sentence.replace(name, f" {ENGLISH_MONTHS[number - 1]} ")
    sentence = _DAY_OF_SAME_MONTH.sub(r"\1\2\1\3", sentence)
    sentence = _NUMBERED_MONTH.sub(r"\1.\2.", sentence)
    sentence = _ENDING.sub("", sentence)
    return _MONTH_ENDING.sub(r"\1", sentence)


def _dates(words: Sequence[str], day: date, *, is_american: bool) -> Iterator[tuple[bool, date]]:
    """Yield each date ahead, and whether a word of returning stands near it."""
    numbers = [at for at, word in enumerate(words) if any(map(str.isdecimal, word))][:_MOST_NUMBERS]
    for moment in find_moments(words, numbers):
        readings = list(_ahead(moment.days, day))
        if readings:
            chosen = _chosen(readings, is_month_first=is_american and "/" in words[moment.start])
            near = [*words[max(0, moment.start - _CUE_REACH) : moment.start], *words[moment.stop : moment.stop + _CUE_REACH]]
            yield BACK.search(" ".join(near)) is not None, chosen


def _chosen(readings: Sequence[date], *, is_month_first: bool) -> date:
    """Return the reading that is meant: of a month with two numbers (listopad) the next one, else by the order."""
    if len({reading.day for reading in readings}) == 1:
        return min(readings)
    return readings[-1] if is_month_first else readings[0]


def _ahead(days: Sequence[Day], today: date) -> Iterator[date]:
    """Yield the readings that lie ahead, a year that is not told being this or the next one."""
    for year, month, day in days:
        for each in (year,) if year else (today.year, today.year + 1):
            try:
                found = date(each, month, day)
            except ValueError:
                continue
            if today <= found <= today + _FURTHEST:
                yield found
                break


def _relative(words: Sequence[str], today: date) -> Iterator[date]:
    """Yield the days that are told by their name in a sentence that speaks of returning."""
    line = " ".join(words)
    if not BACK.search(line) and not UNTIL.search(line):
        return
    if TOMORROW.search(line):
        yield today + timedelta(days=1)
    for word in words:
        number = WEEKDAY_NUMBERS.get(word.strip(_AROUND))
        if number is not None:
            yield today + timedelta(days=(number - today.weekday() - 1) % 7 + 1)
    if NEXT_WEEK.search(line):
        yield today + timedelta(days=7 - today.weekday())
