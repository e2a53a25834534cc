"""mailguard.policy.context: ids that come back, states, and what a context tells."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ulid import ULID

from mailguard.policy.context import Context, ContextId, Standing, parse_context_id, reply_state_of
from mailguard.policy.finding import Action, Code, Finding
from mailguard.policy.reply import ReplyState

OPEN, ACKNOWLEDGED, RESOLVED = ReplyState.OPEN, ReplyState.ACKNOWLEDGED, ReplyState.RESOLVED
ULID_TEXT = "01JD00000000000000000000AA"

NOTHING: dict[str, Any] = {
    "context_id": ContextId(0, ULID_TEXT),
    "reply_aware": False,
    "reply_state": Standing.NONE,
    "open_replies": 0,
    "last_reply_at": None,
    "last_reply_language": None,
    "sent_count": 0,
    "last_sent_at": None,
    "last_same_template_at": None,
    "known_customer": False,
    "known_fields": (),
    "person": None,
    "probability": None,
    "would": Action.DELIVER,
    "findings": (),
}


@given(st.integers(0, 10**18 - 1), st.integers(0, 2**128 - 1))
def test_id_comes_back_from_its_text(seq: int, number: int) -> None:
    id = ContextId(seq, str(ULID.from_int(number)))
    assert parse_context_id(str(id)) == id


@pytest.mark.parametrize(
    "text",
    [
        "",
        "C1",
        f"C-{ULID_TEXT}",
        f"C01-{ULID_TEXT}",
        f"1-{ULID_TEXT}",
        f"C1-{ULID_TEXT} ",
        f"C1-{ULID_TEXT.lower()}",
        "C1-01JD",
    ],
)
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no context_id"):
        parse_context_id(text)


@pytest.mark.parametrize(
    ("owed", "newest", "expected"),
    [
        ([], None, Standing.NONE),
        ([OPEN], OPEN, Standing.OPEN),
        ([ACKNOWLEDGED, OPEN], ACKNOWLEDGED, Standing.OPEN),
        ([ACKNOWLEDGED], RESOLVED, Standing.ACKNOWLEDGED),
        ([], RESOLVED, Standing.RESOLVED),
        ([], OPEN, Standing.OPEN),
    ],
)
def test_state_is_the_least_settled_of_what_is_owed(
    owed: list[ReplyState], newest: ReplyState | None, expected: Standing
) -> None:
    assert reply_state_of(owed, newest) is expected


def test_document_has_the_fields_in_the_contracts_order() -> None:
    assert list(Context(**NOTHING).as_document()) == [field.name for field in dataclasses.fields(Context)]


def test_document_is_what_json_can_hold() -> None:
    at = datetime(2026, 11, 19, 8, 12, tzinfo=UTC)
    document = Context(**{**NOTHING, "last_reply_at": at, "known_fields": ("income",)}).as_document()
    assert document["context_id"] == f"C0-{ULID_TEXT}"
    assert document["last_reply_at"] == "2026-11-19T08:12:00Z"
    assert (document["last_sent_at"], document["known_fields"], document["would"]) == (None, ["income"], "deliver")


def test_finding_is_told_without_the_records_that_it_names() -> None:
    findings = (
        Finding(Code.KNOWN_DATA, "asks for income: on file in crm:4711", ("crm:4711",), "asks for what is on file"),
        Finding(Code.OPEN_REPLY, "reply 01JD is open", ("01JD",), "a reply is open"),
    )
    assert Context(**{**NOTHING, "findings": findings}).as_document()["findings"] == [
        {"code": "known_data", "text": "asks for what is on file", "refs": []},
        {"code": "open_reply", "text": "reply 01JD is open", "refs": ["01JD"]},
    ]
