"""Mails and terms for the tests of the check of a message, with everything ordinary left to defaults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mailguard.broadcast.finding import CheckFinding
from mailguard.broadcast.message_terms import MessageTerms, Rule
from mailguard.broadcast.message_view import MailView, read_view
from mailguard.mail.control import MailClass
from mailguard.policy.limits import Limits
from tests.builders import NOW

ORDINARY = {
    "From": "Shop <news@shop.example>",
    "To": "news@shop.example",
    "Subject": "Tulips are here",
    "Date": "Mon, 16 Nov 2026 09:00:00 +0000",
    "Message-ID": "<1@shop.example>",
    "List-Id": "<news.shop.example>",
    "List-Unsubscribe": "<https://shop.example/u/1>",
    "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
}
TEXT = (
    "Good morning,\n\nour tulips are here, red and yellow, and they stay for a week: https://shop.example/tulips\n\nYour shop\n"
)
HTML = (
    "<html lang='en'><body><p>Good morning,</p><p>our tulips are here, red and yellow, and they stay for a week: "
    "<a href='https://shop.example/tulips'>see them</a></p><p>Your shop</p></body></html>"
)


def octets(
    text: str | bytes = TEXT, *, html: str = "", fields: Mapping[str, str | None] | None = None, kind: str = ""
) -> bytes:
    """A newsletter; `fields` replace ordinary ones, None leaves one out; `html` stands beside the text."""
    header = {name: value for name, value in (ORDINARY | dict(fields or {})).items() if value is not None}
    header.setdefault("MIME-Version", "1.0")
    body = text.encode() if isinstance(text, str) else text
    header["Content-Type"] = kind or ("multipart/alternative; boundary=b" if html else "text/plain; charset=utf-8")
    if html:
        plain = b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + body + b"\r\n" if body else b""
        body = plain + b"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + html.encode() + b"\r\n--b--\r\n"
    head = "".join(f"{name}: {value}\r\n" for name, value in header.items())
    return head.encode() + b"\r\n" + body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def view(
    text: str | bytes = TEXT, *, html: str = "", fields: Mapping[str, str | None] | None = None, kind: str = "", **more: Any
) -> MailView:
    """The same as it is seen."""
    return read_view(octets(text, html=html, fields=fields, kind=kind), now=NOW, **more)


def terms(**changed: Any) -> MessageTerms:
    """Bulk mail to many, from a shop."""
    known: dict[str, Any] = {
        "now": NOW,
        "mail_class": MailClass.BULK,
        "limits": Limits(own_domains=frozenset({"shop.example"})),
        "persons": 500,
        "max_size": 1_000_000,
    }
    return MessageTerms(**(known | changed))


def said(rule: Rule, seen: MailView, **changed: Any) -> list[tuple[str, str]]:
    """Severity and code of what a rule says of a mail."""
    return marks(rule(seen, terms(**changed)))


def marks(found: Iterable[CheckFinding]) -> list[tuple[str, str]]:
    """Severity and code of each."""
    return [(one.severity.value, one.code) for one in found]
