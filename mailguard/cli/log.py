"""`mailguard log`: decisions, newest last."""

from __future__ import annotations

import time
from datetime import timedelta
from functools import partial
from typing import Annotated, Final

import typer

from mailguard.cli.explanation import codes
from mailguard.cli.ledger import open_ledger
from mailguard.cli.options import AsJson, ConfigFile, Limit, duration_option
from mailguard.cli.output import note, print_json_line, say, when
from mailguard.cli.whose_mail import anchors_named
from mailguard.policy.finding import Action
from mailguard.relay.clock import system_clock
from mailguard.store import ledger
from mailguard.store.document import MessageDocument

POLL: Final = 0.5
"""Seconds between two looks for what has come."""

Since = Annotated[
    timedelta | None, typer.Option("--since", metavar="DURATION", parser=duration_option, help="Only those of the last 2h.")
]
ActionOption = Annotated[Action | None, typer.Option("--action", help="Only those that came to this.")]
Person = Annotated[
    str, typer.Option("--person", metavar="P", help="Only mail to this person: P17, a record such as crm:4711, or a mailbox.")
]
Broadcast = Annotated[str, typer.Option("--broadcast", metavar="ID", help="Only mail of this broadcast.")]
Follow = Annotated[bool, typer.Option("--follow", help="Go on with what comes, until Ctrl-C.")]


def command(
    *,
    since: Since = None,
    action: ActionOption = None,
    person: Person = "",
    broadcast: Broadcast = "",
    follow: Follow = False,
    limit: Limit = 50,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Show decisions, newest last. Exit status 1 if there is none."""
    begin = system_clock() - since if since else None
    with open_ledger(config) as (_, database):
        with database.read() as connection:
            anchors = anchors_named(connection, person) if person else None
            ask = partial(ledger.log, since=begin, action=action, anchors=anchors, broadcast=broadcast.upper())
            found = ask(connection, last=limit)
        _print(found.messages, as_json=as_json)
        while follow:
            time.sleep(POLL)
            with database.read() as connection:
                found = ask(connection, after=found.cursor)
            _print(found.messages, as_json=as_json)
    if len(found.messages) == limit:
        note(f"only the newest {limit} are shown; see more with --limit")
    if not found.messages:
        note("no decisions")
        raise typer.Exit(1)


def _print(messages: tuple[MessageDocument, ...], *, as_json: bool) -> None:
    for message in messages:
        if as_json:
            print_json_line(message)
        else:
            say(_line(message))


def _line(message: MessageDocument) -> str:
    """Return one decision on one line."""
    first = message.recipients[0].mailbox if message.recipients else ""
    more = f" +{len(message.recipients) - 1}" if len(message.recipients) > 1 else ""
    action = f"{message.action}{' (shadow)' if message.shadow else ''}"
    return (
        f"{when(message.received_at)}  {message.id}  {message.mail_class:<8} {action:<16} "
        f"{message.reverse_path or '<>'} -> {first}{more}  {codes(message.findings)}"
    ).rstrip()
