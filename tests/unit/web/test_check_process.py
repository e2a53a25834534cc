"""mailguard.web.check_process: large checks apart, and whatever goes wrong there as HTTP says it."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

import pytest

from mailguard.store.database import Database
from mailguard.web import check_process
from mailguard.web.check_body import HttpCheckDocument
from mailguard.web.check_desk import Asker
from mailguard.web.check_process import Refused, answer, answer_apart
from tests.check_documents import NEWSLETTER, PEOPLE
from tests.unit.web.conftest import settings_for

CRM = Asker("crm", knows_persons=True)
EDITOR = Asker("editor", knows_persons=False)


def body(**changes: Any) -> bytes:
    rows = [{"email": address} for address in PEOPLE]
    return json.dumps({"message": NEWSLETTER.decode(), "audience": rows} | changes).encode()


def test_good_body_is_answered(url: str, database: Database) -> None:
    found = answer(body(), CRM, settings_for(url))
    assert isinstance(found, HttpCheckDocument)
    assert found.audience.rows == 3


@pytest.mark.parametrize(
    ("octets", "asker", "status"),
    [
        (b"[]", CRM, HTTPStatus.UNPROCESSABLE_ENTITY),
        (body(audience="city\nRome\n"), CRM, HTTPStatus.UNPROCESSABLE_ENTITY),
        (body(clean=True), EDITOR, HTTPStatus.FORBIDDEN),
        (body(sign=True), EDITOR, HTTPStatus.FORBIDDEN),
    ],
)
def test_what_is_not_done_says_why(url: str, database: Database, octets: bytes, asker: Asker, status: HTTPStatus) -> None:
    found = answer(octets, asker, settings_for(url))
    assert isinstance(found, Refused)
    assert found.status is status
    assert found.detail


def test_database_that_is_not_there_is_said(tmp_path: Any) -> None:
    found = answer(body(), CRM, settings_for(f"sqlite:///{tmp_path}/nothing.db"))
    assert isinstance(found, Refused)
    assert found.status is HTTPStatus.SERVICE_UNAVAILABLE


def test_large_body_is_answered_from_another_process(url: str, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_process, "SMALL", 10)
    found = answer_apart(body(), CRM, settings_for(url))
    assert isinstance(found, HttpCheckDocument)
    assert found.audience.rows == 3


def test_check_that_takes_too_long_is_ended(url: str, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_process, "SMALL", 10)
    found = answer_apart(body(), CRM, settings_for(url), seconds=0.0)
    assert found == Refused(HTTPStatus.SERVICE_UNAVAILABLE, "it takes longer than 0 s; use: mailguard check")


def test_small_body_is_answered_here(url: str, database: Database) -> None:
    found = answer_apart(body(), CRM, settings_for(url))
    assert isinstance(found, HttpCheckDocument)
