"""Parcels for the tests of delivery."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from mailguard.mail.envelope import BodyType
from mailguard.policy.parcel import Attempt, Destination, Parcel
from mailguard.relay.consignment import Consignment

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
OCTETS = b"Received: from a by b\r\nSubject: receipt\r\n\r\nHello,\r\n.hidden dot\r\n..two\r\nbye\r\n"


def destination(
    n: int = 0,
    mailbox: str = "",
    *,
    notify: str = "",
    orcpt: str = "",
    attempts: tuple[Attempt, ...] = (),
    expires_at: datetime = NOW + timedelta(days=5),
) -> Destination:
    """A recipient, r0@x.example and so on."""
    return Destination(n, mailbox or f"r{n}@x.example", notify, orcpt, attempts, expires_at)


def parcel(
    *destinations: Destination,
    message: str = "01JMESSAGE",
    octets: bytes = OCTETS,
    reverse_path: str = "app@a.example",
    body: BodyType = BodyType.SEVEN_BIT,
    smtputf8: bool = False,
    ret: str = "",
    envid: str = "",
) -> Parcel:
    """A parcel to r0@x.example, or to these destinations."""
    return Parcel(message, octets, reverse_path, body, smtputf8, ret, envid, destinations or (destination(),))


def consignment(*destinations: Destination, **fields: object) -> Consignment:
    """A consignment of all of a parcel's destinations."""
    whole = parcel(*destinations, **fields)  # type: ignore[arg-type]
    return Consignment(whole, whole.destinations)
