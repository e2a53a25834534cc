"""mailguard.web.unsubscribe_routes: one click unsubscribes, a look changes nothing."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime

import httpx
import pytest
from structlog.testing import capture_logs

from mailguard.mail.token import sign
from mailguard.policy.facts import Suppression
from mailguard.replies.settings import ReplySettings
from mailguard.store.database import Database
from mailguard.store.secrets import REPLY_KEY, key_of
from mailguard.store.suppressions import said_against, suppressed
from mailguard.web.app import Api, create_app
from mailguard.web.desk import Desk
from tests.builders import NOW, message
from tests.ledger import mail, take
from tests.unit.web.conftest import settings_for

ANN = "ann@people.example"
FORM = {"List-Unsubscribe": "One-Click"}
MULTIPART = (
    b'--xyz\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--xyz--\r\n',
    b"--xyz\r\nContent-Disposition: form-data; name=List-Unsubscribe\r\nContent-Type: text/plain\r\n\r\nOne-Click\r\n--xyz--\r\n",
)


@pytest.fixture
def token(database: Database) -> str:
    """What the unsubscribe link of a mail to Ann ends with."""
    with database.write() as connection:
        id = take(connection, mail(message(), ANN))[0].id
        return sign(key_of(connection, REPLY_KEY, now=NOW), id, 0)


def against_ann(database: Database) -> set[Suppression]:
    with database.read() as connection:
        return said_against(connection, [ANN]).get(ANN, set())


async def test_look_changes_nothing_and_shows_one_button(client: httpx.AsyncClient, database: Database, token: str) -> None:
    answer = await client.get(f"/u/{token}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.text.count("<button") == 1
    assert "ann" not in answer.text.lower().replace("cannot", "")
    assert against_ann(database) == set()


async def test_button_and_mail_program_unsubscribe(client: httpx.AsyncClient, database: Database, token: str) -> None:
    for _ in range(2):
        answer = await client.post(f"/u/{token}", data=FORM)
        assert (answer.status_code, "You are unsubscribed" in answer.text) == (200, True)
    assert against_ann(database) == {Suppression.UNSUBSCRIBED}
    with database.read() as connection:
        (one,) = suppressed(connection)
    assert (one.person, one.actor, one.at) == (ANN, "one-click", NOW)


@pytest.mark.parametrize("body", MULTIPART)
async def test_mail_program_may_send_the_form_in_parts(
    client: httpx.AsyncClient, database: Database, token: str, body: bytes
) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=xyz"}
    assert (await client.post(f"/u/{token}", content=body, headers=headers)).status_code == 200
    assert against_ann(database) == {Suppression.UNSUBSCRIBED}


@pytest.mark.parametrize("body", [b"", b"List-Unsubscribe=No", b"one-click", b"\xff" * 100])
async def test_post_that_does_not_say_one_click_changes_nothing(
    client: httpx.AsyncClient, database: Database, token: str, body: bytes
) -> None:
    answer = await client.post(f"/u/{token}", content=body)
    assert (answer.status_code, "Nothing was changed" in answer.text) == (400, True)
    assert against_ann(database) == set()


async def test_body_is_bounded(client: httpx.AsyncClient, token: str) -> None:
    assert (await client.post(f"/u/{token}", content=b"x" * 5_000)).status_code == 413


@pytest.mark.parametrize("changed", ["x", "", "aaaa", "á"])
async def test_link_that_is_not_ours_leads_to_a_page_that_says_so(
    client: httpx.AsyncClient, database: Database, token: str, changed: str
) -> None:
    wrong = changed + token[len(changed) :] if changed else "nothing"
    for answer in (await client.get(f"/u/{wrong}"), await client.post(f"/u/{wrong}", data=FORM)):
        assert (answer.status_code, "This link does not work" in answer.text) == (404, True)
    assert against_ann(database) == set()


async def test_who_guesses_links_does_not_wait_for_the_writer(
    client: httpx.AsyncClient, database: Database, token: str
) -> None:
    wrong = token[:-2] + ("aa" if token[-2:] != "aa" else "bb")
    assert (await client.get(f"/u/{wrong}")).status_code == 404  # the database is open from now on
    with database.write():
        assert (await client.post(f"/u/{wrong}", data=FORM)).status_code == 404


async def test_link_before_any_key_was_made_is_not_ours(client: httpx.AsyncClient) -> None:
    assert (await client.get("/u/anything")).status_code == 404


async def test_page_is_told_to_nobody_else(client: httpx.AsyncClient, token: str) -> None:
    headers = (await client.get(f"/u/{token}")).headers
    assert (headers["referrer-policy"], headers["cache-control"]) == ("no-referrer", "no-store")
    assert "default-src 'none'" in headers["content-security-policy"]


def stopped_clock() -> datetime:
    raise ZeroDivisionError


async def test_failure_logs_no_link(url: str, token: str) -> None:
    with closing(Desk(settings_for(url), ReplySettings(), clock=stopped_clock)) as desk:
        app = create_app(readiness=lambda: "", metrics=lambda: b"", api=Api(desk=desk, unsubscribes=True))
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://mailguard") as client:
            with capture_logs() as logs:
                assert (await client.post(f"/u/{token}", data=FORM)).status_code == 500
    assert [line["route"] for line in logs] == ["/u/{token}"]
    assert token not in str(logs)
