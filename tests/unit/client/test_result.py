"""mailguard.client.result: a document that is not quite right says nothing."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.client import Context, Finding, ReplyAware
from mailguard.client.reading import MalformedError
from mailguard.client.result import read_context, read_taken_event, read_taken_reply, unknown
from tests.unit.client.conftest import CONTEXT


def test_context_is_read() -> None:
    assert read_context(CONTEXT) == Context(
        reply_aware=ReplyAware.YES,
        reply_state="open",
        context_id="C17-01K00000000000000000000000",
        open_replies=1,
        last_reply_at=datetime(2026, 11, 19, 8, 12, tzinfo=UTC),
        last_reply_language="de",
        sent_count=3,
        last_sent_at=datetime(2026, 11, 16, 10, tzinfo=UTC),
        known_customer=True,
        known_fields=("income",),
        person="P1",
        probability=0.998,
        would="hold",
        findings=(Finding("open_reply", "she has answered", ("01K",)),),
    )


def test_what_is_new_in_a_later_version_is_passed_over() -> None:
    assert read_context(CONTEXT | {"mood": "fine"}) == read_context(CONTEXT)


@pytest.mark.parametrize("name", ["context_id", "reply_aware", "reply_state", "open_replies", "sent_count", "known_customer"])
def test_what_a_context_always_has_must_be_there(name: str) -> None:
    with pytest.raises(MalformedError, match=name):
        read_context({each: value for each, value in CONTEXT.items() if each != name})


def test_unknown_context_knows_nothing() -> None:
    context = unknown("no answer")
    assert context.reply_aware is ReplyAware.UNKNOWN
    assert (context.reply_state, context.open_replies, context.known_customer, context.would) == ("unknown", None, None, None)
    assert context.problem == "no answer"


def test_values_for_a_template_keep_three_values() -> None:
    values = unknown("no answer").as_values()
    assert values["reply_aware"] is ReplyAware.UNKNOWN
    assert values.keys() == CONTEXT.keys()


def test_context_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        unknown("").reply_state = "none"  # type: ignore[misc]


def test_taken_reply_and_event_are_read() -> None:
    reply = read_taken_reply({"id": "01K", "kind": "human", "is_new": True})
    assert (reply.id, reply.kind, reply.is_new) == ("01K", "human", True)
    event = read_taken_event({"is_new": False, "moved": ["01K"], "fields": [], "reply": ""})
    assert (event.is_new, event.moved, event.fields, event.reply) == (False, ("01K",), (), "")


@pytest.mark.parametrize("document", [None, [], "x", {}, {"id": 1, "kind": "human", "is_new": True}])
def test_other_documents_are_malformed(document: Any) -> None:
    with pytest.raises(MalformedError):
        read_taken_reply(document)
    with pytest.raises(MalformedError):
        read_taken_event(document)
    with pytest.raises(MalformedError):
        read_context(document)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(CONTEXT)), JSON))
def test_whatever_is_answered_is_a_context_or_malformed(changed: dict[str, Any]) -> None:
    try:
        context = read_context(CONTEXT | changed)
    except MalformedError:
        return
    assert not context.reply_aware.is_unknown or changed["reply_aware"] is None
