"""Every test of the store that asks for a database runs on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailguard.store.database import Database
from tests.ledger import open_ledger
from tests.postgres_server import postgres

__all__ = ["postgres"]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a database may be: a file that is not there yet, or one with all tables and no rows."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.db"
    new: str = request.getfixturevalue("postgres").clean_database()
    return new


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """An open database, empty."""
    opened = open_ledger(url)
    yield opened
    opened.close()
