"""What a rule says of a mail, and what that leads to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Code(StrEnum):
    """The findings, in the order in which they are named first when several lead to the same action."""

    LOOP = "loop"
    RECALLED = "recalled"
    SUPPRESSED = "suppressed"
    UNREADABLE = "unreadable"
    RENDER_FAILED = "render_failed"
    MASS_CC = "mass_cc"
    HIDDEN_RECIPIENTS = "hidden_recipients"
    ADDRESSEE_MISMATCH = "addressee_mismatch"
    STALE_AUDIENCE = "stale_audience"
    REPLAY = "replay"
    STALE_CONTEXT = "stale_context"
    OPEN_REPLY = "open_reply"
    KNOWN_DATA = "known_data"
    REPEAT = "repeat"
    NEAR_REPEAT = "near_repeat"
    UNCHECKED_BROADCAST = "unchecked_broadcast"
    FAN_OUT = "fan_out"
    FREQUENCY_CAP = "frequency_cap"


class Action(StrEnum):
    """What happens to a recipient's mail; the strongest wins."""

    DELIVER = "deliver"
    HOLD = "hold"
    REJECT = "reject"

    @property
    def strength(self) -> int:
        """Rank: deliver 0, hold 1, reject 2."""
        return _STRENGTH[self]


_STRENGTH = {Action.DELIVER: 0, Action.HOLD: 1, Action.REJECT: 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule's result: `text` is one sentence without personal data beyond what refs lead to; `refs` are ids it rests on.

    `said`: what an answer says in place of `text`, where that tells whose a mailbox is; "" where the sender may know it all.
    """

    code: Code
    text: str
    refs: tuple[str, ...] = ()
    said: str = ""
