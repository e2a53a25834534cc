"""`mailguard queue`: what waits, and what a person does about it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Annotated, Any, Final

import typer
from sqlalchemy import Connection

from mailguard.cli.explanation import explain
from mailguard.cli.ledger import open_ledger
from mailguard.cli.message_view import print_view, view
from mailguard.cli.options import AsJson, ConfigFile, Limit, Reason, actor, duration_option
from mailguard.cli.output import counted, note, print_json, print_table, say, when
from mailguard.errors import UsageError
from mailguard.policy.facts import State
from mailguard.policy.finding import Code
from mailguard.relay.clock import system_clock
from mailguard.store import holds, ledger
from mailguard.store.database import Database
from mailguard.store.document import MessageDocument
from mailguard.store.holds import Act, Changed, Filter, Verb, Waiting
from mailguard.store.queue import parcels_of

command = typer.Typer(rich_markup_mode=None)


class WaitingState(StrEnum):
    """The states of what waits."""

    HELD = "held"
    QUEUED = "queued"
    DEFERRED = "deferred"


RETRIED_AT_ONCE: Final = 1_000_000
"""Recipients tried again by one act: what was hastened still waits, so that a second act would find it again."""

Name = Annotated[str, typer.Argument(metavar="ID", help="An ID, or a Message-ID in angle brackets.")]
Raw = Annotated[bool, typer.Option("--raw", help="Only the message, octet for octet.")]
Names = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="IDs, or Message-IDs in angle brackets.")]
Everything = Annotated[bool, typer.Option("--all", help="Everything that waits.")]
FindingOption = Annotated[Code | None, typer.Option("--finding", metavar="F", help="Only what this finding was made for.")]
Sender = Annotated[str, typer.Option("--sender", metavar="S", help="Only mail from this address, domain or client.")]
OlderThan = Annotated[
    timedelta | None,
    typer.Option("--older-than", metavar="DURATION", parser=duration_option, help="Only what came longer ago, such as 2d."),
]
StateOption = Annotated[
    WaitingState | None, typer.Option("--state", metavar="STATE", help="Only what is held, queued or deferred.")
]


@command.command("list")
def list_waiting(
    *,
    finding: FindingOption = None,
    sender: Sender = "",
    older_than: OlderThan = None,
    state: StateOption = None,
    limit: Limit = 50,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Show what waits, oldest first: held for a person, queued or deferred. Exit status 1 if nothing does."""
    chosen = Filter(finding=finding, sender=sender, older_than=_before(older_than), everything=True)
    with open_ledger(config) as (_, database), database.read() as connection:
        found = holds.waiting(connection, chosen, limit=limit + 1, states=(State(state),) if state else ())
    shown = found[:limit]
    if as_json:
        print_json(shown)
    elif shown:
        print_table(("id", "since", "state", "finding", "from", "to", "subject"), [_row(one) for one in shown])
    if len(found) > limit:
        note(f"only the oldest {limit} are shown; see more with --limit")
    if not shown:
        note("nothing waits")
        raise typer.Exit(1)


@command.command("show")
def show(name: Name, raw: Raw = False, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Show one mail: why it was stopped, and what it says. Exit status 1 if there is no such mail, or its content is gone."""
    with open_ledger(config) as (_, database), database.read() as connection:
        document = ledger.why(connection, name)
        octets = _content(connection, document) if document else None
    if document is None or octets is None:
        note(f"there is no mail {name}" if document is None else f"the content of {document.id} is no longer kept")
        raise typer.Exit(1)
    if raw:
        sys.stdout.buffer.write(octets)
    elif as_json:
        print_json({"decision": document, "message": view(octets)})
    else:
        explain(document)
        say("")
        print_view(view(octets))


@command.command("release")
def release(
    *,
    names: Names = None,
    everything: Everything = False,
    finding: FindingOption = None,
    sender: Sender = "",
    older_than: OlderThan = None,
    reason: Reason = "",
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Let held mail go out; named by ID also what was rejected, dropped or not released in time, while its content is kept."""
    chosen = _chosen(names, everything=everything, finding=finding, sender=sender, older_than=older_than)
    with open_ledger(config) as (loaded, database):
        act = Act(system_clock(), actor(), reason)
        step = partial(holds.release, chosen=chosen, act=act, expires_at=act.at + loaded.delivery.expire)
        _report(_until_complete(database, step), Verb.RELEASED, as_json=as_json)


@command.command("drop")
def drop(
    *,
    names: Names = None,
    everything: Everything = False,
    finding: FindingOption = None,
    sender: Sender = "",
    older_than: OlderThan = None,
    reason: Reason = "",
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Give up mail that is held, queued or deferred. Its sender is not told."""
    chosen = _chosen(names, everything=everything, finding=finding, sender=sender, older_than=older_than)
    with open_ledger(config) as (_, database):
        step = partial(holds.drop, chosen=chosen, act=Act(system_clock(), actor(), reason))
        _report(_until_complete(database, step), Verb.DROPPED, as_json=as_json)


@command.command("retry")
def retry(
    *,
    names: Names = None,
    everything: Everything = False,
    finding: FindingOption = None,
    sender: Sender = "",
    older_than: OlderThan = None,
    reason: Reason = "",
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Try deferred mail now; named by ID also what has failed, while its content is kept."""
    chosen = _chosen(names, everything=everything, finding=finding, sender=sender, older_than=older_than)
    with open_ledger(config) as (loaded, database):
        act = Act(system_clock(), actor(), reason)
        with database.write() as connection:
            until = act.at + loaded.delivery.expire
            changed = holds.retry(connection, chosen, act, expires_at=until, limit=RETRIED_AT_ONCE)
        _report(changed, Verb.RETRIED, as_json=as_json)


def _chosen(
    names: list[str] | None, *, everything: bool, finding: Code | None, sender: str, older_than: timedelta | None
) -> Filter:
    """Return what is meant. Raises UsageError where nothing was said."""
    chosen = Filter(
        ids=tuple(names or ()), finding=finding, sender=sender, older_than=_before(older_than), everything=everything
    )
    if chosen.means_nothing:
        raise UsageError("say which mail: an ID, --finding, --sender or --older-than, or --all for everything that waits")
    return chosen


def _before(age: timedelta | None) -> datetime | None:
    return system_clock() - age if age is not None else None


def _until_complete(database: Database, step: Callable[..., Changed]) -> Changed:
    """Do all that was meant, a few thousand recipients a transaction, so that mail can go on in between."""
    total = _step(database, step)
    while not total.is_complete:
        total = _sum(total, _step(database, step))
        note(f"{total.recipients} recipients so far")
    return total


def _step(database: Database, step: Callable[..., Changed]) -> Changed:
    with database.write() as connection:
        return step(connection)


def _sum(first: Changed, second: Changed) -> Changed:
    messages = tuple(dict.fromkeys(first.messages + second.messages))
    left = tuple(name for name in first.left if name in second.left)
    return Changed(messages, first.recipients + second.recipients, first.joined + second.joined, left, second.is_complete)


def _report(changed: Changed, verb: Verb, *, as_json: bool) -> None:
    if as_json:
        print_json({"done": verb, **_counts(changed)})
    else:
        joined = f", and dropped {counted(changed.joined, 'repeat')} that waited with them" if changed.joined else ""
        say(f"{verb} {counted(changed.recipients, 'recipient')} of {counted(len(changed.messages), 'message')}{joined}")
    for name in changed.left:
        note(f"{name}: nothing of it could be {verb}; see: mailguard why {name}")
    if changed.left or not changed.recipients:
        raise typer.Exit(1)


def _counts(changed: Changed) -> dict[str, Any]:
    return {
        "messages": changed.messages,
        "recipients": changed.recipients,
        "joined": changed.joined,
        "left": changed.left,
    }


def _content(connection: Connection, document: MessageDocument) -> bytes | None:
    parcels = parcels_of(connection, [(document.id, one.n) for one in document.recipients[:1]])
    return parcels[0].octets if parcels else None


def _row(one: Waiting) -> tuple[str, ...]:
    count = sum(one.states.values())
    more = f" +{count - len(one.mailboxes[:1])}" if count > 1 else ""
    return (
        one.id,
        when(one.received_at),
        ", ".join(one.states),
        ", ".join(dict.fromkeys(finding.code for finding in one.findings)) or one.last_answer,
        one.reverse_path or "<>",
        f"{one.mailboxes[0]}{more}",
        one.subject,
    )
