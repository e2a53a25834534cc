"""mailguard.linkage.outcome: what linking a table comes to, before anything is written."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mailguard.identity.clerical import Answer
from mailguard.identity.default_parameters import DEFAULTS
from mailguard.linkage.batch import Linked
from mailguard.linkage.frame import Frame
from mailguard.linkage.outcome import outcome_of
from mailguard.linkage.table import Table
from mailguard.store.links import Kept, Origin
from mailguard.store.verdicts import Verdict
from tests.builders import NOW
from tests.population import THRESHOLDS


def table(count: int, *, exact: Sequence[Kept] = (), verdicts: Sequence[Verdict] = (), links: Sequence[Kept] = ()) -> Table:
    """A table of records numbered 10, 20, 30 and so on."""
    numbers = np.arange(1, count + 1, dtype=np.int64) * 10
    every = sorted((*exact, *links), key=lambda one: one.pair)
    a, b = (np.array([one.pair[end] for one in every], dtype=np.int64) for end in (0, 1))
    bits = np.array([one.match_weight for one in every], dtype=np.float64)
    frame = Frame.of_standards([])
    return Table(numbers, numbers, frame, a, b, bits, tuple(exact), tuple(verdicts), frozenset(), 1, DEFAULTS)


def linked(weights: dict[tuple[int, int], float]) -> Linked:
    """Scored pairs, by place."""
    ends = np.array(sorted(weights), dtype=np.int32).reshape(-1, 2)
    levels = np.zeros((len(ends), 9), dtype=np.int8)
    return Linked(DEFAULTS, ends[:, 0], ends[:, 1], np.array([weights[pair] for pair in sorted(weights)]), levels, 99)


def link(a: int, b: int, bits: float, origin: Origin = Origin.BATCH) -> Kept:
    return Kept(a, b, 0.999, bits, (1,) * 9, origin, NOW)


def verdict(a: int, b: int, answer: Answer) -> Verdict:
    return Verdict(seq=1, a=a, b=b, answer=answer, actor="ada", at=NOW)


def test_pairs_worth_keeping_are_named_by_record() -> None:
    outcome = outcome_of(table(4), linked({(0, 1): 9.0, (1, 2): 0.5, (2, 3): -0.5}), THRESHOLDS)
    assert list(zip(outcome.a.tolist(), outcome.b.tolist(), strict=True)) == [(10, 20), (20, 30)]
    assert outcome.persons.tolist() == [10, 10, 30, 40]
    kept = list(outcome.kept(NOW))
    assert [(one.pair, one.match_weight, one.origin) for one in kept] == [
        ((10, 20), 9.0, Origin.BATCH),
        ((20, 30), 0.5, Origin.BATCH),
    ]
    assert 0.998 < kept[0].probability < 0.999


def test_clerks_have_the_last_word() -> None:
    said = (verdict(10, 20, Answer.DIFFERENT), verdict(30, 40, Answer.SAME), verdict(30, 999, Answer.SAME))
    outcome = outcome_of(table(4, verdicts=said), linked({(0, 1): 9.0}), THRESHOLDS)
    assert outcome.persons.tolist() == [10, 20, 30, 30]


def test_what_rests_on_no_weight_stays() -> None:
    exact = (link(10, 30, 9.0, Origin.EXACT), link(10, 20, 8.0, Origin.EXACT))
    outcome = outcome_of(table(4, exact=exact), linked({(0, 2): 1.0, (1, 3): 9.0}), THRESHOLDS)
    assert list(outcome.kept(NOW))[:2] == [exact[1], exact[0]]
    assert outcome.bits.tolist() == [8.0, 9.0, 9.0]
    assert outcome.persons.tolist()[:3] == [10, 10, 10]


def test_pairs_of_others_stand_when_some_records_are_linked() -> None:
    links = (link(10, 20, 9.0), link(30, 40, 9.0))
    exact = (link(20, 50, 9.0, Origin.EXACT), link(10, 40, 1.0, Origin.EXACT))
    outcome = outcome_of(
        table(5, links=links, exact=exact), linked({(1, 2): 9.0}), THRESHOLDS, scope=np.array([30, 50], dtype=np.int64)
    )
    assert [one.pair for one in outcome.kept(NOW)] == [(20, 30), (20, 50)]
    assert outcome.exact == (exact[0],)
    assert outcome.persons.tolist() == [10, 10, 10, 40, 10]
