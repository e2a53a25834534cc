"""`mailguard suppress`: who is not to be written to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum
from typing import Annotated, Final

import typer
from sqlalchemy import Connection

from mailguard.cli.ledger import open_ledger
from mailguard.cli.options import AsJson, ConfigFile, Limit, actor
from mailguard.cli.output import note, print_json, print_table, say, when
from mailguard.cli.whose_mail import anchors_named, person_shown
from mailguard.policy.facts import Suppression
from mailguard.relay.clock import system_clock
from mailguard.store.bounces import bounced, forget_bounces
from mailguard.store.suppressions import Suppressed, lift, suppress, suppressed

FOUND_OUT: Final = "mailguard"
"""Who says that mail bounces."""

MOST_BOUNCED: Final = 10_000
"""Mailboxes that are looked at for mail which came back."""

command = typer.Typer(rich_markup_mode=None)

PersonArgument = Annotated[
    str,
    typer.Argument(metavar="PERSON", help="A mailbox such as ada@mail.example, a person such as P17, or a record crm:4711."),
]


class Why(StrEnum):
    """What a person can be put on the list for; that mail to a mailbox bounces is found out, and not said."""

    UNSUBSCRIBED = Suppression.UNSUBSCRIBED.value
    COMPLAINED = Suppression.COMPLAINED.value
    ERASED = Suppression.ERASED.value


Kind = Annotated[Why, typer.Option("--reason", help="Why: the person has unsubscribed or complained, or was erased.")]
Note = Annotated[str, typer.Option("--note", metavar="TEXT", help="Where it comes from; it is recorded.")]


@command.command("list")
def list_suppressed(limit: Limit = 50, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Show who is on the list, since when, why, and who said so; and where mail bounces. Exit status 1 if there is nobody."""
    with open_ledger(config) as (_, database), database.read() as connection:
        everybody = sorted((*suppressed(connection), *_bounced(connection)), key=lambda one: (one.person, one.suppression))
        shown = [_shown(connection, one) for one in everybody[:limit]]
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
    person: PersonArgument,
    reason: Kind = Why.UNSUBSCRIBED,
    note: Note = "",
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Stop bulk mail to a person, at whichever mailbox."""
    with open_ledger(config) as (_, database), database.write() as connection:
        one = Suppressed(anchors_named(connection, person)[0], Suppression(reason), system_clock(), actor(), note)
        suppress(connection, one)
        one = _shown(connection, one)
    if as_json:
        print_json(one)
        return
    say(f"{one.person}: {one.suppression}, no bulk mail from now on")


@command.command("remove")
def remove(person: PersonArgument, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Let mail to a person go again, at all mailboxes, those that bounced too. Exit status 1 if nothing was against it."""
    with open_ledger(config) as (_, database), database.write() as connection:
        anchors = anchors_named(connection, person)
        was_there = lift(connection, anchors)
        was_there = forget_bounces(connection, anchors) > 0 or was_there
        shown = person_shown(connection, anchors[0])
    if as_json:
        print_json({"person": shown, "removed": was_there})
    else:
        say(f"{shown}: taken off the list" if was_there else f"{shown} is not on the list")
    if not was_there:
        raise typer.Exit(1)


def _bounced(connection: Connection) -> Iterator[Suppressed]:
    """The mailboxes to which mail does not arrive, as if somebody had said so."""
    for one in bounced(connection, system_clock(), limit=MOST_BOUNCED):
        yield Suppressed(one.mailbox, Suppression.BOUNCED, one.at, FOUND_OUT, f"{one.status or 'no status'}, {one.message}")


def _shown(connection: Connection, one: Suppressed) -> Suppressed:
    return replace(one, person=person_shown(connection, one.person))
