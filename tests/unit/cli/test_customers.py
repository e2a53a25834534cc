"""mailguard.cli.customers: the commands about customers."""

from __future__ import annotations

import subprocess
import sys

from tests.unit.cli.conftest import Mailguard


def test_help_names_each_command(mailguard: Mailguard) -> None:
    out = mailguard("customers", "--help").out
    assert all(name in out for name in ("import", "resolve", "show", "split", "export", "forget"))


def test_commands_load_pandas_only_to_link() -> None:
    code = "import sys, mailguard.cli.customers; sys.exit(any(name in sys.modules for name in ('pandas', 'recordlinkage', 'numpy')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
