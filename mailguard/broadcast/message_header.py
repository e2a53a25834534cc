"""Who a mail says it is from, to whom and when, and whether it says that a program sends it (RFC 5322 3.6, RFC 3834 5)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from mailguard.broadcast.finding import CheckFinding
from mailguard.broadcast.message_terms import MessageTerms, error, warning
from mailguard.broadcast.message_view import MailView
from mailguard.mail.address_list import parse_address_list
from mailguard.mail.automation import AutoSubmitted
from mailguard.mail.control import MailClass
from mailguard.mail.leftovers import find_leftovers

OLD: Final = timedelta(days=7)
"""Age of a Date from which on mail programs sort a mail where nobody looks."""
AHEAD: Final = timedelta(days=1)

_OF_A_DRAFT: Final = re.compile(
    r"(?:draft|entwurf|bozza|brouillon|borrador|test|test ?mail|prova|probe)\s?[:|–—-]\s"
    r"|copy of |kopie von |copia d[ie] |copie de ",
    re.IGNORECASE,
)
_ANSWERED_TO: Final = (("sender", "Sender"), ("reply-to", "Reply-To"), ("return-path", "the reverse-path"))


def header_findings(view: MailView, terms: MessageTerms) -> Iterator[CheckFinding]:
    """Yield what is wrong with the sender's header fields."""
    yield from _sender(view, terms)
    yield from _answers_to(view, terms)
    yield from _recipients(view, terms)
    yield from _subject(view, terms)
    yield from _date(view, terms)
    yield from _automatic(view, terms)


def _sender(view: MailView, terms: MessageTerms) -> Iterator[CheckFinding]:
    fields = view.header.named("from")
    if len(fields) > 1:
        yield error("sender", f"it has {len(fields)} From fields, and may have one (RFC 5322 3.6); leave the one that is meant")
    if view.message.originator is None:
        yield error("sender", "no mailbox stands in From (RFC 5322 3.6.2); name the one that it is from")
        return
    mailboxes = parse_address_list(fields[0].text()) if fields else ()
    if len(mailboxes) > 1 and not view.header.named("sender"):
        yield warning(
            "sender", "several mailboxes stand in From and none in Sender (RFC 5322 3.6.2); name one", *map(str, mailboxes)
        )
    domain = view.message.originator.domain
    if terms.limits.own_domains and not terms.limits.is_own(domain):
        text = "From is of a domain that is not in relay.own_domains; write from an own one, or add it there"
        yield warning("foreign_sender", text, domain)


def _answers_to(view: MailView, terms: MessageTerms) -> Iterator[CheckFinding]:
    """Answers and bounces that go to a domain which is neither an own one nor that of From."""
    own = view.message.originator.domain if view.message.originator else ""
    for name, shown in _ANSWERED_TO if terms.limits.own_domains else ():
        mailboxes = parse_address_list(view.header.first(name))
        foreign = [each.domain for each in mailboxes if each.domain != own and not terms.limits.is_own(each.domain)]
        if foreign:
            text = f"{shown} is of a domain that is not in relay.own_domains, so that answers leave the house; name an own one"
            yield warning("foreign_reply_to", text, *foreign)


def _recipients(view: MailView, terms: MessageTerms) -> Iterator[CheckFinding]:
    """Mailboxes that everybody would see. Those beyond the limit are `mass_cc`."""
    outside = [each for each in view.message.visible if not terms.limits.is_own(each.domain)]
    if terms.persons > 1 and 0 < len(outside) <= terms.limits.max_visible_recipients:
        text = "everybody who gets it sees these recipients, as it stands; let To name the one whom each mail goes to"
        yield warning("visible_recipients", text, *map(str, outside))


def _subject(view: MailView, terms: MessageTerms) -> Iterator[CheckFinding]:
    subject, thread = view.message.subject.strip(), view.message.thread
    if not subject:
        yield warning("subject", "it has no subject, and filters take such mail for what nobody asked for; write one")
    if terms.persons > 1 and (thread.is_reply or thread.is_forward):
        text = "it is marked as an answer or a forward, by its subject or by fields of its header; begin a new mail"
        yield warning("reply_or_forward", text, subject)
    if _OF_A_DRAFT.match(subject) and not any(find_leftovers(subject)):
        yield warning(
            "subject", "its subject begins like that of a draft or a test; look whether it is meant to be read", subject
        )


def _date(view: MailView, terms: MessageTerms) -> Iterator[CheckFinding]:
    absent = [shown for name, shown in (("date", "Date"), ("message-id", "Message-ID")) if not view.header.first(name)]
    if absent:
        yield warning(
            "missing_field", f"it has no {' and no '.join(absent)}; the relay adds what is missing, each mail its own"
        )
    date = view.message.date
    if date is None:
        if view.header.first("date"):
            yield warning("date", "its Date cannot be read (RFC 5322 3.3); leave it out, and the relay adds one")
    elif not -AHEAD <= terms.now - date <= OLD:
        age = "in the future" if date > terms.now else f"{(terms.now - date).days} days ago"
        yield warning("date", f"its Date is {age}; set it when the mail is sent, or leave it out", f"{date:%Y-%m-%d}")


def _automatic(view: MailView, terms: MessageTerms) -> Iterator[CheckFinding]:
    automation = view.message.automation
    says = automation.auto_submitted is not AutoSubmitted.NO or automation.is_list or automation.precedence in {"bulk", "junk"}
    if terms.persons > 1 and not says:
        more = " or List-Id" if terms.mail_class is MailClass.BULK else ""
        text = f"it does not say that a program sends it, so programs will answer it; add Auto-Submitted: auto-generated{more}"
        yield warning("auto_submitted", text)
