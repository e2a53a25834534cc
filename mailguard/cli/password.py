"""`mailguard password`: the hash that a client's password is known by, and bearer tokens."""

from __future__ import annotations

import secrets
import sys
from typing import Final

import typer
from argon2 import PasswordHasher

from mailguard.cli.options import AsJson
from mailguard.cli.output import print_json, say
from mailguard.config.bearer import hashed
from mailguard.errors import UsageError

command = typer.Typer(rich_markup_mode=None)

TOKEN_OCTETS: Final = 32


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


@command.command("token")
def make_token(as_json: AsJson = False) -> None:
    """Print a new random bearer token for whoever asks over HTTP, and its hash for token of [[http.tokens]]."""
    token = secrets.token_urlsafe(TOKEN_OCTETS)
    if as_json:
        print_json({"token": token, "token_hash": hashed(token)})
        return
    say(f"token: {token}")
    say(f"hash:  {hashed(token)}")


def _asked() -> str:
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
