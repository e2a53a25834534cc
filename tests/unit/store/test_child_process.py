"""mailguard.store.child_process: a process that ends with the one that started it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from mailguard.store.child_process import _end_after_parent

PARENT = """
import time
from multiprocessing import get_context
from mailguard.store.child_process import live_with_parent


def wait(pipe):
    live_with_parent()
    pipe.send("here")
    time.sleep(600)


if __name__ == "__main__":
    here, there = get_context("spawn").Pipe()
    child = get_context("spawn").Process(target=wait, args=(there,))
    child.start()
    here.recv()
    print("here", flush=True)
    time.sleep(600)
"""


def test_child_ends_with_its_parent_that_is_killed(tmp_path: Path) -> None:
    (tmp_path / "parent.py").write_text(PARENT, encoding="utf-8")
    with subprocess.Popen([sys.executable, tmp_path / "parent.py"], stdout=subprocess.PIPE, start_new_session=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"here\n"
        parent.kill()
        assert parent.stdout.read() == b""  # the child has it open, too: it has ended


def test_end_of_the_parent_is_waited_for_only_by_children() -> None:
    _end_after_parent()
