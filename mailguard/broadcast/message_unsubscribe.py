"""How those who get bulk mail can say that they want no more of it: List-Unsubscribe (RFC 2369 3.2), one click (RFC 8058)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from mailguard.broadcast.finding import CheckFinding
from mailguard.broadcast.message_terms import MessageTerms, error, warning
from mailguard.broadcast.message_view import MailView
from mailguard.mail.control import MailClass
from mailguard.mail.header import Field

MISSING: Final = "missing_unsubscribe"

_OFFER: Final = "list-unsubscribe"
_POST: Final = "list-unsubscribe-post"
_LINE: Final = "List-Unsubscribe-Post: List-Unsubscribe=One-Click"
_ONE_CLICK: Final = re.compile(r"\s*List-Unsubscribe\s*=\s*One-Click\s*", re.IGNORECASE)  # RFC 8058 3.1
_URI: Final = re.compile(r"<([^<>]{1,4000})>")
_ENCODED: Final = re.compile(r"=\?[\w-]{1,40}\?[bq]\?", re.IGNORECASE)  # RFC 2047 2
_SIGNED_FIELDS: Final = re.compile(r"(?:^|;)\s*h\s*=([^;]*)", re.IGNORECASE)  # RFC 6376 3.5


def unsubscribe_findings(view: MailView, terms: MessageTerms) -> Iterator[CheckFinding]:
    """Yield what bulk mail lacks. For a mail that is not rendered: to that the relay adds nothing."""
    if terms.mail_class is not MailClass.BULK:
        return
    if not view.header.named(_OFFER):
        lacks = f"bulk mail needs List-Unsubscribe with an https: address, and {_LINE} (RFC 8058)"
        yield error(MISSING, f"{lacks}; add both, or render it with replies.unsubscribe_url set, and the relay adds them")
    elif not view.header.named(_POST):
        yield error(MISSING, f"it can be unsubscribed from, but not by one click; add {_LINE} (RFC 8058 3.1)")


def offer_findings(view: MailView, terms: MessageTerms) -> Iterator[CheckFinding]:
    """Yield what keeps the unsubscription that a mail offers from working; an error where bulk mail has no one-click for it."""
    offers = [each.text() for each in view.header.named(_OFFER)]
    if not offers:
        return
    say = error if terms.mail_class is MailClass.BULK else warning
    if _ENCODED.search(offers[0]):  # RFC 2369 2: no encoding is allowed there; Python's email does it to every long address
        text = "List-Unsubscribe is written as =?…?=, which no program reads there (RFC 2369 2)"
        yield say(
            MISSING, f"{text}; write the addresses as they are, in Python with EmailPolicy(max_line_length=998)", offers[0]
        )
        return
    addresses = [each.strip() for each in _URI.findall(offers[0])]
    if not addresses:
        text = "no address in angle brackets stands in List-Unsubscribe (RFC 2369 2); write <https://…>"
        yield say(MISSING, text, offers[0])
        return
    if len(offers) > 1:
        yield warning("unsubscribe", "List-Unsubscribe stands there more than once; programs read one of them (RFC 2369 3)")
    posts = [each.text() for each in view.header.named(_POST)]
    if not posts:
        return
    if not any(each.lower().startswith("https://") for each in addresses):
        yield say(MISSING, "one click needs an https: address in List-Unsubscribe (RFC 8058 3.1); add one", *addresses)
    if len(posts) > 1 or not _ONE_CLICK.fullmatch(posts[0]):
        text = "List-Unsubscribe-Post must be exactly List-Unsubscribe=One-Click (RFC 8058 3.1); mend it"
        yield say(MISSING, text, *posts)
    yield from _unsigned(view.header.named("dkim-signature"))


def _unsigned(signatures: tuple[Field, ...]) -> Iterator[CheckFinding]:
    """A mail that is signed, but not over the two fields: no program offers its one click (RFC 8058 4)."""
    signed = [_SIGNED_FIELDS.search(each.text()) for each in signatures]
    names = [{name.strip().lower() for name in found[1].split(":")} for found in signed if found]
    if names and not any({_OFFER, _POST} <= each for each in names):
        text = "its DKIM signature does not cover List-Unsubscribe and List-Unsubscribe-Post (RFC 8058 4); name both in h="
        yield warning("unsubscribe", text)
