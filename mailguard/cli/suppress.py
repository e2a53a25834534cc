"""`mailguard suppress`: who is not to be written to."""

from __future__ import annotations

from typing import Annotated

import typer

from mailguard.cli.ledger import open_ledger
from mailguard.cli.options import AsJson, ConfigFile, Limit, actor
from mailguard.cli.output import note, print_json, print_table, say, when
from mailguard.errors import AddressError, UsageError
from mailguard.identity.person import resolve
from mailguard.mail.mailbox import parse_mailbox
from mailguard.policy.facts import Suppression
from mailguard.relay.clock import system_clock
from mailguard.store.suppressions import Suppressed, lift, suppress, suppressed

command = typer.Typer(rich_markup_mode=None)

MailboxArgument = Annotated[str, typer.Argument(metavar="MAILBOX", help="The mailbox, such as ada@mail.example.")]
Kind = Annotated[Suppression, typer.Option("--reason", help="Why: the person has unsubscribed, or was erased.")]
Note = Annotated[str, typer.Option("--note", metavar="TEXT", help="Where it comes from; it is recorded.")]


@command.command("list")
def list_suppressed(limit: Limit = 50, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Show who is on the list, since when, why, and who said so. Exit status 1 if there is nobody."""
    with open_ledger(config) as (_, database), database.read() as connection:
        everybody = suppressed(connection)
    shown = everybody[:limit]
    if as_json:
        print_json(shown)
    elif shown:
        rows = [(one.person, one.suppression, when(one.at), one.actor, one.reason) for one in shown]
        print_table(("person", "reason", "since", "by", "note"), rows)
    if len(everybody) > limit:
        note(f"{limit} of {len(everybody)} shown; see the others with --limit {len(everybody)}")
    if not everybody:
        note("nobody is on the list")
        raise typer.Exit(1)


@command.command("add")
def add(
    *,
    mailbox: MailboxArgument,
    reason: Kind = Suppression.UNSUBSCRIBED,
    note: Note = "",
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Stop bulk mail to the person behind MAILBOX."""
    one = Suppressed(_person(mailbox), reason, system_clock(), actor(), note)
    with open_ledger(config) as (_, database), database.write() as connection:
        suppress(connection, one)
    if as_json:
        print_json(one)
        return
    say(f"{one.person}: {one.suppression}, no bulk mail from now on")


@command.command("remove")
def remove(mailbox: MailboxArgument, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Let mail to the person behind MAILBOX go again. Exit status 1 if the person was not on the list."""
    person = _person(mailbox)
    with open_ledger(config) as (_, database), database.write() as connection:
        was_there = lift(connection, person)
    if as_json:
        print_json({"person": person, "removed": was_there})
    else:
        say(f"{person}: taken off the list" if was_there else f"{person} is not on the list")
    if not was_there:
        raise typer.Exit(1)


def _person(text: str) -> str:
    try:
        return resolve(parse_mailbox(text)).person
    except AddressError as error:
        raise UsageError(f"{text!r} is not a mailbox; write NAME@DOMAIN") from error
