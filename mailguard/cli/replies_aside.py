"""`mailguard replies aside`: what came in and could not be read as a mail, with the reason and where it lies at its source."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from mailguard.cli.ledger import open_ledger
from mailguard.cli.options import AsJson, ConfigFile, Limit
from mailguard.cli.output import note, print_json, print_table, when
from mailguard.store.set_aside import SetAside, all_set_aside, one_set_aside

Number = Annotated[int | None, typer.Argument(metavar="NUMBER", help="One of them: its octets, for a file or a mail program.")]


def aside(number: Number = None, limit: Limit = 50, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Show what could not be read and was put aside, the newest first. Exit status 1 if there is nothing."""
    with open_ledger(config) as (_, database), database.read() as connection:
        one = None if number is None else one_set_aside(connection, number)
        found = [] if number is not None else all_set_aside(connection, limit=limit)
    if one is not None and not as_json:
        _print_octets(one)
    elif number is not None and one is None:
        note(f"nothing was put aside under {number}; see: mailguard replies aside")
        raise typer.Exit(1)
    elif as_json:
        print_json([_document(each) for each in found] if one is None else _document(one))
    elif found:
        print_table(("number", "at", "source", "name", "reason"), [_row(each) for each in found])
    if number is None and not found:
        note("nothing was put aside")
        raise typer.Exit(1)


def _print_octets(one: SetAside) -> None:
    if not one.octets:
        note(f"nothing of it is kept here; look for {one.name} at {one.source}")
        raise typer.Exit(1)
    sys.stdout.buffer.write(one.octets)


def _row(one: SetAside) -> tuple[str, ...]:
    return str(one.number), when(one.at), one.source, one.name, one.reason


def _document(one: SetAside) -> dict[str, Any]:
    return {
        "number": one.number,
        "at": one.at,
        "source": one.source,
        "name": one.name,
        "reason": one.reason,
        "kept": len(one.octets),
    }
