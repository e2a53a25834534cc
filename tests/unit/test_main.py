"""mailguard.__main__: the program as a program."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mailguard import __version__
from mailguard.__main__ import main


def test_the_module_runs_as_a_program() -> None:
    ended = subprocess.run([sys.executable, "-m", "mailguard", "--version"], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == f"mailguard {__version__}"


def test_bad_usage_is_one_line_and_exit_status_2() -> None:
    ended = subprocess.run([sys.executable, "-m", "mailguard", "nothing"], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1


def test_ctrl_c_while_a_command_is_loaded_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mailguard.cli.app.build", interrupt)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130
