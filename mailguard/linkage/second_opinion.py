"""A second opinion on clerks' answers: recordlinkage's logistic regression, learnt from the answers alone.

It knows nothing of our model. Where both say the opposite of a clerk, a slip of the finger is likely.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from mailguard.identity.levels import COMPARISONS
from mailguard.linkage.comparing import Comparer
from mailguard.linkage.frame import Bools, Codes

ENOUGH: Final = 50
"""Answers below which a regression says more about chance than about people."""

FOLDS: Final = 5


def second_opinion(comparer: Comparer, left: Codes, right: Codes, is_same: Bools) -> Bools | None:
    """Return whether a logistic regression says of each answered pair what the clerk said; None where there are too few.

    `left`, `right`: the answered pairs, each once, by places in the frame that `comparer` knows. Each fifth of them is judged
    by a regression on the other four.
    """
    if len(left) < ENOUGH or min(np.count_nonzero(is_same), np.count_nonzero(~is_same)) < FOLDS:
        return None
    features = _features(comparer, pd.MultiIndex.from_arrays([left, right]))
    fold = _folds(is_same)
    said = np.empty(len(left), dtype=bool)
    for number in range(FOLDS):
        said[fold == number] = _judged(features, is_same, fold == number)
    return np.equal(said, is_same)


def _judged(features: pd.DataFrame, is_same: Bools, asked: Bools) -> Bools:
    """Return what a regression on the other pairs says of those asked about."""
    from recordlinkage import LogisticRegressionClassifier  # noqa: PLC0415 - half a second, and only for this

    classifier = LogisticRegressionClassifier()
    classifier.fit(features[~asked], features.index[~asked & is_same])
    return np.asarray(features.index[asked].isin(classifier.predict(features[asked])))


def _features(comparer: Comparer, pairs: pd.MultiIndex) -> pd.DataFrame:
    """Return one column for each level of each comparison, 1.0 where a pair has it."""
    from recordlinkage import Compare  # noqa: PLC0415 - half a second, and only for this

    from mailguard.linkage.comparison_levels import ComparisonLevels, places_of  # noqa: PLC0415 - the same

    levels = Compare([ComparisonLevels(comparer)]).compute(pairs, places_of(pairs))
    return pd.DataFrame(
        {
            f"{spec.field}: {level}": (levels[spec.field] == number).astype(np.float64)
            for spec in COMPARISONS
            for number, level in enumerate(spec.levels)
        }
    )


def _folds(is_same: Bools) -> npt.NDArray[np.int64]:
    """Return the fold of each pair; each fold has its share of either answer."""
    fold = np.empty(len(is_same), dtype=np.int64)
    for kind in (is_same, ~is_same):
        fold[kind] = np.arange(np.count_nonzero(kind)) % FOLDS
    return fold
