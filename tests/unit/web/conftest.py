"""The application over a ledger of its own, asked without a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from mailguard.config.bearer import Scope, Token, digest_of
from mailguard.relay.settings import DeliverySettings, Listen, RelaySettings
from mailguard.replies.settings import ReplySettings
from mailguard.store.database import Database
from mailguard.web.app import Api, create_app
from mailguard.web.desk import Desk
from tests.builders import NOW
from tests.ledger import open_ledger

SECRETS = {scope: f"0123456789abcdef-{scope}" for scope in Scope}
TOKENS = tuple(Token(f"{scope}-user", digest_of(secret), frozenset({scope})) for scope, secret in SECRETS.items())
MOST = 10_000


def bearer(scope: Scope) -> dict[str, str]:
    """The header field that proves a token with this scope alone."""
    return {"Authorization": f"Bearer {SECRETS[scope]}"}


def settings_for(url: str) -> RelaySettings:
    """A relay's settings, with everything ordinary left to defaults."""
    return RelaySettings(database=url, listen=Listen(), delivery=DeliverySettings(next_hops=()))


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Where the database is."""
    return f"sqlite:///{tmp_path}/mailguard.db"


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """The database, empty."""
    opened = open_ledger(url)
    yield opened
    opened.close()


@pytest.fixture
def desk(url: str, database: Database) -> Iterator[Desk]:
    """What the routes ask; its clock stands still."""
    made = Desk(settings_for(url), ReplySettings(), clock=lambda: NOW)
    yield made
    made.close()


@pytest.fixture
def app(desk: Desk) -> FastAPI:
    """The whole application."""
    api = Api(desk=desk, tokens=TOKENS, unsubscribes=True, most=MOST)
    return create_app(readiness=lambda: "", metrics=lambda: b"", api=api)


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Asks the application."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://mailguard") as made:
        yield made
