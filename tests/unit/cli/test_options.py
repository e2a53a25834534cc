"""mailguard.cli.options: the options that several commands have."""

from __future__ import annotations

import getpass
from datetime import timedelta

import pytest
import typer

from mailguard.cli.options import actor, duration_option


def test_duration_is_read_as_in_the_file() -> None:
    assert duration_option("2h") == timedelta(hours=2)


def test_duration_that_cannot_be_read_comes_with_its_mend() -> None:
    with pytest.raises(typer.BadParameter, match="write 2h"):
        duration_option("2 hours")


def test_actor_is_who_runs_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUDO_USER", raising=False)
    assert actor() == getpass.getuser()
    monkeypatch.setenv("SUDO_USER", "ada")
    assert actor() == "ada"
