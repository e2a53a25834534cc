"""Dates and times are read in many languages, and the mail's own are told from all others."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.mail.dates import Span, find_spans
from mailguard.mail.own_time import OwnTime
from mailguard.mail.words import fold

SENT = datetime(2026, 11, 16, 10, 2, tzinfo=timezone(timedelta(hours=1)))


def _spans(text: str, sent_at: datetime = SENT) -> tuple[list[str], list[Span]]:
    words = fold(text).decode().split()
    numbers = [at for at, word in enumerate(words) if re.search("[0-9]", word)]
    return words, find_spans(words, numbers, OwnTime(sent_at))


def _left(text: str, sent_at: datetime = SENT) -> str:
    """Return the words without those that are the mail's own date or time."""
    words, spans = _spans(text, sent_at)
    own = {at for span in spans if span.is_own for at in range(span.start, span.stop)}
    return " ".join(word for at, word in enumerate(words) if at not in own)


def _moments(text: str) -> list[str]:
    words, spans = _spans(text)
    return [" ".join(words[span.start : span.stop]) for span in spans]


@pytest.mark.parametrize(
    "date",
    [
        "16.11.2026",
        "16.11.26",
        "26/11/16",
        "2026-11-16",
        "2026/11/16",
        "11/16/2026",
        "16/11/2026",
        "16-11-2026",
        "16.11.2026г.",
        "16.11.",
        "16. 11. 2026",
        "2026. 11. 16.",
        "16 November 2026",
        "16 Nov 2026",
        "16th of November, 2026",
        "16 Nov '26",
        "16 November",
        "November 16, 2026",
        "Nov. 16",
        "Monday, 16 November 2026",
        "Montag, den 16. November 2026",
        "Mo., 16.11.2026",
        "16.11.2026 (Mon)",
        "16-Nov-2026",
        "2026-Nov-16",
        "16/Nov/26",
        "Nov-16-2026",
        "lunes 16 de noviembre de 2026",
        "16 novembre 2026",
        "16 ноября 2026 г.",
        "16 листопада 2026 р.",
        "16 listopada 2026 r.",
        "2026. november 16.",
        "2026 m. lapkričio 16 d.",
        "16 Kasım 2026",
        "16η Νοεμβρίου 2026",
        "ב-16 בנובמבר 2026",
        "١٦ نوفمبر ٢٠٢٦",
        "16 नवंबर 2026",
        "16/11/2569",
        "2026年11月16日",
        "2026年11月16日(月)",
        "2026年11月16日(月曜日)",
        "2026年11月16日 月曜日",
        "2026年11月16日星期一",
        "11月16日",
        "2026년 11월 16일",
        "2026년 11월 16일(월)",
        "2026년 11월 16일 월요일",
        "2026년11월16일",
        "11월16일",
        "11월 16일",
        "Mon, 11/16",
        "16/11 10:02",
        "16/11 (Mon)",
        "2026-11-16T10:02:00+01:00",
        "2026-11-16T09:02Z",
        "Mon, 16 Nov 2026 10:02:00 +0100",
        "16.11.2026, 10:02 Uhr",
        "16.11.2026, 10.02 Uhr",
        "10:02, 16 November 2026",
        "17.11.2026",
        "15 November 2026",
    ],
)
def test_the_own_date_in_many_forms(date: str) -> None:
    assert _left(f"am {date} x") == "am x"


@pytest.mark.parametrize(
    "time",
    [
        "10:02",
        "10:02:33",
        "10:02:33.123",
        "9:55",
        "10:12",
        "09:02 UTC",
        "09:02 (UTC)",
        "10:02 (UTC+1)",
        "10:02 +0100 (CET)",
        "10:02 +01:00",
        "10:02am",
        "10:02 AM",
        "10:02 a.m.",
        "10h02",
        "10:02 Uhr",
        "10.02 Uhr",
        "10.02h",
        "10.02 am",
        "10:02z",
        "10時02分",
        "午前10時02分",
        "上午10点02分",
        "오전 10시 02분",
        "10시02분",
        "34:02",
    ],
)
def test_the_own_time_in_many_forms(time: str) -> None:
    assert _left(f"um {time} x") == ("um 34:02 x" if time == "34:02" else "um x")


@pytest.mark.parametrize("time", ["kl. 10.02", "klo 10.02", "ore 10.02"])
def test_a_dotted_time_after_its_word(time: str) -> None:
    assert _left(f"sent {time} x").split()[2:] == ["x"]


def test_the_afternoon_is_told_from_the_morning() -> None:
    evening = SENT.replace(hour=22)
    assert _left("at 10:02 pm", evening) == "at"
    assert _left("at 10:02pm", evening) == "at"
    assert _left("午後10時02分", evening) == ""
    assert _left("오후 10시 02분", evening) == ""
    assert _left("at 10:02 am", evening) == "at 10:02 am"
    assert _left("at 12:02 am", SENT.replace(hour=0)) == "at"


@pytest.mark.parametrize(
    "text",
    [
        "on 18.11.2026",
        "on 14 november 2026",
        "on 16.11.2025",
        "at 10:13",
        "at 9:51",
        "total 10.02 eur",
        "on 16.13.2026",
        "on 45 november 2026",
        "on 16.11.202",
        "on 116.11.2026",
        "in november 2026",
        "in 2026 november",
        "2026년 11월",
        "11월",
        "9월 3개",
        "page 16/11 of",
        "version 16.11",
        "16 items",
        "code 161120",
        "on 16.11 x",
        "item 16. 11. x",
        "from 2026 to",
        "3 may",
        "10 時 半",
        "10시 반",
        "10시",
        "10 時 02 x",
        "2026 年 11 月",
        "16 月 x",
        "16-foo-2026",
        "16 novemberish 2026",
        "x" * 50 + "1",
    ],
)
def test_what_is_not_the_own_moment_stays(text: str) -> None:
    assert _left(text) == " ".join(fold(text).decode().split())


@pytest.mark.parametrize(
    "text",
    [
        "on 16.11.2026 at 15:00",
        "on 17 november 2026 at 10:02",
        "17 november 2026 at 09:02",
        "at 15:00 on 16.11.2026",
        "on 3 december 2026 at 10:02",
        "2026-11-16t15:00",
        "10:00 - 11:00",
        "10:00 bis 12:00",
        "08:00 - 10:02",
    ],
)
def test_an_appointment_is_not_the_own_moment(text: str) -> None:
    assert _left(text) == text


def test_a_sentence_ends_what_belongs_together() -> None:
    assert _left("sent 16.11.2026 by us at 10:02") == "sent by us at"
    assert _left("sent 16.11.2026 again. open 15:00") == "sent again. open 15:00"
    assert _left("sent 16.11.2026 by us all here now 15:00") == "sent by us all here now 15:00"


def test_a_moment_near_midnight() -> None:
    sent = datetime(2026, 11, 16, 23, 58, tzinfo=UTC)
    assert _left("on 17.11.2026 at 00:03", sent) == "on at"
    assert _left("at 00:03", sent) == "at"
    assert _left("on 17.11.2026 at 23:58", sent) == "on 17.11.2026 at 23:58"


def test_two_letters_are_a_weekday_only_with_a_point() -> None:
    assert _moments("valid to 16.11.2026") == ["16.11.2026"]
    assert _moments("so. 16.11.2026") == ["so. 16.11.2026"]


def test_a_date_takes_its_weekday_and_zone_with_it() -> None:
    assert _moments("am montag, den 7.12.2026, um 15:00 uhr mez in") == ["montag, den 7.12.2026,", "15:00 uhr mez"]
    assert _moments("7 ( 月 開 始 x") == []


@pytest.mark.parametrize(
    "text",
    ["2026 年 12 月 7 日 ( 月", "2026 年 12 月 7 日 ( x )", "2026 年 12 月 7 日 火 曜 日 x", "7 december 2026 (mon)"],
)
def test_weekdays_after_the_date(text: str) -> None:
    (moment,) = _moments(text)
    assert moment.startswith(("2026 年 12 月 7 日", "7 december 2026"))


PIECES = """
16 11 2026 16.11.2026 10:02 november nov. mon, 16. ( ) 年 月 日 時 分 2026년 11월 16일 10시 2분 - bis am pm utc +0100 de of
kl. 10.02 11/16 16-nov-26 曜 星 期 오전 午 前 uhr ב-16 nov-16-2026 2026년11월 t d. x
"""


@given(st.lists(st.sampled_from(PIECES.split()), max_size=12))
def test_spans_are_in_order_and_do_not_overlap(words: list[str]) -> None:
    numbers = [at for at, word in enumerate(words) if re.search("[0-9]", word)]
    done = 0
    for span in find_spans(words, numbers, OwnTime(SENT)):
        assert done <= span.start < span.stop <= len(words)
        done = span.stop
