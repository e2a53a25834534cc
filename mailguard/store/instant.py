"""Points in time as the ledger keeps them: whole microseconds since the epoch, UTC, in a 64-bit integer.

SQLite knows no time zones and PostgreSQL's depend on its session; an integer is the same everywhere, compares and sorts.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Dialect
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_micros(at: datetime) -> int:
    """Microseconds from the epoch to `at`, which must be aware."""
    return (at - EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The point in time `micros` microseconds after the epoch, in UTC."""
    return EPOCH + timedelta(microseconds=micros)


class Instant(TypeDecorator[datetime]):
    """A column of points in time: aware datetimes outside, integers inside."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Turn a datetime into microseconds; a naive one raises TypeError."""
        return None if value is None else to_micros(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Turn microseconds into a datetime in UTC."""
        return None if value is None else from_micros(value)
