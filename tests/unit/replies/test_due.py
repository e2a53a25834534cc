from __future__ import annotations

from datetime import timedelta

import pytest

from mailguard.policy.template_rule import NO_RULE, TemplateRule
from mailguard.replies.due import due_at, is_settled
from tests.builders import NOW

HOUR = timedelta(hours=1)
SURVEY = TemplateRule(is_survey=True, low_score=6, answer_within=8 * HOUR, low_score_within=2 * HOUR)


@pytest.mark.parametrize(("score", "within"), [(None, 8 * HOUR), (7, 8 * HOUR), (6, 2 * HOUR), (0, 2 * HOUR)])
def test_a_low_score_has_a_time_of_its_own(score: int | None, within: timedelta) -> None:
    assert due_at(NOW, SURVEY, score) == NOW + within


def test_a_reply_is_due_in_a_day_or_never_as_the_rule_says() -> None:
    assert due_at(NOW, NO_RULE, None) == NOW + 24 * HOUR
    assert due_at(NOW, TemplateRule(answer_within=None), None) is None
    assert due_at(NOW, TemplateRule(answer_within=None), 2) == NOW + 24 * HOUR


@pytest.mark.parametrize(
    ("score", "has_words", "expected"), [(None, False, False), (6, False, False), (7, False, True), (7, True, False)]
)
def test_only_a_good_score_without_words_needs_no_answer(score: int | None, *, has_words: bool, expected: bool) -> None:
    assert is_settled(SURVEY, score, has_words=has_words) is expected
