"""What mode `shadow` let pass and `enforce` would have stopped: by sender and finding, and day by day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select

from mailguard.policy.finding import Action, Code
from mailguard.store.document import ShadowDayDocument, ShadowDocument, ShadowSenderDocument
from mailguard.store.filter import FINDINGS, REVERSE_PATH
from mailguard.store.plain_text import findings_from_json
from mailguard.store.tables import MESSAGE, RECIPIENT

MOST_SENDERS: Final = 100
"""Pairs of a sender and a finding that are named, those with the most recipients."""

MOST_EXAMPLES: Final = 3
AT_A_TIME: Final = 5_000
"""Rows in memory."""

_Pair = tuple[str, str, Code]


@dataclass(slots=True)
class _Counted:
    """The mail of one sender with one finding, while it is counted: rows come message by message."""

    messages: int = 0
    recipients: int = 0
    last: str = ""
    examples: list[str] = field(default_factory=list)

    def add(self, message: str) -> None:
        self.recipients += 1
        if message == self.last:
            return
        self.messages += 1
        self.last = message
        # The newest are what one still has the content of.
        self.examples = [message, *self.examples[: MOST_EXAMPLES - 1]]


def shadow(connection: Connection, *, since: datetime) -> ShadowDocument:
    """What would have been stopped of the mail that was received since then, and how much mail there was."""
    recent = (MESSAGE.c.received_at >= since, MESSAGE.c.is_replay.is_(False))
    messages = connection.execute(select(func.count()).where(*recent)).scalar_one()
    joined = RECIPIENT.join(MESSAGE, MESSAGE.c.id == RECIPIENT.c.message)
    recipients = connection.execute(select(func.count()).select_from(joined).where(*recent)).scalar_one()
    stopped = (*recent, MESSAGE.c.is_shadow.is_(True))
    by_action = select(MESSAGE.c.action, func.count()).where(*stopped).group_by(MESSAGE.c.action)
    actions = {Action(action): count for action, count in connection.execute(by_action)}
    rows = (
        select(MESSAGE.c.id, MESSAGE.c.received_at, MESSAGE.c.client, REVERSE_PATH.label("sender"), FINDINGS.label("findings"))
        .select_from(joined)
        .where(*stopped, RECIPIENT.c.action != Action.DELIVER)
        .order_by(MESSAGE.c.seq, RECIPIENT.c.n)
    )
    senders: dict[_Pair, _Counted] = {}
    days: dict[str, Counter[Code]] = {}
    would_stop = 0
    found: Iterable[Row[Any]] = connection.execute(rows, execution_options={"yield_per": AT_A_TIME})
    for row in found:
        would_stop += 1
        _count(row, senders, days)
    return ShadowDocument(
        since=since,
        messages=messages,
        recipients=recipients,
        would_stop=would_stop,
        actions=actions,
        senders=_senders(senders),
        days=tuple(ShadowDayDocument(day=day, findings=dict(counts.most_common())) for day, counts in days.items()),
    )


def _count(row: Row[Any], senders: dict[_Pair, _Counted], days: dict[str, Counter[Code]]) -> None:
    domain = row.sender.rpartition("@")[2]
    today = days.setdefault(f"{row.received_at:%Y-%m-%d}", Counter())
    for code in dict.fromkeys(finding.code for finding in findings_from_json(row.findings)):
        senders.setdefault((row.client, domain, code), _Counted()).add(row.id)
        today[code] += 1


def _senders(counted: dict[_Pair, _Counted]) -> tuple[ShadowSenderDocument, ...]:
    most = sorted(counted.items(), key=lambda pair: -pair[1].recipients)[:MOST_SENDERS]
    return tuple(
        ShadowSenderDocument(
            client=client,
            domain=domain,
            finding=finding,
            messages=one.messages,
            recipients=one.recipients,
            examples=tuple(one.examples),
        )
        for (client, domain, finding), one in most
    )
