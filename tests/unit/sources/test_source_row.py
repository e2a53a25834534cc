"""mailguard.sources.source_row: what a source of records yields."""

from __future__ import annotations

from pathlib import Path

from mailguard.sources.csv_source import CsvSource
from mailguard.sources.source_row import Flaw, Row, Source
from mailguard.sources.sql_source import SqlSource


def test_files_and_tables_are_sources_alike(tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_text("id,name\n1,Ada\n2\n", encoding="utf-8")
    sources: list[Source] = [CsvSource.open(file)]
    assert [type(row) for source in sources for row in source.rows()] == [Row, Flaw]
    assert issubclass(type(sources[0]), CsvSource)
    assert {"rows", "columns", "expected"} <= set(dir(SqlSource))
