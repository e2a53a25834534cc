"""`mailguard password`: the hash that a client's password is known by."""

from __future__ import annotations

import sys

import typer
from argon2 import PasswordHasher

from mailguard.cli.options import AsJson
from mailguard.cli.output import print_json, say
from mailguard.errors import UsageError

command = typer.Typer(rich_markup_mode=None)


@command.callback()
def _group() -> None:
    """Keep `hash` a command of its own while it is the only one."""


@command.command("hash")
def make_hash(as_json: AsJson = False) -> None:
    """Print the argon2 hash of a password for password_hash; it is asked for, or read from standard input."""
    password = _asked() if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise UsageError("the password is empty; type one, or pipe it in")
    made = PasswordHasher().hash(password)
    if as_json:
        print_json({"password_hash": made})
        return
    say(made)


def _asked() -> str:
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
