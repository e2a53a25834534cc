"""The whole policy as one table: each rule, and what its finding leads to for each class of mail."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, assert_never

from mailguard.mail.control import MailClass
from mailguard.policy import broadcast_rules, message_rules, recipient_rules, reply_rules
from mailguard.policy.facts import MessageFacts, RecipientFacts
from mailguard.policy.finding import Action, Code, Finding
from mailguard.policy.limits import Limits

MessageRule = Callable[[MessageFacts, Limits], Finding | None]
RecipientRule = Callable[[MessageFacts, RecipientFacts, Limits], Finding | None]


@dataclass(frozen=True, slots=True)
class Default:
    """What a finding leads to where the operator has not said otherwise."""

    critical: Action
    service: Action
    bulk: Action

    def of(self, mail_class: MailClass) -> Action:
        """The action for mail of `mail_class`."""
        match mail_class:
            case MailClass.CRITICAL:
                return self.critical
            case MailClass.SERVICE:
                return self.service
            case MailClass.BULK:
                return self.bulk
            case _:
                assert_never(mail_class)


_D, _H, _R = Action.DELIVER, Action.HOLD, Action.REJECT

DEFAULTS: Final[dict[Code, Default]] = {
    #                                critical service bulk
    Code.LOOP:               Default(_R,      _R,     _R),
    Code.RECALLED:           Default(_R,      _R,     _R),
    Code.SUPPRESSED:         Default(_R,      _R,     _R),
    Code.UNREADABLE:         Default(_H,      _H,     _H),
    Code.RENDER_FAILED:      Default(_H,      _H,     _H),
    Code.MASS_CC:            Default(_H,      _H,     _H),
    Code.HIDDEN_RECIPIENTS:  Default(_H,      _H,     _H),
    Code.ADDRESSEE_MISMATCH: Default(_D,      _H,     _H),
    Code.STALE_AUDIENCE:     Default(_D,      _H,     _H),
    Code.STALE_CONTEXT:      Default(_D,      _H,     _H),
    Code.OPEN_REPLY:         Default(_D,      _H,     _H),
    Code.KNOWN_DATA:         Default(_D,      _H,     _H),
    Code.REPEAT:             Default(_D,      _R,     _R),
    Code.NEAR_REPEAT:        Default(_D,      _H,     _H),
    Code.UNCHECKED_BROADCAST: Default(_D,    _H,     _H),
    Code.FAN_OUT:            Default(_D,      _H,     _H),
    Code.FREQUENCY_CAP:      Default(_D,      _D,     _H),
}  # fmt: skip

MESSAGE_RULES: Final[tuple[MessageRule, ...]] = (
    message_rules.loop,
    message_rules.recalled,
    message_rules.unreadable,
    message_rules.render_failed,
    message_rules.mass_cc,
    message_rules.hidden_recipients,
    message_rules.addressee_mismatch,
    message_rules.stale_audience,
)

RECIPIENT_RULES: Final[tuple[RecipientRule, ...]] = (
    recipient_rules.suppressed,
    reply_rules.stale_context,
    reply_rules.open_reply,
    recipient_rules.known_data,
    recipient_rules.repeat,
    recipient_rules.near_repeat,
    broadcast_rules.unchecked_broadcast,
    recipient_rules.fan_out,
    recipient_rules.frequency_cap,
)

EXEMPT_OWN: Final = frozenset(
    {Code.OPEN_REPLY, Code.KNOWN_DATA, Code.REPEAT, Code.NEAR_REPEAT, Code.FAN_OUT, Code.FREQUENCY_CAP}
)
"""Findings that do not arise for mailboxes in own_domains: an alert every five minutes to the own team is ordinary."""


FIXED: Final = frozenset({Code.RENDER_FAILED, Code.RECALLED})
"""Findings that lead to the same whatever the operator says."""


NEVER_OVERRIDDEN: Final = FIXED | {Code.LOOP}
"""Findings that no override token lets out."""


def action_for(code: Code, mail_class: MailClass, limits: Limits) -> Action:
    """What a finding leads to: the operator's word, else the default.

    Nobody lets out what is only half a mail, or what was taken back.
    """
    if code in FIXED:
        return DEFAULTS[code].of(mail_class)
    return limits.actions.get((mail_class, code)) or DEFAULTS[code].of(mail_class)
