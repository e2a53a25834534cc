"""What a check of a broadcast is asked and by whom, what it says on the way, and what comes of it. Judges nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, Protocol

from mailguard.broadcast.document import CheckDocument
from mailguard.errors import UsageError
from mailguard.mail.control import MailClass
from mailguard.relay.settings import Client
from mailguard.sources.audience_columns import AudienceColumns
from mailguard.sources.source_row import Source

VALID: Final = timedelta(hours=24)
"""How long a token holds that nobody has said more of."""

NOBODY: Final = Client(name="", mail_class=MailClass.BULK)
"""Who sends where nobody is named: what is sent to many is bulk."""


def sending_client(clients: Sequence[Client], name: str) -> Client:
    """Return who sends. Where nobody is named, the only client there is, whose mail to many is bulk. Raises UsageError."""
    if not name:
        return replace(clients[0], mail_class=NOBODY.mail_class) if len(clients) == 1 else NOBODY
    found = next((one for one in clients if one.name == name), None)
    if found is None:
        raise UsageError(f"there is no client {name!r}; the clients are {', '.join(one.name for one in clients)}")
    return found


@dataclass(frozen=True, slots=True)
class Signing:
    """A broadcast that passes is to be signed: who says so, and how long that holds."""

    actor: str
    valid: timedelta = VALID


@dataclass(frozen=True, slots=True, kw_only=True)
class BroadcastRequest:
    """One message and its audience.

    `files`: the message's (name, octets). `values`: what its template is rendered with; one row of them goes with each row of
    the audience, several are rendered as they are. `key_source`: whose keys the audience's key column has, "" where each says.
    `client` sends it. `mail_class` and `template` stand above what the mail and `[[classify]]` say; None and "" leave it to
    these. `is_clean`: whoever must not get it is left out, and that is no error. `clean_file`, `left_out_file`: where the rows
    are written that may be sent to, and the others. `signing` None: not signed. `keeps_rows`: what became of each is wanted,
    too. `by_mailbox_alone`: whoever asks may not find persons by names; `columns` are then `broadcast_privacy.mailbox_alone`'s.
    `processes`: that judge the audience.
    """

    files: Sequence[tuple[str, bytes]]
    source: Source
    source_name: str
    columns: AudienceColumns
    key_source: str = ""
    values: Sequence[Mapping[str, Any]] = ()
    client: Client = field(default_factory=lambda: NOBODY)
    mail_class: MailClass | None = None
    template: str = ""
    is_clean: bool = False
    clean_file: Path | None = None
    left_out_file: Path | None = None
    signing: Signing | None = None
    keeps_rows: bool = False
    by_mailbox_alone: bool = False
    processes: int = 2


@dataclass(frozen=True, slots=True)
class JudgedAddress:
    """What became of one row: the mailbox as it stands there, and why it is left out ("" codes: it is not)."""

    line: int
    mailbox: str
    codes: tuple[str, ...]
    is_clean: bool


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check came to. `mail`: the octets of the first mail as it would leave.

    `is_refused`: a signature was wanted, and the broadcast fails. `rows`: where they were wanted.
    """

    document: CheckDocument
    mail: bytes
    is_refused: bool = False
    rows: tuple[JudgedAddress, ...] = ()


class CheckListener(Protocol):
    """Is told how far a check is."""

    def stage(self, name: str, expected: int) -> None:
        """Something begins that has about so many steps; 0 where nobody knows."""
        ...

    def went_on(self, done: int) -> None:
        """So many of its steps are done."""
        ...
