"""mailguard.linkage.splink_duckdb: DuckDB for Splink, with our functions."""

from __future__ import annotations

import pyarrow as pa
import pytest

from mailguard.linkage.splink_duckdb import opened_on_duckdb

TABLE = pa.table({"unique_id": [1, 2], "street": ["rope walk", "walk rope"]})


def test_table_and_functions_are_there_and_then_gone() -> None:
    with opened_on_duckdb(TABLE) as records:
        likeness = records.query_sql("select street_likeness(a.street, b.street) as x from {this} a, {this} b").as_record_list()
        assert [row["x"] for row in likeness] == [100.0] * 4
        level = records.query_sql("select mailbox_level('bob@x.example', 'bo@x.example') as x").as_record_list()
        assert level == [{"x": 3}]
    with pytest.raises(Exception, match=r"[Cc]losed|[Cc]onnection"):
        records.as_record_list()
