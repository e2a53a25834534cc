"""Rules about one recipient: what this person was sent before, and whether they may be written to. One notion each."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from mailguard.identity.known import covers, field_name
from mailguard.mail.control import MailClass
from mailguard.policy.broadcast_rules import waits_for_check
from mailguard.policy.facts import Earlier, MessageFacts, OnFile, RecipientFacts, State, Suppression
from mailguard.policy.finding import Code, Finding
from mailguard.policy.limits import Limits

NEW_TEXT = timedelta(hours=24)
"""How long a text counts as new: an established service text may go to many at once."""


def repeated(message: MessageFacts, recipient: RecipientFacts) -> Earlier | None:
    """The mail that this one repeats: what was sent before what is still held, newest first."""
    same = [mail for mail in _within_window(message, recipient) if mail.text == message.text]
    sent = (mail for mail in same if mail.state is not State.HELD)
    return next(sent, same[0] if same else None)


def known_data(message: MessageFacts, recipient: RecipientFacts, limits: Limits) -> Finding | None:  # noqa: ARG001 - every rule takes the same three
    """Every field that the mail asks for is on file for the person, in whichever record."""
    on_file = recipient.on_file
    if on_file is None or not message.asks:
        return None
    if not all(covers(field, on_file.fields.keys()) for field in message.asks):
        return None
    holders = tuple(dict.fromkeys(record for field in message.asks for record in _holders(field, on_file)))
    text = f"asks for {', '.join(message.asks)}: on file in {', '.join(holders)}"
    if not on_file.here or on_file.here in holders:
        return Finding(Code.KNOWN_DATA, text, holders, _ON_FILE)
    return Finding(Code.KNOWN_DATA, f"{text}; this mailbox is {on_file.here}", (*holders, on_file.here), _ON_FILE)


def repeat(message: MessageFacts, recipient: RecipientFacts, limits: Limits) -> Finding | None:  # noqa: ARG001 - every rule takes the same three
    """The same text and facts to the same person within the window, or at another of their mailboxes at the same time."""
    first = repeated(message, recipient)
    if first is None:
        return _AGAIN if recipient.is_again and message.repeat_window is not None else None
    return Finding(Code.REPEAT, f"repeat of {first.id} of {first.at:%Y-%m-%d}", (first.id,))


def near_repeat(message: MessageFacts, recipient: RecipientFacts, limits: Limits) -> Finding | None:  # noqa: ARG001 - every rule takes the same three
    """The same facts, and the same words but for salutation, signature, footer, order, punctuation or markup."""
    if recipient.is_again or repeated(message, recipient) is not None:
        return None
    near = next((mail for mail in _within_window(message, recipient) if mail.core == message.core), None)
    if near is None:
        return None
    text = f"differs from {near.id} of {near.at:%Y-%m-%d} only in order, punctuation, salutation, signature or footer"
    return Finding(Code.NEAR_REPEAT, text, (near.id,))


def fan_out(message: MessageFacts, recipient: RecipientFacts, limits: Limits) -> Finding | None:
    """One text to more persons in a short time than is meant without a check beforehand."""
    reach = recipient.fan_out
    if reach.persons < limits.fan_out_limit or recipient.is_checked:
        return None
    if message.mail_class is not MailClass.BULK and not _is_new_text(message, recipient):
        return None
    minutes = limits.fan_out_window // timedelta(minutes=1)
    return Finding(Code.FAN_OUT, f"the same text went to {limits.fan_out_limit} persons within {minutes} minutes")


def frequency_cap(message: MessageFacts, recipient: RecipientFacts, limits: Limits) -> Finding | None:
    """More bulk mail to one person than the operator allows; off while the limit is 0."""
    if message.mail_class is not MailClass.BULK or not limits.bulk_per_person:
        return None
    if recipient.bulk_count < limits.bulk_per_person:
        return None
    days = limits.bulk_window / timedelta(days=1)
    text = f"{recipient.bulk_count} bulk mails within {days:g} days, limit {limits.bulk_per_person}"
    return Finding(Code.FREQUENCY_CAP, text)


def suppressed(message: MessageFacts, recipient: RecipientFacts, limits: Limits) -> Finding | None:  # noqa: ARG001 - every rule takes the same three
    """Mail to this mailbox does not arrive; or it is bulk mail to a person who wants none."""
    if recipient.is_bounced:
        return _SUPPRESSED[Suppression.BOUNCED]
    if recipient.suppression is None or message.mail_class is not MailClass.BULK:
        return None
    return _SUPPRESSED[recipient.suppression]


def _holders(field: str, on_file: OnFile) -> tuple[str, ...]:
    """The oldest record that has all of `field`, else the oldest of each part of it that has one."""
    name = field_name(field)
    parts = (name,) if name in on_file.fields else _PARTS.get(name, ())
    return tuple(on_file.fields[part][0] for part in parts if part in on_file.fields)


def _within_window(message: MessageFacts, recipient: RecipientFacts) -> list[Earlier]:
    """What the person was sent lately; what waits for a check is none of it to a mail that brings one."""
    if message.repeat_window is None:
        return []
    recent = [mail for mail in recipient.earlier if message.now - mail.at < message.repeat_window]
    return [mail for mail in recent if not waits_for_check(mail)] if recipient.is_checked else recent


_AGAIN: Final = Finding(
    Code.REPEAT, "repeat of itself: the same mail goes to another mailbox of this person", said="repeat of itself"
)
_PARTS: Final = {"full_name": ("given_name", "surname"), "postal_address": ("street_address", "city", "postcode")}
"""What a field is made of, that records may hold between them."""

_ON_FILE: Final = "asks for what is on file"

_SUPPRESSED: Final = {
    suppression: Finding(Code.SUPPRESSED, text, said="the recipient gets no such mail")
    for suppression, text in (
        (Suppression.BOUNCED, "mail to this mailbox does not arrive"),
        (Suppression.ERASED, "the recipient was erased on request"),
        (Suppression.COMPLAINED, "the recipient has complained of such mail"),
        (Suppression.UNSUBSCRIBED, "the recipient has unsubscribed"),
    )
}


def _is_new_text(message: MessageFacts, recipient: RecipientFacts) -> bool:
    reach = recipient.fan_out
    if reach.was_released:
        return False
    return reach.first_seen is None or message.now - reach.first_seen < NEW_TEXT
