"""A second opinion on clerks' answers: recordlinkage's logistic regression, learnt from the answers alone.

It knows nothing of our model. Where both say the opposite of a clerk, a slip of the finger is likely.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from mailguard.identity.levels import COMPARISONS
from mailguard.linkage.frame import Bools, Levels

ENOUGH: Final = 50
"""Answers below which a regression says more about chance than about people."""

FOLDS: Final = 5


def second_opinion(levels: Levels, is_same: Bools) -> Bools | None:
    """Return whether a logistic regression says of each answered pair what the clerk said; None where there are too few.

    `levels`: one row a pair. Each fifth of the pairs is judged by a regression on the other four.
    """
    if len(levels) < ENOUGH or min(np.count_nonzero(is_same), np.count_nonzero(~is_same)) < FOLDS:
        return None
    features = _features(levels)
    fold = _folds(is_same)
    said = np.empty(len(levels), dtype=bool)
    for number in range(FOLDS):
        said[fold == number] = _judged(features, is_same, fold == number)
    return np.equal(said, is_same)


def _judged(features: pd.DataFrame, is_same: Bools, asked: Bools) -> Bools:
    """Return what a regression on the other pairs says of those asked about."""
    from recordlinkage import LogisticRegressionClassifier  # noqa: PLC0415 - half a second, and only for this

    classifier = LogisticRegressionClassifier()
    classifier.fit(features[~asked], features.index[~asked & is_same])
    return np.asarray(features.index[asked].isin(classifier.predict(features[asked])))


def _features(levels: Levels) -> pd.DataFrame:
    """Return one column for each level, 1.0 where a pair has it; a pair is (n, n + 1), for recordlinkage wants two numbers."""
    columns: dict[str, npt.NDArray[np.float64]] = {
        f"{spec.field}: {level}": (levels[:, at] == number).astype(np.float64)
        for at, spec in enumerate(COMPARISONS)
        for number, level in enumerate(spec.levels)
    }
    numbers = np.arange(len(levels))
    return pd.DataFrame(columns, index=pd.MultiIndex.from_arrays([numbers, numbers + 1]))


def _folds(is_same: Bools) -> npt.NDArray[np.int64]:
    """Return the fold of each pair; each fold has its share of either answer."""
    fold = np.empty(len(is_same), dtype=np.int64)
    for kind in (is_same, ~is_same):
        fold[kind] = np.arange(np.count_nonzero(kind)) % FOLDS
    return fold
