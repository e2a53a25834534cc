"""mailguard.linkage.preparing: rows made ready to be written, here or in other processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from multiprocessing import active_children

import pytest

from mailguard.errors import MailguardError
from mailguard.identity.blocking import blocking_keys
from mailguard.linkage.preparing import Recipe, make_ready, ready_pieces
from mailguard.sources.mapping import map_columns
from mailguard.sources.source_row import Flaw, Row

RECIPE = Recipe(map_columns(["id", "name", "email", "phone"]), "crm", "GB")
PIECE: list[Row | Flaw] = [
    Row(2, ["1", "Ada Lovelace", "ada@mail.example", "020 7946 0018"]),
    Flaw(3, "2 values, the header has 4"),
    Row(4, ["", "Bea", "", ""]),
    Row(5, ["3", "Cy", "cy at mail", ""]),
]


def test_rows_are_read_standardised_and_given_their_keys() -> None:
    ada, short, nobody, cy = make_ready(RECIPE, PIECE)
    assert ada.record is not None
    assert (ada.record.source, ada.record.source_key, ada.record.standard.phone) == ("crm", "1", "+442079460018")
    assert ada.record.keys == blocking_keys(ada.record.standard)
    assert (short.line, short.record, short.reason) == (3, None, "2 values, the header has 4")
    assert (nobody.line, nobody.record, nobody.reason) == (4, None, "no key")
    assert cy.warnings == ("'cy at mail' is no mailbox; kept as it is",)


def test_nothing_is_made_of_nothing() -> None:
    assert list(ready_pieces(iter([]), RECIPE)) == []


@pytest.mark.parametrize("count", [1, 2, 7])
def test_pieces_come_in_order_wherever_they_are_made(count: int) -> None:
    pieces = [[Row(n, [str(n), f"Ada {n}", "", ""])] for n in range(count)]
    assert list(ready_pieces(iter(pieces), RECIPE)) == [make_ready(RECIPE, piece) for piece in pieces]


def test_no_more_is_read_ahead_than_is_worked_on() -> None:
    read = 0

    def pieces() -> Iterator[list[Row]]:
        nonlocal read
        for n in range(100):
            read = n
            yield [Row(n, [str(n), "Ada", "", ""])]

    ready = ready_pieces(pieces(), RECIPE)
    next(ready)
    assert read <= 6
    ready.close()  # type: ignore[attr-defined]


def test_source_that_fails_ends_it() -> None:
    def pieces() -> Iterator[list[Row]]:
        yield [Row(1, ["1", "Ada", "", ""])]
        yield [Row(2, ["2", "Bea", "", ""])]
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        list(ready_pieces(pieces(), RECIPE))


def test_a_process_that_is_killed_ends_it_in_words() -> None:
    ready = ready_pieces(([Row(n, [str(n), "Ada", "", ""])] for n in range(10**6)), RECIPE)
    next(ready)
    for process in active_children():
        process.kill()
    with pytest.raises(MailguardError, match="run the import again"):
        list(ready)


PARENT = """
import sys, os
from mailguard.sources.mapping import map_columns
from mailguard.linkage.preparing import Recipe, ready_pieces
from mailguard.sources.source_row import Row
from multiprocessing import active_children
if __name__ == "__main__":
    pieces = ([Row(n, [str(n), "Ada"])] for n in range(10**9))
    for piece in ready_pieces(pieces, Recipe(map_columns(["id", "name"]), "crm", "")):
        print(*(child.pid for child in active_children()), flush=True)
        sys.stdin.read()
"""


def test_processes_end_with_the_one_that_asked(tmp_path: object) -> None:
    """Killed as by `kill -9`: the pipe that its processes inherited closes when the last of them has gone."""
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        children = [int(pid) for pid in process.stdout.readline().split()]
        assert children
        os.kill(process.pid, signal.SIGKILL)
        assert process.stdout.read() == ""
