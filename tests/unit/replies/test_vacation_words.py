from __future__ import annotations

from mailguard.replies.vacation_words import ENGLISH_MONTHS, OTHER_MONTHS, WEEKDAY_NUMBERS


def test_weekdays_are_casefolded_and_counted_from_monday() -> None:
    assert WEEKDAY_NUMBERS["monday"] == 0
    assert WEEKDAY_NUMBERS["sonntag"] == 6
    assert all(word == word.casefold() for word in WEEKDAY_NUMBERS)


def test_months_are_twelve() -> None:
    assert len(ENGLISH_MONTHS) == 12
    assert [number for _, number in OTHER_MONTHS] == list(range(1, 13))
