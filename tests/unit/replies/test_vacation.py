from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest

from mailguard.replies.vacation import read_return
from tests.reply_mail import CET, WRITTEN_AT


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("I am away until November 27.", date(2026, 11, 27)),
        ("I'm away 20 Nov to 27 Nov 2026 and back on 30 November.", date(2026, 11, 30)),
        ("Ich bin bis zum 27.11.2026 nicht im Büro.", date(2026, 11, 27)),
        ("Ab dem 30. November bin ich wieder für Sie da. Unser Büro schließt am 24.12.", date(2026, 11, 30)),
        ("Absent jusqu'au 27 novembre 2026 inclus.", date(2026, 11, 27)),
        ("Estaré de vuelta el 30 de noviembre.", date(2026, 11, 30)),
        ("Sarò di nuovo in ufficio il 30/11/2026", date(2026, 11, 30)),
        ("Retornarei em 07/12/2026", date(2026, 12, 7)),
        ("Ik ben terug op 30 november", date(2026, 11, 30)),
        ("Jag är tillbaka den 30 november", date(2026, 11, 30)),
        ("Palaan 30.11.2026", date(2026, 11, 30)),
        ("Wracam 30 listopada", date(2026, 11, 30)),
        ("Szabadságon vagyok, 2026. november 30-án leszek újra elérhető", date(2026, 11, 30)),
        ("Вернусь 30 ноября", date(2026, 11, 30)),
        ("30 Kasım'da döneceğim", date(2026, 11, 30)),
        ("11月30日に戻ります", date(2026, 11, 30)),
        ("11月23日から30日まで休暇をいただいております。", date(2026, 11, 30)),
        ("我将于2026年11月30日返回", date(2026, 11, 30)),
        ("11월 30일에 복귀합니다", date(2026, 11, 30)),
        ("Tôi trở lại vào ngày 30 tháng 11", date(2026, 11, 30)),
        ("กลับวันที่ 30 พฤศจิกายน 2569", date(2026, 11, 30)),
        ("Back on January 4.", date(2027, 1, 4)),
        ("Out until Monday", date(2026, 11, 23)),
        ("Back on Friday", date(2026, 11, 27)),
        ("Ich bin ab Montag wieder da", date(2026, 11, 23)),
        ("I will be back tomorrow.", date(2026, 11, 21)),
        ("Morgen bin ich wieder erreichbar", date(2026, 11, 21)),
        ("Back next week", date(2026, 11, 23)),
    ],
)
def test_day_of_return(text: str, day: date) -> None:
    assert read_return(text, written_at=WRITTEN_AT) == datetime(day.year, day.month, day.day, tzinfo=CET)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I am out of the office.",
        "I was away until 10.11.2026.",
        "Back on 30.11.2029",
        "Call 555 1234",
        "Monday is fine",
        "31.02.2027",
    ],
)
def test_no_day_ahead_is_told(text: str) -> None:
    assert read_return(text, written_at=WRITTEN_AT) is None


def test_order_of_day_and_month_is_the_writers() -> None:
    american = datetime(2026, 11, 20, 10, 0, tzinfo=timezone(timedelta(hours=-5)))
    assert read_return("Back on 12/1/2026", written_at=american, language="en") == datetime(2026, 12, 1, tzinfo=american.tzinfo)
    assert read_return("De volta em 12/1/2027", written_at=american, language="pt") == datetime(
        2027, 1, 12, tzinfo=american.tzinfo
    )
    assert read_return("Back on 12/1/2027", written_at=WRITTEN_AT, language="en") == datetime(2027, 1, 12, tzinfo=CET)
