"""Override tokens: each lets one mail out that would be held or rejected, once; who gave it, why, and what used it.

Of a token only a hash is kept, which is its id: whoever reads the database can list tokens and revoke them, and use none.
"""

from __future__ import annotations

import re
import secrets
from base64 import b32encode
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, select

from mailguard.store.instant import to_micros
from mailguard.store.plain_text import storable
from mailguard.store.statement import Statement, insert
from mailguard.store.tables import OVERRIDE

TOKEN_OCTETS: Final = 24

OVERRIDDEN: Final = "overridden"
REFUSED: Final = "override_refused"
"""The verbs in a recipient's events: a token let it out, or was there and did not count."""

_REVOKED: Final = "revoked by "
_ID_CHARACTERS: Final = 24
_TOKEN: Final = re.compile(r"o1\.[A-Za-z0-9_-]{32}")

_MAKE = insert("override", ("id", "at", "actor", "reason", "expires_at", "mailbox", "message", "used_by"))

# One winner, whoever asks at the same time; the later transactions of the mail that has used it go the same way.
_USE = Statement(
    """UPDATE override SET used_at = COALESCE(used_at, ?), used_by = ?
    WHERE id = ? AND expires_at > ? AND used_by IN ('', ?) RETURNING id"""
)
_REVOKE = Statement("UPDATE override SET used_at = ?, used_by = ? WHERE id = ? AND used_at IS NULL RETURNING id")


class OverrideState(StrEnum):
    """What a token is good for: only `open` ones let anything out."""

    OPEN = "open"
    USED = "used"
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOverride:
    """What a token is to be for: a canonical mailbox, or a mail by its Message-ID (without brackets); "" is any."""

    actor: str
    reason: str
    expires_at: datetime
    mailbox: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A token as it was given. `used_by`: the ledger's message that used it, "" while none has."""

    id: str
    actor: str
    reason: str
    expires_at: datetime
    mailbox: str = ""
    message: str = ""
    used_by: str = ""

    def covers(self, mailbox: str, *, id: str, message_id: str) -> bool:
        """Return whether it is for this recipient (canonical) of this mail, `id` in the ledger."""
        return not self.refusal(mailbox, id=id, message_id=message_id)

    def refusal(self, mailbox: str, *, id: str, message_id: str) -> str:
        """Return why it is not for this recipient of this mail, "" where it is."""
        if self.used_by not in ("", id):
            return f"the override was used before, for {self.used_by}"
        if self.mailbox not in ("", mailbox):
            return "the override is for another recipient"
        if self.message not in ("", storable(message_id)):
            return "the override is for another mail"
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedOverride:
    """A token as those see it who look after them. `used_by`: the message that used it, or who has revoked it; "" for none."""

    id: str
    state: OverrideState
    at: datetime
    actor: str
    reason: str
    expires_at: datetime
    mailbox: str
    message: str
    used_at: datetime | None
    used_by: str


def make(connection: Connection, new: NewOverride, *, now: datetime) -> tuple[str, str]:
    """Write a new token down; return it, which nobody can do again, and its id."""
    token = f"o1.{secrets.token_urlsafe(TOKEN_OCTETS)}"
    id = _id_of(token)
    at, until = to_micros(now), to_micros(new.expires_at)
    _MAKE.run(connection, [(id, at, new.actor, storable(new.reason), until, new.mailbox, storable(new.message), "")])
    return token, id


def standing(connection: Connection, tokens: Collection[str], *, now: datetime) -> dict[str, Override | str]:
    """Token → what it lets out, or the reason for which it lets out nothing. What it is for is for `refusal` to say."""
    ids = {token: _id_of(token) for token in tokens if _TOKEN.fullmatch(token)}
    rows = connection.execute(select(OVERRIDE).where(OVERRIDE.c.id.in_(set(ids.values())))) if ids else ()
    found = {row.id: _standing(row, now) for row in rows}
    return {token: found.get(ids.get(token, ""), "the override is none of ours") for token in tokens}


def use(connection: Connection, uses: Iterable[tuple[str, str]], *, now: datetime) -> frozenset[str]:
    """Use up tokens, each (id, the ledger's id of the mail that it lets out); return the ids of those that were to be had."""
    at = to_micros(now)
    return frozenset(row[0] for id, message in uses for row in _USE.fetch(connection, at, message, id, at, message))


def revoke(connection: Connection, ids: Sequence[str], *, actor: str, now: datetime) -> tuple[str, ...]:
    """Have these tokens let nothing out any more; return the ids of those that still could."""
    who = f"{_REVOKED}{actor}"
    return tuple(id for id in ids if _REVOKE.fetch(connection, to_micros(now), who, id.upper()))


def overrides(connection: Connection, *, now: datetime, limit: int, is_open: bool = False) -> list[ListedOverride]:
    """The newest tokens; `is_open`: only those that could still let something out."""
    rows = select(OVERRIDE).order_by(OVERRIDE.c.at.desc()).limit(limit)
    if is_open:
        rows = rows.where(OVERRIDE.c.used_at.is_(None), OVERRIDE.c.expires_at > now)
    return [_listed(row, now) for row in connection.execute(rows)]


def forget(connection: Connection, before: datetime) -> None:
    """Remove the tokens that ended before then: their mail's events say still who let it out, and why."""
    connection.execute(delete(OVERRIDE).where(OVERRIDE.c.expires_at < before))


def _id_of(token: str) -> str:
    """The beginning of the token's hash, 115 bits after an O: too many to find another token for."""
    return "O" + b32encode(sha256(token.encode()).digest()).decode()[: _ID_CHARACTERS - 1]


def _standing(row: Row[Any], now: datetime) -> Override | str:
    if row.used_by.startswith(_REVOKED):
        return "the override was revoked"
    if row.expires_at <= now:
        return "the override has expired"
    return Override(
        id=row.id,
        actor=row.actor,
        reason=row.reason,
        expires_at=row.expires_at,
        mailbox=row.mailbox,
        message=row.message,
        used_by=row.used_by,
    )


def _listed(row: Row[Any], now: datetime) -> ListedOverride:
    return ListedOverride(
        id=row.id,
        state=_state(row, now),
        at=row.at,
        actor=row.actor,
        reason=row.reason,
        expires_at=row.expires_at,
        mailbox=row.mailbox,
        message=row.message,
        used_at=row.used_at,
        used_by=row.used_by,
    )


def _state(row: Row[Any], now: datetime) -> OverrideState:
    if row.used_at is not None:
        return OverrideState.REVOKED if row.used_by.startswith(_REVOKED) else OverrideState.USED
    return OverrideState.EXPIRED if row.expires_at <= now else OverrideState.OPEN
