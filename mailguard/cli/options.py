"""The options that several commands have, each spelled and explained once."""

from __future__ import annotations

import getpass
import os
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

import typer

from mailguard.config.duration import parse_duration

ACTOR_VARIABLE: Final = "SUDO_USER"


def duration_option(text: str) -> timedelta:
    """Return the time that an option names, such as 2h."""
    try:
        return parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error


ConfigFile = Annotated[Path | None, typer.Option("--config", "-c", metavar="FILE", help="The configuration file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=1_000_000, help="Show at most this many.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is recorded.")]


def actor() -> str:
    """Return who runs the command, for the record: the person behind sudo where there is one."""
    return os.environ.get(ACTOR_VARIABLE) or getpass.getuser()
