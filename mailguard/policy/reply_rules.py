"""Rules about what the person has answered: mail that goes out as if nobody had read it. One notion each.

An automated mail that does not know of the answer to the last one is the insult that these stop. Whoever answers her, or
names what she wrote among what the mail follows, has read it, and is not stopped by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mailguard.mail.control import MailClass
from mailguard.policy.facts import MessageFacts, RecipientFacts
from mailguard.policy.finding import Code, Finding
from mailguard.policy.limits import Limits
from mailguard.policy.reply import Reply

MOST_NAMED: Final = 10
"""Replies that one finding rests on."""

_SAID: Final = "a reply is open"
_SAID_AGAIN: Final = "the conversation has its acknowledgement"
_SAID_STALE: Final = "a reply is newer than the text"


def open_reply(message: MessageFacts, recipient: RecipientFacts, limits: Limits) -> Finding | None:
    """The person has answered and nobody has resolved it; or a program is about to say once more that it got an answer."""
    again = _acknowledged_again(message, recipient)
    if again is not None:
        text = f"a second automatic acknowledgement in one conversation, now of reply {again.id}"
        return Finding(Code.OPEN_REPLY, text, (again.id,), _SAID_AGAIN)
    passed_over = [(reply, why) for reply in _waiting(message, recipient, limits) if (why := _why(message, recipient, reply))]
    if not passed_over:
        return None
    reply, why = passed_over[0]
    text = f"reply {reply.id} of {reply.at:%Y-%m-%d} is {reply.state}, and this {why}"
    return Finding(Code.OPEN_REPLY, text, tuple(reply.id for reply, _ in passed_over[:MOST_NAMED]), _SAID)


def stale_context(message: MessageFacts, recipient: RecipientFacts, limits: Limits) -> Finding | None:  # noqa: ARG001 - every rule takes the same three
    """The person has answered since the context was taken that the text was written with."""
    if message.context_seq is None or recipient.newest_reply <= message.context_seq:
        return None
    if any(reply.id == recipient.newest_reply_id for reply in recipient.answered):
        return None
    text = f"reply {recipient.newest_reply_id} came after the context was taken"
    return Finding(Code.STALE_CONTEXT, text, (recipient.newest_reply_id,), _SAID_STALE)


def _acknowledged_again(message: MessageFacts, recipient: RecipientFacts) -> Reply | None:
    """The reply that an auto-replied mail acknowledges though its conversation has had that (RFC 3834 2: once is enough)."""
    if not message.is_auto_replied:
        return None
    return next((reply for reply in recipient.answered if reply.conversation in recipient.acknowledged), None)


def _waiting(message: MessageFacts, recipient: RecipientFacts, limits: Limits) -> Iterator[Reply]:
    """What the person wrote, that somebody owes an answer, and that this mail does not answer."""
    answered = {reply.id for reply in recipient.answered}
    for reply in recipient.open_replies:
        if reply.id not in answered and message.now - reply.at < limits.reply_window:
            yield reply


def _why(message: MessageFacts, recipient: RecipientFacts, reply: Reply) -> str:
    """Why the mail is not for the person who waits for an answer to `reply`, "" where it is no matter."""
    kind = "is bulk mail" if message.mail_class is MailClass.BULK else "is a survey" if message.is_survey else ""
    if kind or recipient.answered:
        return kind
    if message.asks:
        return f"asks for {', '.join(message.asks)}"
    if reply.template and (reply.template, reply.facts) == (message.template, message.facts):
        return "is the mail that it answers, again"
    if _is_read(message, recipient) or message.thread.isdisjoint(reply.thread):
        return ""
    return "goes on in the same conversation without answering it"


def _is_read(message: MessageFacts, recipient: RecipientFacts) -> bool:
    """Whether who wrote the mail had a reply of the person's before them: a colleague, or a help desk in their name."""
    return recipient.follows_reply and not message.is_auto_replied
