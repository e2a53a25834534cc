from __future__ import annotations

import pytest

from mailguard.replies.score import Score, read_score


@pytest.mark.parametrize(
    ("text", "value", "is_bare"),
    [
        ("Un 5", 5, True), ("Eine 8!", 8, True), ("Between 6 and 7, so 6.", 6, False),
        ("9", 9, True), ("10", 10, True), ("0", 0, True), ("9/10", 9, True), ("9 / 10", 9, True), ("7 out of 10", 7, True),
        ("8 Punkte", 8, True), ("２", 2, True), ("9️⃣", 9, True), ("🔟", 10, True), ("Hello,\n\n9\n\nKind regards\nAda", 9, True),
        ("9!", 9, True), ("(4)", 4, True), ("8点", 8, True),
        ("9, very good", 9, False), ("3 because nobody answered", 3, False), ("2. Nobody called me.", 2, False),
        ("I give it a 3", 3, True), ("I would give you a 10, thanks", 10, False), ("Ich gebe Ihnen eine 8.", 8, True),
        ("Note: 7", 7, True), ("My score is 6 since it was late", 6, False), ("It was good: 8/10 from me", 8, False),
        ("Je donne 5", 5, True), ("Bewertung - 4", 4, True),
    ],
)  # fmt: skip
def test_score_is_read(text: str, value: int, is_bare: bool) -> None:  # noqa: FBT001 - a table of cases
    found = read_score(text)
    assert found is not None
    assert found.value == value
    assert found.is_bare is is_bare


@pytest.mark.parametrize(
    "text",
    ["", "Yes", "11", "2 weeks ago I wrote you", "3 of my letters were lost", "9:30 is fine", "9.10.2026", "9/10/2026", "5 EUR", "9.5",
     "+49 171 5", "020 7946 0", "My number is 5551234", "I have 2 cards", "8-10 days", "100", "5%", "5 €"],
)  # fmt: skip
def test_other_numbers_are_none(text: str) -> None:
    assert read_score(text) is None


def test_two_scores_are_none() -> None:
    assert read_score("The first 8/10 was good, the second 3/10 was not") is None


def test_bare_score_says_nothing_else() -> None:
    assert read_score("9") == Score(9, is_bare=True)
    assert read_score("9, great") == Score(9, is_bare=False)
