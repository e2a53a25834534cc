"""What would be found of a mail that is not written yet: the rules that need no text, the relay's own, over the same facts.

What only a text shows (a repeat, a large audience) is not foreseen, so `deliver` here is no promise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from mailguard.mail.control import MailClass
from mailguard.policy import recipient_rules, reply_rules
from mailguard.policy.facts import FanOut, MessageFacts, RecipientFacts
from mailguard.policy.finding import Action, Finding
from mailguard.policy.limits import Limits
from mailguard.policy.rules import EXEMPT_OWN, RecipientRule, action_for

FORESEEN: Final[tuple[RecipientRule, ...]] = (
    recipient_rules.suppressed,
    reply_rules.open_reply,
    recipient_rules.known_data,
    recipient_rules.frequency_cap,
)

NO_FAN_OUT: Final = FanOut(0, None, was_released=False)
"""How far a text has gone that is not written yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """The mail that somebody means to write. `asks`: the fields that it will ask for. `is_survey`: its template is one."""

    template: str = ""
    mail_class: MailClass = MailClass.SERVICE
    asks: tuple[str, ...] = ()
    is_survey: bool = False


def foresee(recipient: RecipientFacts, intent: Intent, *, now: datetime, limits: Limits) -> tuple[Action, tuple[Finding, ...]]:
    """Return what the rules would lead to, and what they find.

    The facts of the mail are not known: of a template that the person has answered, it is taken to be that mail again.
    """
    message = _message(recipient, intent, now=now)
    found = [finding for rule in FORESEEN if (finding := rule(message, recipient, limits)) is not None]
    if recipient.is_own:
        found = [finding for finding in found if finding.code not in EXEMPT_OWN]
    actions = (action_for(finding.code, intent.mail_class, limits) for finding in found)
    return max(actions, key=lambda action: action.strength, default=Action.DELIVER), tuple(found)


def _message(recipient: RecipientFacts, intent: Intent, *, now: datetime) -> MessageFacts:
    answered = (reply.facts for reply in recipient.open_replies if intent.template and reply.template == intent.template)
    return MessageFacts.without_text(
        now=now,
        mail_class=intent.mail_class,
        asks=intent.asks,
        template=intent.template,
        facts=next(answered, b""),
        is_survey=intent.is_survey,
    )
