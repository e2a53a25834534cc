"""The other linkers that ours is measured beside: Splink 5 on DuckDB, and recordlinkage's ECM. Each as its own documents teach it.

Splink gets its own comparisons for names, dates of birth, mailboxes and postcodes, which know typing errors, swapped names and
common values; u from random pairs, m by expectation and maximisation over three different blockings, the prior from rules that
find hardly anything wrong; and blocking rules that find about as many of the true pairs as ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from tests.benchmarks.tables import FIELDS, PARTS, Table

LEAST: Final = 0.1
"""The probability below which no pair is asked for: that of no threshold that is compared."""

MOST_PAIRS: Final = 8
"""Pairs a record that one blocking rule may give; in a large table a wider one gives namesakes and little else."""

Numbers = npt.NDArray[np.int64]


COMPARED: Final = (*FIELDS, "email", *PARTS)


@dataclass(frozen=True)
class Found:
    """Scored pairs of records, with weights in bits, and the number of each record's person."""

    left: Numbers
    right: Numbers
    weights: npt.NDArray[np.float64]
    persons: Numbers


BLOCKED: Final = (
    ("email",),
    ("phone",),
    ("given_name", "surname", "postcode"),
    ("given_name", "surname", "initials_born"),
    ("given_name", "surname", "street_address"),
    ("surname", "date_of_birth"),
    ("given_name", "date_of_birth"),
    ("surname", "postcode"),
    ("given_name", "postcode"),
    ("date_of_birth", "postcode"),
    ("postcode", "street_address"),
    ("surname", "street_address"),
    ("given_name", "street_address"),
    ("given_name", "surname"),
    ("local_part",),
    ("date_of_birth", "surname_start"),
    ("date_of_birth", "given_start"),
    ("date_of_birth",),
    ("surname", "city"),
    ("given_name", "city"),
    ("street", "city"),
    ("postcode", "surname_start"),
    ("postcode", "given_start"),
    ("given_start", "surname_start"),
    ("surname",),
)
"""Columns in which two records are equal that Splink compares; those of which the table has nothing are left out."""

BLOCKED_BY_PANDAS: Final = (
    ("email",),
    ("phone",),
    ("local_part",),
    ("given_name", "surname"),
    ("surname", "date_of_birth"),
    ("given_name", "date_of_birth"),
    ("date_of_birth",),
    ("surname", "postcode"),
    ("given_name", "postcode"),
    ("date_of_birth", "postcode"),
    ("postcode", "street_address"),
    ("street", "city"),
    ("surname", "city"),
    ("given_name", "city"),
)
"""The same for recordlinkage, of which ECM learns most: with more pairs of households it takes those for persons."""

DERIVED: Final = {
    "name": "given_name || ' ' || surname",
    "local_part": "nullif(regexp_extract(email, '^[^@]+'), '')",
    "surname_start": "surname[1:3]",
    "given_start": "given_name[1:3]",
    "initials_born": "given_name[1:1] || surname[1:1] || date_of_birth[1:4]",
}


def splink(table: Table) -> Iterator[Found | None]:
    """Give None when all is linked, and then what was found."""
    import logging  # noqa: PLC0415 - only for the other's

    import duckdb  # noqa: PLC0415 - an extra
    from splink import Linker, SettingsCreator, block_on  # noqa: PLC0415 - the same
    from splink.backends.duckdb import DuckDBAPI  # noqa: PLC0415 - the same

    logging.getLogger("splink").setLevel(logging.ERROR)
    yield None
    connection = duckdb.connect()
    has = _read(connection, table.file)
    records = connection.table("customers")
    size = _one(connection, "SELECT count(*) FROM customers")
    blocked: list[Any] = [
        block_on(*columns) for columns in BLOCKED if has.issuperset(columns) and _is_narrow(connection, columns, size)
    ]
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=list(_comparisons(has, table.region)),
        blocking_rules_to_generate_predictions=blocked,
        retain_matching_columns=False,
    )
    linker = Linker(DuckDBAPI(connection).register(records, dataset_display_name="records"), settings)
    sure = [("email", "given_name"), ("name", "date_of_birth"), ("phone", "given_name"), ("name", "postcode")]
    rules: list[Any] = [block_on(*columns) for columns in sure if has.issuperset(columns)]
    linker.training.estimate_probability_two_random_records_match(rules, recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6 if size < 50_000 else 1e7, seed=1)
    # Not by the mailbox: its pairs are households besides, which would teach that one person has several given names.
    for columns in (("given_name", "surname"), ("date_of_birth",)):
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*columns), max_pairs=2e6)
    predicted = linker.inference.predict(threshold_match_probability=LEAST)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(predicted, threshold_match_probability=0.5)
    yield None
    pairs = connection.sql(f"SELECT unique_id_l, unique_id_r, match_weight FROM {predicted.physical_name}").fetchnumpy()
    person = connection.sql(f"SELECT cluster_id FROM {clusters.physical_name} ORDER BY unique_id").fetchnumpy()
    left, right = (np.asarray(pairs[f"unique_id_{side}"], dtype=np.int64) for side in "lr")
    numbers = np.asarray(person["cluster_id"]).astype(np.int64)
    yield Found(left, right, np.asarray(pairs["match_weight"], dtype=np.float64), numbers)


def _read(connection: Any, file: Path) -> set[str]:
    """Make the table `customers` of a file, cleaned; return its columns that have values."""
    cleaned = [f"nullif(lower(trim({column})), '') AS {column}" for column in COMPARED if column != "date_of_birth"]
    born = r"nullif(regexp_replace(date_of_birth, '^(\d{4})(\d\d)(\d\d)$', '\1-\2-\3'), '') AS date_of_birth"
    derived = [f"{expression} AS {name}" for name, expression in DERIVED.items()]
    connection.execute(
        f"""CREATE TABLE customers AS SELECT *, {", ".join(derived)} FROM (
            SELECT source_key::INTEGER AS unique_id, {", ".join([*cleaned, born])}
            FROM read_csv(?, all_varchar = true, header = true)
        )""",
        [str(file)],
    )
    columns = (*COMPARED, *DERIVED)
    counts = connection.execute(f"SELECT {', '.join(f'count({name})' for name in columns)} FROM customers").fetchall()[0]
    return {name for name, count in zip(columns, counts, strict=True) if count}


def _one(connection: Any, sql: str) -> int:
    return int(connection.execute(sql).fetchall()[0][0] or 0)


def _is_narrow(connection: Any, columns: Sequence[str], size: int) -> bool:
    """Whether equality in these columns gives no more than MOST_PAIRS a record: a large table has too many namesakes."""
    known = " AND ".join(f"{column} IS NOT NULL" for column in columns)
    groups = f"SELECT count(*) AS n FROM customers WHERE {known} GROUP BY {', '.join(columns)}"
    return _one(connection, f"SELECT sum(n * (n - 1) // 2) FROM ({groups})") <= MOST_PAIRS * size


def _comparisons(has: set[str], region: str) -> Iterator[Any]:
    """Splink's own comparisons for the columns that there are."""
    import splink.comparison_library as cl  # noqa: PLC0415 - an extra

    yield cl.NameComparison("given_name").configure(term_frequency_adjustments=True)
    yield cl.NameComparison("surname").configure(term_frequency_adjustments=True)
    yield cl.DateOfBirthComparison("date_of_birth", input_is_string=True, datetime_format="%Y-%m-%d")
    if "email" in has:
        yield cl.EmailComparison("email")
    if "phone" in has:
        yield cl.DamerauLevenshteinAtThresholds("phone", [1, 2])
    if "street" in has:
        yield cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]).configure(term_frequency_adjustments=True)
        yield cl.JaroWinklerAtThresholds("street", [0.92, 0.8]).configure(term_frequency_adjustments=True)
        yield cl.DamerauLevenshteinAtThresholds("street_number", [1])
    elif "street_address" in has:
        yield _address()
    if "city" in has:
        yield cl.JaroWinklerAtThresholds("city", [0.9, 0.7]).configure(term_frequency_adjustments=True)
    if "state" in has:
        yield cl.ExactMatch("state")


def _address() -> Any:
    """Postcode and street in one comparison, for the one makes the other likely."""
    import splink.comparison_level_library as cll  # noqa: PLC0415 - an extra
    import splink.comparison_library as cl  # noqa: PLC0415 - the same

    return cl.CustomComparison(
        [
            cll.Or(cll.NullLevel("postcode"), cll.NullLevel("street_address")),
            cll.And(cll.ExactMatchLevel("postcode"), cll.ExactMatchLevel("street_address")),
            cll.And(cll.LevenshteinLevel("postcode", 2), cll.LevenshteinLevel("street_address", 2)),
            cll.ExactMatchLevel("postcode"),
            cll.ExactMatchLevel("street_address"),
            cll.ElseLevel(),
        ],
        output_column_name="address",
    )


def recordlinkage(table: Table) -> Iterator[Found | None]:
    """The same by recordlinkage: its index over several blockings, its comparisons with thresholds, its ECM classifier."""
    import pandas as pd  # noqa: PLC0415 - seconds
    import recordlinkage as rl  # noqa: PLC0415 - the same

    yield None
    frame = pd.DataFrame(list(table.rows()))
    frame = frame[[*FIELDS, "email"]].apply(lambda column: column.str.lower().str.strip())
    frame = frame.loc[:, (frame != "").any()]
    if "email" in frame:
        frame["local_part"] = frame["email"].str.partition("@")[0]
    blockings = [list(columns) for columns in BLOCKED_BY_PANDAS if frame.columns.isin(columns).sum() == len(columns)]
    indexes = [index for columns in blockings if (index := _index(rl, frame, columns)) is not None]
    pairs = reduce(pd.MultiIndex.union, indexes)
    compare = rl.Compare()
    for column in ("given_name", "surname", "street_address", "city", "email"):
        if column in frame:
            compare.string(column, column, method="jarowinkler", threshold=0.88, label=column)
    for column in ("date_of_birth", "phone", "postcode"):
        if column in frame:
            compare.string(column, column, method="damerau_levenshtein", threshold=0.85, label=column)
    if "state" in frame:
        compare.exact("state", "state", label="state")
    features = compare.compute(pairs, frame)
    classifier = rl.ECMClassifier(binarize=0.5)
    classifier.fit(features)
    probability = np.clip(classifier.prob(features).to_numpy(), 1e-12, 1 - 1e-12)
    likely = probability >= LEAST
    left, right = (np.asarray(pairs.get_level_values(side), dtype=np.int64)[likely] for side in (0, 1))
    weights = np.log2(probability[likely] / (1 - probability[likely]))
    persons = joined(len(frame), left[weights >= 0], right[weights >= 0])
    yield None
    yield Found(left, right, weights, persons)


def joined(count: int, left: Numbers, right: Numbers) -> Numbers:
    """The number of each record's connected component."""
    from scipy.sparse import coo_array  # noqa: PLC0415 - as late as the others
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415 - the same

    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(count, count))
    component: Numbers = connected_components(graph, directed=False)[1].astype(np.int64)
    return component


def _index(rl: Any, frame: Any, columns: list[str]) -> Any:
    """The pairs of one blocking, among the records that have a value in all its columns; none where they are too many."""
    full = frame[(frame[columns] != "").all(axis=1)]
    sizes = full.groupby(columns).size()
    is_narrow = (sizes * (sizes - 1) // 2).sum() <= MOST_PAIRS * len(frame)
    return rl.Index().block(columns).index(full) if is_narrow and len(full) else None
