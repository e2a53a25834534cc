"""What a webhook hears of held mail: causes, groups and numbers; no address, no name, no subject, no text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from mailguard.store.hold_groups import HoldGroup
from mailguard.store.notices import Cause
from mailguard.store.webhook_events import Event

WAITING: Final = "hold.waiting"
EXPIRING: Final = "hold.expiring"

MOST_GROUPS: Final = 20
"""Groups that an event names."""


def waiting_event(cause: Cause, groups: Sequence[HoldGroup]) -> Event:
    """Mail that waits since the last word of this cause; and all groups of it that wait now, the longest waiting first."""
    mine = [group for group in groups if group.finding is cause.code]
    document = {
        "finding": cause.code,
        "messages": cause.messages,
        "recipients": cause.recipients,
        "ids": cause.ids,
        "groups": [_group(group) for group in mine[:MOST_GROUPS]],
        "more_groups": max(0, len(mine) - MOST_GROUPS),
    }
    return Event(WAITING, document)


def expiring_event(group: HoldGroup) -> Event:
    """Mail of one group that is given up soon, if nobody does anything."""
    return Event(EXPIRING, _group(group))


def _group(group: HoldGroup) -> dict[str, Any]:
    return {
        "id": group.id,
        "finding": group.finding,
        "client": group.client,
        "class": group.mail_class,
        "template": group.template,
        "messages": group.messages,
        "recipients": group.recipients,
        "since": _moment(group.since),
        "expires_at": _moment(group.expires_at),
    }


def _moment(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z") if at is not None else None
