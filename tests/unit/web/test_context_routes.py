"""mailguard.web.context_routes: the context of one address, and of many."""

from __future__ import annotations

from typing import Any

import httpx

from mailguard.config.bearer import Scope
from mailguard.store.database import Database
from tests.customers import JANE, ROBERT, put
from tests.unit.store.written import wrote
from tests.unit.web.conftest import bearer

JANES, ROBERTS = "j.doe@x.example", "r.doe@x.example"


async def ask(client: httpx.AsyncClient, **query: Any) -> dict[str, Any]:
    answer = await client.get("/v1/context", params=query, headers=bearer(Scope.CONTEXT))
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def test_context_of_one_address(client: httpx.AsyncClient, database: Database) -> None:
    with database.write() as connection:
        put(connection, JANE)
    wrote(database, "r1", anchor=JANES)
    found = await ask(client, address=JANES, template="card-request", asks="income,phone", **{"class": "service"})
    assert (found["reply_aware"], found["open_replies"], found["would"]) == (True, 1, "hold")
    assert {one["code"] for one in found["findings"]} == {"open_reply", "known_data"}
    assert not [value for value in ("41250", "Rope Walk", "Jane", "crm:4711") if value in str(found)]


async def test_one_person_never_sees_the_other(client: httpx.AsyncClient, database: Database) -> None:
    with database.write() as connection:
        put(connection, JANE, ROBERT)
    wrote(database, "r1", anchor=JANES)
    body = {"addresses": [ROBERTS, "q@new.example", JANES]}
    answer = await client.post("/v1/contexts", json=body, headers=bearer(Scope.CONTEXT))
    his, nobodys, hers = answer.json()["contexts"]
    assert (his["reply_aware"], nobodys["reply_aware"], hers["reply_aware"]) == (False, False, True)
    assert "income" in hers["known_fields"]
    assert "income" not in his["known_fields"]
    assert (nobodys["known_fields"], nobodys["person"]) == ([], None)
    assert hers["person"] != his["person"]


async def test_class_and_asks_of_many(client: httpx.AsyncClient, database: Database) -> None:
    wrote(database, "r1", anchor="q@new.example")
    body = {"addresses": ["q@new.example"], "class": "bulk", "template": "news", "asks": ["income"]}
    answer = await client.post("/v1/contexts", json=body, headers=bearer(Scope.CONTEXT))
    assert [one["would"] for one in answer.json()["contexts"]] == ["hold"]


async def test_none_asked_none_told(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/contexts", json={"addresses": []}, headers=bearer(Scope.CONTEXT))
    assert answer.json() == {"contexts": []}


async def test_one_bad_address_refuses_all(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/contexts", json={"addresses": ["a@x.example", "b"]}, headers=bearer(Scope.CONTEXT))
    assert (answer.status_code, answer.json()["detail"]) == (422, "addresses.1: 'b' is no mailbox; write NAME@DOMAIN")
