"""Spark for Splink: a session as Spark's own configuration says, on a cluster or on this machine, with our comparison.

The workers compare pairs with the code that every other engine is held to, some thousand at a time: they need this package in
their Python. Splink's jar is not used: its Jaro-Winkler similarity is another one.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from mailguard.errors import MailguardError
from mailguard.linkage.splink_functions import COMPARED, PAIR_LEVELS, pair_levels

if TYPE_CHECKING:
    from pyspark.sql import SparkSession
    from splink.internals.splink_dataframe import SplinkDataFrame


@contextmanager
def opened_on_spark(table: pa.Table) -> Iterator[SplinkDataFrame]:
    """Give the table as Splink sees it on Spark; a session that was not there before is stopped at the end.

    Raises MailguardError where Spark does not start.
    """
    from pyspark.sql import SparkSession  # noqa: PLC0415 - an extra
    from splink.backends.spark import SparkAPI  # noqa: PLC0415 - the same

    running = SparkSession.getActiveSession()
    session = running or _session()
    try:
        _add_comparison(session)
        open_api: Any = SparkAPI
        api = open_api(
            spark_session=session,
            break_lineage_method="persist",
            num_partitions_on_repartition=_partitions(session),
            register_udfs_automatically=False,
        )
        # Under a name of Splink's own, which it gives anew: the session may have had such a table before.
        yield api.register(session.createDataFrame(table))
    finally:
        if running is None:
            session.stop()


def _session() -> SparkSession:
    from pyspark.errors import PySparkException  # noqa: PLC0415 - an extra
    from pyspark.sql import SparkSession  # noqa: PLC0415 - the same

    # The same Python as this one, where nobody says which: Spark's own choice is any python3.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("mailguard link").config("spark.log.level", "ERROR")
    builder = builder.config("spark.ui.showConsoleProgress", "false")
    # Nothing is stored there, but Spark makes the folder: not where the command happens to be called.
    builder = builder.config("spark.sql.warehouse.dir", str(Path(gettempdir()) / "mailguard-spark-warehouse"))
    try:
        return builder.getOrCreate()
    except PySparkException as error:
        raise MailguardError(f"Spark did not start: {error}; it needs Java 17 or later in JAVA_HOME or on the path") from error


def _partitions(session: SparkSession) -> int:
    """Return into how many parts Spark is to divide the pairs; on one machine its own number of 200 is mostly overhead."""
    partitions = 2 * session.sparkContext.defaultParallelism
    if str(session.sparkContext.master).startswith("local"):
        session.conf.set("spark.sql.shuffle.partitions", str(partitions))
    return partitions


def _add_comparison(session: SparkSession) -> None:
    """Make our comparison known to Spark's SQL, as a function of the columns of two records."""
    from pyspark.sql.pandas.functions import pandas_udf  # noqa: PLC0415 - an extra

    def run(*columns: pd.Series) -> pd.Series:
        values = [column.tolist() for column in columns]
        left, right = values[: len(COMPARED)], values[len(COMPARED) :]
        return pd.Series(pair_levels(dict(zip(COMPARED, left, strict=True)), dict(zip(COMPARED, right, strict=True))))

    # Spark reads from the annotations what kind of function it is.
    run.__annotations__ = {"columns": pd.Series, "return": pd.Series}
    made: Any = pandas_udf
    session.udf.register(PAIR_LEVELS, made(run, "string"))
