"""mailguard.relay.broadcast_signing: exactly the clean audience, in pieces, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from mailguard.mail.check_token import read_token
from mailguard.relay import broadcast_signing
from mailguard.relay.broadcast_request import Signing
from mailguard.store.broadcasts import find_broadcast, taken_among
from mailguard.store.secrets import CHECK_KEY, known_key
from mailguard.store.tables import BROADCAST
from tests.builders import NOW
from tests.check_documents import PEOPLE
from tests.checks import Checks, Heard, checks_in


@pytest.fixture
def checks(tmp_path: Path) -> Iterator[Checks]:
    made = checks_in(tmp_path)
    yield made
    made.database.close()


def test_token_names_the_broadcast_and_holds_as_long_as_was_said(checks: Checks) -> None:
    document = checks.check(signing=Signing("ann", timedelta(hours=3))).document
    with checks.database.read() as connection:
        key = known_key(connection, CHECK_KEY)
        found = find_broadcast(connection, document.broadcast or "")
    assert key is not None
    token = read_token(key, document.token or "")
    assert token is not None
    assert (token.broadcast, token.expires_at) == (document.broadcast, document.expires_at)
    assert document.expires_at == (NOW + timedelta(hours=3)).replace(microsecond=0)
    assert found is not None
    assert (found.actor, found.name, found.source, found.rows, found.members) == ("ann", "audience.csv", "news.eml", 3, 3)


def test_members_are_the_clean_rows_alone(checks: Checks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcast_signing, "PIECE", 2)
    heard = Heard()
    request = checks.request(*PEOPLE, "nonsense", PEOPLE[0], is_clean=True, signing=Signing("ann"))
    request_without_limit = [*PEOPLE, *(f"p{at}@people.example" for at in range(60))]
    document = checks.run(request, heard).document
    assert document.verdict == "fail"  # 2 % and more are invalid
    document = checks.check(*request_without_limit, PEOPLE[0], is_clean=True, signing=Signing("ann")).document
    with checks.database.read() as connection:
        members = taken_among(connection, document.broadcast or "", [*request_without_limit, "other@people.example"])
    assert members == dict.fromkeys(request_without_limit, False)


def test_interrupted_signature_counts_for_nothing(checks: Checks) -> None:
    with pytest.raises(KeyboardInterrupt):
        checks.run(checks.request(signing=Signing("ann")), Heard(interrupts_at="signing"))
    with checks.database.read() as connection:
        signed = connection.execute(select(func.count()).where(BROADCAST.c.signed_at.is_not(None))).scalar_one()
    assert signed == 0
