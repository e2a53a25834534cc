"""mailguard.relay.writer: batches form by themselves, commits are shared, and one poisonous mail costs nobody else theirs."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from mailguard.policy.facts import State
from mailguard.policy.parcel import Outcome
from mailguard.relay.writer import MOST_IN_BATCH, Writer
from mailguard.store.database import Database


class Ledger:
    """Commits words; "poison" raises. `gate` holds the first commit until it is set."""

    def __init__(self) -> None:
        self.batches: list[tuple[str, ...]] = []
        self.outcomes: list[Outcome] = []
        self.committed: list[str] = []
        self.gate = threading.Event()
        self.gate.set()
        self.begun = threading.Event()
        self.failed = threading.Event()
        self.fails = 0

    def commit(self, connection: Connection, items: Sequence[str], outcomes: Sequence[Outcome]) -> list[str]:
        self.begun.set()
        assert self.gate.wait(30)
        connection.execute(text("SELECT 1"))
        self.batches.append(tuple(items))
        if "poison" in items:
            raise ValueError("poison")
        if self.fails:
            self.fails -= 1
            if not self.fails:
                self.failed.set()
            raise OSError("the disk is away")
        self.outcomes += outcomes
        return [item.upper() for item in items]


@asynccontextmanager
async def running(folder: Path, ledger: Ledger) -> AsyncIterator[Writer[str, str]]:
    database = Database.open(f"sqlite:///{folder}/ledger.db")
    writer: Writer[str, str] = Writer(database, commit=ledger.commit, committed=ledger.committed.extend)
    writer.start()
    yield writer
    await writer.stop()
    database.close()


OUTCOME = Outcome("01J", 0, State.DELIVERED, (), None)


async def test_what_arrives_during_a_commit_is_the_next_batch(tmp_path: Path) -> None:
    ledger = Ledger()
    ledger.gate.clear()
    async with running(tmp_path, ledger) as writer:
        first = asyncio.create_task(writer.put("a"))
        await asyncio.sleep(0)
        await asyncio.to_thread(ledger.begun.wait)
        rest = [asyncio.create_task(writer.put(word)) for word in ("b", "c", "d")]
        await asyncio.sleep(0)
        ledger.gate.set()
        assert await asyncio.gather(first, *rest) == ["A", "B", "C", "D"]
    assert ledger.batches == [("a",), ("b", "c", "d")]
    assert ledger.committed == ["A", "B", "C", "D"]


async def test_a_batch_is_bounded(tmp_path: Path) -> None:
    ledger = Ledger()
    ledger.gate.clear()
    async with running(tmp_path, ledger) as writer:
        waiting = [asyncio.create_task(writer.put(str(number))) for number in range(3 * MOST_IN_BATCH)]
        await asyncio.sleep(0)
        ledger.gate.set()
        await asyncio.gather(*waiting)
    assert max(map(len, ledger.batches)) <= MOST_IN_BATCH + 1


async def test_poison_is_refused_and_the_others_are_taken(tmp_path: Path) -> None:
    ledger = Ledger()
    ledger.gate.clear()
    async with running(tmp_path, ledger) as writer:
        words = [asyncio.create_task(writer.put(word)) for word in ("a", "poison", "b")]
        writer.report([OUTCOME])
        await asyncio.sleep(0)
        ledger.gate.set()
        found = await asyncio.gather(*words, return_exceptions=True)
    assert found[0] == "A"
    assert isinstance(found[1], ValueError)
    assert found[2] == "B"
    assert ledger.outcomes == [OUTCOME]


async def test_a_ledger_that_is_locked_is_waited_for_once_and_not_by_each_item(tmp_path: Path) -> None:
    ledger = Ledger()
    disowned: list[str] = []
    database = Database.open(f"sqlite:///{tmp_path}/ledger.db")
    writer: Writer[str, str] = Writer(
        database,
        commit=ledger.commit,
        committed=ledger.committed.extend,
        disown=lambda _, names: disowned.extend(names),
    )
    with database.write() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 0")
    with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = [asyncio.create_task(writer.put(word)) for word in ("a", "b", "c")]
        await asyncio.sleep(0)
        writer.report([OUTCOME])
        writer.start()
        refused = await asyncio.gather(*waiting, return_exceptions=True)
        assert [str(getattr(error, "orig", "")) for error in refused] == ["database is locked"] * 3
    assert await writer.put("d") == "D"
    assert disowned == ["a", "b", "c"]  # each was tried once
    assert (ledger.batches, ledger.outcomes) == ([("d",)], [OUTCOME])
    await writer.stop()
    database.close()


async def test_outcomes_that_could_not_be_written_are_written_later(tmp_path: Path) -> None:
    ledger = Ledger()
    async with running(tmp_path, ledger) as writer:
        ledger.fails = 2
        writer.report([OUTCOME])
        await asyncio.to_thread(ledger.failed.wait)
        assert await writer.put("a") == "A"
    assert ledger.outcomes == [OUTCOME]


async def test_an_operation_has_a_transaction_and_a_failure_of_its_own(tmp_path: Path) -> None:
    def fail(connection: Connection) -> None:
        connection.execute(text("CREATE TABLE never (x INTEGER)"))
        raise RuntimeError("no")

    async with running(tmp_path, Ledger()) as writer:
        with pytest.raises(RuntimeError, match="no"):
            await writer.run(fail)
        tables = await writer.run(lambda connection: connection.execute(text("SELECT name FROM sqlite_master")).scalars().all())
        assert "never" not in tables


async def test_a_session_that_has_gone_is_not_answered(tmp_path: Path) -> None:
    ledger = Ledger()
    ledger.gate.clear()
    async with running(tmp_path, ledger) as writer:
        gone = [asyncio.create_task(writer.put(word)) for word in ("a", "poison")]
        await asyncio.sleep(0)
        for task in gone:
            task.cancel()
        await asyncio.gather(*gone, return_exceptions=True)
        ledger.gate.set()
        assert await writer.put("b") == "B"


async def test_stopping_finishes_what_waits(tmp_path: Path) -> None:
    ledger = Ledger()
    async with running(tmp_path, ledger) as writer:
        waiting = asyncio.create_task(writer.put("last"))
        await asyncio.sleep(0)
    assert await waiting == "LAST"


async def test_an_operation_whose_caller_has_gone_costs_nobody_anything(tmp_path: Path) -> None:
    ledger = Ledger()
    ledger.gate.clear()
    async with running(tmp_path, ledger) as writer:
        first = asyncio.create_task(writer.put("a"))
        await asyncio.to_thread(ledger.begun.wait)
        gone = asyncio.create_task(writer.run(lambda _: None))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        ledger.gate.set()
        assert await first == "A"
        assert await writer.put("b") == "B"


async def test_what_a_failed_transaction_may_have_written_is_let_go_of(tmp_path: Path) -> None:
    ledger = Ledger()
    disowned: list[list[str]] = []
    database = Database.open(f"sqlite:///{tmp_path}/ledger.db")
    writer: Writer[str, str] = Writer(
        database,
        commit=ledger.commit,
        committed=ledger.committed.extend,
        disown=lambda _, names: disowned.append(list(names)),
        name=lambda item: f"id of {item}",
    )
    writer.start()
    with pytest.raises(ValueError, match="poison"):
        await writer.put("poison")
    assert await writer.put("a") == "A"
    assert await writer.put("b") == "B"
    assert disowned[-1] == ["id of poison", "id of poison"]
    assert len(disowned) == 2
    await writer.stop()
    database.close()
