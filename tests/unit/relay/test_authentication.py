"""mailguard.relay.authentication: responses read strictly, credentials verified off the event loop and remembered."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from mailguard.relay import authentication
from mailguard.relay.authentication import (
    AuthenticationError,
    Credentials,
    Verifier,
    VerifierBusyError,
    decode_response,
    read_login,
    read_plain,
)
from mailguard.relay.settings import Client

HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash
APP = Client(name="app", username="app", password_hash=HASH("right"))
SHOP = Client(name="shop", username="shop@x.test", password_hash=HASH("pässword"))


@pytest.fixture
def clock() -> list[float]:
    return [0.0]


@pytest.fixture
def verifier(clock: list[float]) -> Iterator[Verifier]:
    verifier = Verifier([APP, SHOP, Client(name="net")], clock=lambda: clock[0])
    yield verifier
    verifier.close()


def test_response_is_decoded() -> None:
    assert decode_response(b64encode(b"\0app\0right")) == b"\0app\0right"


def test_equals_sign_is_the_empty_response() -> None:
    assert decode_response(b"=") == b""


@pytest.mark.parametrize(
    ("line", "code", "status"), [(b"*", 501, "5.7.0"), (b"a", 501, "5.5.2"), (b"\xff\xff\xff\xff", 501, "5.5.2")]
)
def test_response_that_is_none_is_refused(line: bytes, code: int, status: str) -> None:
    with pytest.raises(AuthenticationError) as refused:
        decode_response(line)
    assert (refused.value.code, refused.value.enhanced_status) == (code, status)


@pytest.mark.parametrize("response", [b"\0app\0right", b"app\0app\0right"])
def test_plain_response_holds_credentials(response: bytes) -> None:
    assert read_plain(response) == Credentials("app", "right")


@pytest.mark.parametrize(
    ("response", "code"),
    [(b"", 501), (b"app\0right", 501), (b"\0a\0b\0c", 501), (b"root\0app\0right", 535), (b"\0\xff\0p", 501)],
)
def test_malformed_plain_response_is_refused(response: bytes, code: int) -> None:
    with pytest.raises(AuthenticationError) as refused:
        read_plain(response)
    assert refused.value.code == code


def test_login_responses_hold_credentials() -> None:
    assert read_login(b"shop@x.test", "pässword".encode()) == Credentials("shop@x.test", "pässword")


def test_password_is_not_shown() -> None:
    assert "right" not in repr(Credentials("app", "right"))


@pytest.mark.parametrize(
    ("username", "password", "client"),
    [
        ("app", "right", APP),
        ("shop@x.test", "pässword", SHOP),
        ("app", "wrong", None),
        ("nobody", "right", None),
        ("", "", None),
    ],
)
async def test_only_right_credentials_prove_a_client(
    verifier: Verifier, username: str, password: str, client: Client | None
) -> None:
    assert await verifier.verify(Credentials(username, password)) == client


async def test_password_of_another_client_proves_nothing(verifier: Verifier) -> None:
    assert await verifier.verify(Credentials("app", "pässword")) is None


async def test_right_credentials_are_remembered_for_a_while(verifier: Verifier, clock: list[float]) -> None:
    right = Credentials("app", "right")
    assert await verifier.verify(right) == APP
    verifier.close()
    assert await verifier.verify(right) == APP
    clock[0] += 300
    with pytest.raises(RuntimeError):  # the thread that would have to look again is gone
        await verifier.verify(right)


async def test_wrong_credentials_are_not_remembered(verifier: Verifier) -> None:
    wrong = Credentials("app", "wrong")
    assert await verifier.verify(wrong) is None
    assert await verifier.verify(Credentials("app", "right")) == APP
    assert await verifier.verify(wrong) is None


async def test_what_is_remembered_is_bounded(verifier: Verifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authentication, "_MOST_REMEMBERED", 1)
    assert await verifier.verify(Credentials("app", "right")) == APP
    assert await verifier.verify(Credentials("shop@x.test", "pässword")) == SHOP
    assert len(verifier._verified) == 1


async def test_too_many_at_once_are_sent_away(verifier: Verifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authentication, "_MOST_WAITING", 2)
    tries = [verifier.verify(Credentials("app", f"wrong{n}")) for n in range(3)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert results[:2] == [None, None]
    assert isinstance(results[2], VerifierBusyError)
    assert (results[2].code, results[2].enhanced_status) == (454, "4.7.0")
    assert await verifier.verify(Credentials("app", "right")) == APP


async def test_hash_that_is_none_proves_nothing() -> None:
    verifier = Verifier([Client(name="app", username="app", password_hash="plain text")], clock=lambda: 0.0)
    assert await verifier.verify(Credentials("app", "plain text")) is None
    verifier.close()


def test_verifier_knows_whether_anyone_could_authenticate(verifier: Verifier) -> None:
    assert verifier.has_clients
    assert not Verifier([Client(name="net")], clock=lambda: 0.0).has_clients
