"""Keeping house: held mail that nobody released in time, what need not be kept, and the operators who are to be told.

Each piece is bounded, so that no other work waits long for its turn at the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from mailguard.policy.facts import State
from mailguard.policy.parcel import Outcome
from mailguard.relay.bounce import notices
from mailguard.relay.held_notice import held_notice
from mailguard.relay.settings import RelaySettings
from mailguard.store import holds, queue
from mailguard.store.notices import take_untold
from mailguard.store.retention import Bounds, purge

TELL_PAUSE: Final = timedelta(minutes=15)
"""How long the operators are not told of the same cause again."""


def keep_house(connection: Connection, settings: RelaySettings, *, now: datetime) -> bool:
    """Do one piece of everything that is due by the clock; return whether nothing is left to do."""
    expired = _expire_holds(connection, settings, now=now)
    _tell_operators(connection, settings, now=now)
    return not expired and purge(connection, _bounds(settings, now)).is_complete


def _expire_holds(connection: Connection, settings: RelaySettings, *, now: datetime) -> bool:
    """Give up what nobody released in time, and tell its sender; return whether there was any."""
    parcels = holds.expire(connection, now=now)
    expired = [
        Outcome(parcel.message, destination.n, State.EXPIRED, (), None)
        for parcel in parcels
        for destination in parcel.destinations
    ]
    _put(connection, notices(parcels, expired, hostname=settings.listen.hostname, now=now), settings, now=now)
    return bool(parcels)


def _tell_operators(connection: Connection, settings: RelaySettings, *, now: datetime) -> None:
    if not settings.holding.notify:
        return
    causes = take_untold(connection, now=now, pause=TELL_PAUSE)
    if causes:
        _put(connection, [held_notice(causes, settings, now=now)], settings, now=now)


def _put(connection: Connection, mails: Sequence[queue.OwnMail], settings: RelaySettings, *, now: datetime) -> None:
    if mails:
        queue.put_own(connection, mails, now=now, expires_at=now + settings.delivery.expire)


def _bounds(settings: RelaySettings, now: datetime) -> Bounds:
    retention = settings.retention
    return Bounds(
        content=now - retention.content,
        ledger=now - retention.ledger,
        audience=now - retention.audience,
        reach=now - settings.policy.limits.fan_out_window,
    )
