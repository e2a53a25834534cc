"""One mail on its way through a decision: what came, from whom, what kind it is, and who each recipient is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from mailguard.identity.person import Resolution
from mailguard.mail.control import MailClass
from mailguard.mail.envelope import Envelope
from mailguard.mail.fingerprint import Fingerprint
from mailguard.mail.message import Message
from mailguard.policy.context import parse_context_id


@dataclass(frozen=True, slots=True)
class Classification:
    """What `[[classify]]`, the client's default and the control fields make of a mail.

    `template` is "text:" and the beginning of the text's fingerprint where nobody has named one. `repeat_window` None means
    that repeats are allowed. `asks`: the fields that the mail asks the recipient for, as `mail.control.read_names` has them.
    `is_survey`: the operator has said so of the template.
    """

    mail_class: MailClass
    template: str
    repeat_window: timedelta | None
    asks: tuple[str, ...] = ()
    is_survey: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One transaction that intake decides about. `id` is a ULID; `persons` stand in the order of `envelope.recipients`.

    Of a mail that the relay renders: `source` is the fingerprint of its template, by which it is counted how far a text goes;
    `context_seq` the newest reply that it was rendered with; `render_failure` why it could not be, "" where it could;
    `is_unrendered` says that it was not tried, for the mail seems to be one that was taken before.
    """

    id: str
    received_at: datetime
    client: str
    envelope: Envelope
    message: Message
    classification: Classification
    persons: tuple[Resolution, ...]
    source: Fingerprint | None = None
    context_seq: int | None = None
    render_failure: str = ""
    is_unrendered: bool = False

    @property
    def wording(self) -> Fingerprint:
        """The fingerprint by which it is counted how far a text goes: that of the template, where the mail is rendered."""
        return self.source or self.message.fingerprint

    @property
    def known_seq(self) -> int | None:
        """The number of the newest reply that the text was written with (0: there was none), None where nothing says it."""
        if self.context_seq is not None or not self.message.control.context:
            return self.context_seq
        return parse_context_id(self.message.control.context).seq
