"""Which customer one recipient is: the decision for one mail. Knows no database: what was found there is handed in.

An exact mailbox is strong evidence and never proof: an office's, one that several persons share, and one whose owner has
another name and another date of birth than the sender says, do not decide. The rest is weighed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mailguard.identity.comparison import Explanation
from mailguard.identity.levels import (
    BORN,
    GIVEN,
    PHONE,
    POSTCODE,
    SURNAME,
    born_level,
    name_levels,
    phone_level,
    postcode_level,
)
from mailguard.identity.local_part import is_role
from mailguard.identity.model import Model, probability_of, weight_of_probability
from mailguard.identity.query import Query
from mailguard.identity.standard import Standard

CERTAIN: Final = 0.999
"""The probability of an exact mailbox or a sender's reference that nothing speaks against: high, and below proof."""

MOST_SCORED: Final = 20
"""Candidates that are weighed for one mail: it bounds what a mail costs."""

_CERTAIN_WEIGHT: Final = weight_of_probability(CERTAIN)
_NO_WEIGHT: Final = -1000.0
_MOST_RANKED = 10
# The last level of each of these fields is that the two are different.
_OTHER_GIVEN, _OTHER_SURNAME, _OTHER_BORN, _OTHER_PHONE, _OTHER_POSTCODE = (
    len(spec.levels) - 1 for spec in (GIVEN, SURNAME, BORN, PHONE, POSTCODE)
)
_INITIAL = _NEAR_GIVEN = GIVEN.levels.index("initial")
_SAME_BORN = BORN.levels.index("same")
_NEAR_SURNAME = SURNAME.levels.index("initial")


class Decision(StrEnum):
    """What is known of a recipient."""

    MATCH = "match"
    POSSIBLE = "possible"
    NEW = "new"


class Basis(StrEnum):
    """What a decision rests on."""

    MAILBOX = "mailbox"
    REFERENCE = "reference"
    CANDIDATES = "candidates"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that may be the recipient's. `reference`: as `crm:4711`."""

    record: int
    person: int
    reference: str
    standard: Standard


@dataclass(frozen=True, slots=True)
class Thresholds:
    """`match`, `possible`: probabilities. `lead`: bits by which a match must be ahead of the best other person."""

    match: float = 0.99
    possible: float = 0.5
    lead: float = 4.0


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate with its match weight in bits and the probability that this is."""

    candidate: Candidate
    match_weight: float
    probability: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """The decision. `person`, `record`: whom it means; None when new. `ranked`: the best record of each person, best first.

    `is_shared`: the mailbox is in records of several persons, so that it alone does not say whose mail this is.
    """

    decision: Decision
    basis: Basis
    person: int | None
    record: int | None
    probability: float
    match_weight: float
    ranked: tuple[Scored, ...]
    is_shared: bool


def resolve(
    query: Query,
    *,
    owners: Sequence[Candidate],
    candidates: Iterable[Candidate],
    named: Candidate | None,
    model: Model,
    thresholds: Thresholds,
) -> Outcome:
    """Return whom a recipient is.

    `owners`: all records with exactly the recipient's canonical mailbox. `named`: the record that the sender's reference means.
    `candidates`: records that share a blocking key; read only where owners and reference do not decide.
    """
    told = query.standard
    if named is not None and not is_contradicted(told, named.standard):
        return _certain(named, Basis.REFERENCE, owners)
    is_personal = bool(owners) and not is_role(query.mailbox.local_part)
    if is_personal:
        outcome = (
            _of_shared(query, owners, model=model, thresholds=thresholds) if is_shared_by(owners) else _of_owner(query, owners)
        )
        if outcome is not None:
            return outcome
    ranked = rank(told, (*owners, *candidates), model)
    outcome = _of_ranked(ranked, owners, thresholds)
    if is_personal and outcome.decision is Decision.NEW and not is_shared_by(owners):
        return _doubted(query, owners, model) or outcome
    return outcome


def rank(told: Standard, candidates: Iterable[Candidate], model: Model) -> tuple[Scored, ...]:
    """Return the best record of each person, best first, with its match weight."""
    best: dict[int, tuple[float, Candidate]] = {}
    for candidate in {candidate.record: candidate for candidate in candidates}.values():
        weight = model.weight(told, candidate.standard)
        if candidate.person not in best or weight > best[candidate.person][0]:
            best[candidate.person] = weight, candidate
    ranked = sorted(best.values(), key=lambda scored: (-scored[0], scored[1].record))
    return tuple(Scored(candidate, weight, probability_of(weight)) for weight, candidate in ranked[:_MOST_RANKED])


def likeliest(sharing: Mapping[int, Sequence[int]], most: int = MOST_SCORED) -> list[int]:
    """Return the records to score, no more than `most`: those with the most and the rarest keys first.

    `sharing`: blocking key → the numbers of the records that have it.
    """
    shared: dict[int, float] = {}
    for records in sharing.values():
        for record in records:
            shared[record] = shared.get(record, 0.0) + 1 / len(records)
    return sorted(shared, key=lambda record: (-shared[record], record))[:most]


def explain(query: Query, outcome: Outcome, model: Model) -> tuple[tuple[Candidate, Explanation], ...]:
    """Return the waterfall of each ranked candidate, best first."""
    return tuple((scored.candidate, model.explain(query.standard, scored.candidate.standard)) for scored in outcome.ranked)


def agrees(told: Standard, held: Standard) -> bool:
    """Whether nothing that is told speaks against a record: neither a name nor a date of birth, nor both phone and address.

    One of these two may be another's: people move, and have two phones. An initial is agreement where the name is all that is
    told; where more is told of a person, a housemate with that initial must not take their place.
    """
    given, surname = name_levels(told, held)
    born = born_level(told.born, held.born)
    other_phone = phone_level(told.phone, held.phone) == _OTHER_PHONE
    is_vague = given == _INITIAL and born != _SAME_BORN and bool(told.born or told.phone or told.street)
    return (
        given <= _NEAR_GIVEN
        and surname <= _NEAR_SURNAME
        and born != _OTHER_BORN
        and not is_vague
        and not (other_phone and postcode_level(told.postcode, held.postcode) == _OTHER_POSTCODE)
    )


def is_contradicted(told: Standard, held: Standard) -> bool:
    """Whether both the name and the date of birth that are told are another one's than the record's."""
    return born_level(told.born, held.born) == _OTHER_BORN and is_other_name(told, held)


def is_other_name(told: Standard, held: Standard) -> bool:
    """Whether given name or surname of two records are different ones, of which neither is short for the other."""
    given, surname = name_levels(told, held)
    return given == _OTHER_GIVEN or surname == _OTHER_SURNAME


def is_shared_by(owners: Iterable[Candidate]) -> bool:
    """Whether these records are of several persons."""
    return len({owner.person for owner in owners}) > 1


def _certain(candidate: Candidate, basis: Basis, owners: Sequence[Candidate]) -> Outcome:
    """Return the match with a record that is right as it stands."""
    scored = Scored(candidate, _CERTAIN_WEIGHT, CERTAIN)
    return _meant(Decision.MATCH, basis, (scored,), owners)


def _meant(decision: Decision, basis: Basis, ranked: tuple[Scored, ...], owners: Sequence[Candidate]) -> Outcome:
    """Return the outcome that means the first of the ranked."""
    first = ranked[0]
    meant = first.candidate
    is_shared = is_shared_by((*owners, meant))
    return Outcome(
        decision, basis, meant.person, meant.record, first.probability, first.match_weight, ranked, is_shared=is_shared
    )


def _nobody(basis: Basis, ranked: tuple[Scored, ...], owners: Sequence[Candidate]) -> Outcome:
    """Return the outcome that means nobody."""
    probability, weight = (ranked[0].probability, ranked[0].match_weight) if ranked else (0.0, _NO_WEIGHT)
    return Outcome(Decision.NEW, basis, None, None, probability, weight, ranked, is_shared=is_shared_by(owners))


def _of_owner(query: Query, owners: Sequence[Candidate]) -> Outcome | None:
    """Return the match with the one person whose mailbox it is; None where what is told has to be weighed."""
    told = query.standard
    agreeing = [owner for owner in owners if agrees(told, owner.standard)] if query.has_hints else owners
    return _certain(_oldest(agreeing), Basis.MAILBOX, owners) if agreeing else None


def _doubted(query: Query, owners: Sequence[Candidate], model: Model) -> Outcome | None:
    """Return the one owner of a mailbox as a possible match, however little it weighs; None where it is contradicted."""
    fitting = [owner for owner in owners if not is_contradicted(query.standard, owner.standard)]
    if not fitting:
        return None
    return _meant(Decision.POSSIBLE, Basis.MAILBOX, rank(query.standard, fitting, model), owners)


def _of_shared(query: Query, owners: Sequence[Candidate], *, model: Model, thresholds: Thresholds) -> Outcome | None:
    """Return which owner of a shared mailbox is meant: one of them, or somebody else who fits better (then None).

    It is one of few: the probability is each one's share among the owners, not among all customers.
    """
    told = query.standard
    if not query.has_hints:
        return _nobody(Basis.MAILBOX, (), owners)
    if all(is_other_name(told, owner.standard) for owner in owners):
        return None
    ranked = _shares(rank(told, owners, model))
    return _of_ranked(ranked, owners, thresholds, basis=Basis.MAILBOX)


def _shares(ranked: tuple[Scored, ...]) -> tuple[Scored, ...]:
    """Return the ranked with each one's share of the odds, never beyond CERTAIN."""
    first = ranked[0].match_weight
    odds = [2 ** max(scored.match_weight - first, -1000.0) for scored in ranked]
    total = sum(odds)
    shares = [min(odd / total, CERTAIN) for odd in odds]
    return tuple(
        Scored(scored.candidate, weight_of_probability(max(share, 1e-300)), share)
        for scored, share in zip(ranked, shares, strict=True)
    )


def _of_ranked(
    ranked: tuple[Scored, ...], owners: Sequence[Candidate], thresholds: Thresholds, *, basis: Basis = Basis.CANDIDATES
) -> Outcome:
    """Return the decision by weights: a match needs its probability, and its lead over every other person."""
    if not ranked or ranked[0].probability < thresholds.possible:
        return _nobody(basis if ranked else Basis.NOTHING, ranked, owners)
    lead = ranked[0].match_weight - ranked[1].match_weight if len(ranked) > 1 else thresholds.lead
    is_match = ranked[0].probability >= thresholds.match and lead >= thresholds.lead
    return _meant(Decision.MATCH if is_match else Decision.POSSIBLE, basis, ranked, owners)


def _oldest(owners: Sequence[Candidate]) -> Candidate:
    return min(owners, key=lambda owner: owner.record)
