"""Rules about the message as a whole: who is on it, what it answers, whether it can be read. One notion each."""

from __future__ import annotations

from mailguard.policy.facts import MessageFacts
from mailguard.policy.finding import Code, Finding
from mailguard.policy.limits import Limits

MOST_RECEIVED = 50
"""Received fields after which a mail is taken to go in circles (RFC 5321 6.3)."""

MOST_GREETED_VISIBLE = 3
"""Outside visible mailboxes up to which a text may greet one person only."""


def loop(facts: MessageFacts, limits: Limits) -> Finding | None:  # noqa: ARG001 - every rule takes the same two
    """An automatic answer to an automatic mail, or a mail that goes in circles (RFC 3834 2, RFC 5321 6.3)."""
    if facts.received_count > MOST_RECEIVED:
        return Finding(Code.LOOP, f"{facts.received_count} Received fields, limit {MOST_RECEIVED}")
    if facts.is_auto_replied and facts.answers_automatic and not facts.is_dsn:
        text = f"automatic reply to automatic mail {facts.answers_automatic}"
        return Finding(Code.LOOP, text, (facts.answers_automatic,))
    return None


def recalled(facts: MessageFacts, limits: Limits) -> Finding | None:  # noqa: ARG001 - every rule takes the same two
    """The mail, or the broadcast that it is of, was taken back before it came."""
    if not facts.recalled:
        return None
    return Finding(Code.RECALLED, f"taken back before it came ({facts.recalled})", (facts.recalled,))


def unreadable(facts: MessageFacts, limits: Limits) -> Finding | None:  # noqa: ARG001 - every rule takes the same two
    """The bounded reader could not tell what the mail is."""
    return Finding(Code.UNREADABLE, facts.unreadable) if facts.unreadable else None


def render_failed(facts: MessageFacts, limits: Limits) -> Finding | None:  # noqa: ARG001 - every rule takes the same two
    """The mail is a template that could not be rendered for its recipient."""
    if not facts.render_failure:
        return None
    return Finding(Code.RENDER_FAILED, facts.render_failure, said="a template of it could not be rendered")


def mass_cc(facts: MessageFacts, limits: Limits) -> Finding | None:
    """More outside mailboxes are shown to each other than is ever meant."""
    if facts.visible_outside <= limits.max_visible_recipients:
        return None
    text = f"{facts.visible_outside} visible recipients, limit {limits.max_visible_recipients}"
    return Finding(Code.MASS_CC, text)


def hidden_recipients(facts: MessageFacts, limits: Limits) -> Finding | None:
    """More outside recipients than are ever meant that no field shows."""
    if facts.hidden_outside <= limits.max_hidden_recipients:
        return None
    text = f"{facts.hidden_outside} recipients that no field shows, limit {limits.max_hidden_recipients}"
    return Finding(Code.HIDDEN_RECIPIENTS, text)


def addressee_mismatch(facts: MessageFacts, limits: Limits) -> Finding | None:  # noqa: ARG001 - every rule takes the same two
    """The text speaks to one person, the header to several."""
    if not facts.greets or facts.visible_outside <= MOST_GREETED_VISIBLE:
        return None
    return Finding(Code.ADDRESSEE_MISMATCH, f"the text greets one person, {facts.visible_outside} recipients are visible")


def stale_audience(facts: MessageFacts, limits: Limits) -> Finding | None:
    """A reply or forward to a set of people that was last written to long ago: an old mail that was copied."""
    audience = facts.audience
    if audience is None or not facts.is_reply_or_forward:
        return None
    if not audience.stale_id and facts.now - audience.last_written_at <= limits.stale_thread:
        return None
    text = f"the same {facts.visible_outside} recipients were last written to on {audience.last_written_at:%Y-%m-%d}"
    return Finding(Code.STALE_AUDIENCE, text, (audience.stale_id,) if audience.stale_id else ())
