"""mailguard.web.decision_routes: decisions over HTTP, and what a person does about a mail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from mailguard.config.bearer import Scope
from mailguard.policy.submission import Submission
from mailguard.store.database import Database
from mailguard.store.overrides import Override, standing
from tests.builders import NOW, crowd, message
from tests.ledger import mail, take
from tests.unit.web.conftest import bearer

HEADER = bearer(Scope.DECISIONS)
UNKNOWN = "01JA0000000000000000000000"


def mass(number: int, *, client: str = "crm") -> Submission:
    text = message("news", f"{number}", message_id=f"m{number}@x.example", visible=crowd(11))
    return mail(text, f"r{number}@people.example", at=timedelta(minutes=number - 60), client=client)


@pytest.fixture
def mails(database: Database) -> list[Submission]:
    """Two held mails of two clients, and one that is queued."""
    found = [mass(1), mass(2, client="shop"), mail(message(), "ann@people.example", at=timedelta(minutes=-57))]
    with database.write() as connection:
        take(connection, *found, owner="")
    return found


async def got(http: httpx.AsyncClient, path: str, **query: Any) -> Any:
    answer = await http.get(path, params=query, headers=HEADER)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def posted(client: httpx.AsyncClient, path: str, body: Any = None, status: int = 200) -> Any:
    answer = await client.post(path, json=body, headers=HEADER) if body is not None else await client.post(path, headers=HEADER)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_decisions_are_listed_and_gone_on_with(client: httpx.AsyncClient, mails: list[Submission]) -> None:
    first = await got(client, "/v1/decisions", limit=2)
    assert [one["id"] for one in first["decisions"]] == [mails[0].id, mails[1].id]
    assert first["decisions"][0]["findings"][0]["code"] == "mass_cc"
    rest = await got(client, "/v1/decisions", cursor=first["next"])
    assert [one["id"] for one in rest["decisions"]] == [mails[2].id]
    assert (await got(client, "/v1/decisions", cursor=rest["next"]))["decisions"] == []


@pytest.mark.parametrize(
    ("query", "places"),
    [
        ({"action": "hold"}, [0, 1]),
        ({"client": "shop"}, [1, 2]),
        ({"finding": "mass_cc", "client": "crm"}, [0]),
        ({"finding": "repeat"}, []),
        ({"since": "2026-11-16T08:02:00Z"}, [1, 2]),
        ({"broadcast": UNKNOWN}, []),
    ],
)
async def test_decisions_are_asked_for_by_what_they_are(
    client: httpx.AsyncClient, mails: list[Submission], query: dict[str, str], places: list[int]
) -> None:
    found = await got(client, "/v1/decisions", **query)
    assert [one["id"] for one in found["decisions"]] == [mails[place].id for place in places]


async def test_one_decision_is_told_in_full(client: httpx.AsyncClient, mails: list[Submission]) -> None:
    found = await got(client, f"/v1/decisions/{mails[0].id}")
    assert (found["recipients"][0]["state"], found["has_content"]) == ("held", True)


@pytest.mark.parametrize(("verb", "word", "state"), [("release", "released", "queued"), ("drop", "dropped", "dropped")])
async def test_mail_is_settled_by_the_token_that_asks(
    client: httpx.AsyncClient, mails: list[Submission], verb: str, word: str, state: str
) -> None:
    path = f"/v1/decisions/{mails[0].id}"
    done = await posted(client, f"{path}/{verb}", {"reason": "asked by phone"})
    assert done == {"done": word, "messages": [mails[0].id], "recipients": 1, "joined": 0}
    found = await got(client, path)
    assert found["recipients"][0]["state"] == state
    event = found["events"][0]
    assert (event["actor"], event["verb"], event["reason"]) == ("decisions-user", word, "asked by phone")
    again = await posted(client, f"{path}/release", status=409 if verb == "release" else 200)
    assert verb == "drop" or "nothing of" in again["detail"]


async def test_recall_takes_mail_back(client: httpx.AsyncClient, mails: list[Submission]) -> None:
    report = await posted(client, f"/v1/decisions/{mails[2].id}/recall", {"reason": "wrong price"})
    assert (report["cancelled"], report["actor"], report["reason"]) == (1, "decisions-user", "wrong price")
    assert (await got(client, f"/v1/decisions/{mails[2].id}"))["recipients"][0]["state"] == "cancelled"


@pytest.mark.parametrize("verb", ["release", "drop", "recall"])
async def test_mail_that_is_not_there_cannot_be_settled(client: httpx.AsyncClient, database: Database, verb: str) -> None:
    problem = await posted(client, f"/v1/decisions/{UNKNOWN}/{verb}", {}, status=404)
    assert problem["detail"] == f"there is no mail {UNKNOWN}"
    assert (await client.get(f"/v1/decisions/{UNKNOWN}", headers=HEADER)).status_code == 404


@pytest.mark.parametrize("path", ["/v1/decisions", "/v1/holds"])
async def test_another_scope_is_refused(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 401
    assert (await client.get(path, headers=bearer(Scope.CONTEXT))).status_code == 403


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 1001}, {"action": "stop"}, {"cursor": -1}, {"person": "P1"}])
async def test_what_cannot_be_asked_is_a_problem(client: httpx.AsyncClient, query: dict[str, Any]) -> None:
    assert (await client.get("/v1/decisions", params=query, headers=HEADER)).status_code == 422


async def test_override_is_made_for_a_recipient_or_a_mail(
    client: httpx.AsyncClient, database: Database, mails: list[Submission]
) -> None:
    asked = [
        {"to": "Ann@People.example", "reason": "asked by phone"},
        {"message": mails[0].id, "reason": "asked by phone", "minutes": 5},
        {"message": "<m9@x.example>", "reason": "asked by phone"},
    ]
    made = [await posted(client, "/v1/overrides", body, status=201) for body in asked]
    with database.read() as connection:
        found = standing(connection, [one["token"] for one in made], now=NOW)
    kept = [one for one in found.values() if isinstance(one, Override)]
    assert [(one.mailbox, one.message) for one in kept] == [
        ("ann@people.example", ""), ("", "m1@x.example"), ("", "m9@x.example"),
    ]  # fmt: skip
    assert {one.actor for one in kept} == {"decisions-user"}
    assert [one.expires_at for one in kept][:2] == [NOW + timedelta(hours=1), NOW + timedelta(minutes=5)]
    assert [one["id"] for one in made] == [one.id for one in kept]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"reason": "x"}, 422),
        ({"to": "ann@people.example", "message": "<m@x.example>", "reason": "x"}, 422),
        ({"to": "ann@people.example", "reason": "  "}, 422),
        ({"to": "nobody", "reason": "x"}, 422),
        ({"message": UNKNOWN, "reason": "x"}, 404),
    ],
)
async def test_override_for_nothing_or_everything_is_refused(
    client: httpx.AsyncClient, database: Database, body: dict[str, str], status: int
) -> None:
    await posted(client, "/v1/overrides", body, status=status)
