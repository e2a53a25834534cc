"""What the tokens of a batch come to, and which of its recipients are members: the hot path's questions about broadcasts.

Nothing is asked where no mail of the batch brings a token, as nearly always.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import Connection

from mailguard.mail.check_token import CheckToken, member_key, read_token
from mailguard.mail.seal import SealedText, unpack
from mailguard.policy.check import Check, Checked, Claim, check_of
from mailguard.policy.check_history import CheckHistory
from mailguard.policy.facts import State
from mailguard.policy.submission import Submission
from mailguard.store.instant import from_micros
from mailguard.store.secrets import CHECK_KEY, known_key
from mailguard.store.statement import Lookup, Statement

_BROADCASTS = Lookup(
    {"id": "text"},
    """SELECT b.id, b.expires_at, b.recalled_at, b.salt, b.texts_digest, b.audience
    FROM k CROSS JOIN broadcast b WHERE b.id = k.id AND b.signed_at IS NOT NULL""",
)

_TEXTS = Lookup(
    {"broadcast": "text", "text": "bytea"},
    """SELECT t.broadcast, t.text, t.facts
    FROM k CROSS JOIN broadcast_text t WHERE t.broadcast = k.broadcast AND t.text = k.text""",
)

_MEMBERS = Lookup(
    {"broadcast": "text", "key": "bytea"},
    """SELECT b.broadcast, b.key, b.message, r.state, m.answer FROM k CROSS JOIN member b
    LEFT JOIN recipient r ON r.message = b.message AND r.n = b.n LEFT JOIN message m ON m.id = b.message
    WHERE b.broadcast = k.broadcast AND b.key = k.key""",
)

CLAIM: Final = Statement("UPDATE member SET message = ?, n = ? WHERE broadcast = ? AND key = ? AND message IS NULL")
"""A mail is taken for a member: message, ordinal, broadcast, key."""


def checked(connection: Connection, submissions: Sequence[Submission]) -> CheckHistory:
    """What the tokens of a batch come to, and the members among its recipients."""
    bearers = [one for one in submissions if one.message.control.check is not None]
    if not bearers:
        return CheckHistory()
    checks = _checks(connection, bearers)
    keys = {
        (check.broadcast, member_key(check.salt, path.mailbox.canonical))
        for one in bearers
        if (check := checks[one.id]).broadcast
        for path in one.envelope.recipients
    }
    members: dict[tuple[str, bytes], Claim | None] = {
        # What the ledger has forgotten was sent all the same.
        (broadcast, bytes(key)): Claim(message, State(state or State.DELIVERED), answer or "") if message else None
        for broadcast, key, message, state, answer in _MEMBERS.fetch(connection, keys)
    }
    return CheckHistory(checks=checks, members=members)


def _checks(connection: Connection, bearers: Sequence[Submission]) -> dict[str, Check]:
    """Submission → what its token comes to."""
    key = known_key(connection, CHECK_KEY)
    tokens = {one.id: read_token(key, one.message.control.check or "") if key else None for one in bearers}
    on_record = _on_record(connection, bearers, tokens)
    return {
        one.id: check_of(token, on_record.get(one.id), one.message.seal, now=one.received_at)
        for one in bearers
        for token in (tokens[one.id],)
    }


def _on_record(
    connection: Connection, bearers: Sequence[Submission], tokens: Mapping[str, CheckToken | None]
) -> dict[str, Checked]:
    """Submission → the broadcast that its token names, with the text that the mail has, if that was checked."""
    named = {id: token.broadcast for id, token in tokens.items() if token is not None}
    rows = {row[0]: row[1:] for row in _BROADCASTS.fetch(connection, [(id,) for id in set(named.values())])}
    wanted = {
        (named[one.id], one.message.seal.text) for one in bearers if one.message.seal is not None and named.get(one.id) in rows
    }
    texts = {
        (broadcast, bytes(text)): SealedText(bytes(text), unpack(bytes(facts)))
        for broadcast, text, facts in _TEXTS.fetch(connection, wanted)
    }
    found: dict[str, Checked] = {}
    for one in bearers:
        broadcast = named.get(one.id, "")
        if broadcast not in rows:
            continue
        expires_at, recalled_at, salt, texts_digest, audience = rows[broadcast]
        text = texts.get((broadcast, one.message.seal.text)) if one.message.seal is not None else None
        found[one.id] = Checked(
            expires_at=from_micros(expires_at),
            is_recalled=recalled_at is not None,
            salt=bytes(salt),
            texts_digest=bytes(texts_digest),
            audience=bytes(audience),
            texts=(text,) if text else (),
        )
    return found
