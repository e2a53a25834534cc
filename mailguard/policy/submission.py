"""One mail on its way through a decision: what came, from whom, what kind it is, and who each recipient is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from mailguard.identity.person import Resolution
from mailguard.mail.control import MailClass
from mailguard.mail.envelope import Envelope
from mailguard.mail.message import Message


@dataclass(frozen=True, slots=True)
class Classification:
    """What `[[classify]]`, the client's default and the control fields make of a mail.

    `template` is "text:" and the beginning of the text's fingerprint where nobody has named one. `repeat_window` None means
    that repeats are allowed. `asks`: the fields that the mail asks the recipient for, as `mail.control.read_names` has them.
    """

    mail_class: MailClass
    template: str
    repeat_window: timedelta | None
    asks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One transaction that intake decides about. `id` is a ULID; `persons` stand in the order of `envelope.recipients`."""

    id: str
    received_at: datetime
    client: str
    envelope: Envelope
    message: Message
    classification: Classification
    persons: tuple[Resolution, ...]
