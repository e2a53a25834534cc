"""What must not leave any more, whoever stopped it: mail that was recalled, and mail that is paused.

Asked by a worker at each point where mail goes from the ledger into its memory or back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from mailguard.policy.parcel import Parcel
from mailguard.store import pauses
from mailguard.store.parcels import places
from mailguard.store.recall_lookup import recalled_among
from mailguard.store.recalls import cancel_among
from mailguard.store.statement import Statement


class Version(NamedTuple):
    """How far recalls and pauses have come: another one means that there is something new, or that a pause has ended."""

    recall: str = ""
    pauses: int = 0
    paused_at: int = 0

    @property
    def is_nothing(self) -> bool:
        """Whether nothing is stopped and nothing ever was recalled."""
        return self == Version()


_VERSION = Statement(
    "SELECT coalesce((SELECT max(id) FROM recall), ''), (SELECT count(*) FROM pause), coalesce((SELECT max(at) FROM pause), 0)"
)

_GIVE_BACK = Statement(
    "UPDATE recipient SET owner = '' WHERE message = ? AND n = ? AND owner = ? AND state IN ('queued', 'deferred')"
)


def version(connection: Connection) -> Version:
    """How far recalls and pauses have come: one look at two small tables."""
    return Version(*_VERSION.fetch(connection)[0])


def stopped(connection: Connection, messages: Collection[str]) -> frozenset[str]:
    """Those of these messages that must not leave."""
    return recalled_among(connection, messages) | pauses.paused(connection, messages)


def settle(connection: Connection, messages: Collection[str]) -> None:
    """Cancel or pause what nobody has of these messages, where they were recalled or are paused."""
    cancel_among(connection, messages)
    pauses.keep(connection, messages)


def give_back(connection: Connection, parcels: Sequence[Parcel], *, owner: str) -> None:
    """Take these parcels out of `owner`'s hands, and settle what becomes of them."""
    _GIVE_BACK.run(connection, [(message, n, owner) for message, n in places(parcels)])
    settle(connection, _messages(parcels))


def without_stopped(connection: Connection, parcels: Sequence[Parcel], *, owner: str) -> list[Parcel]:
    """Those of the parcels, just leased by `owner`, that may leave; the others are cancelled or paused."""
    found = stopped(connection, _messages(parcels))
    give_back(connection, [parcel for parcel in parcels if parcel.message in found], owner=owner)
    return [parcel for parcel in parcels if parcel.message not in found]


def _messages(parcels: Iterable[Parcel]) -> frozenset[str]:
    return frozenset(parcel.message for parcel in parcels)
