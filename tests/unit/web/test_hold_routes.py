"""mailguard.web.hold_routes: held mail by its causes, over HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mailguard.policy.submission import Submission
from mailguard.store.database import Database
from tests.ledger import take
from tests.unit.web.test_decision_routes import HEADER, got, mass, posted

NOTHING = "G00000000"


@pytest.fixture
def mails(database: Database) -> list[Submission]:
    """Two mails of one cause, and one of another."""
    found = [mass(1), mass(2), mass(3, client="shop")]
    with database.write() as connection:
        take(connection, *found, owner="")
    return found


async def groups(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await got(client, "/v1/holds"))["holds"]
    return found


async def test_held_mail_is_told_by_its_causes(client: httpx.AsyncClient, mails: list[Submission]) -> None:
    first, second = await groups(client)
    assert (first["finding"], first["client"], first["messages"], first["class"]) == ("mass_cc", "crm", 2, "service")
    assert second["client"] == "shop"
    assert first["since"] == "2026-11-16T08:01:00Z"


@pytest.mark.parametrize(("verb", "word"), [("release", "released"), ("drop", "dropped")])
async def test_group_is_settled_with_nothing_else(
    client: httpx.AsyncClient, mails: list[Submission], verb: str, word: str
) -> None:
    first, second = await groups(client)
    done = await posted(client, f"/v1/holds/{first['id']}/{verb}", {"reason": "meant"})
    assert done == {"done": word, "messages": [mails[0].id, mails[1].id], "recipients": 2, "joined": 0}
    assert [one["id"] for one in await groups(client)] == [second["id"]]
    await posted(client, f"/v1/holds/{first['id']}/{verb}", status=404)


async def test_only_what_was_seen_is_settled(client: httpx.AsyncClient, mails: list[Submission]) -> None:
    path = f"/v1/holds/{(await groups(client))[0]['id']}/release"
    await posted(client, path, {"before": "2026-11-16T08:00:00Z"}, status=409)
    assert (await posted(client, path, {"before": "2026-11-16T08:01:30Z"}))["messages"] == [mails[0].id]
    assert (await posted(client, path))["messages"] == [mails[1].id]


async def test_many_recipients_are_settled_in_several_transactions(
    client: httpx.AsyncClient, mails: list[Submission], monkeypatch: pytest.MonkeyPatch
) -> None:
    from mailguard.store import holds  # noqa: PLC0415 - its default is changed

    defaults = holds.drop.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "limit", 1)
    done = await posted(client, f"/v1/holds/{(await groups(client))[0]['id']}/drop")
    assert (done["messages"], done["recipients"]) == ([mails[0].id, mails[1].id], 2)


async def test_group_is_assigned_and_noted(client: httpx.AsyncClient, mails: list[Submission]) -> None:
    id = (await groups(client))[0]["id"]
    assert (await posted(client, f"/v1/holds/{id}/assign", {"assignee": "bob"}))["assignee"] == "bob"
    assert (await posted(client, f"/v1/holds/{id}/note", {"text": "asked the sales team"}))["notes"] == 1
    assert (await posted(client, f"/v1/holds/{id}/assign", {"assignee": ""}))["assignee"] == ""


@pytest.mark.parametrize(
    ("verb", "body"), [("release", {}), ("drop", {}), ("assign", {"assignee": "bob"}), ("note", {"text": "x"})]
)
async def test_what_is_not_held_is_a_problem(
    client: httpx.AsyncClient, database: Database, verb: str, body: dict[str, str]
) -> None:
    problem = await posted(client, f"/v1/holds/{NOTHING}/{verb}", body, status=404)
    assert problem["detail"] == f"nothing is held as {NOTHING}; see /v1/holds"
    assert (await client.post(f"/v1/holds/nothing/{verb}", json=body, headers=HEADER)).status_code == 422


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": " \n"}, {"text": "x" * 501}])
async def test_note_without_words_or_without_end_is_refused(
    client: httpx.AsyncClient, mails: list[Submission], body: dict[str, str]
) -> None:
    await posted(client, f"/v1/holds/{(await groups(client))[0]['id']}/note", body, status=422)
