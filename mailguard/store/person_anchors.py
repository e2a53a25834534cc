"""All anchors of whoever is meant by one: how what hangs on an anchor finds the rest of a person's history."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from mailguard.store.candidates import anchors
from mailguard.store.on_file import shared
from mailguard.store.person_mail import records_of


def anchors_of(connection: Connection, given: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Anchor → all anchors of the person that it means now, itself first; itself alone where it is no one person's.

    A mailbox that others have, too, is left out where it was not named: whose the mail there is nobody knows.
    """
    wanted = list(dict.fromkeys(given))
    persons = {anchor: set(found.values()) for anchor, found in records_of(connection, wanted).items()}
    meant = {anchor: one for anchor, (one, *others) in _listed(persons) if not others}
    found = anchors(connection, meant.values())
    apart = shared(connection, {anchor for own in found.values() for anchor in own if "@" in anchor})
    return {
        anchor: tuple(dict.fromkeys((anchor, *(one for one in found.get(meant.get(anchor, 0), ()) if one not in apart))))
        for anchor in wanted
    }


def _listed(persons: dict[str, set[int]]) -> list[tuple[str, list[int]]]:
    return [(anchor, sorted(found)) for anchor, found in persons.items() if found]
