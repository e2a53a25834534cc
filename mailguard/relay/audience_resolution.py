"""Whose the mailboxes of an audience are, by the directory that every mail is resolved with. Writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from mailguard.broadcast.whom import Whom
from mailguard.identity.person import Resolution, person_id
from mailguard.identity.query import Query, query_of
from mailguard.identity.resolve import Decision
from mailguard.policy.limits import Limits
from mailguard.relay.hints import Hint
from mailguard.relay.learning import Found
from mailguard.relay.resolution import Directory
from mailguard.relay.settings import Identity


@dataclass(frozen=True, slots=True)
class AudienceResolver:
    """Goes to another process as it is, and makes a directory there.

    `by_mailbox_alone`: a person is found by a mailbox that is on file, and by no name beside or in one that is made up.
    """

    identity: Identity
    limits: Limits
    by_mailbox_alone: bool = False

    def __call__(self) -> DirectoryOfAudience:
        """A resolver of this process's own."""
        return DirectoryOfAudience(Directory(self.identity), self.limits, by_mailbox_alone=self.by_mailbox_alone)


@dataclass(frozen=True, slots=True)
class DirectoryOfAudience:
    """Asks the directory, and says also whom each mailbox may be."""

    directory: Directory
    limits: Limits
    by_mailbox_alone: bool = False

    def __call__(self, connection: Connection, queries: Sequence[Query], /) -> list[Whom]:
        """Whose each mailbox is, in their order."""
        hints = [
            Hint(query_of(replace(query.mailbox, display_name="")), is_own=True)
            if self.by_mailbox_alone
            else Hint(query, is_own=self.limits.is_own(query.mailbox.domain))
            for query in queries
        ]
        return [_whom(resolution, found) for resolution, found in self.directory.look_into(connection, hints)]


def _whom(resolution: Resolution, found: Found | None) -> Whom:
    if found is None:
        return Whom(resolution)
    outcome = found.outcome
    is_possible = outcome.decision is Decision.POSSIBLE
    possible = "" if outcome.person is None or not is_possible else person_id(outcome.person)
    is_on_record = resolution.record is not None and any(owner.record == resolution.record for owner in found.owners)
    return Whom(resolution, possible, is_on_record)
