"""The mails that tell the operators that mail waits for them, or is about to expire: causes and numbers, no customer's data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ulid import ULID

from mailguard.mail.date_field import format_date
from mailguard.mail.mailbox import parse_mailbox
from mailguard.relay.settings import RelaySettings
from mailguard.store.hold_groups import HoldGroup
from mailguard.store.notices import Cause
from mailguard.store.own_mail import OwnMail

TEMPLATE: Final = "held"
"""The template of these mails in the ledger."""

WHAT_TO_DO: Final = (
    "",
    "See what waits:   mailguard queue groups",
    "See one cause:    mailguard queue show G...   or one mail:   mailguard why ID",
    "Decide:           mailguard queue release ID   or   mailguard queue drop ID   (of a cause: G...)",
)


def held_notice(causes: Sequence[Cause], settings: RelaySettings, *, now: datetime) -> OwnMail:
    """One mail to all of `[hold] notify` about mail that waits for these causes."""
    messages = sum(cause.messages for cause in causes)
    subject = f"mailguard: {messages} held {'mail waits' if messages == 1 else 'mails wait'} for a decision"
    lines = ["These mails are held until somebody releases or drops them:", ""]
    for cause in causes:
        lines += [f"{cause.code}: {cause.messages} messages, {cause.recipients} recipients", f"  {', '.join(cause.ids)}"]
    return _notice(subject, lines, settings, now=now)


def expiry_notice(groups: Sequence[HoldGroup], settings: RelaySettings, *, now: datetime) -> OwnMail:
    """One mail to all of `[hold] notify` about mail that is given up soon, if nobody does anything."""
    messages = sum(group.messages for group in groups)
    subject = f"mailguard: {messages} held {'mail expires' if messages == 1 else 'mails expire'} soon"
    lines = ["These mails are given up, and their senders told so, unless somebody releases them before:", ""]
    for group in groups:
        first = f", from {format_date(group.expires_at)} on" if group.expires_at else ""
        lines += [
            f"{group.id}: {group.finding or 'held'}, {group.messages} messages, {group.recipients} recipients{first}",
            f"  of {group.client}, {group.mail_class}, template {group.template or 'unknown'}",
        ]
    return _notice(subject, lines, settings, now=now)


def _notice(subject: str, lines: Sequence[str], settings: RelaySettings, *, now: datetime) -> OwnMail:
    identifier = str(ULID.from_datetime(now))
    hostname = settings.listen.hostname
    message_id = f"{identifier}@{hostname}"
    recipients = tuple(parse_mailbox(address) for address in settings.holding.notify)
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
    octets = "\r\n".join([*header, "", *lines, *WHAT_TO_DO, ""]).encode("ascii", "replace")
    return OwnMail(
        id=identifier,
        message_id=message_id,
        subject=subject,
        template=TEMPLATE,
        recipients=recipients,
        octets=octets,
    )
