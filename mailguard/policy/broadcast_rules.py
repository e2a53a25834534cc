"""Mail to many that nobody has checked, or that is not what was checked. Rules about one recipient of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from mailguard.mail.control import MailClass
from mailguard.policy.facts import Earlier, MessageFacts, RecipientFacts, State
from mailguard.policy.finding import Code, Finding
from mailguard.policy.limits import Limits

CHECK: Final = "mailguard check MESSAGE --to AUDIENCE --sign"
"""What is to be done about it."""

_SETTLED_BY_CHECK: Final = frozenset({Code.UNCHECKED_BROADCAST, Code.FAN_OUT, Code.HIDDEN_RECIPIENTS})
"""Findings from which a check that holds exempts its audience."""


def unchecked_broadcast(message: MessageFacts, recipient: RecipientFacts, limits: Limits) -> Finding | None:
    """The mail's check does not hold, or not for this recipient; or bulk mail to many brings none. Never critical mail.

    Mailboxes of one's own (an archive, a test) need be in no audience; but a check that does not hold is good for nobody.
    """
    if message.mail_class is MailClass.CRITICAL:
        return None
    if message.check_failure:
        return Finding(Code.UNCHECKED_BROADCAST, f"{message.check_failure}; {CHECK}")
    if recipient.is_own:
        return None
    if message.check:
        return None if recipient.is_checked else _no_member(message.check)
    if message.mail_class is not MailClass.BULK:
        return None
    return _unchecked(limits) if recipient.fan_out.persons >= limits.fan_out_limit else None


def waits_for_check(mail: Earlier) -> bool:
    """Whether an earlier mail is held for nothing but what a check would have settled."""
    return mail.state is State.HELD and bool(mail.held_for) and mail.held_for <= _SETTLED_BY_CHECK


def superseded(message: MessageFacts, recipient: RecipientFacts) -> tuple[str, ...]:
    """The held mails (ids) that a checked one takes the place of: the same or nearly the same, waiting for a check alone."""
    if not recipient.is_checked:
        return ()
    same = (mail for mail in recipient.earlier if message.text == mail.text or message.core == mail.core)
    return tuple(mail.id for mail in same if waits_for_check(mail))


def _no_member(broadcast: str) -> Finding:
    text = f"the recipient is not in the audience that was checked as broadcast {broadcast}; {CHECK}"
    return Finding(Code.UNCHECKED_BROADCAST, text, (broadcast,))


def _unchecked(limits: Limits) -> Finding:
    minutes = limits.fan_out_window // timedelta(minutes=1)
    text = f"bulk mail to more than {limits.fan_out_limit} persons within {minutes} minutes with no check; {CHECK}"
    return Finding(Code.UNCHECKED_BROADCAST, text)
