"""mailguard.identity.resolve: an exact mailbox is strong evidence and never proof; the rest is weighed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.identity.default_parameters import DEFAULTS
from mailguard.identity.model import Model
from mailguard.identity.query import NO_HINTS, Query, query_of
from mailguard.identity.resolve import (
    CERTAIN,
    Basis,
    Candidate,
    Decision,
    Outcome,
    Thresholds,
    agrees,
    explain,
    is_contradicted,
    likeliest,
    rank,
    resolve,
)
from mailguard.identity.standard import Standard
from mailguard.mail.mailbox import parse_mailbox

MODEL = Model(DEFAULTS, 1000)
JANE = Standard(
    given="jane",
    surname="doeberg",
    born="1983-04-12",
    phone="+442071838750",
    number="30",
    street="oak av",
    postcode="po181wu",
    mailboxes=("jane.doeberg@shop.example",),
)
JOHN = replace(JANE, given="john", born="1981-01-30", mailboxes=("john@other.example",))
HOME = "doebergs@home.example"


def candidate(record: int, standard: Standard, person: int | None = None) -> Candidate:
    return Candidate(record, record if person is None else person, f"crm:{record}", standard)


def told(mailbox: str = "x@new.example", display_name: str = "", **hints: str) -> Query:
    known = replace(NO_HINTS, **hints) if hints else NO_HINTS  # type: ignore[arg-type]
    return query_of(parse_mailbox(mailbox, display_name=display_name), hints=known, region="gb")


def decide(
    query: Query, *, owners: tuple[Candidate, ...] = (), candidates: tuple[Candidate, ...] = (), named: Candidate | None = None
) -> Outcome:
    return resolve(query, owners=owners, candidates=candidates, named=named, model=MODEL, thresholds=Thresholds())


def unread() -> Iterator[Candidate]:
    pytest.fail("the candidates are looked for where the mailbox decides")
    yield  # pragma: no cover


def test_an_exact_mailbox_of_one_person_is_that_person() -> None:
    owners = (candidate(7, JANE, 3), candidate(3, JANE, 3))
    outcome = resolve(
        told("jane.doeberg@shop.example"), owners=owners, candidates=unread(), named=None, model=MODEL, thresholds=Thresholds()
    )
    assert (outcome.decision, outcome.basis, outcome.person, outcome.record) == (Decision.MATCH, Basis.MAILBOX, 3, 3)
    assert outcome.probability == CERTAIN
    assert not outcome.is_shared


@pytest.mark.parametrize(
    "name", ["Jane Doeberg", "Doeberg, Jane", "J. Doeberg", "Doberg, Jane", "Janie Doeberg", "Support", "jane@x.example"]
)
def test_a_display_name_like_the_owners_changes_nothing(name: str) -> None:
    outcome = decide(told("jane.doeberg@shop.example", name), owners=(candidate(3, JANE),))
    assert (outcome.decision, outcome.person) == (Decision.MATCH, 3)


def test_an_initial_of_a_housemate_does_not_take_the_place_of_who_is_told_in_full() -> None:
    initial = replace(JANE, given="j", born="", phone="")
    full = {"full_name": "Jane Doeberg", "date_of_birth": "1983-04-12", "phone": "020 7183 8750"}
    vague = decide(told("jane.doeberg@shop.example", **full), owners=(candidate(3, initial),))
    assert vague.basis is not Basis.MAILBOX
    dated = decide(told("jane.doeberg@shop.example", **full), owners=(candidate(3, replace(initial, born=JANE.born)),))
    assert (dated.decision, dated.basis) == (Decision.MATCH, Basis.MAILBOX)
    named = decide(told("jane.doeberg@shop.example", "Jane Doeberg"), owners=(candidate(3, initial),))
    assert (named.decision, named.basis) == (Decision.MATCH, Basis.MAILBOX)


def test_another_name_alone_leaves_a_doubt() -> None:
    outcome = decide(told("jane.doeberg@shop.example", "Wilhelmina Quux"), owners=(candidate(3, JANE),))
    assert (outcome.decision, outcome.person) == (Decision.POSSIBLE, 3)


def test_another_name_leaves_a_doubt_however_little_it_weighs() -> None:
    query = told("jane.doeberg@shop.example", full_name="Wilhelmina Quux", phone="020 7946 0123")
    outcome = decide(query, owners=(candidate(3, JANE),))
    assert (outcome.decision, outcome.basis, outcome.person) == (Decision.POSSIBLE, Basis.MAILBOX, 3)
    assert outcome.probability < Thresholds().possible


def test_another_name_alone_leaves_a_doubt_however_many_there_are() -> None:
    outcome = resolve(
        told("jane.doeberg@shop.example", "Wilhelmina Quux"),
        owners=(candidate(3, JANE),),
        candidates=(),
        named=None,
        model=Model(DEFAULTS, 10**10),
        thresholds=Thresholds(),
    )
    assert (outcome.decision, outcome.basis, outcome.person) == (Decision.POSSIBLE, Basis.MAILBOX, 3)
    assert outcome.probability < 0.5


def test_another_name_and_another_date_of_birth_are_somebody_else() -> None:
    query = told("jane.doeberg@shop.example", full_name="Wilhelmina Quux", date_of_birth="1950-11-02")
    outcome = decide(query, owners=(candidate(3, JANE),))
    assert (outcome.decision, outcome.person, outcome.record) == (Decision.NEW, None, None)
    assert outcome.ranked[0].candidate.record == 3


def test_a_moved_customer_keeps_the_mailbox() -> None:
    query = told("jane.doeberg@shop.example", full_name="Jane Doeberg", postcode="SW1Y 4JH")
    assert decide(query, owners=(candidate(3, JANE),)).decision is Decision.MATCH


def test_what_speaks_against_the_owner_is_weighed() -> None:
    query = told("jane.doeberg@shop.example", full_name="Jane Doeberg", date_of_birth="1950-11-02")
    outcome = decide(query, owners=(candidate(3, JANE),))
    assert outcome.probability != CERTAIN
    assert outcome.person == 3


def test_the_right_owner_among_records_of_one_person_is_named() -> None:
    former = replace(JANE, surname="quuxley")
    query = told("jane.doeberg@shop.example", "Jane Doeberg")
    assert decide(query, owners=(candidate(3, former, 3), candidate(5, JANE, 3))).record == 5


def test_a_shared_mailbox_alone_is_nobodys() -> None:
    outcome = decide(told(HOME), owners=(candidate(3, JANE), candidate(4, JOHN)))
    assert (outcome.decision, outcome.basis, outcome.person) == (Decision.NEW, Basis.MAILBOX, None)
    assert outcome.is_shared


@pytest.mark.parametrize(("name", "person"), [("Jane Doeberg", 3), ("John Doeberg", 4), ("Jane", 3), ("Doeberg, John", 4)])
def test_a_name_chooses_among_the_owners(name: str, person: int) -> None:
    shared = [replace(standard, mailboxes=(HOME,)) for standard in (JANE, JOHN)]
    outcome = decide(told(HOME, name), owners=(candidate(3, shared[0]), candidate(4, shared[1])))
    assert (outcome.decision, outcome.person) == (Decision.MATCH, person)
    assert outcome.is_shared
    assert outcome.probability <= CERTAIN


def test_a_name_that_several_owners_have_chooses_none() -> None:
    father, son = (replace(JANE, given="john", born=born, mailboxes=(HOME,)) for born in ("1950-11-02", "1983-04-12"))
    owners = (candidate(3, father), candidate(4, son))
    outcome = decide(told(HOME, "John Doeberg"), owners=owners)
    assert (outcome.decision, outcome.is_shared) == (Decision.POSSIBLE, True)
    born = decide(told(HOME, full_name="John Doeberg", date_of_birth="1983-04-12"), owners=owners)
    assert (born.decision, born.person) == (Decision.MATCH, 4)


def test_a_name_that_no_owner_has_is_sought_elsewhere() -> None:
    shared = [replace(standard, mailboxes=(HOME,)) for standard in (JANE, JOHN)]
    ada = Standard(given="adalbert", surname="lovelacer", born="1950-12-10", phone="+442079460000")
    query = told(HOME, full_name="Adalbert Lovelacer", date_of_birth="1950-12-10", phone="020 7946 0000")
    owners = (candidate(3, shared[0]), candidate(4, shared[1]))
    outcome = decide(query, owners=owners, candidates=(candidate(9, ada),))
    assert (outcome.decision, outcome.basis, outcome.person, outcome.is_shared) == (Decision.MATCH, Basis.CANDIDATES, 9, True)
    assert decide(query, owners=owners).person is None


def test_an_office_is_not_its_contact() -> None:
    office = replace(JANE, mailboxes=("info@shop.example",))
    assert decide(told("info@shop.example"), owners=(candidate(3, office),)).decision is not Decision.MATCH
    named = told(
        "info@shop.example", full_name="Jane Doeberg", date_of_birth="1983-04-12", phone="020 7183 8750", postcode="PO18 1WU"
    )
    assert decide(named, owners=(candidate(3, office),)).person == 3


def test_the_senders_reference_is_its_record() -> None:
    outcome = decide(told(display_name="Jane Doeberg"), named=candidate(3, JANE))
    assert (outcome.decision, outcome.basis, outcome.person, outcome.is_shared) == (Decision.MATCH, Basis.REFERENCE, 3, False)


def test_the_senders_reference_goes_before_the_mailboxs_owner() -> None:
    outcome = decide(told(HOME), owners=(candidate(4, JOHN),), named=candidate(3, JANE))
    assert (outcome.person, outcome.is_shared) == (3, True)


def test_a_reference_to_another_name_and_date_of_birth_is_not_believed() -> None:
    query = told("john@other.example", full_name="John Doeberg", date_of_birth="1981-01-30")
    outcome = decide(query, owners=(candidate(4, JOHN),), named=candidate(3, JANE))
    assert (outcome.person, outcome.basis) == (4, Basis.MAILBOX)


def test_all_that_is_told_finds_the_customer_under_a_new_mailbox() -> None:
    query = told(full_name="Jane Doeberg", date_of_birth="1983-04-12", phone="020 7183 8750", postcode="PO18 1WU")
    outcome = decide(query, candidates=(candidate(4, JOHN), candidate(3, JANE)))
    assert (outcome.decision, outcome.basis, outcome.person) == (Decision.MATCH, Basis.CANDIDATES, 3)
    assert [scored.candidate.person for scored in outcome.ranked] == [3, 4]


def test_a_match_needs_its_lead() -> None:
    query = told(full_name="Jane Doeberg", date_of_birth="1983-04-12", phone="020 7183 8750", postcode="PO18 1WU")
    twins = (candidate(3, JANE), candidate(4, JANE))
    outcome = decide(query, candidates=twins)
    assert (outcome.decision, outcome.person) == (Decision.POSSIBLE, 3)
    one = decide(query, candidates=(candidate(3, JANE, 3), candidate(4, JANE, 3)))
    assert (one.decision, one.person, len(one.ranked)) == (Decision.MATCH, 3, 1)


def test_nobody_like_that_is_new() -> None:
    outcome = decide(told(full_name="Wilhelmina Quux"), candidates=(candidate(3, JANE),))
    assert (outcome.decision, outcome.basis, outcome.person) == (Decision.NEW, Basis.CANDIDATES, None)
    nobody = decide(told())
    assert (nobody.decision, nobody.basis, nobody.probability) == (Decision.NEW, Basis.NOTHING, 0.0)


def test_thresholds_decide() -> None:
    query = told(full_name="Jane Doeberg", date_of_birth="1983-04-12", phone="020 7183 8750", postcode="PO18 1WU")
    best = rank(query.standard, [candidate(3, JANE)], MODEL)[0]
    for thresholds, expected in (
        (Thresholds(match=best.probability), Decision.MATCH),
        (Thresholds(match=1.1, possible=best.probability), Decision.POSSIBLE),
        (Thresholds(match=1.1, possible=1.1), Decision.NEW),
    ):
        outcome = resolve(query, owners=(), candidates=[candidate(3, JANE)], named=None, model=MODEL, thresholds=thresholds)
        assert outcome.decision is expected


def test_the_weights_are_explained() -> None:
    query = told(full_name="Jane Doeberg", date_of_birth="1983-04-12")
    outcome = decide(query, candidates=(candidate(4, JOHN), candidate(3, JANE)))
    explained = explain(query, outcome, MODEL)
    assert [held.record for held, _ in explained] == [3, 4]
    for scored, (_, explanation) in zip(outcome.ranked, explained, strict=True):
        assert explanation.match_weight == pytest.approx(scored.match_weight)
        assert explanation.prior + sum(step.weight for step in explanation.comparisons) == pytest.approx(scored.match_weight)


def test_those_with_the_most_and_rarest_keys_come_first() -> None:
    assert likeliest({1: [1, 2, 3], 2: [2], 3: [3, 1]}) == [2, 1, 3]
    assert likeliest({1: [1, 2, 3], 2: [2]}, 1) == [2]
    assert likeliest({}) == []


def test_a_contradiction_needs_both_name_and_date_of_birth() -> None:
    other = Standard(given="wilhelmina", surname="quux", born="1950-11-02")
    assert is_contradicted(other, JANE)
    assert not is_contradicted(replace(other, born=""), JANE)
    assert not is_contradicted(replace(JANE, born="1950-11-02"), JANE)
    assert not is_contradicted(Standard(), JANE)


@pytest.mark.parametrize(
    ("told_standard", "expected"),
    [
        (Standard(), True),
        (Standard(given="jane", postcode="po181wv", phone="+442071838751"), True),
        (Standard(given="jane", postcode="sw1y4jh"), True),
        (Standard(given="jane", phone="+15551234567"), True),
        (Standard(given="jane", postcode="sw1y4jh", phone="+15551234567"), False),
        (Standard(born="1950-11-02"), False),
        (Standard(given="wilhelmina"), False),
        (Standard(surname="quux"), False),
    ],
)
def test_what_agrees(told_standard: Standard, *, expected: bool) -> None:
    assert agrees(told_standard, JANE) is expected


_SHARED = st.sampled_from([JANE, JOHN, Standard(), replace(JANE, born=""), Standard(mailboxes=(HOME,))])


@given(
    st.lists(st.tuples(st.integers(1, 6), st.integers(1, 3), _SHARED), max_size=6),
    st.lists(st.tuples(st.integers(7, 12), st.integers(1, 5), _SHARED), max_size=6),
    st.sampled_from(
        [
            told(),
            told(HOME),
            told(HOME, "Jane Doeberg"),
            told("info@x.example", full_name="John Doeberg", date_of_birth="1981-01-30"),
        ]
    ),
    st.sampled_from([None, candidate(20, JANE)]),
)
def test_an_outcome_means_one_of_those_handed_in(
    owners: list[tuple[int, int, Standard]], candidates: list[tuple[int, int, Standard]], query: Query, named: Candidate | None
) -> None:
    own = tuple(candidate(record, standard, person) for record, person, standard in owners)
    other = tuple(candidate(record, standard, person) for record, person, standard in candidates)
    outcome = decide(query, owners=own, candidates=other, named=named)
    known = {(held.record, held.person) for held in (*own, *other, named) if held is not None}
    assert (outcome.decision is Decision.NEW) is (outcome.person is None) is (outcome.record is None)
    assert outcome.person is None or (outcome.record, outcome.person) in known
    assert 0 <= outcome.probability <= 1
    assert len({scored.candidate.person for scored in outcome.ranked}) == len(outcome.ranked)
    weights = [scored.match_weight for scored in outcome.ranked]
    assert weights == sorted(weights, reverse=True)
