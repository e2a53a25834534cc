"""mailguard.client.reading: what is not quite what it is to be, is nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from mailguard.client.reading import MalformedError, listed, moment, or_none, take, text, texts


def test_what_is_right_is_read() -> None:
    document = {"a": "x", "b": None, "at": "2026-11-19T08:12:00Z", "many": ["x", "y"]}
    assert take(document, "a", str) == "x"
    assert (or_none(document, "a", text), or_none(document, "b", text), or_none(document, "c", text)) == ("x", None, None)
    assert or_none(document, "at", moment) == datetime(2026, 11, 19, 8, 12, tzinfo=UTC)
    assert (listed(document["many"]), texts(document["many"])) == (["x", "y"], ("x", "y"))


@pytest.mark.parametrize(
    ("read", "value"),
    [(text, 1), (moment, "soon"), (moment, "2026-11-19T08:12:00"), (moment, 1), (listed, "x"), (texts, [1]), (texts, None)],
)
def test_what_is_not_is_named_with_its_place(read: Callable[[object], object], value: Any) -> None:
    if value is not None:
        with pytest.raises(MalformedError, match=r"^member "):
            or_none({"member": value}, "member", read)
    with pytest.raises(MalformedError):
        read(value)


@pytest.mark.parametrize("value", [None, 1, True])
def test_what_must_be_there_must_be_of_its_kind(value: Any) -> None:
    with pytest.raises(MalformedError, match="a is missing, or no str"):
        take({"a": value}, "a", str)
