"""How the check of an audience asks whose a mailbox is: of whoever hands the answer in. Knows no record and no query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection

from mailguard.identity.person import Resolution
from mailguard.identity.query import Query


@dataclass(frozen=True, slots=True)
class Whom:
    """Whose mailbox it is. `possible`: the person whom it may be as well, whom a clerk would be asked about; "" nobody.

    `is_on_record`: the mailbox stands in the record that is meant.
    """

    resolution: Resolution
    possible: str = ""
    is_on_record: bool = False


class Resolver(Protocol):
    """Says whom mail to each of these would be to, in their order, as the relay does. Writes nothing."""

    def __call__(self, connection: Connection, queries: Sequence[Query], /) -> Sequence[Whom]:
        """The answers, one a query."""
        ...


class ResolverFactory(Protocol):
    """Makes a resolver in whichever process it is called; can be pickled."""

    def __call__(self) -> Resolver:
        """A resolver of this process's own."""
        ...
