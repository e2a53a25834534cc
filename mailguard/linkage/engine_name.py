"""What the engines are called: apart, so that a command can name them without loading any."""

from __future__ import annotations

from enum import StrEnum


class Engine(StrEnum):
    """What compares the records."""

    RECORDLINKAGE = "recordlinkage"
    DUCKDB = "duckdb"
    SPARK = "spark"

    @property
    def learns(self) -> bool:
        """Whether the first link with it learns. Spark uses what was learnt elsewhere: there it takes fifty times as long."""
        return self is not Engine.SPARK
