"""mailguard.relay.arrival: what comes in is a value that does not show its content."""

from __future__ import annotations

from mailguard.mail.envelope import Envelope
from mailguard.relay.arrival import Arrival
from mailguard.relay.settings import Client


def test_arrival_shows_no_content_when_printed() -> None:
    arrival = Arrival(Client(name="app"), "192.0.2.1", "app.test", "ESMTP", Envelope("", ()), b"Subject: secret\r\n\r\n")
    assert "secret" not in repr(arrival)
