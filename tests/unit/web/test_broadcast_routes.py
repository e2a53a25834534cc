"""mailguard.web.broadcast_routes: how far broadcasts have gone, over HTTP."""

from __future__ import annotations

import httpx

from mailguard.store.database import Database
from tests.broadcasts import signed
from tests.ledger import take
from tests.unit.store.test_broadcast_lookup import ANN, BOB, MAIL, bearer
from tests.unit.web.test_decision_routes import HEADER, got

NOBODY = "01JD0000000000000000000000"


async def test_broadcasts_are_listed_and_shown_with_their_progress(client: httpx.AsyncClient, database: Database) -> None:
    with database.write() as connection:
        id, token = signed(connection, [MAIL], [ANN, BOB])
        take(connection, bearer(token, ANN))
    (listed,) = (await got(client, "/v1/broadcasts"))["broadcasts"]
    assert (listed["id"], listed["members"], listed["taken"], listed["class"]) == (id, 2, 1, "bulk")
    assert "states" not in listed
    shown = await got(client, f"/v1/broadcasts/{id}")
    assert (shown["taken"], shown["states"], shown["expires_at"]) == (1, {"queued": 1}, "2026-11-23T09:00:00Z")
    assert "salt" not in shown


async def test_what_is_not_there_is_404_and_what_is_no_number_422(client: httpx.AsyncClient) -> None:
    assert (await got(client, "/v1/broadcasts"))["broadcasts"] == []
    for path, status in ((f"/{NOBODY}", 404), ("/x", 422), ("?limit=0", 422), ("?limit=101", 422)):
        answer = await client.get(f"/v1/broadcasts{path}", headers=HEADER)
        assert answer.status_code == status, answer.text
    assert (await client.get("/v1/broadcasts")).status_code == 401
