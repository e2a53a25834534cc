"""What it rests on that a recipient is a person: whose the anchor of its mail is now, and the links that hold its record."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from mailguard.identity.comparison import Comparison
from mailguard.identity.model import Model
from mailguard.identity.person import person_id
from mailguard.store.candidates import reference_of
from mailguard.store.links import Kept, links_of
from mailguard.store.parameters import current
from mailguard.store.person_mail import records_of
from mailguard.store.persons import members
from mailguard.store.records import StoredRecord, count, records

MOST_RECORDS: Final = 50
"""Records of one person that are named, the oldest ones."""


@dataclass(frozen=True, slots=True)
class Ground:
    """A link of the recipient's record to another one of the person, and what each field says by the present parameters."""

    records: tuple[str, str]
    probability: float
    match_weight: float
    origin: str
    comparisons: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class Grounds:
    """The person that an anchor leads to now, its records as "source:source_key", and the links of the anchor's own record."""

    person: str
    records: tuple[str, ...]
    links: tuple[Ground, ...]


def grounds(connection: Connection, anchors: Collection[str]) -> dict[str, Grounds]:
    """Return what each of these anchors rests on; nothing for a mailbox that is on no record, or on several persons'."""
    own = {anchor: found for anchor, found in records_of(connection, anchors).items() if len(set(found.values())) == 1}
    persons = {anchor: next(iter(found.values())) for anchor, found in own.items()}
    held = {person: found[:MOST_RECORDS] for person, found in members(connection, persons.values()).items()}
    known = records(connection, {record for found in held.values() for record in found})
    kept = [one for one in links_of(connection, known) if known.keys() >= set(one.pair)]
    model = Model(current(connection)[1], count(connection))
    return {
        anchor: Grounds(
            person_id(person),
            tuple(_reference(known[record]) for record in held[person] if record in known),
            tuple(_ground(one, known, model) for one in kept if not own[anchor].keys().isdisjoint(one.pair)),
        )
        for anchor, person in persons.items()
        if person in held
    }


def _ground(link: Kept, known: Mapping[int, StoredRecord], model: Model) -> Ground:
    a, b = (known[record] for record in link.pair)
    explanation = model.explain(a.standard, b.standard)
    return Ground(
        (_reference(a), _reference(b)), link.probability, link.match_weight, link.origin.value, explanation.comparisons
    )


def _reference(one: StoredRecord) -> str:
    return reference_of(one.record.source, one.record.source_key)
