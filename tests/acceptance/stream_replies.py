"""Replies in the table of mail streams: what customers write back between its mails. Knows neither the mails nor the relay."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

KEYS = frozenset({"at", "sender", "id", "answers", "text", "subject", "auto_submitted"})


@dataclass(frozen=True, slots=True)
class StreamReply:
    """A mail from customers' side, taken in `at` (after the mails of that instant)."""

    at: timedelta
    raw: bytes = field(repr=False)


def reply_of(row: Mapping[str, Any], *, at: timedelta, start: datetime) -> StreamReply:
    """The reply that a row describes. `answers`: the Message-ID of what it answers, "" for none; `id`: its own."""
    answers = row.get("answers", "")
    fields = {
        "From": row["sender"],
        "To": "service@corp.example",
        "Subject": row.get("subject", "Re: your mail"),
        "Message-ID": row["id"],
        "Date": format_datetime(start + at),
        "In-Reply-To": answers,
        "References": answers,
        "Auto-Submitted": row.get("auto_submitted", ""),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    return StreamReply(at, f"{head}\r\n{row['text']}\r\n".encode())
