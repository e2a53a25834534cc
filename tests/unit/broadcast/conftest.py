"""A ledger for what reads one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailguard.store.database import Database
from tests.ledger import open_ledger


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """An open database, empty."""
    opened = open_ledger(f"sqlite:///{tmp_path}/ledger.db")
    yield opened
    opened.close()
