"""What the relay's own rules say of a mail that has no recipients yet. Rests on `policy`, and judges nothing itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from mailguard.broadcast.finding import CheckFinding
from mailguard.broadcast.message_terms import MessageTerms, error, warning
from mailguard.broadcast.message_view import MailView
from mailguard.mail.automation import AutoSubmitted
from mailguard.policy.facts import MessageFacts
from mailguard.policy.finding import Action, Code
from mailguard.policy.rules import MESSAGE_RULES, action_for

_TO_DO: Final = {
    Code.UNREADABLE: "mend how the mail is put together",
    Code.MASS_CC: "leave one mailbox in To, and let the envelope name the others",
    Code.ADDRESSEE_MISMATCH: "leave one mailbox in To, or greet all of them",
    Code.LOOP: "send it as a new mail, without the trace fields and answers of another",
}


def policy_findings(view: MailView, terms: MessageTerms) -> Iterator[CheckFinding]:
    """Yield what the relay would say of the message whoever gets it; an error where it would stop it."""
    unusable = view.message.control.unusable
    if unusable:
        yield error(
            "unusable_field",
            "the relay cannot take what a field says, and refuses the mail; mend it, or leave it out",
            unusable,
        )
    facts = _facts(view, terms)
    for rule in MESSAGE_RULES:
        found = rule(facts, terms.limits)
        if found is not None:
            stops = action_for(found.code, terms.mail_class, terms.limits) is not Action.DELIVER
            to_do = _TO_DO.get(found.code, "mend it before it is sent")
            yield (error if stops else warning)(found.code.value, f"{found.text}; {to_do}")


def _facts(view: MailView, terms: MessageTerms) -> MessageFacts:
    """Return what is known of the message before it has recipients: nobody is hidden, and no set of people was written to."""
    message = view.message
    return MessageFacts(
        now=terms.now,
        mail_class=terms.mail_class,
        repeat_window=None,
        text=message.fingerprint.text,
        core=message.fingerprint.core,
        visible_outside=sum(not terms.limits.is_own(mailbox.domain) for mailbox in message.visible),
        hidden_outside=0,
        greets=message.greets,
        is_reply_or_forward=message.thread.is_reply or message.thread.is_forward,
        audience=None,
        received_count=message.received_count,
        is_auto_replied=message.automation.auto_submitted is AutoSubmitted.REPLIED,
        is_dsn=message.automation.is_dsn,
        answers_automatic="",
        unreadable=message.unreadable,
    )
