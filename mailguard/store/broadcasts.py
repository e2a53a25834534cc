"""Broadcasts: checked mail to a checked audience, written down in pieces, signed at the end, and how far each has gone.

Who is a member is kept as a hash with the broadcast's own salt, so nobody has to be taken out when they are forgotten. What
tokens and members come to while mail is taken is for `broadcast_lookup`.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, delete, exists, func, select, update

from mailguard.mail.check_token import CheckToken, member_key, write_token
from mailguard.mail.seal import SealedText, digest_of, pack
from mailguard.policy.facts import State
from mailguard.store.instant import EPOCH
from mailguard.store.plain_text import storable
from mailguard.store.secrets import CHECK_KEY, key_of
from mailguard.store.statement import Lookup, Statement, insert
from mailguard.store.tables import BROADCAST, BROADCAST_TEXT, MEMBER, MESSAGE, RECIPIENT

SALT_OCTETS: Final = 16

_TEXT = insert("broadcast_text", ("broadcast", "text", "facts"))
_MEMBER = insert("member", ("broadcast", "key"), conflict="ON CONFLICT (broadcast, key) DO NOTHING")

_TAKEN = Lookup(
    {"broadcast": "text", "key": "bytea"},
    """SELECT b.key, b.message IS NOT NULL
    FROM k CROSS JOIN member b WHERE b.broadcast = k.broadcast AND b.key = k.key""",
)

_DROP_MEMBERS = Statement(
    "DELETE FROM member WHERE broadcast = ? AND key IN (SELECT d.key FROM member d WHERE d.broadcast = ? LIMIT ?)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBroadcast:
    """What is known of a broadcast before its members are. `name` is the audience's, `source` that of the message's file.

    `id` is a ULID; `expires_at` in whole seconds.
    """

    id: str
    at: datetime
    expires_at: datetime
    actor: str
    name: str
    subject: str
    mail_class: str
    template: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """What a token vouches for. `audience`: a digest of 16 octets; `rows`: of the audience as it came; `profile`: JSON."""

    texts: Sequence[SealedText]
    audience: bytes
    rows: int
    members: int
    profile: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """A signed broadcast. `taken`: members for whom mail was taken; `states`: what has become of that, None: not asked for."""

    id: str
    at: datetime
    signed_at: datetime
    expires_at: datetime
    recalled_at: datetime | None
    actor: str
    name: str
    subject: str
    mail_class: str
    template: str
    source: str
    rows: int
    members: int
    profile: str
    taken: int = 0
    states: Mapping[State, int] | None = None


def begin(connection: Connection, new: NewBroadcast) -> bytes:
    """Write down a broadcast that does not count yet; return the salt that its members' keys are made with."""
    salt = secrets.token_bytes(SALT_OCTETS)
    connection.execute(
        BROADCAST.insert().values(
            id=new.id,
            at=new.at,
            signed_at=None,
            expires_at=new.expires_at,
            recalled_at=None,
            actor=storable(new.actor),
            name=storable(new.name),
            subject=storable(new.subject),
            mail_class=new.mail_class,
            template=storable(new.template),
            source=storable(new.source),
            salt=salt,
            texts_digest=b"",
            audience=b"",
            rows=0,
            members=0,
            profile="",
        )
    )
    return salt


def add_members(connection: Connection, id: str, keys: Iterable[bytes]) -> None:
    """Write down members, each once: a few thousand a transaction, so that the relay goes on."""
    # Quickest in the order of the primary key.
    _MEMBER.run(connection, [(id, key) for key in sorted(set(keys))])


def finish(connection: Connection, id: str, signing: Signing, *, now: datetime) -> str:
    """Have a broadcast count from now on; return its token."""
    texts_digest = digest_of(signing.texts)
    _TEXT.run(connection, [(id, one.text, pack(one.facts)) for one in signing.texts])
    expires_at: datetime = connection.execute(select(BROADCAST.c.expires_at).where(BROADCAST.c.id == id)).scalar_one()
    connection.execute(
        update(BROADCAST)
        .where(BROADCAST.c.id == id)
        .values(
            signed_at=now,
            texts_digest=texts_digest,
            audience=signing.audience,
            rows=signing.rows,
            members=signing.members,
            profile=signing.profile,
        )
    )
    return write_token(key_of(connection, CHECK_KEY, now=now), CheckToken(id, expires_at, texts_digest, signing.audience))


def discard(connection: Connection, id: str) -> None:
    """Give up a broadcast that was never signed: it is purged next, members first."""
    given_up = update(BROADCAST).where(BROADCAST.c.id == id, BROADCAST.c.signed_at.is_(None))
    connection.execute(given_up.values(expires_at=EPOCH))


def last_of(connection: Connection, template: str) -> Broadcast | None:
    """The newest signed broadcast of a template that was not taken back, None for none."""
    newest = _signed(BROADCAST.c.template == storable(template), BROADCAST.c.recalled_at.is_(None)).limit(1)
    row = connection.execute(newest).first()
    return _broadcast(row) if row else None


def broadcasts(connection: Connection, *, limit: int, since: datetime = EPOCH) -> list[Broadcast]:
    """The newest signed broadcasts first, with how many members were taken of each."""
    rows = connection.execute(_signed(BROADCAST.c.signed_at >= since).limit(limit)).all()
    return [_broadcast(row, taken=_count_taken(connection, row.id)) for row in rows]


def find_broadcast(connection: Connection, id: str) -> Broadcast | None:
    """One signed broadcast with what has become of its mail, None for none."""
    row = connection.execute(_signed(BROADCAST.c.id == id.upper())).first()
    if row is None:
        return None
    states = _states(connection, row.id)
    return _broadcast(row, taken=sum(states.values()), states=states)


def taken_among(connection: Connection, id: str, mailboxes: Collection[str]) -> dict[str, bool]:
    """Of these canonical mailboxes those that are members, and whether mail was taken for them."""
    salt = connection.execute(select(BROADCAST.c.salt).where(BROADCAST.c.id == id)).scalar_one()
    named = {member_key(salt, mailbox): mailbox for mailbox in mailboxes}
    return {named[bytes(key)]: bool(taken) for key, taken in _TAKEN.fetch(connection, [(id, key) for key in named])}


def purge_broadcasts(connection: Connection, *, content: datetime, ledger: datetime, limit: int) -> int:
    """Remove members of broadcasts that ended before `content`, and all of those that ended before `ledger`.

    At most `limit` members in one call; returns how many. No token of such a broadcast holds any more.
    """
    has_members = exists().where(MEMBER.c.broadcast == BROADCAST.c.id)
    ended = select(BROADCAST.c.id).where(BROADCAST.c.expires_at < content, has_members).limit(1)
    id = connection.execute(ended).scalar()
    if id is not None:
        return _DROP_MEMBERS.run(connection, [(id, id, limit)])
    is_old = (BROADCAST.c.expires_at < ledger) | (BROADCAST.c.expires_at < content) & BROADCAST.c.signed_at.is_(None)
    old = list(connection.execute(select(BROADCAST.c.id).where(is_old).limit(limit)).scalars())
    connection.execute(delete(BROADCAST_TEXT).where(BROADCAST_TEXT.c.broadcast.in_(old)))
    connection.execute(delete(BROADCAST).where(BROADCAST.c.id.in_(old)))
    return 0


def _signed(*conditions: ColumnElement[bool]) -> Any:
    return select(BROADCAST).where(BROADCAST.c.signed_at.is_not(None), *conditions).order_by(BROADCAST.c.signed_at.desc())


def _count_taken(connection: Connection, id: str) -> int:
    taken = select(func.count()).where(MEMBER.c.broadcast == id, MEMBER.c.message.is_not(None))
    return connection.execute(taken).scalar_one() or sum(_states_by_mail(connection, id).values())


def _states(connection: Connection, id: str) -> dict[State, int]:
    """State → members whose mail is in it."""
    # A mail that the ledger has forgotten was delivered, for all that is known.
    state = func.coalesce(RECIPIENT.c.state, State.DELIVERED.value)
    is_mail = (RECIPIENT.c.message == MEMBER.c.message) & (RECIPIENT.c.n == MEMBER.c.n)
    counted = select(state, func.count()).select_from(MEMBER).outerjoin(RECIPIENT, is_mail)
    taken = counted.where(MEMBER.c.broadcast == id, MEMBER.c.message.is_not(None)).group_by(state)
    return {State(name): count for name, count in connection.execute(taken)} or _states_by_mail(connection, id)


def _states_by_mail(connection: Connection, id: str) -> dict[State, int]:
    """The same of a broadcast whose members were purged: by the mail that came with its token."""
    counted = select(RECIPIENT.c.state, func.count()).join(MESSAGE, MESSAGE.c.id == RECIPIENT.c.message)
    sent = counted.where(MESSAGE.c.broadcast == id, MESSAGE.c.is_replay.is_(False), RECIPIENT.c.state != State.REPLAYED)
    return {State(name): count for name, count in connection.execute(sent.group_by(RECIPIENT.c.state))}


def _broadcast(row: Row[Any], *, taken: int = 0, states: Mapping[State, int] | None = None) -> Broadcast:
    return Broadcast(
        id=row.id,
        at=row.at,
        signed_at=row.signed_at,
        expires_at=row.expires_at,
        recalled_at=row.recalled_at,
        actor=row.actor,
        name=row.name,
        subject=row.subject,
        mail_class=row.mail_class,
        template=row.template,
        source=row.source,
        rows=row.rows,
        members=row.members,
        profile=row.profile,
        taken=taken,
        states=states,
    )
