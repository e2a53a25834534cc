from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select, update

from mailguard.policy.facts import State
from mailguard.policy.parcel import Attempt, Outcome
from mailguard.store import queue
from mailguard.store.database import Database
from mailguard.store.queue import lease
from mailguard.store.tables import RECIPIENT, WORKER
from mailguard.store.workers import PAUSED, Worker, adopt_orphans, heartbeat, retire, ticks_of
from tests.builders import NOW, message
from tests.ledger import OWNER, mail, take

LEASE = timedelta(seconds=30)
ELSEWHERE = Worker("01JA0000000000000000000ELS", "another host", 1, 1)


def test_a_process_knows_itself_and_is_not_gone() -> None:
    worker = Worker.of_this_process(NOW)
    assert worker.pid == os.getpid()
    assert worker.ticks > 0
    assert not worker.is_gone
    assert worker.id != Worker.of_this_process(NOW).id


def test_a_process_that_has_ended_is_gone_at_once() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    worker = replace(Worker.of_this_process(NOW), pid=process.pid, ticks=ticks_of(process.pid))
    assert not worker.is_gone
    process.kill()
    assert process.stdin is not None
    process.stdin.close()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert worker.is_gone  # a zombie delivers nothing
    process.wait()
    assert worker.is_gone


def test_a_pid_used_again_is_another_process() -> None:
    worker = Worker.of_this_process(NOW)
    assert replace(worker, ticks=worker.ticks - 1).is_gone


def test_of_another_host_nothing_can_be_told() -> None:
    assert not ELSEWHERE.is_gone


def test_mail_of_a_worker_whose_lease_ended_is_adopted_and_due_at_once(database: Database) -> None:
    one = mail(message(), "ann@people.example", "bob@people.example")
    with database.write() as connection:
        heartbeat(connection, worker=ELSEWHERE, lease_until=NOW + LEASE)
        take(connection, one, owner=ELSEWHERE.id)
        assert adopt_orphans(connection, now=NOW + LEASE - timedelta(microseconds=1)) == 0
        assert adopt_orphans(connection, now=NOW + LEASE) == 2
        assert connection.execute(select(WORKER)).all() == []
        (parcel,) = lease(connection, owner="b", now=NOW, limit=10)
    assert len(parcel.destinations) == 2


def test_a_heartbeat_moves_the_end_of_the_lease(database: Database) -> None:
    with database.write() as connection:
        take(connection, mail(message(), "ann@people.example"), owner=ELSEWHERE.id)
        for second in (0, 10, 20):
            heartbeat(connection, worker=ELSEWHERE, lease_until=NOW + timedelta(seconds=second) + LEASE)
        assert adopt_orphans(connection, now=NOW + timedelta(seconds=49)) == 0
        assert adopt_orphans(connection, now=NOW + timedelta(seconds=50)) == 1


def test_a_process_of_this_host_that_runs_keeps_its_mail_however_long_the_ledger_was_away(database: Database) -> None:
    alive = Worker.of_this_process(NOW)
    with database.write() as connection:
        heartbeat(connection, worker=alive, lease_until=NOW + LEASE)
        take(connection, mail(message(), "ann@people.example"), owner=alive.id)
        assert adopt_orphans(connection, now=NOW + timedelta(hours=1)) == 0


def test_mail_of_a_dead_worker_of_this_host_is_adopted_without_waiting(database: Database) -> None:
    alive = Worker.of_this_process(NOW)
    dead = replace(alive, id="01JA000000000000000000DEAD", ticks=alive.ticks - 1)
    with database.write() as connection:
        for number, worker in enumerate((alive, dead)):
            heartbeat(connection, worker=worker, lease_until=NOW + LEASE)
            text = message(f"{number}", message_id=f"{number}@x.example")
            take(connection, mail(text, "ann@people.example"), owner=worker.id)
        assert adopt_orphans(connection, now=NOW) == 1
        owners = connection.execute(select(RECIPIENT.c.owner)).scalars().all()
        assert sorted(owners) == ["", alive.id]


def test_mail_of_a_worker_that_is_said_to_be_dead_or_was_never_known_is_adopted(database: Database) -> None:
    with database.write() as connection:
        heartbeat(connection, worker=ELSEWHERE, lease_until=NOW + LEASE)
        take(connection, mail(message("a"), "ann@people.example"), owner=ELSEWHERE.id)
        take(connection, mail(message("b", message_id="b@x.example"), "ann@people.example"), owner="unknown")
        assert adopt_orphans(connection, now=NOW) == 1
        assert adopt_orphans(connection, now=NOW, dead=[ELSEWHERE.id]) == 1


def test_what_is_finished_is_not_adopted(database: Database) -> None:
    with database.write() as connection:
        take(connection, mail(message(), "ann@people.example"), owner="unknown")
        connection.execute(update(RECIPIENT).values(state="delivered"))
        assert adopt_orphans(connection, now=NOW) == 0


def test_a_worker_that_retires_leaves_nothing_behind(database: Database) -> None:
    with database.write() as connection:
        heartbeat(connection, worker=ELSEWHERE, lease_until=NOW + LEASE)
        take(connection, mail(message(), "ann@people.example"), owner=ELSEWHERE.id)
        assert retire(connection, ELSEWHERE) == 1
        assert connection.execute(select(WORKER)).all() == []
        assert len(lease(connection, owner="b", now=NOW, limit=10)) == 1


def test_paused_mail_is_nobody_s_orphan(database: Database) -> None:
    with database.write() as connection:
        take(connection, mail(message(), "ann@people.example"), owner=PAUSED)
        assert adopt_orphans(connection, now=NOW) == 0
        assert lease(connection, owner="b", now=NOW, limit=10) == []


def test_what_a_dead_worker_had_may_have_been_delivered(database: Database) -> None:
    with database.write() as connection:
        first, second = take(connection, mail(message(message_id="1@x")), mail(message(message_id="2@x"), "bob@people.example"))
        before = (Attempt(NOW, "mx:25", "451 later"),)
        queue.finish(connection, [Outcome(second.id, 0, State.DEFERRED, before, NOW)], owner=OWNER)
        connection.exec_driver_sql(f"UPDATE recipient SET owner = '{OWNER}'")
        assert adopt_orphans(connection, now=NOW) == 2
        attempts = [parcel.destinations[0].attempts for parcel in queue.parcels_of(connection, [(first.id, 0), (second.id, 0)])]
    assert [[one.is_uncertain for one in tries] for tries in attempts] == [[True], [False, True]]
    assert attempts[0][0].next_hop == ""
