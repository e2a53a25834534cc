"""mailguard.relay.admission: who may relay by network, and how many may come in."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from itertools import permutations

import pytest

from mailguard.relay.admission import Doorkeeper, Networks
from mailguard.relay.settings import Client


def client(name: str, *networks: str) -> Client:
    parsed: list[IPv4Network | IPv6Network] = [ip_network(network) for network in networks]
    return Client(name=name, networks=tuple(parsed))


WIDE = client("wide", "10.0.0.0/8", "2001:db8::/32")
NARROW = client("narrow", "10.1.0.0/16")
HOST = client("host", "10.1.2.3/32", "2001:db8::5/128")


@pytest.mark.parametrize("clients", tuple(permutations([WIDE, NARROW, HOST])))
@pytest.mark.parametrize(
    ("peer", "name"),
    [
        ("10.9.9.9", "wide"),
        ("10.1.9.9", "narrow"),
        ("10.1.2.3", "host"),
        ("2001:db8::9", "wide"),
        ("2001:db8::5", "host"),
        ("::ffff:10.1.2.3", "host"),
        ("2001:db8::5%eth0", "host"),
    ],
)
def test_longest_prefix_wins_in_any_order(clients: tuple[Client, ...], peer: str, name: str) -> None:
    found = Networks(clients).client_at(peer)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("peer", ["11.0.0.1", "9.255.255.255", "2001:db9::1", "::1"])
def test_peer_outside_every_network_is_nobody(peer: str) -> None:
    assert Networks([WIDE, NARROW, HOST]).client_at(peer) is None


def test_without_networks_everyone_is_nobody() -> None:
    assert Networks([Client(name="app", username="app", password_hash="x")]).client_at("127.0.0.1") is None


def test_whole_of_ipv4_does_not_hold_ipv6() -> None:
    assert Networks([client("all", "0.0.0.0/0")]).client_at("2001:db8::1") is None


def test_connection_over_the_total_is_not_admitted() -> None:
    door = Doorkeeper(most=3, most_per_peer=3)
    assert [door.admit(f"10.0.0.{n}") for n in range(4)] == [True, True, True, False]
    assert door.inside == 3


def test_connection_over_the_peers_limit_is_not_admitted() -> None:
    door = Doorkeeper(most=10, most_per_peer=2)
    assert [door.admit("10.0.0.1") for _ in range(3)] == [True, True, False]
    assert door.admit("10.0.0.2")


def test_released_connection_makes_room() -> None:
    door = Doorkeeper(most=1, most_per_peer=1)
    assert door.admit("10.0.0.1")
    door.release("10.0.0.1")
    assert door.inside == 0
    assert door.admit("10.0.0.1")


def test_peers_that_left_are_forgotten() -> None:
    door = Doorkeeper(most=10, most_per_peer=2)
    for n in range(100):
        assert door.admit(f"10.0.0.{n}")
        door.release(f"10.0.0.{n}")
    assert not door._by_peer
