"""`mailguard queue`: what waits, and what a person does about it.

Here are the mails one by one; `queue_groups` has them by their causes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from functools import partial
from typing import Annotated, Any, Final

import typer
from sqlalchemy import Connection

from mailguard.cli.explanation import explain
from mailguard.cli.ledger import open_ledger
from mailguard.cli.message_view import print_view, view
from mailguard.cli.options import AsJson, ConfigFile, Limit, Reason, actor
from mailguard.cli.output import counted, note, print_json, print_table, say, when
from mailguard.cli.queue_choice import Everything, FindingOption, Name, Names, OlderThan, Sender, before, filter_of, with_groups
from mailguard.cli.queue_groups import add_note, assign, list_groups, show_group
from mailguard.config import Config
from mailguard.policy.facts import State
from mailguard.policy.limits import Limits
from mailguard.relay.clock import system_clock
from mailguard.store import holds, ledger
from mailguard.store.database import Database
from mailguard.store.document import MessageDocument
from mailguard.store.hold_groups import HoldGroup, causes_named, hold_groups, is_group
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

MOST_ALIKE: Final = 5
"""Held mails of one cause that are listed one by one; more of them are one line."""

Raw = Annotated[bool, typer.Option("--raw", help="Only the message, octet for octet.")]
StateOption = Annotated[
    WaitingState | None, typer.Option("--state", metavar="STATE", help="Only what is held, queued or deferred.")
]
Group = Annotated[str, typer.Option("--group", metavar="G...", help="Only the held mail of this group.")]
Each = Annotated[bool, typer.Option("--each", help="One line a mail, also where many wait for one cause.")]


@command.command("list")
def list_waiting(
    *,
    finding: FindingOption = None,
    sender: Sender = "",
    older_than: OlderThan = None,
    state: StateOption = None,
    group: Group = "",
    each: Each = False,
    limit: Limit = 50,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Show what waits, oldest first: held for a person, queued or deferred. Exit status 1 if nothing does."""
    chosen = Filter(finding=finding, sender=sender, older_than=before(older_than), everything=True)
    states = (State(state),) if state else ()
    with open_ledger(config) as (loaded, database), database.read() as connection:
        if group:
            chosen = _of_group(connection, chosen, group, loaded.limits)
        folds = not (as_json or each or group) and state in (None, WaitingState.HELD)
        folded = _many_alike(connection, chosen, loaded.limits) if folds else []
        rest = replace(chosen, but=tuple(causes_named(connection, [one.id for one in folded], loaded.limits).values()))
        found = holds.waiting(connection, rest, limit=limit + 1, states=states)
    if as_json:
        print_json(found[:limit])
    elif found or folded:
        _print_waiting(found, folded, limit)
    if len(found) + len(folded) > limit:
        note(f"only the oldest {limit} are shown; see more with --limit")
    if not found and not folded:
        note("nothing waits")
        raise typer.Exit(1)


@command.command("show")
def show(name: Name, raw: Raw = False, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Show one mail: why it was stopped, and what it says; or one group. Exit status 1 if there is none, or it is gone."""
    with open_ledger(config) as (loaded, database), database.read() as connection:
        if is_group(name):
            show_group(connection, name, loaded.limits, as_json=as_json)
            return
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
    chosen = filter_of(names, everything=everything, finding=finding, sender=sender, older_than=older_than)
    with open_ledger(config) as (loaded, database):
        act = Act(system_clock(), actor(), reason)
        meant = _with_groups(database, chosen, loaded)
        step = partial(holds.release, chosen=meant, act=act, expires_at=act.at + loaded.delivery.expire)
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
    chosen = filter_of(names, everything=everything, finding=finding, sender=sender, older_than=older_than)
    with open_ledger(config) as (loaded, database):
        act = Act(system_clock(), actor(), reason)
        step = partial(holds.drop, chosen=_with_groups(database, chosen, loaded), act=act)
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
    chosen = filter_of(names, everything=everything, finding=finding, sender=sender, older_than=older_than)
    with open_ledger(config) as (loaded, database):
        act = Act(system_clock(), actor(), reason)
        with database.write() as connection:
            until = act.at + loaded.delivery.expire
            changed = holds.retry(connection, chosen, act, expires_at=until, limit=RETRIED_AT_ONCE)
        _report(changed, Verb.RETRIED, as_json=as_json)


for name, listed in (("groups", list_groups), ("assign", assign), ("note", add_note)):
    command.command(name)(listed)


def _with_groups(database: Database, chosen: Filter, loaded: Config) -> Filter:
    with database.read() as connection:
        return with_groups(connection, chosen, loaded.limits)


def _of_group(connection: Connection, chosen: Filter, group: str, limits: Limits) -> Filter:
    """Return what is meant of one group; nothing, where nothing is held for such a cause."""
    causes = causes_named(connection, [group], limits)
    return replace(chosen, causes=tuple(causes.values()), ids=() if causes else (group,))


def _many_alike(connection: Connection, chosen: Filter, limits: Limits) -> list[HoldGroup]:
    """Return the groups that are one line each."""
    return [group for group in hold_groups(connection, limits, chosen) if group.messages > MOST_ALIKE]


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
        see = "queue groups" if is_group(name) else f"why {name}"
        note(f"{name}: nothing of it could be {verb}; see: mailguard {see}")
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


def _print_waiting(found: list[Waiting], folded: list[HoldGroup], limit: int) -> None:
    lines = [(one.received_at, _row(one)) for one in found] + [(group.since, _group_row(group)) for group in folded]
    rows = [row for _, row in sorted(lines, key=lambda line: line[0])]
    print_table(("id", "since", "state", "finding", "from", "to", "subject"), rows[:limit])
    if folded:
        first = folded[0]
        note(f"{first.id} stands for {first.messages} mails; see: mailguard queue show {first.id}, or all with --each")


def _group_row(group: HoldGroup) -> tuple[str, ...]:
    to = f"{counted(group.recipients, 'recipient')} of {counted(group.messages, 'mail')}"
    return (group.id, when(group.since), State.HELD, group.finding or "", group.client, to, group.subject)


def _states(one: Waiting) -> str:
    """Return what the mail waits in, and until when it may be undone."""
    is_undoable = one.leaves_at is not None and one.leaves_at > system_clock()
    undo = [f"leaves at {when(one.leaves_at)}"] if is_undoable and not one.paused else []
    return ", ".join([*one.states, *(["paused"] if one.paused else []), *undo])


def _row(one: Waiting) -> tuple[str, ...]:
    count = sum(one.states.values())
    more = f" +{count - len(one.mailboxes[:1])}" if count > 1 else ""
    return (
        one.id,
        when(one.received_at),
        _states(one),
        ", ".join(dict.fromkeys(finding.code for finding in one.findings)) or one.last_answer,
        one.reverse_path or "<>",
        f"{one.mailboxes[0]}{more}",
        one.subject,
    )
