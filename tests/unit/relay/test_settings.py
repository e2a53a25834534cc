"""mailguard.relay.settings: frozen values with the contract's defaults."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import timedelta

import pytest

from mailguard.relay.settings import DeliverySettings, Holding, Listen, NextHop


def test_a_next_hop_is_shown_as_host_and_port() -> None:
    assert str(NextHop(host="mail.corp.example", port=587)) == "mail.corp.example:587"


def test_defaults_are_the_contracts() -> None:
    delivery = DeliverySettings(next_hops=())
    assert Listen().max_size == 26_214_400
    assert (delivery.retry_first, delivery.retry_most) == (timedelta(seconds=15), timedelta(hours=1))
    assert delivery.expire == Holding().expire == timedelta(days=5)
    assert delivery.lease == timedelta(seconds=30)


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Listen().port = 25  # type: ignore[misc]
