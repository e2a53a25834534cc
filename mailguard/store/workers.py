"""The processes that deliver, and how it is known that one of them is gone: what it had in memory is then anybody's.

A worker says every few seconds until when it is to be believed alive. On its own machine nobody has to wait that long.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from sqlalchemy import Connection, delete, select
from ulid import ULID

from mailguard.policy.parcel import Attempt
from mailguard.store.instant import to_micros
from mailguard.store.plain_text import attempts_to_json
from mailguard.store.statement import Statement, insert
from mailguard.store.tables import IS_OPEN, RECIPIENT, WORKER

PAUSED: Final = "paused"
"""The owner of mail that waits until it is resumed (`pauses`): no worker's id, so that nobody leases or adopts it."""

_BEAT = insert(
    "worker",
    ("id", "host", "pid", "ticks", "lease_until"),
    conflict="ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until",
)

_ABANDONED = "the worker that had this mail ended before it said what became of it; the next hop may have this mail"

# The attempt goes to the end of the column's list, as `plain_text` writes it.
_ORPHAN = Statement(
    """UPDATE recipient SET owner = '',
    attempts = CASE WHEN attempts IS NULL THEN ? ELSE substr(attempts, 1, length(attempts) - 1) || ? END
    WHERE owner = ? AND state IN ('queued', 'deferred')"""
)

_GIVE_BACK = Statement("UPDATE recipient SET owner = '' WHERE owner = ? AND state IN ('queued', 'deferred')")


@dataclass(frozen=True, slots=True)
class Worker:
    """One process. `host`: its machine, boot and process namespace; `ticks`: when it began, for a pid is used again."""

    id: str
    host: str
    pid: int
    ticks: int

    @classmethod
    def of_this_process(cls, now: datetime) -> Self:
        """A worker with an id of its own, for the process that calls."""
        pid = os.getpid()
        return cls(str(ULID.from_datetime(now)), _this_host(), pid, ticks_of(pid))

    def is_alive(self, *, was_heard: bool) -> bool:
        """Whether it lives: here while its process runs, however long the ledger was away; elsewhere while it is heard of."""
        return not self.is_gone and (was_heard or self.host == _this_host())

    @property
    def is_gone(self) -> bool:
        """Whether it ran here and no longer does; False where that cannot be told from here."""
        return self.host == _this_host() and ticks_of(self.pid) != self.ticks


def heartbeat(connection: Connection, *, worker: Worker, lease_until: datetime) -> None:
    """Let `worker` be believed alive until `lease_until`."""
    _BEAT.run(connection, [(worker.id, worker.host, worker.pid, worker.ticks, to_micros(lease_until))])


def adopt_orphans(connection: Connection, *, now: datetime, dead: Iterable[str] = ()) -> int:
    """Take what it owned from every worker that is gone, is in `dead`, or has not been heard of in time; it is due at once.

    Nobody knows of any of it whether it was on its way. Returns the number of recipients.
    """
    known = [(Worker(row.id, row.host, row.pid, row.ticks), row.lease_until) for row in connection.execute(select(WORKER))]
    gone = set(dead)
    alive = {worker.id for worker, until in known if worker.id not in gone and worker.is_alive(was_heard=until > now)}
    is_owned = (RECIPIENT.c.owner > "", RECIPIENT.c.owner != PAUSED, IS_OPEN)
    orphaned = [
        owner for owner in connection.scalars(select(RECIPIENT.c.owner).distinct().where(*is_owned)) if owner not in alive
    ]
    attempts = attempts_to_json([Attempt(now, "", _ABANDONED, is_uncertain=True)]) or ""
    adopted = sum(_ORPHAN.run(connection, [(attempts, f",{attempts[1:]}", owner)]) for owner in orphaned)
    ended = [worker.id for worker, _ in known if worker.id not in alive]
    if ended:
        connection.execute(delete(WORKER).where(WORKER.c.id.in_(ended)))
    return adopted


def living(connection: Connection, *, now: datetime) -> int:
    """How many workers are alive: here those that run, elsewhere those that were heard of in time."""
    rows = connection.execute(select(WORKER))
    return sum(Worker(row.id, row.host, row.pid, row.ticks).is_alive(was_heard=row.lease_until > now) for row in rows)


def retire(connection: Connection, worker: Worker) -> int:
    """Take `worker` off the list, in good order: what it still owns is due at once. Returns the number of recipients."""
    adopted = _give_back(connection, worker.id)
    connection.execute(delete(WORKER).where(WORKER.c.id == worker.id))
    return adopted


def _give_back(connection: Connection, owner: str) -> int:
    return _GIVE_BACK.run(connection, [(owner,)])


def _this_host() -> str:
    """The machine, its boot, and the process namespace: only within all three does a pid mean the same process."""
    namespace = Path("/proc/self/ns/pid")
    boot = Path("/proc/sys/kernel/random/boot_id")
    try:
        return f"{os.uname().nodename} {boot.read_text(encoding='ascii').strip()} {namespace.readlink()}"
    except OSError:
        return f"{os.uname().nodename} {os.getpid()}"


def ticks_of(pid: int) -> int:
    """When the process began, in clock ticks since boot; 0 for a process that is not there or only waits to be reaped."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    # proc(5): the command, in parentheses, may hold anything; after it come the state (3) and the start time (22).
    fields = status.rpartition(")")[2].split()
    return 0 if fields[0] in {"Z", "X"} else int(fields[19])
