"""A checked broadcast, signed: written into the ledger in pieces, so that the relay goes on, and named by a token."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from ulid import ULID

from mailguard.broadcast.audience import AudienceReport
from mailguard.mail.check_token import member_key
from mailguard.relay.broadcast_document import Checked
from mailguard.relay.broadcast_request import CheckListener, Signing
from mailguard.store import broadcasts
from mailguard.store.database import Database

PIECE: Final = 5_000
"""Members that are written in one transaction: the relay's own writing waits no longer than that takes."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A broadcast that the relay lets through: its token, its id in the ledger, and until when."""

    token: str
    broadcast: str
    expires_at: datetime


def sign(
    database: Database,
    checked: Checked,
    audience: AudienceReport,
    *,
    signing: Signing,
    listener: CheckListener,
    clock: Callable[[], datetime],
) -> Signed:
    """Return the token for exactly the clean audience. Whatever stops it on the way leaves no broadcast behind."""
    new = _new(checked, signing, now=clock())
    listener.stage("signing", audience.counts.clean)
    try:
        with database.write() as connection:
            salt = broadcasts.begin(connection, new)
        done = 0
        for members in _pieces(audience.members()):
            with database.write() as connection:
                broadcasts.add_members(connection, new.id, [member_key(salt, member) for member in members])
            done += len(members)
            listener.went_on(done)
        final = broadcasts.Signing(
            texts=checked.message.seals,
            audience=audience.digest,
            rows=audience.counts.rows,
            members=done,
            profile=audience.profile.as_json(),
        )
        with database.write() as connection:
            token = broadcasts.finish(connection, new.id, final, now=clock())
    except BaseException:
        with database.write() as connection:
            broadcasts.discard(connection, new.id)
        raise
    return Signed(token, new.id, new.expires_at)


def _new(checked: Checked, signing: Signing, *, now: datetime) -> broadcasts.NewBroadcast:
    message = checked.message
    return broadcasts.NewBroadcast(
        id=str(ULID.from_datetime(now)),
        at=now,
        expires_at=(now + signing.valid).replace(microsecond=0),
        actor=signing.actor,
        name=checked.request.source_name,
        subject=message.first.subject,
        mail_class=checked.classification.mail_class.value,
        template=checked.classification.template,
        source=message.name,
    )


def _pieces(members: Iterable[str]) -> Iterator[list[str]]:
    members = iter(members)
    while piece := list(islice(members, PIECE)):
        yield piece
