"""Audiences for tests: rows in memory, and the check of them against a real ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from mailguard.broadcast.audience import AudienceReport, AudienceTerms, judge_audience
from mailguard.mail.control import MailClass
from mailguard.mail.message import Message
from mailguard.policy.limits import Limits
from mailguard.policy.submission import Submission
from mailguard.relay.audience_resolution import AudienceResolver
from mailguard.relay.settings import Identity
from mailguard.sources.audience_columns import find_columns
from mailguard.sources.source_row import Flaw, Row
from mailguard.store.database import Database
from tests.builders import NOW, message, submission

COLUMNS = ("email", "first_name", "last_name", "date_of_birth", "language", "customer_id", "brand", "test")


@dataclass(frozen=True)
class Rows:
    """A source in memory. A row is a tuple of values, a bare address, or what is wrong with it as a Flaw."""

    given: Sequence[str | tuple[str, ...] | Flaw]
    columns: tuple[str, ...] = COLUMNS
    heard: list[tuple[int, int]] = field(default_factory=list)

    @property
    def expected(self) -> int:
        return len(self.given)

    def rows(self) -> Iterator[Row | Flaw]:
        for line, one in enumerate(self.given, 2):
            if isinstance(one, Flaw):
                yield one
            else:
                values = (one,) if isinstance(one, str) else one
                yield Row(line, [*values, *("" for _ in range(len(self.columns) - len(values)))])

    def hear(self, done: int, expected: int) -> None:
        self.heard.append((done, expected))


def prototype(mail: Message | None = None, *, mail_class: MailClass = MailClass.BULK, **changes: Any) -> Submission:
    """The mail of a broadcast as the relay would take it."""
    one = submission(mail or message(), mail_class=mail_class, template="offer", at=timedelta(), **changes)
    return replace(one, received_at=NOW)


def check(
    database: Database,
    *given: str | tuple[str, ...] | Flaw,
    mail: Submission | None = None,
    limits: Limits | None = None,
    columns: tuple[str, ...] = COLUMNS,
    **terms: Any,
) -> AudienceReport:
    """What is said of these rows."""
    source = Rows(given, columns)
    limits = limits or Limits()
    return judge_audience(
        source,
        find_columns(source),
        mail or prototype(),
        AudienceTerms(database=str(terms.pop("url", database.url)), limits=limits, **terms),
        resolver=AudienceResolver(Identity(), limits),
        progress=source.hear,
    )


def codes(report: AudienceReport) -> list[tuple[str, ...]]:
    """What is found in each row."""
    return [row.codes for row in report.judged()]
