"""`mailguard broadcast`: how far each checked broadcast has gone, and whom it has not reached."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Annotated, Final

import typer

from mailguard.cli.ledger import open_ledger
from mailguard.cli.options import AsJson, ConfigFile, Limit
from mailguard.cli.output import counted, note, print_json, print_json_line, print_table, say, when
from mailguard.errors import AddressError
from mailguard.mail.mailbox import Mailbox
from mailguard.relay.clock import system_clock
from mailguard.sources.audience_columns import find_columns
from mailguard.sources.audience_source import open_audience
from mailguard.sources.mailbox_cell import mailbox_in
from mailguard.sources.source_row import Row, Source
from mailguard.store.broadcast_document import BroadcastDocument
from mailguard.store.broadcasts import Broadcast, broadcasts, find_broadcast, taken_among
from mailguard.store.database import Database

command = typer.Typer(rich_markup_mode=None)

PIECE: Final = 5_000
"""Rows of a file that are looked up at a time."""

Id = Annotated[str, typer.Argument(metavar="ID", help="The broadcast, as mailguard check --sign names it.")]
Left = Annotated[
    str, typer.Option("--left", metavar="AUDIENCE.csv", help="Print the rows of this file for which no mail was taken yet.")
]


@command.command("list")
def list_broadcasts(limit: Limit = 20, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Show signed broadcasts, newest first, and how many of their members were taken. Exit status 1 if there is none."""
    with open_ledger(config) as (_, database), database.read() as connection:
        found = broadcasts(connection, limit=limit)
    if as_json:
        print_json([BroadcastDocument.of(one) for one in found])
    elif found:
        columns = ("id", "signed", "by", "audience", "subject", "members", "taken", "good until")
        print_table(columns, [_row(one) for one in found])
    if not found:
        note("there are no broadcasts; sign one with: mailguard check MESSAGE --to AUDIENCE --sign")
        raise typer.Exit(1)


@command.command("show")
def show_broadcast(id: Id, left: Left = "", config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Show one broadcast, and what has become of its mail; or, with --left, who is still to get it. Exit status 1 for none."""
    with open_ledger(config) as (_, database):
        with database.read() as connection:
            found = find_broadcast(connection, id)
        if found is None:
            note(f"there is no broadcast {id}; see: mailguard broadcast list")
            raise typer.Exit(1)
        if left:
            _print_left(database, found.id, left, as_json=as_json)
        elif as_json:
            print_json(BroadcastDocument.of(found))
        else:
            _say(found)


def _row(one: Broadcast) -> tuple[object, ...]:
    return (one.id, when(one.signed_at), one.actor, one.name, one.subject, one.members, one.taken, _until(one))


def _until(one: Broadcast) -> str:
    """Return how long its token is good, or why it is not."""
    if one.recalled_at is not None:
        return f"recalled {when(one.recalled_at)}"
    return when(one.expires_at) if one.expires_at > system_clock() else f"expired {when(one.expires_at)}"


def _say(one: Broadcast) -> None:
    shown = (
        ("id", one.id),
        ("subject", one.subject),
        ("message", one.source),
        ("audience", f"{one.name}: {counted(one.rows, 'row')}, {counted(one.members, 'member')} without who was left out"),
        ("class", one.mail_class),
        ("template", one.template),
        ("signed", f"{when(one.signed_at)} by {one.actor}"),
        ("good until", _until(one)),
        ("taken", f"{one.taken} of {one.members}"),
    )
    width = max(len(name) for name, _ in shown)
    for name, value in shown:
        say(f"{name:<{width}}  {value}")
    if one.states:
        say("")
        by_count = sorted(one.states, key=one.states.__getitem__, reverse=True)
        print_table(("state", "members"), [(state, one.states[state]) for state in by_count])


def _print_left(database: Database, broadcast: str, file: str, *, as_json: bool) -> None:
    """Print the rows whose mailbox is a member that no mail was taken for, as they stand in the file."""
    source = open_audience(file)
    email = find_columns(source).email
    done, strangers = 0, 0
    write = csv.writer(sys.stdout).writerow
    if not as_json:
        write(source.columns)
    for piece in _pieces(_rows(source, email)):
        with database.read() as connection:
            taken = taken_among(connection, broadcast, {box.canonical for box, _ in piece})
        strangers += sum(box.canonical not in taken for box, _ in piece)
        for box, row in piece:
            if taken.get(box.canonical) is False:
                done += 1
                if as_json:
                    print_json_line(dict(zip(source.columns, row.values, strict=True)))
                else:
                    write(row.values)
    note(f"{counted(done, 'row')} of {file} left" + (f", {strangers} not in the checked audience" if strangers else ""))


def _rows(source: Source, email: int) -> Iterator[tuple[Mailbox, Row]]:
    """Yield the rows that have a mailbox; who had none is in no checked audience."""
    for row in source.rows():
        if isinstance(row, Row) and (box := _mailbox(row.values[email])) is not None:
            yield box, row


def _mailbox(text: str) -> Mailbox | None:
    try:
        return mailbox_in(text)
    except AddressError:
        return None


def _pieces(rows: Iterable[tuple[Mailbox, Row]]) -> Iterator[list[tuple[Mailbox, Row]]]:
    rows = iter(rows)
    while piece := list(islice(rows, PIECE)):
        yield piece
