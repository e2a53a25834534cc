"""The one answer for a mail of which each recipient got a rendering, and a decision, of their own. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from mailguard.mail.smtp_reply import SmtpReply
from mailguard.policy.facts import State
from mailguard.relay.intake import Taken


def answer_for(taken: Sequence[Taken]) -> SmtpReply:
    """The answer after the dot, from what became of each recipient: theirs where all came to the same, else the count.

    It names the id of the first of them that is on its way.
    """
    states = [_state_of(one) for one in taken]
    if all(one.entry is not None and one.entry.decision.is_replay for one in taken) or len(set(states)) == 1:
        return next((one.answer for one in taken if one.answer.code == 250), taken[0].answer)
    counts = [(states.count(State.HELD), "held"), (states.count(State.REJECTED), "rejected")]
    if State.QUEUED not in states:
        return next(one.answer for one, state in zip(taken, states, strict=True) if state is State.HELD)
    accepted = next(one.answer for one, state in zip(taken, states, strict=True) if state is State.QUEUED)
    parts = [f"{count} of {len(taken)} recipients {word}" for count, word in counts if count]
    return SmtpReply(250, "2.0.0", f"{accepted.text.split()[0]} accepted, {', '.join(parts)}")


def _state_of(taken: Taken) -> State:
    """What a sender is to hear of one recipient: on its way (also if it was before), held, or rejected."""
    if taken.answer.code != 250:
        return State.REJECTED
    if taken.entry is not None and taken.entry.states[0] is State.HELD:
        return State.HELD
    return State.QUEUED
