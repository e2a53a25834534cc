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
from mailguard.relay.held_notice import expiry_notice, held_notice
from mailguard.relay.hold_news import expiring_event, waiting_event
from mailguard.relay.settings import RelaySettings
from mailguard.store import holds, queue, webhook_events
from mailguard.store.hold_groups import hold_groups
from mailguard.store.notices import take_expiring, take_untold
from mailguard.store.own_mail import own_among
from mailguard.store.retention import Bounds, purge

TELL_PAUSE: Final = timedelta(minutes=15)
"""How long the operators are not told of the same cause again."""


def keep_house(connection: Connection, settings: RelaySettings, *, now: datetime) -> bool:
    """Do one piece of everything that is due by the clock; return whether nothing is left to do."""
    expired = _expire_holds(connection, settings, now=now)
    if settings.holding.tells:
        _tell_of_holds(connection, settings, now=now)
    return not expired and purge(connection, _bounds(settings, now)).is_complete


def _expire_holds(connection: Connection, settings: RelaySettings, *, now: datetime) -> bool:
    """Give up what nobody released in time, and tell its sender; return whether there was any.

    Of a draft that mailguard wrote in somebody's name, that somebody knows nothing.
    """
    parcels = holds.expire(connection, now=now)
    drafts = own_among(connection, {parcel.message for parcel in parcels}) if parcels else frozenset()
    expired = [
        Outcome(parcel.message, destination.n, State.EXPIRED, (), None)
        for parcel in parcels
        if parcel.message not in drafts
        for destination in parcel.destinations
    ]
    _put(connection, notices(parcels, expired, hostname=settings.listen.hostname, now=now), settings, now=now)
    return bool(parcels)


def _tell_of_holds(connection: Connection, settings: RelaySettings, *, now: datetime) -> None:
    """Tell of mail that waits since the last word of its cause, and of what is about to expire."""
    holding, limits = settings.holding, settings.policy.limits
    causes = take_untold(connection, limits, now=now, pause=TELL_PAUSE)
    expiring = take_expiring(connection, limits, now=now, warn=holding.warn) if holding.warn else []
    if holding.notify:
        mails = [held_notice(causes, settings, now=now)] if causes else []
        mails += [expiry_notice(expiring, settings, now=now)] if expiring else []
        _put(connection, mails, settings, now=now)
    if holding.webhook is not None and (causes or expiring):
        groups = hold_groups(connection, limits)
        events = [waiting_event(cause, groups) for cause in causes] + [expiring_event(group) for group in expiring]
        webhook_events.put(connection, events, now=now)


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
