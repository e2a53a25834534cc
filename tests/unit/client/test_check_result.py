"""mailguard.client.check_result: a check as typed values."""

from __future__ import annotations

from typing import Any

import pytest

from mailguard.client import Checked, CheckFinding
from mailguard.client.check_result import read_checked
from mailguard.client.reading import MalformedError
from tests.builders import NOW
from tests.check_documents import check_document, finding


def document(**changes: Any) -> dict[str, Any]:
    """What the server answers."""
    signed = {"token": "c1.x", "broadcast": "01JB", "expires_at": NOW}
    found = check_document(finding("role", "warning", count=None, examples=["info@x.example"]), **signed)
    return found.model_dump(mode="json", by_alias=True) | {"clean": ["ada@x.example"]} | changes


def test_check_is_read() -> None:
    found = read_checked(document())
    assert found == Checked(
        passes=True,
        findings=(CheckFinding("role", is_error=False, text="role is wrong", count=None, examples=("info@x.example",)),),
        counts=found.counts,
        clean_rows=94,
        clean=("ada@x.example",),
        token="c1.x",
        broadcast="01JB",
        expires_at=NOW,
    )
    assert (found.counts["rows"], found.counts["persons"], len(found.counts)) == (100, 95, 10)


def test_what_is_not_told_is_none_and_what_is_not_signed_has_no_token() -> None:
    audience = document()["audience"] | {"persons": None}
    found = read_checked(document(verdict="fail", audience=audience, token=None, broadcast=None, expires_at=None, clean=None))
    assert (found.passes, found.counts["persons"], found.token, found.broadcast, found.clean) == (False, None, "", "", None)


@pytest.mark.parametrize(
    "changes",
    [
        {"verdict": "maybe"},
        {"verdict": None},
        {"findings": None},
        {"findings": ["x"]},
        {"findings": [{"code": "x"}]},
        {"audience": []},
        {"audience": {"rows": "many"}},
        {"clean_rows": -1},
        {"clean_rows": True},
        {"token": 7},
        {"expires_at": "soon"},
        {"clean": [1]},
    ],
)
def test_what_is_not_quite_a_check_is_none(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedError):
        read_checked(document(**changes))


def test_what_is_no_object_is_no_check() -> None:
    with pytest.raises(MalformedError):
        read_checked([])
