from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mailguard.broadcast.audience_judging import Raw
from mailguard.broadcast.audience_processes import SMALL, Task, judged_pieces
from mailguard.errors import MailguardError, UsageError
from mailguard.policy.limits import Limits
from mailguard.relay.audience_resolution import AudienceResolver
from mailguard.relay.settings import Identity
from mailguard.sources.audience_columns import find_columns
from mailguard.store.database import Database
from tests.audiences import Rows, prototype


def task(url: str) -> Task:
    return Task(
        database=url,
        columns=find_columns(Rows([], ("email",))),
        prototype=prototype(),
        limits=Limits(),
        region="",
        source="",
        brand="",
        resolver=AudienceResolver(Identity(), Limits()),
    )


def pieces(count: int) -> Iterator[list[Raw]]:
    return ([(number, [f"p{number}@people.example"])] for number in range(count))


def test_small_audience_is_judged_here(database: Database) -> None:
    judged = list(judged_pieces(task(database.url), pieces(SMALL), processes=2))
    assert [one.domains["people.example"] for one in judged] == [1] * SMALL
    assert gc.isenabled()


def test_where_there_is_one_process_all_is_judged_here(database: Database) -> None:
    assert len(list(judged_pieces(task(database.url), pieces(SMALL + 1), processes=1))) == SMALL + 1


def test_collector_stays_off_for_who_has_turned_it_off(database: Database) -> None:
    gc.disable()
    try:
        list(judged_pieces(task(database.url), pieces(1), processes=1))
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_database_that_is_not_there_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        list(judged_pieces(task(f"sqlite:///{tmp_path}/none.db"), pieces(1), processes=1))


def test_large_audience_is_judged_by_others_in_order_and_a_killed_one_is_told_of(database: Database) -> None:
    """One test for all that needs processes: they take a second to start."""
    killer = replace(task(database.url), resolver=AudienceResolver(Identity(), Limits()))
    judged = judged_pieces(killer, pieces(10_000), processes=1 + 1)
    assert [row.first["unknown_person"][0][0] for row, _ in zip(judged, range(SMALL * 2), strict=False)] == list(
        range(SMALL * 2)
    )
    for child in children():
        os.kill(child, signal.SIGINT)
    assert next(judged).domains == {"people.example": 1}
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, ())
    for child in children():
        os.kill(child, signal.SIGKILL)
    with pytest.raises(MailguardError, match="was killed"):
        list(judged)
    assert not children()


def children() -> list[int]:
    """The processes of this one that run Python, without multiprocessing's own tracker."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            is_mine = int((folder / "stat").read_text().rpartition(")")[2].split()[1]) == os.getpid()
            if is_mine and b"spawn_main" in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except OSError:  # it has just ended
            continue
    return found
