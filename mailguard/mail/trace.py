"""The trace field that mailguard puts in front of what it takes (RFC 5321 4.4)."""

from __future__ import annotations

import re
from datetime import datetime

from mailguard.mail.date_field import format_date

# A peer's own name for itself stands in the field only if nothing in it can be read as something else there.
_NAME = re.compile(r"[A-Za-z0-9._:\[\]-]{1,255}")


def received_field(*, helo: str, peer: str, protocol: str, hostname: str, id: str, now: datetime) -> bytes:
    """Return one folded Received field with its line ends. `peer` is an IP address, "" where there is none.

    `protocol` is one of RFC 3848 and RFC 6531 4.3 (ESMTP, ESMTPS, ESMTPSA, UTF8SMTP …); `id` is the ledger's.
    """
    name = helo if _NAME.fullmatch(helo) else "unknown"
    literal = f" ([{'IPv6:' if ':' in peer else ''}{peer}])" if _NAME.fullmatch(peer) else ""
    return (f"Received: from {name}{literal}\r\n\tby {hostname} with {protocol} id {id};\r\n\t{format_date(now)}\r\n").encode(
        "ascii", "replace"
    )
