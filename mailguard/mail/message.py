"""A message as the decision sees it: every notion read once from the bytes, nothing mutated afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mailguard.mail.automation import Automation
from mailguard.mail.control import ControlFields
from mailguard.mail.fingerprint import Fingerprint
from mailguard.mail.mailbox import Mailbox
from mailguard.mail.seal import Seal
from mailguard.mail.thread import Thread


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message.

    `content` is what leaves, octet for octet, before the `Received` field is put in front: the sender's octets minus
    `Mailguard-*` fields plus a missing Message-ID or Date (RFC 6409 8). `digest` is the sha256 of the content without trace
    fields (Received, Return-Path): equal digests are one message sent again.
    `visible` are all mailboxes that any mail program would show: To, Cc, Bcc and the Resent-* fields together, each
    canonical mailbox once, in order of appearance.
    `greets` is the name after the salutation when the text greets one person, else "".
    `seal` is what a check of it vouches for; None where nobody asked for it, or it could not be read.
    `unreadable` says in one clause why the bounded reader could not tell what it is, else "".
    """

    content: bytes
    digest: bytes
    message_id: str
    subject: str
    date: datetime | None
    originator: Mailbox | None
    visible: tuple[Mailbox, ...]
    thread: Thread
    automation: Automation
    control: ControlFields
    received_count: int
    fingerprint: Fingerprint
    greets: str
    unreadable: str
    is_eight_bit: bool
    seal: Seal | None = None
