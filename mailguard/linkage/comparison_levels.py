"""Our comparison levels as a feature of recordlinkage's comparison framework, whose own are binary or one threshold a field.

For samples, such as the pairs that clerks have answered; whole tables are compared by `comparing` itself.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from recordlinkage.base import BaseCompareFeature

from mailguard.identity.levels import COMPARISONS
from mailguard.linkage.comparing import Comparer
from mailguard.linkage.frame import Levels

_PLACE: Final = "place"


class ComparisonLevels(BaseCompareFeature):  # type: ignore[misc]  # recordlinkage has no types
    """The level of each of COMPARISONS, under its field's name, as a whole number: MISSING where one of two has no value.

    What recordlinkage hands it of the records is `places_of` the pairs.
    """

    name = "comparison_levels"
    description = "Compare two records field by field, each to a comparison level."

    def __init__(self, comparer: Comparer) -> None:
        super().__init__(_PLACE, _PLACE, label=[spec.field for spec in COMPARISONS])
        self._comparer = comparer

    def _compute_vectorized(self, left: pd.Series[int], right: pd.Series[int]) -> Levels:
        return self._comparer.levels(np.asarray(left, dtype=np.int32), np.asarray(right, dtype=np.int32))


def places_of(pairs: pd.MultiIndex) -> pd.DataFrame:
    """Return the records of these pairs, which are places in a frame, as recordlinkage wants them."""
    places = np.unique(np.concatenate([pairs.get_level_values(0), pairs.get_level_values(1)])).astype(np.int32)
    return pd.DataFrame({_PLACE: places}, index=places)
