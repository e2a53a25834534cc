"""An empty ledger, and what intake does with a batch, without the SMTP around it: gather, decide, record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection
from ulid import ULID

from mailguard.mail.message import Message
from mailguard.policy.answer import Answers, adapted, answer_to, replay_answer, states_of
from mailguard.policy.decide import decide
from mailguard.policy.entry import Entry
from mailguard.policy.facts import State
from mailguard.policy.history import History
from mailguard.policy.hold_times import HoldTimes
from mailguard.policy.limits import Limits
from mailguard.policy.submission import Submission
from mailguard.store.database import Database
from mailguard.store.intake import gather, record
from tests.builders import NOW, submission

OWNER = "01JA00000000000000000WRKER"
TRACE = b"Received: by relay.example\r\n"
EXPIRE = timedelta(days=5)
_SQLITE = "sqlite:///"


def open_ledger(url: str) -> Database:
    """A new ledger, open. A file is laid there as a copy, for making the tables takes twenty times as long."""
    if url.startswith(_SQLITE):
        Path(url.removeprefix(_SQLITE)).write_bytes(_empty())
    return Database.open(url)


@cache
def _empty() -> bytes:
    with TemporaryDirectory() as folder:
        file = Path(folder, "ledger.db")
        Database.open(f"{_SQLITE}{file}").close()
        return file.read_bytes()


def mail(message: Message, *recipients: str, at: timedelta = timedelta(), **options: object) -> Submission:
    """A submission with an id of its own."""
    return submission(message, *recipients, id=str(ULID()), at=at, **options)  # type: ignore[arg-type]


def take(
    connection: Connection,
    *submissions: Submission,
    limits: Limits | None = None,
    answers: Answers = Answers.DEFAULT,
    owner: str = OWNER,
) -> list[Entry]:
    """Decide and record `submissions` as one batch; what conflicts with a key is left out, as the front door does."""
    limits = limits or Limits()
    history = gather(connection, submissions, limits)
    entries = [_entry(one, history=history, limits=limits, answers=answers) for one in submissions]
    taken = [entry for entry in entries if entry is not None]
    now = max((one.received_at for one in submissions), default=NOW)
    record(connection, taken, owner=owner, expires_at=now + EXPIRE, hold_times=HoldTimes(expire=EXPIRE))
    return taken


def states(entries: Sequence[Entry]) -> list[tuple[State, ...]]:
    """The states of each entry."""
    return [entry.states for entry in entries]


def later(one: Submission, at: datetime, **changes: object) -> Submission:
    """The same mail again, at another time and with another id."""
    return replace(one, id=str(ULID()), received_at=at, **changes)  # type: ignore[arg-type]


def _entry(one: Submission, *, history: History, limits: Limits, answers: Answers) -> Entry | None:
    place = history.place(one, limits)
    if place.origin.is_conflict:
        return None
    decision = adapted(decide(history.facts_for(one, place), limits), answers)
    found = states_of(decision, limits.mode)
    is_replay = decision.is_replay
    sibling = None if is_replay else place.origin.sibling
    id = sibling.id if sibling else one.id
    answer = replay_answer(decision) if is_replay else answer_to(id, decision, states=found, submission=one, limits=limits)
    entry = Entry(
        submission=one,
        decision=decision,
        id=id,
        first_ordinal=len(sibling.recipients) if sibling else 0,
        answer=answer,
        octets=b"" if is_replay else TRACE + one.message.content,
        states=found,
        own=place.own,
        skip=frozenset(index for index, it in enumerate(decision.recipients) if it.replay and it.replay.id == id),
        hidden_outside=0 if is_replay else place.hidden_outside,
        audience=b"" if is_replay else place.audience,
        broadcast=history.checked.of(one).broadcast,
        members={index: key for index, key in place.members.items() if found[index] is not State.REPLAYED},
    )
    if not is_replay:
        history.add(one, decision, place=place, states=found, answer=str(answer))
    return entry
