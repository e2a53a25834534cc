from __future__ import annotations

import pytest

from mailguard.store.database import Database
from mailguard.store.secrets import KEY_OCTETS, key_of, known_key
from tests.builders import NOW


def test_a_key_is_made_once_for_each_name(database: Database) -> None:
    with database.write() as connection:
        assert known_key(connection, "reply") is None
        first, other = key_of(connection, "reply", now=NOW), key_of(connection, "other", now=NOW)
    with database.write() as connection:
        assert key_of(connection, "reply", now=NOW) == first
    with database.read() as connection:
        assert known_key(connection, "reply") == first
    assert len(first) == len(other) == KEY_OCTETS
    assert first != other


def test_nothing_is_made_where_nothing_may_be_written(database: Database) -> None:
    with database.read() as connection, pytest.raises(Exception, match="read"):
        key_of(connection, "reply", now=NOW)
