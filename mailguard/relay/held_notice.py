"""The mail that tells the operators that mail waits for them: causes and numbers, and no customer's data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ulid import ULID

from mailguard.mail.date_field import format_date
from mailguard.mail.mailbox import parse_mailbox
from mailguard.relay.settings import RelaySettings
from mailguard.store.notices import Cause
from mailguard.store.own_mail import OwnMail

TEMPLATE: Final = "held"
"""The template of these mails in the ledger."""


def held_notice(causes: Sequence[Cause], settings: RelaySettings, *, now: datetime) -> OwnMail:
    """One mail to all of `[hold] notify` about mail that waits for these causes."""
    identifier = str(ULID.from_datetime(now))
    hostname = settings.listen.hostname
    message_id = f"{identifier}@{hostname}"
    recipients = tuple(parse_mailbox(address) for address in settings.holding.notify)
    messages = sum(cause.messages for cause in causes)
    subject = f"mailguard: {messages} held {'mail waits' if messages == 1 else 'mails wait'} for a decision"
    header = [
        f"From: mailguard <mailguard@{hostname}>",
        f"To: {', '.join(mailbox.wire for mailbox in recipients)}",
        f"Subject: {subject}",
        f"Date: {format_date(now)}",
        f"Message-ID: <{message_id}>",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=us-ascii",
    ]
    octets = "\r\n".join([*header, "", *_text(causes), ""]).encode("ascii", "replace")
    return OwnMail(
        id=identifier,
        message_id=message_id,
        subject=subject,
        template=TEMPLATE,
        recipients=recipients,
        octets=octets,
    )


def _text(causes: Sequence[Cause]) -> list[str]:
    lines = ["These mails are held until somebody releases or drops them:", ""]
    for cause in causes:
        lines += [f"{cause.code}: {cause.messages} messages, {cause.recipients} recipients", f"  {', '.join(cause.ids)}"]
    return [
        *lines,
        "",
        "See what waits:   mailguard queue list",
        "See why:          mailguard why ID",
        "Decide:           mailguard queue release ID   or   mailguard queue drop ID",
    ]
