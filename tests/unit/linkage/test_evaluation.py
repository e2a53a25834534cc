"""Figures are those that counting by hand, and recordlinkage, arrive at."""

from __future__ import annotations

import json
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
import recordlinkage
from hypothesis import assume, given
from hypothesis import strategies as st

from mailguard.identity.model import weight_of_probability
from mailguard.linkage.evaluation import Evaluation, Scores, Wrong, b_cubed, evaluate
from mailguard.linkage.truth import NO_CLUSTER

Scored = list[tuple[int, int, float]]


def evaluated(truth: list[int], scored: Scored, persons: list[int] | None = None, **options: Any) -> Evaluation:
    left, right = (np.array([pair[side] for pair in scored], dtype=np.int32) for side in (0, 1))
    weights = np.array([weight for *_, weight in scored], dtype=np.float64)
    people = np.array(range(len(truth)) if persons is None else persons)
    return evaluate(np.array(truth, dtype=np.int64), left, right, weights, persons=people, **options)


def test_pairs_are_judged_at_even_odds() -> None:
    found = evaluated([0, 0, 0, 1], [(0, 1, 3.0), (1, 2, -0.1), (2, 3, 0.0)])
    assert found.threshold == 0.5
    assert found.true_pairs == 3
    assert found.pairs == Scores(1 / 2, 1 / 3, 2 / 5)
    assert found.blocking_recall == 2 / 3


@pytest.mark.parametrize(("threshold", "links"), [(0.2, 1), (0.25, 1), (0.26, 0)])
def test_a_pair_at_the_threshold_is_a_link(threshold: float, links: int) -> None:
    weight = weight_of_probability(0.25)
    assert len(evaluated([0, 1], [(0, 1, weight)], threshold=threshold).false_links) == links


def test_nothing_found_is_nothing_wrong() -> None:
    assert evaluated([0, 0], []).pairs == Scores(1.0, 0.0, 0.0)
    assert evaluated([0, 1], []).pairs == Scores(1.0, 1.0, 1.0)
    assert evaluated([], []).clusters == Scores(0.0, 0.0, 1.0)


def test_wrong_pairs_are_named_the_worst_first() -> None:
    truth = [0, 0, 0, 1, 2]
    found = evaluated(truth, [(3, 0, 2.0), (4, 1, 9.0), (3, 2, 2.0), (0, 1, -7.0), (2, 1, -9.0), (3, 4, -1.0)])
    assert found.false_links == (Wrong(1, 4, 9.0), Wrong(0, 3, 2.0), Wrong(2, 3, 2.0))
    assert found.missed == (Wrong(1, 2, -9.0), Wrong(0, 1, -7.0), Wrong(0, 2, None))


def test_no_more_wrong_pairs_are_named_than_asked_for() -> None:
    scored = [(a, b, 5.0 if a % 2 != b % 2 else -5.0) for a, b in combinations(range(20), 2) if (a + b) % 6]
    found = evaluated([n % 2 for n in range(20)], scored, most_wrong=3)
    assert len(found.false_links) == 3
    assert [wrong.weight for wrong in found.missed] == [-5.0] * 3 + [None] * 3


def test_pairs_that_blocking_missed_are_found_in_clusters_of_any_place() -> None:
    truth = [5, 3, 5, 3, 5]
    found = evaluated(truth, [(1, 3, 9.0), (0, 4, 9.0)])
    assert {(wrong.a, wrong.b) for wrong in found.missed} == {(0, 2), (2, 4)}


def test_a_record_whose_cluster_nobody_knows_counts_nowhere() -> None:
    without = evaluated([0, 0, 1], [(0, 1, 3.0), (1, 2, 3.0)], [0, 0, 2])
    truth = [0, 0, 1, NO_CLUSTER]
    assert evaluated(truth, [(0, 1, 3.0), (1, 2, 3.0), (0, 3, 9.0), (3, 2, -9.0)], [0, 0, 2, 0]) == without


def test_the_chart_tells_what_each_threshold_comes_to() -> None:
    found = evaluated([0, 0, 0, 1], [(0, 1, 9.0), (0, 2, 2.0), (2, 3, 0.0)])
    chart = {row.threshold: row for row in found.chart}
    assert (chart[0.1].links, chart[0.1].precision, chart[0.1].recall) == (3, 2 / 3, 2 / 3)
    assert (chart[0.7].links, chart[0.7].precision, chart[0.7].recall) == (2, 1.0, 2 / 3)
    assert (chart[0.999].links, chart[0.999].precision, chart[0.999].recall) == (0, 1.0, 0.0)


def test_reliability_compares_what_was_said_with_what_is() -> None:
    sure, unlikely = weight_of_probability(0.97), weight_of_probability(0.02)
    found = evaluated(
        [0, 0, 0, 0, 1], [(0, 1, sure), (0, 2, sure), (0, 3, sure), (0, 4, sure), (1, 4, unlikely), (2, 4, -5000.0)]
    )
    bins = {(row.low, row.high): row for row in found.reliability}
    assert bins.keys() == {(0.0, 0.01), (0.01, 0.05), (0.95, 0.99)}
    assert bins[0.95, 0.99].pairs == 4
    assert bins[0.95, 0.99].expected == pytest.approx(0.97)
    assert bins[0.95, 0.99].right == 0.75
    assert bins[0.01, 0.05].right == 0.0


def test_certainty_is_the_last_bin() -> None:
    (row,) = evaluated([0, 0], [(0, 1, 5000.0)]).reliability
    assert (row.low, row.high, row.right) == (0.999, 1.0, 1.0)


def test_b_cubed_is_the_mean_over_records() -> None:
    # Bagga and Baldwin's example: 1-5, 6-7, 8-12; a response that joins the first two.
    truth = [0] * 5 + [1] * 2 + [2] * 5
    scores = b_cubed(np.array([0] * 5 + [2] * 7), np.array(truth))
    assert scores.precision == pytest.approx((5 * 1 + 2 * 2 / 7 + 5 * 5 / 7) / 12)
    assert scores.recall == 1.0


def test_the_document_has_the_agreed_names_and_is_json() -> None:
    document = evaluated([0, 0, 1], [(0, 1, 3.0), (1, 2, 3.0)], [0, 0, 2]).document
    agreed = {"threshold", "precision", "recall", "f1", "bcubed_precision", "bcubed_recall", "bcubed_f1"}
    assert document.keys() == agreed | {"blocking_recall", "true_pairs", "chart", "reliability"}
    assert document["bcubed_f1"] == 1.0
    assert json.loads(json.dumps(document)) == document


CLUSTERS = st.lists(st.integers(0, 4), min_size=2, max_size=12)


@given(st.data(), CLUSTERS)
def test_pairs_are_judged_as_recordlinkage_judges_them(data: st.DataObject, truth: list[int]) -> None:
    pairs = list(combinations(range(len(truth)), 2))
    scored = data.draw(st.lists(st.sampled_from(pairs), unique=True))
    links = [pair for pair in scored if data.draw(st.booleans())]
    true = [(a, b) for a, b in pairs if truth[a] == truth[b]]
    assume(links and true)
    found = evaluated(truth, [(*pair, 1.0 if pair in links else -1.0) for pair in scored])
    true_index, found_index = pd.MultiIndex.from_tuples(true), pd.MultiIndex.from_tuples(links)
    assert found.pairs.precision == pytest.approx(recordlinkage.precision(true_index, found_index))
    assert found.pairs.recall == pytest.approx(recordlinkage.recall(true_index, found_index))
    if set(true) & set(links):
        assert found.pairs.f1 == pytest.approx(recordlinkage.fscore(true_index, found_index))
    unscored = {(wrong.a, wrong.b) for wrong in found.missed if wrong.weight is None}
    assert unscored == set(true) - set(scored) or len(unscored) == 20


@given(st.data(), CLUSTERS)
def test_b_cubed_is_what_counting_each_record_gives(data: st.DataObject, truth: list[int]) -> None:
    persons = data.draw(st.lists(st.integers(0, 4), min_size=len(truth), max_size=len(truth)))
    records = range(len(truth))
    shared = [sum(persons[a] == persons[b] and truth[a] == truth[b] for b in records) for a in records]
    scores = b_cubed(np.array(persons), np.array(truth))
    assert scores.precision == pytest.approx(sum(shared[n] / persons.count(persons[n]) for n in records) / len(truth))
    assert scores.recall == pytest.approx(sum(shared[n] / truth.count(truth[n]) for n in records) / len(truth))
