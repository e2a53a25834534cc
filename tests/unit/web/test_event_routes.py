"""mailguard.web.event_routes: what the system of record says counts at once, and once."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mailguard.config.bearer import Scope
from mailguard.store.database import Database
from tests.customers import JANE, put
from tests.unit.store.written import wrote
from tests.unit.web.conftest import bearer

KNOWN = {"event": "field_known", "id": "1", "customer": "crm:4711", "fields": {"pin": "1234"}}


async def tell(client: httpx.AsyncClient, body: Any) -> httpx.Response:
    return await client.post("/v1/events", json=body, headers=bearer(Scope.EVENTS))


async def known(client: httpx.AsyncClient) -> list[str]:
    answer = await client.get("/v1/context", params={"address": "j.doe@x.example"}, headers=bearer(Scope.CONTEXT))
    fields: list[str] = answer.json()["known_fields"]
    return fields


async def test_field_is_known_to_the_next_question_and_its_value_is_not_told(
    client: httpx.AsyncClient, database: Database
) -> None:
    with database.write() as connection:
        put(connection, JANE)
    answer = await tell(client, KNOWN)
    assert (answer.status_code, answer.json()) == (200, {"is_new": True, "moved": [], "fields": ["pin"], "reply": ""})
    assert "pin" in await known(client)
    assert (await tell(client, KNOWN)).json()["is_new"] is False


async def test_several_count_together_or_not_at_all(client: httpx.AsyncClient, database: Database) -> None:
    with database.write() as connection:
        put(connection, JANE)
    nobody = {"event": "field_known", "id": "2", "customer": "crm:1", "fields": {"pin": "1"}}
    refused = await tell(client, {"events": [KNOWN, nobody]})
    assert (refused.status_code, "there is no customer 'crm:1'" in refused.json()["detail"]) == (422, True)
    assert "pin" not in await known(client)
    taken = await tell(client, {"events": [KNOWN]})
    assert taken.json() == {"events": [{"is_new": True, "moved": [], "fields": ["pin"], "reply": ""}]}


async def test_closed_ticket_resolves_and_names_its_system(client: httpx.AsyncClient, database: Database) -> None:
    id = wrote(database, "r1", anchor="q@new.example")
    answer = await tell(client, {"event": "ticket_closed", "id": "t1", "reply": id, "at": "2026-11-16T10:00:00Z"})
    assert answer.json()["moved"] == [id]
    shown = await client.get(f"/v1/replies/{id}", headers=bearer(Scope.REPLIES))
    assert (shown.json()["state"], shown.json()["resolved_by"]) == ("resolved", "events-user")


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"event": "task_done"}, "id: Field required"),
        ({"events": [{"event": "task_done"}]}, "events.0.id: Field required"),
        (
            {"events": [], "id": "1"},
            "events: List should have at least 1 item after validation, not 0; id: Extra inputs are not permitted",
        ),
        ([], "the request: Input should be an object"),
    ],
)
async def test_mistake_is_told_as_what_the_body_is_meant_to_be(client: httpx.AsyncClient, body: Any, detail: str) -> None:
    answer = await tell(client, body)
    assert (answer.status_code, answer.json()["detail"]) == (422, detail)


async def test_what_is_no_event_is_refused(client: httpx.AsyncClient) -> None:
    bodies: tuple[Any, ...] = ({}, [], {"events": []}, {"event": "party", "id": "1"}, KNOWN | {"source": "somebody else"})
    for body in bodies:
        assert (await tell(client, body)).status_code == 422
