"""mailguard.cli.app: the commands, and what is said when one cannot be run."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import typer

from mailguard import __version__
from mailguard.cli.app import COMMANDS, Command, run
from mailguard.errors import MailguardError
from tests.unit.cli.conftest import Mailguard


def test_help_names_every_command_with_its_sentence(mailguard: Mailguard) -> None:
    ran = mailguard("--help")
    assert ran.status == 0
    for command in COMMANDS:
        assert command.name in ran.out
    assert mailguard().out == ran.out


def test_version_is_shown(mailguard: Mailguard) -> None:
    assert mailguard("--version").out == f"mailguard {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["frobnicate"], "mailguard: No such command 'frobnicate'; see: mailguard --help\n"),
        (["wyh", "01JD"], "mailguard: No such command 'wyh'. Did you mean 'why'?; see: mailguard --help\n"),
        (["--frobnicate"], "mailguard: No such option: --frobnicate; see: mailguard --help\n"),
        (["config"], "mailguard: Missing command; see: mailguard config --help\n"),
        (["config", "check", "--frobnicate"], "mailguard: No such option: --frobnicate; see: mailguard config check --help\n"),
        (["init", "a", "b"], "mailguard: Got unexpected extra argument(s) (b); see: mailguard init --help\n"),
        (
            ["link", "--engine", "none"],
            "mailguard: Invalid value for '--engine': 'none' is not one of 'recordlinkage', 'duckdb', 'spark'; see: mailguard link --help\n",
        ),
        (["config", "show", "-c", "none.toml"], "mailguard: none.toml is not there; make one with: mailguard init\n"),
    ],
)
def test_bad_usage_is_one_line_and_status_2(mailguard: Mailguard, arguments: list[str], said: str) -> None:
    ran = mailguard(*arguments)
    assert (ran.status, ran.out, ran.err) == (2, "", said)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_is_there(command: Command) -> None:
    found = import_module(f"mailguard.cli.{command.module}").command
    assert callable(found) or isinstance(found, typer.Typer)


def test_what_fails_on_the_way_is_one_line_and_status_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_arguments: object) -> None:
        raise MailguardError("the database failed:\n\tno route to host")

    monkeypatch.setattr("mailguard.cli.app.build", fail)
    assert run(["why", "x"]) == 1
    assert capsys.readouterr().err == "mailguard: the database failed: no route to host\n"


def test_only_the_command_that_is_asked_for_is_loaded() -> None:
    code = (
        "import sys; from mailguard.cli.app import run; run(['--help']); "
        "sys.exit(any(name in sys.modules for name in ('pydantic', 'sqlalchemy', 'rich', 'mailguard.config')))"
    )
    assert subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL, check=False).returncode == 0


def test_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mailguard", "config", "show", "--json"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(timeout=30) == 0


def test_ctrl_c_is_no_traceback(mailguard: Mailguard, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mailguard.config.loading.find_file", interrupt)
    ran = mailguard("config", "show")
    assert (ran.status, ran.out) == (130, "")
    assert "Traceback" not in ran.err
