from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, literal, select

from mailguard.store.instant import EPOCH, Instant, from_micros, to_micros


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001
def test_every_point_in_time_comes_back(at: datetime) -> None:
    assert from_micros(to_micros(at)) == at


def test_another_zone_is_the_same_point_in_time() -> None:
    rome = datetime(2026, 11, 16, 10, 0, tzinfo=timezone(timedelta(hours=1)))
    assert from_micros(to_micros(rome)) == datetime(2026, 11, 16, 9, 0, tzinfo=UTC)


def test_naive_time_is_refused() -> None:
    with pytest.raises(TypeError):
        to_micros(datetime(2026, 11, 16))  # noqa: DTZ001 - that is the point


@pytest.mark.parametrize("at", [EPOCH, datetime(2026, 11, 16, 9, 0, 0, 1, tzinfo=UTC), None])
def test_column_gives_back_what_it_took(at: datetime | None) -> None:
    with create_engine("sqlite://").connect() as connection:
        assert connection.execute(select(literal(at, Instant))).scalar_one() == at
