"""The clerical review among several clerks, and when a clerk's program is killed: no pair twice, no answer lost."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from mailguard.cli.review.desk import LEASE
from mailguard.cli.review.screen import SETTLE
from mailguard.store.database import Database
from mailguard.store.verdicts import all_verdicts
from tests.postgres_server import PostgresServer, postgres
from tests.unit.cli.review.conftest import ask

__all__ = ["postgres"]

ROOT = Path(__file__).parents[2]
QUESTIONS = 60


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A ledger with questions."""
    server: PostgresServer | None = request.getfixturevalue("postgres") if request.param == "postgres" else None
    found = server.clean_database() if server is not None else f"sqlite:///{tmp_path}/mailguard.db"
    with closing(Database.open(found)) as database, database.write() as connection:
        ask(connection, [0.9] * QUESTIONS)
    return found


def start(url: str, clerk: str, *, later: float = 0) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.integration.review_clerk", url, clerk, str(later)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def rest_of(process: subprocess.Popen[str]) -> list[tuple[str, str]]:
    """What it said, word and question; half a line was not said."""
    said, _ = process.communicate()
    lines = [line.split() for line in said.splitlines(keepends=True) if line.endswith("\n")]
    return [(word, question) for word, question in lines]


def answered(url: str) -> Counter[str]:
    with closing(Database.open(url)) as database, database.read() as connection:
        return Counter(f"{one.a}-{one.b}" for one in all_verdicts(connection))


def test_clerks_at_once_never_get_the_same_pair(url: str) -> None:
    # One clerk at three desks: so nothing is asked of a second clerk, and whatever is taken twice is taken by mistake.
    desks = [start(url, "ada") for _ in range(3)]
    for desk in desks:
        go(desk)
    said = [rest_of(desk) for desk in desks]
    taken = Counter(question for one in said for word, question in one if word == "took")
    assert set(taken.values()) == {1}
    assert not [question for one in said for word, question in one if word == "lost"]
    assert answered(url) == taken
    assert len(taken) == QUESTIONS


def test_answers_outlive_a_killed_program_and_its_pair_is_asked_again(url: str) -> None:
    kept: set[str] = set()
    killed = start(url, "ada")
    go(killed)
    assert killed.stdout is not None
    for _ in range(21):
        word, question = killed.stdout.readline().split()
        if word == "kept":
            kept.add(question)
    killed.kill()
    kept |= {question for word, question in rest_of(killed) if word == "kept"}
    assert kept <= set(answered(url))
    # At most the one answer that was durable and not yet said.
    assert len(answered(url)) - len(kept) <= 1
    after = start(url, "ada", later=LEASE.total_seconds())
    go(after)
    rest_of(after)
    assert len(answered(url)) == QUESTIONS


# --- the real screen, on a real terminal -------------------------------------------------------------------------------


class Terminal:
    """A terminal with `mailguard review` on it."""

    def __init__(self, folder: Path) -> None:
        self._end, other = os.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        environment = os.environ | {"TERM": "xterm-256color", "SUDO_USER": "ada", "COLUMNS": "80", "LINES": "24"}
        command = [sys.executable, "-m", "mailguard", "review"]
        self.process = subprocess.Popen(
            command, stdin=other, stdout=other, stderr=other, cwd=folder, env=environment | {"PYTHONPATH": str(ROOT)}
        )
        os.close(other)
        self._seen = b""

    def wait_for(self, text: str) -> None:
        """Read until the screen has shown this since the last key."""
        while text.encode() not in self._seen:
            readable, _, _ = select.select([self._end], [], [], 60)
            assert readable, self._seen.decode(errors="replace")
            self._seen += os.read(self._end, 65_536)

    def press(self, key: str) -> None:
        self._seen = b""
        os.write(self._end, key.encode())

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._end)


@contextmanager
def review_in(folder: Path) -> Iterator[Terminal]:
    terminal = Terminal(folder)
    try:
        yield terminal
    finally:
        terminal.close()


def test_screen_that_is_killed_loses_no_answer(tmp_path: Path) -> None:
    with closing(Database.open(f"sqlite:///{tmp_path}/mailguard.db")) as database:
        with database.write() as connection:
            asked = ask(connection, [0.9, 0.8, 0.7])
        with review_in(tmp_path) as terminal:
            terminal.wait_for(asked[0])
            terminal.wait_for("Quit")
            # An answer counts when its pair was on the screen for a moment; so there is nothing to wait for but the time.
            time.sleep(2 * SETTLE)
            terminal.press("s")
            terminal.wait_for(asked[1])
            terminal.process.send_signal(signal.SIGKILL)
            assert terminal.process.wait() == -signal.SIGKILL
        with database.write() as connection:
            assert [f"{one.a}-{one.b}" for one in all_verdicts(connection)] == asked[:1]
            connection.exec_driver_sql("UPDATE question SET claimed_until = 0 WHERE claimed_by <> ''")
        with review_in(tmp_path) as terminal:
            terminal.wait_for(asked[1])
            terminal.press("z")
            terminal.wait_for(asked[0])
            terminal.press("q")
            assert terminal.process.wait(30) == 0
        with database.read() as connection:
            assert all_verdicts(connection) == []
