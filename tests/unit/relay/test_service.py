"""mailguard.relay.service: what the sessions of a server share."""

from __future__ import annotations

import asyncio
import ssl

import pytest

from mailguard.relay.admission import Doorkeeper, Networks
from mailguard.relay.authentication import Verifier
from mailguard.relay.octet_budget import OctetBudget
from mailguard.relay.service import Service
from mailguard.relay.session_connection import Connection
from mailguard.relay.settings import Client, Listen
from tests.harness_smtp import KeepingIntake

APP = Client(name="app", username="app", password_hash="$argon2id$")


def service(*clients: Client, tls: bool = False) -> Service:
    return Service(
        listen=Listen(),
        intake=KeepingIntake(),
        extensions=frozenset,
        refused=lambda _: None,
        loop=asyncio.get_running_loop(),
        tls_context=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if tls else None,
        networks=Networks(clients),
        verifier=Verifier(clients, clock=lambda: 0.0),
        doorkeeper=Doorkeeper(most=2, most_per_peer=2),
        budget=OctetBudget(1000),
    )


@pytest.mark.parametrize(("clients", "tls", "offered"), [((APP,), True, True), ((APP,), False, False), ((), True, False)])
async def test_authentication_is_offered_where_it_is_safe_and_of_use(
    clients: tuple[Client, ...],
    tls: bool,  # noqa: FBT001
    offered: bool,  # noqa: FBT001
) -> None:
    assert service(*clients, tls=tls).offers_auth is offered


async def test_connections_are_counted_in_and_out() -> None:
    shared = service()
    first, second, third = (Connection(shared) for _ in range(3))
    assert shared.enter(first, "192.0.2.1")
    assert shared.enter(second, "192.0.2.2")
    assert not shared.enter(third, "192.0.2.3")
    assert shared.connections == {first, second}
    shared.leave(first, "192.0.2.1")
    assert shared.enter(third, "192.0.2.3")


async def test_nobody_comes_in_while_it_closes() -> None:
    shared = service()
    shared.is_closing = True
    assert not shared.enter(Connection(shared), "192.0.2.1")


async def test_waiting_for_the_last_to_leave() -> None:
    shared = service()
    assert await shared.is_empty_within(0)
    connection = Connection(shared)
    shared.enter(connection, "192.0.2.1")
    assert not await shared.is_empty_within(0)
    waiting = asyncio.create_task(shared.is_empty_within(60))
    await asyncio.sleep(0)
    shared.leave(connection, "192.0.2.1")
    assert await waiting
