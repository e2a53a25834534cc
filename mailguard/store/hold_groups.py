"""Held mail as a person looks at it: one line a cause, however many mails; who looks after it, and what was noted beside it.

Groups are worked out from the rows each time; only assignments and notes are kept, under the group's id.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, select

from mailguard.mail.control import MailClass
from mailguard.policy.cause import by_rank, cause_of
from mailguard.policy.finding import Code
from mailguard.policy.limits import Limits
from mailguard.store.filter import FINDINGS, REVERSE_PATH, Filter, HeldFor, is_named
from mailguard.store.holds import Act
from mailguard.store.instant import to_micros
from mailguard.store.plain_text import codes_in, findings_from_json, storable
from mailguard.store.statement import Statement, insert
from mailguard.store.tables import HOLD_GROUP, HOLD_NOTE, IS_HELD, MESSAGE, RECIPIENT

MOST_SHOWN: Final = 5
"""Sentences, domains and senders of a group that are shown, the most frequent ones."""

MOST_SAMPLES: Final = 3
"""Mails of a group that stand for all of it."""

EVERYTHING: Final = Filter(everything=True)

_NAME: Final = re.compile(r"[Gg][0-9a-fA-F]{8}")

_ASSIGN = insert(
    "hold_group",
    ("id", "assignee", "at", "actor"),
    conflict="ON CONFLICT (id) DO UPDATE SET assignee = excluded.assignee, at = excluded.at, actor = excluded.actor",
)
_FREE = Statement("DELETE FROM hold_group WHERE id = ?")
_NOTE = insert("hold_note", ("group_id", "at", "actor", "text"))


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldGroup:
    """Held mail of one cause.

    `finding` None: it was held without one. `subject`: of the oldest mail, which came `since`. `repeats`: further recipients
    that wait with these because they repeat them. `expires_at`: of the first that does. `notes`: how many there are.
    """

    id: str
    finding: Code | None
    messages: int
    recipients: int
    repeats: int
    client: str
    mail_class: MailClass
    template: str
    subject: str
    since: datetime
    newest_at: datetime
    expires_at: datetime | None
    assignee: str = ""
    notes: int = 0


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote beside a group."""

    at: datetime
    actor: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldDetail:
    """One group in full. `sentences`, `domains` and `senders`: the most frequent, each with how many recipients it has.

    `domain_count`: of how many domains the recipients are. `samples`: the ids of a few mails, the oldest and the newest among
    them.
    """

    group: HoldGroup
    sentences: tuple[tuple[str, int], ...]
    domains: tuple[tuple[str, int], ...]
    domain_count: int
    senders: tuple[tuple[str, int], ...]
    samples: tuple[str, ...]
    notes: tuple[Note, ...]


@dataclass(slots=True)
class _Tally:
    """What is counted of one cause. Its first row is that of the oldest message, for they come in that order."""

    first: Row[Any]
    newest_at: datetime
    messages: dict[str, None] = field(default_factory=dict)
    recipients: int = 0
    repeats: int = 0
    expires_at: datetime | None = None

    def add(self, row: Row[Any]) -> None:
        """Count the recipients of a row."""
        self.messages[row.id] = None
        self.recipients += row.recipients
        self.newest_at = max(self.newest_at, row.newest_at)
        self.expires_at = min(filter(None, (self.expires_at, row.expires_at)), default=None)


def is_group(name: str) -> bool:
    """Return whether `name` is written as the id of a group."""
    return _NAME.fullmatch(name) is not None


def hold_groups(connection: Connection, limits: Limits, chosen: Filter = EVERYTHING) -> list[HoldGroup]:
    """The groups of all that is held and `chosen` means, the longest waiting first. `limits` say what is a cause."""
    tallies = _tallies(connection, limits, chosen)
    assignees = {row.id: row.assignee for row in connection.execute(select(HOLD_GROUP.c.id, HOLD_GROUP.c.assignee))}
    counts = select(HOLD_NOTE.c.group_id, func.count().label("notes")).group_by(HOLD_NOTE.c.group_id)
    notes = {row.group_id: row.notes for row in connection.execute(counts)}
    return [_group(cause, tally, assignees, notes) for cause, tally in tallies.items()]


def causes_named(connection: Connection, names: Collection[str], limits: Limits) -> dict[str, HeldFor]:
    """Name → the cause that mail is held for now: of ids of groups; of others, and of what nothing waits for, nothing."""
    wanted = {name.upper(): name for name in names if is_group(name)}
    if not wanted:
        return {}
    found = {cause.id.upper(): cause for cause in _tallies(connection, limits, EVERYTHING)}
    return {name: found[key] for key, name in wanted.items() if key in found}


def causes_of(connection: Connection, names: Sequence[str], limits: Limits) -> dict[str, tuple[HeldFor, ...]]:
    """Name → the causes that are meant by the id of a group, of a message, or by a Message-ID; none for what is not held."""
    groups = causes_named(connection, names, limits)
    tallies = _tallies(connection, limits, Filter(ids=tuple(name for name in names if not is_group(name))))
    ids = {id for tally in tallies.values() for id in tally.messages}
    named = connection.execute(select(MESSAGE.c.id, MESSAGE.c.message_id).where(MESSAGE.c.id.in_(ids)))
    message_ids = {row.id: row.message_id for row in named}
    return {
        name: (groups[name],)
        if name in groups
        else tuple(
            cause
            for cause, tally in tallies.items()
            if any(is_named(name, id=id, message_id=message_ids[id]) for id in tally.messages)
        )
        for name in names
    }


def hold_detail(connection: Connection, name: str, limits: Limits) -> HoldDetail | None:
    """One group in full, None where nothing is held for such a cause."""
    cause = causes_named(connection, [name], limits).get(name)
    if cause is None:
        return None
    sentences, domains, senders, ids = _spread(connection, cause)
    return HoldDetail(
        group=next(group for group in hold_groups(connection, limits) if group.id == cause.id),
        sentences=tuple(sentences.most_common(MOST_SHOWN)),
        domains=tuple(domains.most_common(MOST_SHOWN)),
        domain_count=len(domains),
        senders=tuple(senders.most_common(MOST_SHOWN)),
        samples=_samples(ids),
        notes=_notes(connection, cause.id),
    )


def assign(connection: Connection, groups: Iterable[str], assignee: str, act: Act) -> None:
    """Write down who looks after these groups; "" is nobody."""
    if assignee:
        _ASSIGN.run(connection, [(id, storable(assignee), to_micros(act.at), act.actor) for id in groups])
    else:
        _FREE.run(connection, [(id,) for id in groups])


def note(connection: Connection, groups: Iterable[str], act: Act) -> None:
    """Write `act.reason` down beside these groups."""
    _NOTE.run(connection, [(id, to_micros(act.at), act.actor, storable(act.reason)) for id in groups])


def forget(connection: Connection, before: datetime) -> None:
    """Remove assignments and notes that were made before then."""
    connection.execute(delete(HOLD_GROUP).where(HOLD_GROUP.c.at < before))
    connection.execute(delete(HOLD_NOTE).where(HOLD_NOTE.c.at < before))


def _tallies(connection: Connection, limits: Limits, chosen: Filter) -> dict[HeldFor, _Tally]:
    """Cause → what is held for it. Repeats count where the mail is that they wait with."""
    if chosen.means_nothing:
        return {}
    tallies: dict[HeldFor, _Tally] = {}
    cause_by_message: dict[str, HeldFor] = {}
    joining: list[Row[Any]] = []
    for row in _held(connection, chosen):
        if row.joins is not None:
            joining.append(row)
            continue
        cause = _cause(row, limits)
        tallies.setdefault(cause, _Tally(row, row.newest_at)).add(row)
        cause_by_message.setdefault(row.id, cause)
    for row in joining:
        joined = cause_by_message.get(row.joins)
        if joined is not None:
            cause_by_message.setdefault(row.id, joined)
            tallies[joined].repeats += row.recipients
    return tallies


def _held(connection: Connection, chosen: Filter) -> Iterable[Row[Any]]:
    """What is held and meant: a row for all recipients of one message that wait for the same, oldest messages first."""
    columns = (
        MESSAGE.c.seq,
        MESSAGE.c.id,
        MESSAGE.c.client,
        MESSAGE.c.mail_class,
        MESSAGE.c.template,
        MESSAGE.c.subject,
        FINDINGS.label("findings"),
        RECIPIENT.c.joins,
    )
    times = (
        func.min(RECIPIENT.c.at).label("at"),
        func.max(RECIPIENT.c.at).label("newest_at"),
        func.min(RECIPIENT.c.expires_at).label("expires_at"),
    )
    held = select(*columns, func.count().label("recipients"), *times).join(MESSAGE, MESSAGE.c.id == RECIPIENT.c.message)
    return connection.execute(held.where(IS_HELD, *chosen.conditions()).group_by(*columns).order_by(MESSAGE.c.seq))


def _cause(row: Row[Any], limits: Limits) -> HeldFor:
    mail_class = MailClass(row.mail_class)
    code = cause_of(codes_in(row.findings), mail_class, limits)
    ranks = by_rank(mail_class, limits)
    before = ranks[: ranks.index(code)] if code else ()
    return HeldFor(client=row.client, mail_class=mail_class, template=row.template, code=code, before=before)


def _group(cause: HeldFor, tally: _Tally, assignees: Mapping[str, str], notes: Mapping[str, int]) -> HoldGroup:
    return HoldGroup(
        id=cause.id,
        finding=cause.code,
        messages=len(tally.messages),
        recipients=tally.recipients,
        repeats=tally.repeats,
        client=cause.client,
        mail_class=cause.mail_class,
        template=cause.template,
        subject=tally.first.subject,
        since=tally.first.at,
        newest_at=tally.newest_at,
        expires_at=tally.expires_at,
        assignee=assignees.get(cause.id, ""),
        notes=notes.get(cause.id, 0),
    )


def _spread(connection: Connection, cause: HeldFor) -> tuple[Counter[str], Counter[str], Counter[str], list[str]]:
    """The sentences, the recipients' domains and the senders of all that is held for a cause; and its mails, oldest first."""
    sentences: Counter[str] = Counter()
    domains: Counter[str] = Counter()
    senders: Counter[str] = Counter()
    ids: dict[str, None] = {}
    held = select(MESSAGE.c.id, RECIPIENT.c.mailbox, FINDINGS.label("findings"), REVERSE_PATH.label("reverse_path"))
    held = held.join(MESSAGE, MESSAGE.c.id == RECIPIENT.c.message).where(cause.condition())
    for row in connection.execute(held.order_by(MESSAGE.c.seq, RECIPIENT.c.n)):
        ids[row.id] = None
        domains[row.mailbox.rpartition("@")[2]] += 1
        senders[row.reverse_path] += 1
        sentences.update(finding.text for finding in findings_from_json(row.findings) if finding.code is cause.code)
    return sentences, domains, senders, list(ids)


def _samples(ids: Sequence[str]) -> tuple[str, ...]:
    """A few of the ids, from the first to the last."""
    last = len(ids) - 1
    places = (round(last * step / (MOST_SAMPLES - 1)) for step in range(MOST_SAMPLES))
    return tuple(dict.fromkeys(ids[place] for place in places))


def _notes(connection: Connection, group: str) -> tuple[Note, ...]:
    rows = connection.execute(select(HOLD_NOTE).where(HOLD_NOTE.c.group_id == group).order_by(HOLD_NOTE.c.seq))
    return tuple(Note(row.at, row.actor, row.text) for row in rows)
