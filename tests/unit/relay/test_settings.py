"""mailguard.relay.settings: frozen values with the contract's defaults."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import timedelta

import pytest

from mailguard.mail.control import MailClass
from mailguard.relay.settings import DeliverySettings, Holding, Listen, NextHop, Undo


def test_a_next_hop_is_shown_as_host_and_port() -> None:
    assert str(NextHop(host="mail.corp.example", port=587)) == "mail.corp.example:587"


def test_defaults_are_the_contracts() -> None:
    delivery = DeliverySettings(next_hops=())
    assert Listen().max_size == 26_214_400
    assert (delivery.retry_first, delivery.retry_most) == (timedelta(seconds=15), timedelta(hours=1))
    assert delivery.expire == Holding().times.of(MailClass.SERVICE) == timedelta(days=5)
    assert delivery.lease == timedelta(seconds=30)


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Listen().port = 25  # type: ignore[misc]


@pytest.mark.parametrize(
    ("mail_class", "of_client", "waits"),
    [("critical", 5, 1), ("service", None, 2), ("service", 5, 5), ("bulk", None, 3), ("bulk", 0, 0)],
)
def test_undo_of_a_client_counts_before_its_class_but_never_for_critical_mail(
    mail_class: str, of_client: int | None, waits: int
) -> None:
    undo = Undo(critical=timedelta(minutes=1), service=timedelta(minutes=2), bulk=timedelta(minutes=3))
    client = None if of_client is None else timedelta(minutes=of_client)
    assert undo.of(MailClass(mail_class), client) == timedelta(minutes=waits)
