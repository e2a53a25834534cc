"""mailguard.web.documents: what is taken as what, at the limits."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from mailguard.policy.context import Context
from mailguard.replies.events import EventKind
from mailguard.web.documents import ContextDocument, ContextQuery, ContextsQuery, EventBody, ReplyQuery


def refused(model: type[BaseModel], **given: Any) -> str:
    with pytest.raises(ValidationError) as error:
        model.model_validate(given)
    return str(error.value)


@pytest.mark.parametrize("asks", [["income,postal address"], ["Income", "postal-address"]])
def test_asked_fields_are_read_as_in_the_header(asks: list[str]) -> None:
    assert ContextQuery.model_validate({"address": "a@x.example", "asks": asks}).asks == ["income", "postal_address"]


def test_asked_fields_have_a_limit() -> None:
    names = ",".join(f"f{number}" for number in range(51))
    assert "at most 50" in refused(ContextQuery, address="a@x.example", asks=[names])
    assert "list" in refused(ContextsQuery, addresses=[], asks="income")


def test_a_thousand_addresses_and_no_more() -> None:
    assert len(ContextsQuery(addresses=["a@x.example"] * 1_000).addresses) == 1_000
    assert "at most 1000" in refused(ContextsQuery, addresses=["a@x.example"] * 1_001)


@pytest.mark.parametrize("at", ["0.5", "1732000000", 5, "2026-11-19", "2026-11-19T08:12:00", "soon"])
def test_time_is_rfc_3339_with_a_zone(at: object) -> None:
    refused(ReplyQuery, since=at)
    refused(EventBody, event="resolved", id="1", at=at)


def test_time_with_a_zone_is_taken() -> None:
    assert ReplyQuery.model_validate({"since": "2026-11-19T08:12:00+01:00"}).since is not None
    assert ReplyQuery.model_validate({"since": None}).since is None


def test_documents_have_the_names_of_what_they_show() -> None:
    assert set(ContextDocument.model_fields) == set(Context.__dataclass_fields__)
    kinds = EventBody.model_json_schema()["properties"]["event"]["enum"]
    assert kinds == [kind.value for kind in EventKind]


def test_numbers_of_fields_become_text() -> None:
    assert EventBody.model_validate({"event": "field_known", "id": 7, "fields": {"income": 41250, "pin": None}}).fields == {
        "income": "41250",
        "pin": None,
    }
