"""From a decision to the states of its recipients and to the one answer that the sender gets after the dot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import assert_never

from mailguard.mail.smtp_reply import SmtpReply
from mailguard.policy.decision import Decision, RecipientDecision
from mailguard.policy.facts import State
from mailguard.policy.finding import Action, Code, Finding
from mailguard.policy.limits import Limits, Mode
from mailguard.policy.rules import action_for
from mailguard.policy.submission import Submission

TEMPORARILY_UNABLE = SmtpReply(451, "4.3.0", "temporarily unable, try again")
"""What a sender hears when mailguard itself fails: the mail stays with the sender."""

KEY_CONFLICT = SmtpReply(550, "5.5.4", "Mailguard-Key was used before for another mail; use a new key")
"""The same idempotency key with another body or to other recipients."""


class Answers(StrEnum):
    """`polite`: 250 and held where a reject would be; `strict`: 550 where a hold would be."""

    DEFAULT = "default"
    POLITE = "polite"
    STRICT = "strict"


def adapted(decision: Decision, answers: Answers) -> Decision:
    """The decision as this client is to hear it: a polite one is never told no, a strict one never told to wait."""
    if answers is Answers.DEFAULT or decision.action is Action.DELIVER:
        return decision
    changed, other = (Action.HOLD, Action.REJECT) if answers is Answers.STRICT else (Action.REJECT, Action.HOLD)
    recipients = tuple(
        replace(recipient, action=other, joins="" if other is Action.REJECT else recipient.joins)
        if recipient.action is changed
        else recipient
        for recipient in decision.recipients
    )
    return Decision(max((one.action for one in recipients), key=lambda action: action.strength), recipients)


def states_of(decision: Decision, mode: Mode) -> tuple[State, ...]:
    """The state in which each recipient enters the ledger, in the order of the envelope."""
    return tuple(_state_of(recipient, mode) for recipient in decision.recipients)


def answer_to(id: str, decision: Decision, *, states: Sequence[State], submission: Submission, limits: Limits) -> SmtpReply:
    """The answer after the dot for a mail that is no replay; never a person's data in it."""
    held, rejected = states.count(State.HELD), states.count(State.REJECTED)
    if not held and not rejected:
        return SmtpReply(250, "2.0.0", f"{id} accepted")
    if rejected == len(states):
        finding = _named(decision, Action.REJECT, submission=submission, limits=limits)
        return SmtpReply(550, "5.7.1", f"{id} {_said(finding)}; ask: mailguard why {id}")
    if held + rejected == len(states):
        finding = _named(decision, Action.HOLD, submission=submission, limits=limits)
        return SmtpReply(250, "2.0.0", f"{id} held: {finding.code}, {finding.said or finding.text}")
    parts = [f"{count} of {len(states)} recipients {word}" for count, word in ((held, "held"), (rejected, "rejected")) if count]
    return SmtpReply(250, "2.0.0", f"{id} accepted, {', '.join(parts)}")


def replay_answer(decision: Decision) -> SmtpReply:
    """The first answer again, to a mail that is a replay: its 550 where every recipient was rejected, else `250 … replay`."""
    replays = [one.replay for one in decision.recipients if one.replay is not None]
    first = replays[0]
    if any(replay.state is not State.REJECTED for replay in replays):
        return SmtpReply(250, "2.0.0", f"{first.id} replay")
    code, _, rest = first.answer.partition(" ")
    status, _, text = rest.partition(" ")
    if code == "550":
        return SmtpReply(550, status, text)
    return SmtpReply(550, "5.7.1", f"{first.id} rejected before; ask: mailguard why {first.id}")


def _state_of(recipient: RecipientDecision, mode: Mode) -> State:
    if recipient.replay is not None:
        return State.REPLAYED
    if mode is Mode.SHADOW:
        return _shadow_state(recipient)
    match recipient.action:
        case Action.DELIVER:
            return State.QUEUED
        case Action.HOLD:
            return State.HELD
        case Action.REJECT:
            return State.REJECTED
        case _:
            assert_never(recipient.action)


def _shadow_state(recipient: RecipientDecision) -> State:
    """The state in mode shadow: what a person took back, and a template that was not rendered, leave in no mode."""
    codes = {finding.code for finding in recipient.findings}
    if Code.RECALLED in codes:
        return State.REJECTED
    return State.HELD if Code.RENDER_FAILED in codes else State.QUEUED


def _named(decision: Decision, action: Action, *, submission: Submission, limits: Limits) -> Finding:
    """The finding that an answer names: the first that led to `action`, else the first that led to anything."""
    mail_class = submission.classification.mail_class
    stopping = [found for found in decision.findings if action_for(found.code, mail_class, limits) is not Action.DELIVER]
    exact = (found for found in stopping if action_for(found.code, mail_class, limits) is action)
    return next(exact, stopping[0])


def _said(finding: Finding) -> str:
    """The finding as an answer says it: its text, led by its code where the text does not begin with it."""
    text = finding.said or finding.text
    return text if text.startswith(finding.code) else f"{finding.code}: {text}"
