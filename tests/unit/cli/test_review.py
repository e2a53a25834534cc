"""mailguard.cli.review: the command itself, and what it loads."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.unit.cli.conftest import Mailguard


@pytest.mark.parametrize("name", ["list", "show", "decide", "undo", "export", "import", "learn", "adopt"])
def test_command_is_listed(mailguard: Mailguard, name: str) -> None:
    assert f"  {name} " in mailguard("review", "--help").out


def test_options_before_the_command_are_refused(mailguard: Mailguard) -> None:
    ran = mailguard("review", "--json", "list")
    assert (ran.status, ran.err) == (2, "mailguard: options stand after the command: mailguard review list …\n")


def test_screen_prints_no_json(mailguard: Mailguard) -> None:
    ran = mailguard("review", "--json")
    assert (ran.status, ran.err) == (2, "mailguard: the screen prints no JSON; for programs: mailguard review list --json\n")


def test_neither_pandas_nor_the_screen_is_loaded_for_a_list() -> None:
    loaded = "import sys, mailguard.cli.review; print(sorted({'pandas', 'numpy', 'textual', 'plotext'} & sys.modules.keys()))"
    ran = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
    screen = "import sys, mailguard.cli.review.screen; print(sorted({'pandas', 'numpy', 'plotext'} & sys.modules.keys()))"
    ran = subprocess.run([sys.executable, "-c", screen], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
