"""What senders tell, written down as records of the source `mail`, and joined at once to the persons that they match.

A record comes to be where a trusted sender tells something that is not on file: a mailbox, or a fact that the person's records
lack. What may match becomes a question for clerks and stops nothing. A display name alone makes a record only where it leads
to somebody. Decides nothing about mail.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from mailguard.identity.known import known_fields
from mailguard.identity.levels import compare
from mailguard.identity.model import Model, probability_of, weight_of_probability
from mailguard.identity.record import MAIL_SOURCE, Record
from mailguard.identity.resolve import Basis, Candidate, Decision, Outcome, Thresholds
from mailguard.identity.standard import Standard
from mailguard.identity.standardise import standardise
from mailguard.relay.hints import Hint
from mailguard.store import agenda, links, partition, questions, records
from mailguard.store.links import Kept, Origin
from mailguard.store.suppressions import is_erased

_AS_IT_STANDS: Final = frozenset({Basis.MAILBOX, Basis.REFERENCE})
"""What a decision rests on that no weight says."""

MOST_WAITING: Final = 1_000
"""Questions from which on mail of clients that are not trusted adds none: nobody can fill the review by writing to many."""

_SHORT_OF_MATCH: Final = 0.01
"""Bits that a pair of a doubtful recipient stays below a match."""

_FACTS: Final = tuple(field.name for field in fields(Record) if field.name not in {"source", "source_key", "emails", "extra"})


@dataclass(frozen=True, slots=True)
class Found:
    """What the records say of one recipient: whom it means, the records with its mailbox, those that share a blocking key."""

    outcome: Outcome
    owners: Sequence[Candidate] = ()
    candidates: Sequence[Candidate] = ()

    @property
    def is_on_file(self) -> bool:
        """Whether the mailbox stands in a record of the person that is meant."""
        return any(owner.person == self.outcome.person for owner in self.owners)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """By what is judged: the model, its thresholds, the region of telephone numbers, and the time."""

    model: Model
    thresholds: Thresholds
    region: str
    now: datetime

    @property
    def match_bits(self) -> float:
        """The match weight from which on two records are one person."""
        return weight_of_probability(self.thresholds.match)


@dataclass(frozen=True, slots=True)
class Written:
    """A record that was written: its number, what it is called, and its comparable form."""

    number: int
    reference: str
    standard: Standard


def is_news(hint: Hint, found: Found, on_file: AbstractSet[str]) -> bool:
    """Whether what the mail tells of this recipient is to be written down. `on_file`: the fields known of whom it means."""
    if hint.told is None:
        return _leads_somewhere(hint, found)
    told = known_fields(hint.told) - {"email"}
    if found.outcome.decision is Decision.MATCH:
        return not found.is_on_file or not told <= on_file
    return bool(told)


def _leads_somewhere(hint: Hint, found: Found) -> bool:
    """Whether a display name alone is worth a record: it is somebody's, or may be, and its mailbox is on none."""
    if found.owners or hint.is_own:
        return False
    decision = found.outcome.decision
    return decision is Decision.POSSIBLE or (decision is Decision.MATCH and hint.is_trusted)


def write_down(connection: Connection, hint: Hint, found: Found, terms: Terms) -> Written | None:
    """Write the record that the mail makes of this recipient and join it to whom it means.

    None if it was erased before, or if too many questions wait already for one more from a client that is not trusted.
    """
    if is_erased(connection, hint.query.mailbox.canonical):
        return None
    if not hint.is_trusted and questions.are_waiting(connection, MOST_WAITING):
        return None
    record = _record(connection, hint, found)
    standard = standardise(record, region=terms.region)
    reference = (record.source, record.source_key)
    former = records.find(connection, [reference]).get(reference)
    joined = links.links_of(connection, [former]) if former is not None else []
    upserted = records.upsert(connection, [(record, standard)], now=terms.now)
    number = former if former is not None else next(iter(upserted.new), None)
    if number is None:
        return None
    exact = [one for one in joined if one.origin is Origin.EXACT]  # they rest on no weight, so no other weight undoes them
    pool = _pool(connection, number, found, joined, possible=terms.thresholds.possible)
    kept = {one.pair: one for one in (*_scored(number, standard, pool, found.outcome, terms=terms), *exact)}
    links.put_links(connection, kept.values())
    touched = {number, *(record for pair in kept for record in pair)}
    partition.regroup(connection, touched, threshold_bits=terms.match_bits)
    agenda.sync(connection, touched, thresholds=terms.thresholds)
    return Written(number, ":".join(reference), standard)


def _record(connection: Connection, hint: Hint, found: Found) -> Record:
    """Return the record as it is to be: what is told goes before what was known under its key."""
    told = hint.told or Record(
        source=MAIL_SOURCE, source_key="", full_name=hint.query.mailbox.display_name, emails=(hint.query.mailbox.wire,)
    )
    key = _key(connection, hint, found)
    number = records.record_of(connection, MAIL_SOURCE, key)
    known = records.records(connection, [number])[number].record if number is not None else told
    facts = {name: value for name in _FACTS if (value := getattr(told, name))}
    return replace(known, source_key=key, emails=tuple(dict.fromkeys((*told.emails, *known.emails))), **facts)


def _key(connection: Connection, hint: Hint, found: Found) -> str:
    """Return the mailbox; where the record under it is somebody else's, with name, date of birth and customer as well.

    Without the customer, an agency's mailbox would hold together all for whom mail goes there.
    """
    mailbox, told = hint.query.mailbox.canonical, hint.query.standard
    number = records.record_of(connection, MAIL_SOURCE, mailbox)
    others = {owner.record for owner in found.owners if owner.person != found.outcome.person or _is_doubtful(found)}
    if number not in others:
        return mailbox
    customers = (":".join(reference) for reference in hint.query.references)
    return " ".join(filter(None, (mailbox, told.given, told.surname, told.born, *customers)))


def _is_doubtful(found: Found) -> bool:
    return found.outcome.decision is not Decision.MATCH


def _scored(number: int, standard: Standard, pool: Mapping[int, Standard], outcome: Outcome, *, terms: Terms) -> Iterator[Kept]:
    """Return the pairs of the record that are worth keeping: with whom it means, and with whom else it may."""
    for other, theirs in pool.items():
        if outcome.decision is Decision.MATCH and other == outcome.record and outcome.basis in _AS_IT_STANDS:
            weight = max(outcome.match_weight, terms.match_bits)
            probability, origin = outcome.probability, Origin.EXACT
        else:
            weight = terms.model.weight(standard, theirs)
            if outcome.decision is Decision.POSSIBLE:
                # Who fits several persons joins none of them: that is for a clerk to say.
                weight = min(weight, terms.match_bits - _SHORT_OF_MATCH)
            probability, origin = probability_of(weight), Origin.ONLINE
        if probability >= terms.thresholds.possible:
            a, b = sorted((number, other))
            yield Kept(a, b, probability, weight, compare(standard, theirs), origin, terms.now)


def _pool(
    connection: Connection, number: int, found: Found, joined: Sequence[Kept], *, possible: float
) -> Mapping[int, Standard]:
    """Return the records to compare with: of the persons that it may be, with its mailbox, and those it was joined to."""
    ranked = [scored.candidate for scored in found.outcome.ranked if scored.probability >= possible]
    hopeful = {one.person for one in ranked}
    candidates = (one for one in (*found.candidates, *ranked) if one.person in hopeful)
    pool = {one.record: one.standard for one in (*found.owners, *candidates)}
    missing = {record for one in joined for record in one.pair} - pool.keys()
    pool |= {id: one.standard for id, one in records.records(connection, missing).items()}
    pool.pop(number, None)
    return pool
