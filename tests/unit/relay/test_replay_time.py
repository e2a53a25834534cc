"""mailguard.relay.replay_time: which transaction comes next, and what is to become of those before it until then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from mailguard.policy.facts import State, Suppression
from mailguard.policy.parcel import Attempt, Outcome
from mailguard.relay import replay_time
from mailguard.relay.replay_time import MOST_IN_BATCH, RecordedTime
from mailguard.store import holds, queue
from mailguard.store.filter import Filter
from mailguard.store.own_mail import OwnMail, put_own
from mailguard.store.suppressions import Suppressed, said_against, suppress
from mailguard.store.tables import RECIPIENT
from tests.builders import NOW, mailboxes
from tests.ledger import EXPIRE
from tests.unit.relay.replays import ANN, BOB, Taken, letter, taking

HOUR = timedelta(hours=1)


@pytest.fixture
def taken(tmp_path: Path) -> Iterator[Taken]:
    with taking(tmp_path) as found:
        yield found


def batches(taken: Taken, *, since: timedelta = timedelta()) -> list[list[str]]:
    time = RecordedTime(taken.database, taken.span().of, NOW + since)
    return [[one.mail.id for one in batch] for batch in time.batches()]


def several(taken: Taken, count: int, *, after: timedelta = timedelta()) -> list[str]:
    return [taken.take(letter(f"bill {n}", number=n), after=after) for n in range(count)]


def test_mail_that_nothing_divides_is_one_batch(taken: Taken) -> None:
    ids = several(taken, 3, after=timedelta(minutes=1))
    assert batches(taken) == [ids]
    assert batches(taken, since=timedelta(minutes=2, seconds=30)) == [ids[:2], ids[2:]]


def test_a_batch_is_neither_long_nor_large(taken: Taken, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_IN_BATCH > 2
    monkeypatch.setattr(replay_time, "MOST_IN_BATCH", 2)
    ids = several(taken, 3)
    assert batches(taken) == [ids[:2], ids[2:]]
    monkeypatch.setattr(replay_time, "MOST_OCTETS", 1)
    assert batches(taken) == [[id] for id in ids]


def test_mail_hours_apart_is_in_batches_of_its_own(taken: Taken) -> None:
    ids = several(taken, 2, after=timedelta(minutes=61))
    assert batches(taken) == [[id] for id in ids]


def test_a_change_divides_and_a_delivery_does_not(taken: Taken) -> None:
    ids = several(taken, 2, after=timedelta(minutes=10))
    with taken.database.write() as connection:
        attempt = Attempt(NOW + timedelta(minutes=11), "hop", "250 ok")
        queue.finish(connection, [Outcome(ids[0], 0, State.DELIVERED, (attempt,), None)], owner="test")
    assert batches(taken) == [ids]
    with taken.database.write() as connection:
        suppress(connection, Suppressed(BOB, Suppression.COMPLAINED, NOW + timedelta(minutes=15), "clerk", ""))
    assert batches(taken) == [ids[:1], ids[1:]]


def test_what_a_person_did_divides_when_it_was_done(taken: Taken) -> None:
    crowd = ", ".join(f"p{n}@people.example" for n in range(11))
    held = taken.take(letter("a menu", to=crowd))
    later = [taken.take(letter(f"bill {n}", number=n + 2), after=timedelta(minutes=10)) for n in range(2)]
    with taken.database.write() as connection:
        act = holds.Act(NOW + timedelta(minutes=15), "clerk", "")
        holds.release(connection, Filter(ids=(held,)), act, expires_at=NOW + EXPIRE)
    assert batches(taken) == [[held, later[0]], later[1:]]


def test_a_late_part_comes_when_its_time_has_come(taken: Taken) -> None:
    first = taken.take(letter("a bill", to=f"{ANN}, {BOB}"), ANN)
    other = taken.take(letter("a parcel", number=2), after=timedelta(minutes=5))
    taken.take(letter("a bill", to=f"{ANN}, {BOB}"), BOB, after=timedelta(minutes=5))
    last = taken.take(letter("a house", number=3), after=timedelta(minutes=5))
    taken.take(letter("a bill", to=f"{ANN}, {BOB}"), "eve@people.example", after=timedelta(minutes=5))
    assert batches(taken) == [[first, other, first, last, first]]


def test_time_passes_into_another_ledger(taken: Taken, tmp_path_factory: pytest.TempPathFactory) -> None:
    sent = taken.take(letter("a bill"))
    taken.take(letter("a parcel", number=2), after=HOUR)
    with taken.database.write() as connection:
        attempts = (Attempt(NOW + HOUR / 2, "hop", "250 ok"),)
        queue.finish(connection, [Outcome(sent, 0, State.DELIVERED, attempts, None)], owner="test")
        suppress(connection, Suppressed(ANN, Suppression.COMPLAINED, NOW + HOUR / 2, "clerk", ""))
        suppress(connection, Suppressed(BOB, Suppression.COMPLAINED, NOW + 2 * HOUR, "clerk", ""))
    with taking(tmp_path_factory.mktemp("other")) as other:
        time = RecordedTime(taken.database, taken.span().of, NOW)
        for batch in time.batches():
            with other.database.write() as connection:
                time.pass_until(connection, batch[0].at)
            if batch[0].mail.id == sent:
                other.take(letter("a bill"))
                with other.database.write() as connection:
                    connection.execute(RECIPIENT.update().values(message=sent))
        with other.database.read() as connection:
            assert connection.execute(RECIPIENT.select()).one().state == State.DELIVERED
            assert said_against(connection, [ANN, BOB]).keys() == {ANN}


def test_mailguard_s_own_mail_becomes_nothing_that_matters(taken: Taken) -> None:
    with taken.database.write() as connection:
        own = OwnMail(
            id="01JZ", message_id="n@relay.example", subject="n", template="dsn", recipients=mailboxes(BOB), octets=b"\r\n"
        )
        put_own(connection, [own], now=NOW, expires_at=NOW + EXPIRE)
        connection.execute(RECIPIENT.update().values(state="failed"))
    id = taken.take(letter("a bill"), after=timedelta(minutes=1))
    assert batches(taken) == [["01JZ", id]]
