"""mailguard.__main__: the program as a program."""

from __future__ import annotations

import subprocess
import sys

from mailguard import __version__


def test_the_module_runs_as_a_program() -> None:
    ended = subprocess.run([sys.executable, "-m", "mailguard", "--version"], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == f"mailguard {__version__}"


def test_bad_usage_is_one_line_and_exit_status_2() -> None:
    ended = subprocess.run([sys.executable, "-m", "mailguard", "nothing"], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
