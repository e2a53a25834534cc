"""mailguard.web.reply_routes: mail handed in, shown, acknowledged and resolved."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mailguard.config.bearer import Scope
from mailguard.policy.reply import Kind
from mailguard.store.database import Database
from tests.customers import JANE, put
from tests.unit.store.written import wrote
from tests.unit.web.conftest import MOST, bearer

MAIL = (
    b"From: Ada <ada@x.example>\r\nTo: support@corp.example\r\nMessage-ID: <a1@x.example>\r\n"
    b"Date: Mon, 16 Nov 2026 09:00:00 +0000\r\nSubject: My card\r\n\r\nI told you last week.\r\n"
)
RFC822 = bearer(Scope.REPLIES) | {"Content-Type": "message/rfc822"}


async def hand_in(client: httpx.AsyncClient, octets: bytes = MAIL) -> httpx.Response:
    return await client.post("/v1/replies", content=octets, headers=RFC822)


async def listed(client: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    answer = await client.get("/v1/replies", params=query, headers=bearer(Scope.REPLIES))
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["replies"]
    return found


async def say(client: httpx.AsyncClient, id: str, verb: str, body: object = None) -> httpx.Response:
    return await client.post(f"/v1/replies/{id}/{verb}", json=body, headers=bearer(Scope.REPLIES))


async def test_mail_is_taken_once(client: httpx.AsyncClient) -> None:
    first, again = await hand_in(client), await hand_in(client)
    assert (first.status_code, first.json()["kind"], first.json()["is_new"]) == (201, "human", True)
    assert (again.status_code, again.json()) == (200, first.json() | {"is_new": False})
    (shown,) = await listed(client)
    assert (shown["id"], shown["source"], shown["text"]) == (first.json()["id"], "http:replies-user", "I told you last week.")
    assert shown["received_at"].endswith("Z")


@pytest.mark.parametrize(("octets", "status"), [(b"", 400), (b" \r\n", 400), (b"x" * (MOST + 1), 413)])
async def test_what_is_no_mail_is_refused(client: httpx.AsyncClient, octets: bytes, status: int) -> None:
    assert (await hand_in(client, octets)).status_code == status


async def test_mail_is_message_rfc822(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/replies", content=MAIL, headers=bearer(Scope.REPLIES))
    assert (answer.status_code, answer.json()["detail"]) == (
        415,
        "the body is of no media type; send Content-Type: message/rfc822",
    )


async def test_replies_are_found_by_person_state_and_kind(client: httpx.AsyncClient, database: Database) -> None:
    with database.write() as connection:
        put(connection, JANE)
    hers = wrote(database, "r1", anchor="j.doe@x.example")
    other = wrote(database, "r2", anchor="q@new.example", kind=Kind.AUTOMATIC)
    assert [one["id"] for one in await listed(client)] == [other, hers]
    assert [one["id"] for one in await listed(client, address="J.Doe@x.example")] == [hers]
    assert [one["id"] for one in await listed(client, kind="automatic")] == [other]
    assert [one["id"] for one in await listed(client, state="open")] == [hers]
    assert await listed(client, overdue=True) == []
    assert await listed(client, since="2027-01-01T00:00:00Z") == []
    assert len(await listed(client, limit=1, until="2027-01-01T00:00:00Z", brand="")) == 1


async def test_one_reply_is_shown(client: httpx.AsyncClient, database: Database) -> None:
    id = wrote(database, "r1", anchor="q@new.example")
    answer = await client.get(f"/v1/replies/{id}", headers=bearer(Scope.REPLIES))
    assert (answer.status_code, answer.json()["person"]) == (200, "q@new.example")


@pytest.mark.parametrize(("id", "status"), [("01JD00000000000000000000AA", 404), ("01JD", 422)])
async def test_reply_that_is_not_there(client: httpx.AsyncClient, id: str, status: int) -> None:
    assert (await client.get(f"/v1/replies/{id}", headers=bearer(Scope.REPLIES))).status_code == status
    assert (await say(client, id, "resolve")).status_code == status


async def test_acknowledged_and_resolved_are_two_states_and_go_forward_only(
    client: httpx.AsyncClient, database: Database
) -> None:
    id = wrote(database, "r1", anchor="q@new.example")
    assert (await say(client, id, "acknowledge", {"reason": "called back"})).json()["state"] == "acknowledged"
    resolved = (await say(client, id, "resolve")).json()
    assert (resolved["state"], resolved["resolved_by"], resolved["acknowledged_by"]) == (
        "resolved",
        "replies-user",
        "replies-user",
    )
    assert (await say(client, id, "acknowledge")).json()["state"] == "resolved"


async def test_bounce_is_nobodys_to_resolve(client: httpx.AsyncClient, database: Database) -> None:
    id = wrote(database, "r1", anchor="q@new.example", kind=Kind.BOUNCE)
    answer = await say(client, id, "resolve")
    assert (answer.status_code, answer.json()["detail"]) == (409, f"{id} is bounce; only a human's reply is owed an answer")


async def test_reason_is_all_that_a_move_may_say(client: httpx.AsyncClient, database: Database) -> None:
    id = wrote(database, "r1", anchor="q@new.example")
    assert (await say(client, id, "resolve", {"state": "open"})).status_code == 422
