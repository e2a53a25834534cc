"""Linking through Splink 5, on DuckDB or on Spark, with our keys, our levels and our learnt numbers. It learns nothing.

For tables whose candidate pairs one process cannot hold. Gives the pairs and weights of the default engine, up to the order in
which doubles are added up. Which database it runs on is not its business: `splink_duckdb` and `splink_spark` open one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from mailguard.identity.blocking import PASSES
from mailguard.identity.parameters import Parameters
from mailguard.linkage.batch import Linked
from mailguard.linkage.blocking import most_of, pass_entries
from mailguard.linkage.frame import NO_VALUE, Codes, Frame
from mailguard.linkage.splink_columns import ID, columns_for_splink
from mailguard.linkage.splink_levels import Levels
from mailguard.linkage.splink_model import gamma_columns, levels_of_gammas, score_sql, splink_settings

if TYPE_CHECKING:
    from splink.internals.splink_dataframe import SplinkDataFrame

RECORDS_AT_ONCE: Final = 200_000
"""Records whose candidate pairs the engine holds at one time: some five million pairs."""

Opened = AbstractContextManager["SplinkDataFrame"]


def score_with_splink(
    frame: Frame,
    parameters: Parameters,
    *,
    least: float,
    opened: Callable[[pa.Table], Opened],
    comparisons: Sequence[Levels],
    tell: Callable[[float], None] = lambda _: None,
) -> Linked:
    """Return the candidate pairs of a frame whose weight is at least `least` bits.

    `opened` gives the table to Splink, whose engine understands `comparisons`. `tell` hears what part is done.
    """
    from splink import Linker  # noqa: PLC0415 - an extra

    owners, keys = capped_keys(frame)
    table = columns_for_splink(frame, parameters, owners=owners, keys=keys)
    chunks = -(-frame.size // RECORDS_AT_ONCE)
    sql = score_sql(comparisons, parameters, frame.size, least=least)
    counted, found = 0, []
    with opened(table) as records:
        settings = splink_settings(comparisons, parameters, frame.size)
        linker = Linker(records, settings, log_level=None)
        for chunk in range(1, chunks + 1):
            count, kept = _scored_chunk(linker, (chunk, chunks), sql)
            counted += count
            found.append(kept)
            tell(chunk / chunks)
    return _linked(pd.concat(found, ignore_index=True), comparisons, parameters, counted)


def capped_keys(frame: Frame) -> tuple[Codes, npt.NDArray[np.int64]]:
    """Return records, ascending, and their keys: two records with a key in common are a candidate pair of `blocking`."""
    owners, keys, sofar = [], [], 0
    for name, (values, records) in zip(PASSES, pass_entries(frame), strict=True):
        held = values != NO_VALUE
        entries = pd.DataFrame({"key": pd.factorize(values[held])[0], "record": records[held]}).drop_duplicates()
        shared = entries.groupby("key")["record"].transform("size").between(2, most_of(name))
        owners.append(entries.loc[shared, "record"].to_numpy(dtype=np.int32))
        keys.append(entries.loc[shared, "key"].to_numpy(dtype=np.int64) + sofar)
        sofar += len(values)
    records, numbers = np.concatenate(owners), np.concatenate(keys)
    order = np.argsort(records, kind="stable")
    return records[order], numbers[order]


def _scored_chunk(linker: Any, chunk: tuple[int, int], sql: str) -> tuple[int, pd.DataFrame]:
    """Return how many pairs the records of one chunk have, and those that `sql` keeps."""
    blocked = linker.inference.compute_blocked_pairs_for_predict_chunk(chunk, (1, 1))
    count = int(blocked.query_sql("select count(*) as pairs from {this}").as_record_list()[0]["pairs"])
    predicted = linker.inference.predict_chunk(chunk, (1, 1), warning_mode="never")
    scored = predicted.query_sql(sql)
    kept: pd.DataFrame = scored.as_pandas_dataframe()
    for made in (scored, predicted, blocked):
        made.drop_table_from_database_and_remove_from_cache()
    return count, kept


def _linked(found: Any, comparisons: Sequence[Levels], parameters: Parameters, candidate_pairs: int) -> Linked:
    one, other = (found[f"{ID}_{side}"].to_numpy(dtype=np.int32) for side in "lr")
    left, right = np.minimum(one, other), np.maximum(one, other)
    order = np.lexsort((right, left))
    levels = levels_of_gammas(comparisons, [found[name].to_numpy(dtype=np.int64) for name in gamma_columns()])
    weights = found["weight"].to_numpy(dtype=np.float64)
    return Linked(parameters, left[order], right[order], weights[order], levels[order], candidate_pairs)
