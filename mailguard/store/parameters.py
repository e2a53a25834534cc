"""What the model has learnt, version by version: the set in use, those before it, and one that is only proposed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection

from mailguard.errors import UsageError
from mailguard.identity.default_parameters import DEFAULTS
from mailguard.identity.parameters import Parameters
from mailguard.store.instant import from_micros, to_micros
from mailguard.store.plain_text import storable
from mailguard.store.statement import Statement, insert

SHIPPED: Final = 0
"""The version of what holds until something was learnt."""


class _State(StrEnum):
    CURRENT = "current"
    PAST = "past"
    PROPOSED = "proposed"


@dataclass(frozen=True, slots=True)
class Learnt:
    """One set of parameters. `origin`: what it was learnt from, in words."""

    version: int
    at: datetime
    origin: str
    parameters: Parameters


_PUT = insert("parameters", ("version", "at", "origin", "state", "document"))
_NEXT = Statement("SELECT coalesce(max(version), 0) + 1 FROM parameters")
_VERSION = Statement("SELECT coalesce(max(version), 0) FROM parameters WHERE state = 'current'")
_OF_STATE = Statement("SELECT version, at, origin, document FROM parameters WHERE state = ? ORDER BY version DESC LIMIT 1")
_RETIRE = Statement("UPDATE parameters SET state = 'past' WHERE state = 'current'")
_WITHDRAW = Statement("UPDATE parameters SET state = 'past' WHERE state = 'proposed'")


def version(connection: Connection) -> int:
    """The version in use, SHIPPED where nothing was learnt: cheap enough to ask with every batch."""
    found: int = _VERSION.fetch(connection)[0][0]
    return found


def current(connection: Connection) -> tuple[int, Parameters]:
    """The version in use and its parameters, the shipped ones where nothing was learnt.

    Raises ValueError where another program has written them in a form that this one does not read.
    """
    learnt = _newest(connection, _State.CURRENT)
    return (SHIPPED, DEFAULTS) if learnt is None else (learnt.version, learnt.parameters)


def proposed(connection: Connection) -> Learnt | None:
    """What is proposed, None where nothing is. Raises ValueError as `current` does."""
    return _newest(connection, _State.PROPOSED)


def adopt(connection: Connection, parameters: Parameters, *, origin: str, now: datetime) -> int:
    """Use these parameters from now on; return their version."""
    _RETIRE.run(connection, [()])
    return _put(connection, parameters, origin, _State.CURRENT, now)


def propose(connection: Connection, parameters: Parameters, *, origin: str, now: datetime) -> int:
    """Keep these parameters, instead of those proposed before, for somebody to decide about; return their version."""
    _WITHDRAW.run(connection, [()])
    return _put(connection, parameters, origin, _State.PROPOSED, now)


def adopt_proposed(connection: Connection, version: int, *, now: datetime) -> int:
    """Use the proposal of that version from now on; return its new version, for who asks which one is in use.

    Raises UsageError where it is not the one that is proposed.
    """
    learnt = proposed(connection)
    if learnt is None or learnt.version != version:
        raise UsageError(
            f"version {version} of the parameters is not proposed; proposed is {learnt.version if learnt else 'none'}"
        )
    _WITHDRAW.run(connection, [()])
    return adopt(connection, learnt.parameters, origin=learnt.origin, now=now)


def _put(connection: Connection, parameters: Parameters, origin: str, state: _State, now: datetime) -> int:
    number: int = _NEXT.fetch(connection)[0][0]
    _PUT.run(connection, [(number, to_micros(now), storable(origin), state.value, parameters.to_json())])
    return number


def _newest(connection: Connection, state: _State) -> Learnt | None:
    rows: list[Any] = _OF_STATE.fetch(connection, state.value)
    if not rows:
        return None
    number, at, origin, document = rows[0]
    return Learnt(number, from_micros(at), origin, Parameters.from_json(document))
