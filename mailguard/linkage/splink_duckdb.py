"""DuckDB for Splink: a database of its own in memory, which spills to disk, with our functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from mailguard.linkage.splink_functions import mailbox_levels, street_likenesses

if TYPE_CHECKING:
    from splink.internals.splink_dataframe import SplinkDataFrame


@contextmanager
def opened_on_duckdb(table: pa.Table) -> Iterator[SplinkDataFrame]:
    """Give the table as Splink sees it on DuckDB, and close the database."""
    import duckdb  # noqa: PLC0415 - an extra
    from splink.backends.duckdb import DuckDBAPI  # noqa: PLC0415 - the same

    with duckdb.connect() as connection:
        _add(connection, "street_likeness", street_likenesses, "DOUBLE")
        _add(connection, "mailbox_level", mailbox_levels, "INTEGER")
        yield DuckDBAPI(connection).register(table, dataset_display_name="records")


def _add(connection: Any, name: str, function: Callable[[list[str], list[str]], Any], kind: str) -> None:
    """Make a function of two columns of texts known to DuckDB, which calls it some thousand rows at a time."""

    def run(a: pa.ChunkedArray, b: pa.ChunkedArray) -> pa.Array:
        return pa.array(function(a.to_pylist(), b.to_pylist()))

    connection.create_function(name, run, ["VARCHAR", "VARCHAR"], kind, type="arrow")
