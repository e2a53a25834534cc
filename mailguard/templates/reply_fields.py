"""The fields that bring answers back: an address signed for one recipient, and a way to unsubscribe (RFC 2369, RFC 8058).

Pure: the content of a mail in, the content with the fields out. What the sender wrote himself is left alone.
"""

from __future__ import annotations

import re

from mailguard.mail.address_list import parse_address_list
from mailguard.mail.header import scan
from mailguard.mail.mailbox import parse_mailbox
from mailguard.mail.token import tagged_address


def with_reply_to(content: bytes, *, address: str, token: str) -> bytes:
    """Return the content with `Reply-To: NAME+TOKEN@DOMAIN`, where it has no Reply-To or names just `address`.

    A display name beside the address stays.
    """
    header = scan(content)
    fields = header.named("reply-to")
    tagged = tagged_address(address, token).encode()
    if not fields:
        return _put_in(content, b"Reply-To: " + tagged + b"\r\n", at=header.end)
    named = {mailbox.canonical for field in fields for mailbox in parse_address_list(field.text())}
    field = fields[0]
    line, found = re.subn(re.escape(address).encode(), tagged, content[field.start : field.end], count=1, flags=re.IGNORECASE)
    if len(fields) > 1 or named != {parse_mailbox(address).canonical} or not found:
        return content
    return content[: field.start] + line + content[field.end :]


def with_unsubscription(content: bytes, *, url: str, mailbox: str = "") -> bytes:
    """Return the content with List-Unsubscribe and List-Unsubscribe-Post, where it has no List-Unsubscribe.

    `mailbox`: where a mail unsubscribes, too, for programs that know no other way; "" for none.
    """
    header = scan(content)
    if header.named("list-unsubscribe"):
        return content
    ways = f"<{url}>" + (f",\r\n <mailto:{mailbox}?subject=unsubscribe>" if mailbox else "")
    fields = f"List-Unsubscribe: {ways}\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    return _put_in(content, fields.encode(), at=header.end)


def unsubscribe_url(base: str, token: str) -> str:
    """Return the address that unsubscribes the recipient that the token was signed for."""
    return f"{base.rstrip('/')}/{token}"


def _put_in(content: bytes, fields: bytes, *, at: int) -> bytes:
    return content[:at] + fields + content[at:]
