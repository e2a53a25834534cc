"""mailguard.client.exchange: what is asked, and what the answers mean."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from mailguard.client import RefusedError, UnavailableError
from mailguard.client.exchange import (
    Answer,
    Meant,
    ask_check,
    ask_context,
    ask_contexts,
    checked_in,
    context_in,
    contexts_in,
    hand_in_reply,
    taken_event_in,
    taken_reply_in,
    tell_event,
)
from tests.unit.client.conftest import CONTEXT


def answer(document: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(document).encode())


def test_one_address_is_asked_in_the_query() -> None:
    request = ask_context("ada@mail.example", Meant(template="card", mail_class="bulk", asks=("income",)))
    assert (request.method, request.path, request.content) == ("GET", "v1/context", b"")
    assert request.query == {"address": "ada@mail.example", "template": "card", "class": "bulk", "asks": ["income"]}


def test_what_is_not_said_is_not_asked() -> None:
    assert ask_context("ada@mail.example", Meant()).query == {"address": "ada@mail.example"}


def test_many_addresses_are_asked_in_the_body() -> None:
    request = ask_contexts(["a@x.example", "b@x.example"], Meant(template="card"))
    assert (request.method, request.path) == ("POST", "v1/contexts")
    assert json.loads(request.content) == {"addresses": ["a@x.example", "b@x.example"], "template": "card"}
    assert request.headers["Content-Type"] == "application/json"


def test_check_is_asked_with_the_message_as_octets() -> None:
    request = ask_check(b"Subject: \xff", [{"email": "ada@x.example"}], {"mail_class": "bulk", "sign": True})
    assert (request.method, request.path) == ("POST", "v1/check")
    assert json.loads(request.content) == {
        "message": "U3ViamVjdDog/w==",
        "encoding": "base64",
        "audience": [{"email": "ada@x.example"}],
        "class": "bulk",
        "sign": True,
    }
    assert json.loads(ask_check(b"x", "email\nada@x.example", {}).content)["audience"] == "email\nada@x.example"


def test_answer_to_a_check_is_read_and_too_often_may_pass() -> None:
    assert not checked_in(answer({"verdict": "fail", "findings": [], "audience": {}})).passes
    with pytest.raises(UnavailableError):
        checked_in(answer({"detail": "too often"}, 429))


def test_reply_goes_as_it_came() -> None:
    request = hand_in_reply(b"From: a@x.example\r\n\r\n\xff")
    assert (request.path, request.content, request.headers["Content-Type"]) == (
        "v1/replies",
        b"From: a@x.example\r\n\r\n\xff",
        "message/rfc822",
    )


def test_event_has_its_own_id_where_none_is_given() -> None:
    first, second = (json.loads(tell_event("resolved", {"reply": "01K"}).content) for _ in range(2))
    assert UUID(first["id"]) != UUID(second["id"])
    assert (first["event"], first["reply"]) == ("resolved", "01K")
    assert json.loads(tell_event("resolved", {"id": "e-1"}).content)["id"] == "e-1"


def test_times_are_told_with_their_zone() -> None:
    told = json.loads(tell_event("resolved", {"at": datetime(2026, 11, 19, tzinfo=UTC)}).content)
    assert told["at"] == "2026-11-19T00:00:00+00:00"
    with pytest.raises(ValueError, match="zone"):
        tell_event("resolved", {"at": datetime(2026, 11, 19)})  # noqa: DTZ001 - the case


def test_contexts_are_read_in_order() -> None:
    found = contexts_in(answer({"contexts": [CONTEXT, CONTEXT | {"reply_aware": False}]}), count=2)
    assert [one.reply_aware.is_yes for one in found] == [True, False]


@pytest.mark.parametrize("document", [{"contexts": [CONTEXT]}, {"contexts": {}}, {}, 1])
def test_contexts_of_another_number_are_malformed(document: Any) -> None:
    with pytest.raises(UnavailableError, match="malformed"):
        contexts_in(answer(document), count=2)


def test_taken_mail_and_events_are_read() -> None:
    assert taken_reply_in(answer({"id": "01K", "kind": "human", "is_new": True}, 201)).id == "01K"
    assert taken_event_in(answer({"is_new": True, "moved": [], "fields": ["income"], "reply": ""})).fields == ("income",)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 415, 422])
def test_caller_s_mistake_is_refused_with_its_reason(status: int) -> None:
    with pytest.raises(RefusedError, match="Forbidden: the token has no scope") as caught:
        context_in(answer({"title": "Forbidden", "detail": "the token has no scope"}, status))
    assert caught.value.status == status


@pytest.mark.parametrize("octets", [b"", b"<html>", b"[]", b"{}", b'{"title": 1}', b"[" * 100_000])
def test_refusal_without_reason_is_one(octets: bytes) -> None:
    with pytest.raises(RefusedError, match="no reason was given"):
        context_in(Answer(401, octets))


@pytest.mark.parametrize("status", [100, 301, 304, 408, 425, 429, 500, 503, 599])
def test_other_statuses_are_no_answer(status: int) -> None:
    with pytest.raises(UnavailableError, match=str(status)):
        context_in(answer(CONTEXT, status))
