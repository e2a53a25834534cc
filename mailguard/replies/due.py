"""Until when a human's reply is to be answered, as the rules for templates have it; and which need no answer at all."""

from __future__ import annotations

from datetime import datetime

from mailguard.policy.template_rule import TemplateRule


def due_at(received_at: datetime, rule: TemplateRule, score: int | None) -> datetime | None:
    """Return until when a reply is to be answered, None for whenever. A low score has a time of its own."""
    within = rule.low_score_within if score is not None and score <= rule.low_score else rule.answer_within
    return None if within is None else received_at + within


def is_settled(rule: TemplateRule, score: int | None, *, has_words: bool) -> bool:
    """Whether nothing is to be answered: a good score, and nothing said with it."""
    return score is not None and score > rule.low_score and not has_words
