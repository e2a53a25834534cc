"""The one mailbox that a cell of a table holds, as people write it there. Knows nothing of columns."""

from __future__ import annotations

import re

from mailguard.errors import AddressError
from mailguard.mail.mailbox import Mailbox, parse_mailbox

_NAMED = re.compile(r'\s*"?([^"<>]*?)"?\s*<([^<>]+)>\s*')


def mailbox_in(text: str) -> Mailbox:
    """Return the mailbox: bare, with `mailto:`, or in angle brackets behind a name. Raises AddressError where it is no one."""
    named = _NAMED.fullmatch(text) if "<" in text else None
    if named is not None:
        return parse_mailbox(named[2].strip(), display_name=named[1].strip())
    return parse_mailbox(text.strip().removeprefix("mailto:"))


def holds_mailbox(text: str) -> bool:
    """Whether a cell holds just one mailbox."""
    try:
        mailbox_in(text)
    except AddressError:
        return False
    return True
