"""The mail that hangs on persons, found by their anchors: how much there is, the last one, and what waits for a decision."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from mailguard.identity.person import person_id
from mailguard.policy.finding import Code
from mailguard.store.candidates import anchors, owners
from mailguard.store.instant import from_micros
from mailguard.store.persons import person_of
from mailguard.store.plain_text import findings_from_json
from mailguard.store.statement import Lookup, Statement


@dataclass(frozen=True, slots=True)
class HeldMail:
    """A mail that waits for a decision, and what it was held for: the first finding, None where none is kept."""

    id: str
    subject: str
    finding: Code | None


@dataclass(frozen=True, slots=True)
class PersonMail:
    """The mail that hangs on some anchors. `last_at` is None where there is none. `held`: the oldest ones first."""

    count: int = 0
    last_at: datetime | None = None
    last_subject: str = ""
    held: tuple[HeldMail, ...] = ()


_RECORD: Final = re.compile(r"R[1-9]\d*")

# From the index alone.
_EXTENT = Lookup({"anchor": "text"}, "SELECT count(*), max(r.at) FROM k CROSS JOIN recipient r WHERE r.anchor = k.anchor")
_SUBJECT = Lookup(
    {"anchor": "text"},
    """SELECT m.subject FROM k CROSS JOIN recipient r CROSS JOIN message m
    WHERE r.anchor = k.anchor AND r.at = ? AND m.id = r.message ORDER BY m.seq DESC LIMIT 1""",
)
_HELD = Lookup(
    {"anchor": "text"},
    """SELECT m.id, m.subject, coalesce(r.findings, m.findings) FROM k CROSS JOIN recipient r CROSS JOIN message m
    WHERE r.anchor = k.anchor AND r.state = 'held' AND m.id = r.message ORDER BY m.seq""",
)
_HELD_COUNTS = Lookup(
    {"anchor": "text"},
    """SELECT r.anchor, count(*) FROM k CROSS JOIN recipient r
    WHERE r.anchor = k.anchor AND r.state = 'held' GROUP BY r.anchor""",
)
_ALL_HELD = Statement("SELECT anchor, count(*) FROM recipient WHERE state = 'held' GROUP BY anchor")


def mail_of(connection: Connection, anchors: Sequence[str]) -> PersonMail:
    """The mail of one person, by all its anchors (`candidates.anchors`)."""
    keys = [(anchor,) for anchor in dict.fromkeys(anchors)]
    extents = _EXTENT.fetch(connection, keys)
    last = max((at for _, at in extents if at is not None), default=None)
    if last is None:
        return PersonMail()
    return PersonMail(
        count=sum(number for number, _ in extents),
        last_at=from_micros(last),
        last_subject=_SUBJECT.fetch(connection, keys, last)[0][0],
        held=tuple(HeldMail(id, subject, _first(findings)) for id, subject, findings in _HELD.fetch(connection, keys)),
    )


def records_of(connection: Connection, anchors: Collection[str]) -> dict[str, dict[int, int]]:
    """Anchor → the records that it means now, with their persons; nothing for a mailbox that is on none."""
    boxes = owners(connection, [anchor for anchor in anchors if not _RECORD.fullmatch(anchor)])
    found = {mailbox: {owner.record: owner.person for owner in of_mailbox} for mailbox, of_mailbox in boxes.items()}
    numbers = {anchor: int(anchor[1:]) for anchor in anchors if _RECORD.fullmatch(anchor)}
    person = person_of(connection, numbers.values())
    return found | {anchor: {record: person[record]} for anchor, record in numbers.items() if record in person}


def whose(connection: Connection, anchors: Collection[str]) -> dict[str, str]:
    """Anchor → who is meant by it now, as text: a person, or the anchor itself where it is no one person's."""
    found = {anchor: set(of_anchor.values()) for anchor, of_anchor in records_of(connection, anchors).items()}
    return {anchor: person_id(*one) if len(one := found.get(anchor, set())) == 1 else anchor for anchor in anchors}


def held_by_person(connection: Connection, persons: Iterable[int]) -> dict[int, int]:
    """Person → how many mails wait for a decision, where any do."""
    found = anchors(connection, persons)
    counts = dict(_HELD_COUNTS.fetch(connection, [(anchor,) for anchor in {one for of in found.values() for one in of}]))
    held = {person: sum(counts.get(anchor, 0) for anchor in own) for person, own in found.items()}
    return {person: number for person, number in held.items() if number}


def all_held_by_person(connection: Connection) -> dict[int, int]:
    """The same for all persons: quick, because little is held."""
    counts = dict(_ALL_HELD.fetch(connection))
    records = {int(anchor[1:]): number for anchor, number in counts.items() if _RECORD.fullmatch(anchor)}
    held: Counter[int] = Counter()
    for record, person in person_of(connection, records).items():
        held[person] += records[record]
    for mailbox, owning in owners(connection, counts).items():
        for person in {owner.person for owner in owning}:
            held[person] += counts[mailbox]
    return dict(held)


def _first(column: str | None) -> Code | None:
    findings = findings_from_json(column)
    return findings[0].code if findings else None
