"""One pure function decides: facts in, a decision out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from mailguard.policy.broadcast_rules import superseded
from mailguard.policy.decision import Decision, RecipientDecision
from mailguard.policy.facts import Facts, MessageFacts, RecipientFacts, Replay, State
from mailguard.policy.finding import Action, Code, Finding
from mailguard.policy.limits import Limits
from mailguard.policy.recipient_rules import repeated
from mailguard.policy.rules import EXEMPT_OWN, MESSAGE_RULES, NEVER_OVERRIDDEN, RECIPIENT_RULES, action_for


def decide(facts: Facts, limits: Limits) -> Decision:
    """The verdict on a message, recipient by recipient; the strongest action is the message's."""
    general = tuple(finding for rule in MESSAGE_RULES if (finding := rule(facts.message, limits)) is not None)
    recipients = tuple(_decide_one(facts.message, recipient, general=general, limits=limits) for recipient in facts.recipients)
    action = max((recipient.action for recipient in recipients), key=lambda action: action.strength)
    return Decision(action, recipients)


def _decide_one(
    message: MessageFacts, recipient: RecipientFacts, *, general: tuple[Finding, ...], limits: Limits
) -> RecipientDecision:
    if recipient.replay is not None:
        return _replayed(recipient.replay)
    decision = _judged(message, recipient, general=general, limits=limits)
    waiting = superseded(message, recipient)
    return replace(decision, supersedes=waiting) if waiting else decision


def _judged(
    message: MessageFacts, recipient: RecipientFacts, *, general: tuple[Finding, ...], limits: Limits
) -> RecipientDecision:
    own = tuple(finding for rule in RECIPIENT_RULES if (finding := rule(message, recipient, limits)) is not None)
    if recipient.is_own:
        own = tuple(finding for finding in own if finding.code not in EXEMPT_OWN)
    findings = general + own
    if not findings:
        return _DELIVER
    actions = {finding.code: action_for(finding.code, message.mail_class, limits) for finding in findings}
    is_stopped = actions.get(Code.REPEAT, Action.DELIVER) is not Action.DELIVER
    joins = _joined_hold(message, recipient) if is_stopped else ""
    if joins:
        actions[Code.REPEAT] = Action.HOLD
    action = max(actions.values(), key=lambda action: action.strength)
    if recipient.override and action is not Action.DELIVER and _may_be_let_out(recipient, actions.keys()):
        return RecipientDecision(Action.DELIVER, findings, override=recipient.override)
    return RecipientDecision(action, findings, joins=joins if action is Action.HOLD else "")


def _may_be_let_out(recipient: RecipientFacts, codes: Collection[Code]) -> bool:
    """Whether somebody's word can let it out: not half a mail, nor one that was taken back, or that arrives nowhere."""
    return NEVER_OVERRIDDEN.isdisjoint(codes) and not (recipient.is_bounced and Code.SUPPRESSED in codes)


def _joined_hold(message: MessageFacts, recipient: RecipientFacts) -> str:
    """The held mail that a repeat joins (CONTRACT: `repeat`), "" where what it repeats was sent."""
    first = repeated(message, recipient)
    return first.id if first is not None and first.state is State.HELD else ""


def _replayed(replay: Replay) -> RecipientDecision:
    text = f"the sender's own retry of {replay.id}"
    if replay.broadcast:
        text = f"broadcast {replay.broadcast} has reached this recipient already, with {replay.id}"
    finding = Finding(Code.REPLAY, text, (replay.id,))
    return RecipientDecision(Action.DELIVER, (finding,), replay=replay)


_DELIVER = RecipientDecision(Action.DELIVER, ())
