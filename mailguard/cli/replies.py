"""`mailguard replies`: what customers have answered, what is still owed to whom, and taking replies in by hand."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Annotated, Final

import typer
from sqlalchemy import Connection

from mailguard.cli.ledger import open_ledger
from mailguard.cli.message_view import print_view, view
from mailguard.cli.options import AsJson, ConfigFile, Limit, Reason, actor, duration_option
from mailguard.cli.output import note, print_json, print_table, say, when
from mailguard.cli.replies_aside import aside
from mailguard.cli.replies_ingest import ingest
from mailguard.cli.whose_mail import anchors_named
from mailguard.errors import UsageError
from mailguard.policy.reply import Kind, ReplyState
from mailguard.relay.clock import system_clock
from mailguard.replies.document import ReplyDocument, reply_documents
from mailguard.store import replies as ledger
from mailguard.store.replies import Filter
from mailguard.store.reply_moves import Act, Move, Moved, move_all, moves_of, reopen

command = typer.Typer(rich_markup_mode=None)
command.command("ingest")(ingest)
command.command("aside")(aside)

OWED: Final = (ReplyState.OPEN, ReplyState.ACKNOWLEDGED)

_SHOWN: Final = 60
"""Characters of a reply in a table."""

Name = Annotated[str, typer.Argument(metavar="ID", help="An ID, or a Message-ID in angle brackets.")]
Names = Annotated[list[str], typer.Argument(metavar="ID...", help="IDs, or Message-IDs in angle brackets.")]
Raw = Annotated[bool, typer.Option("--raw", help="Only the mail as it came, octet for octet.")]
OpenOnly = Annotated[bool, typer.Option("--open", help="Only those that nobody has acknowledged or resolved.")]
StateOption = Annotated[ReplyState | None, typer.Option("--state", metavar="STATE", help="Only those in this state.")]
KindOption = Annotated[Kind | None, typer.Option("--kind", metavar="KIND", help="What is no human's reply, too: this kind.")]
Person = Annotated[
    str, typer.Option("--person", metavar="P", help="Only from this person: P17, a record such as crm:4711, or a mailbox.")
]
Brand = Annotated[str, typer.Option("--brand", metavar="NAME", help="Only those to this brand.")]
Overdue = Annotated[
    bool, typer.Option("--overdue", help="Only those whose due time has passed; exit status 1 if there are any.")
]
Since = Annotated[
    timedelta | None, typer.Option("--since", metavar="DURATION", parser=duration_option, help="Only those of the last 2d.")
]


@command.command("list")
def list_replies(
    *,
    open_only: OpenOnly = False,
    state: StateOption = None,
    kind: KindOption = None,
    person: Person = "",
    brand: Brand = "",
    overdue: Overdue = False,
    since: Since = None,
    limit: Limit = 50,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Show what is owed an answer, what is due first on top. Exit status 1 if there is nothing, or with --overdue something."""
    if open_only and state not in (None, ReplyState.OPEN):
        raise UsageError("--open and --state say two different things; use one of them")
    now = system_clock()
    with open_ledger(config) as (_, database), database.read() as connection:
        anchors = anchors_named(connection, person) if person else ()
        chosen = Filter(
            kinds=(kind or Kind.HUMAN,),
            states=_states(kind, ReplyState.OPEN if open_only else state),
            anchors=anchors,
            mailboxes=[anchor for anchor in anchors if "@" in anchor],
            brand=brand,
            since=now - since if since else None,
            overdue_at=now if overdue else None,
        )
        found = reply_documents(connection, ledger.find(connection, chosen, limit=limit + 1, by_due=True), now=now)
    shown = found[:limit]
    if as_json:
        print_json(shown)
    elif shown:
        print_table(("id", "due", "state", "from", "tie", "brand", "language", "text"), [_row(one) for one in shown])
    if len(found) > limit:
        note(f"only the first {limit} are shown; see more with --limit")
    if not shown:
        note("nothing is overdue" if overdue else "no replies")
    if bool(shown) is overdue:
        raise typer.Exit(1)


@command.command("show")
def show(name: Name, raw: Raw = False, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Show one reply: whose it is, how that is known, what was done, what it says. Exit status 1 if it is not there."""
    with open_ledger(config) as (_, database), database.read() as connection:
        id = next(iter(_ids(connection, [name])), name)
        stored = ledger.show(connection, id)
        documents = reply_documents(connection, [stored] if stored else [], now=system_clock())
        moves = moves_of(connection, id)
        octets = ledger.content_of(connection, id)
    if not documents:
        note(f"there is no reply {name}")
        raise typer.Exit(1)
    if raw:
        _print_raw(octets, name)
    elif as_json:
        print_json({"reply": documents[0], "events": moves, "message": view(octets) if octets is not None else None})
    else:
        _explain(documents[0], moves)
        if octets is not None:
            say("")
            print_view(view(octets))


@command.command("ack")
def acknowledge(names: Names, reason: Reason = "", config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Note that somebody has given a sign of life; the answer is still owed. Exit status 1 if there is no such reply."""
    _move(names, _forward(ReplyState.ACKNOWLEDGED), "acknowledged", reason=reason, config=config, as_json=as_json)


@command.command("resolve")
def resolve(names: Names, reason: Reason = "", config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Note that nothing is owed any more: it was answered, or needs no answer. Exit status 1 if there is no such reply."""
    _move(names, _forward(ReplyState.RESOLVED), "resolved", reason=reason, config=config, as_json=as_json)


@command.command("reopen")
def reopen_replies(names: Names, reason: Reason = "", config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Take back that a reply was acknowledged or resolved. Exit status 1 if there is no such reply."""
    _move(names, _back, "reopened", reason=reason, config=config, as_json=as_json)


Moving = Callable[[Connection, Sequence[str], Act], list[Moved]]


def _forward(state: ReplyState) -> Moving:
    return lambda connection, ids, act: move_all(connection, ids, state, act=act)


def _back(connection: Connection, ids: Sequence[str], act: Act) -> list[Moved]:
    return [moved for id in ids if (moved := reopen(connection, id, act=act))]


def _move(names: Sequence[str], moving: Moving, done: str, *, reason: str, config: ConfigFile, as_json: bool) -> None:
    with open_ledger(config) as (_, database), database.write() as connection:
        named = {name: _ids(connection, [name]) for name in names}
        moved = moving(connection, [id for ids in named.values() for id in ids], Act(system_clock(), actor(), reason))
    found = {one.id for one in moved}
    changed = [one.id for one in moved if one.is_change]
    left = [name for name, ids in named.items() if not found.intersection(ids)]
    if as_json:
        print_json({"done": done, "replies": changed, "unchanged": sorted(found.difference(changed)), "left": left})
    else:
        already = f"; {_replies(len(found) - len(changed))} already" if len(found) > len(changed) else ""
        say(f"{done} {_replies(len(changed))}{already}")
    for name in left:
        note(f"{name}: there is no such reply of a human; see: mailguard replies list")
    if left:
        raise typer.Exit(1)


def _replies(number: int) -> str:
    return "1 reply" if number == 1 else f"{number} replies"


def _ids(connection: Connection, names: Sequence[str]) -> list[str]:
    """Return the ids that are meant; a Message-ID may be that of several."""
    found: list[str] = []
    for name in names:
        if name.startswith("<"):
            found += [one.id for one in ledger.find(connection, Filter(message_id=name.strip("<>")))]
        else:
            found.append(name)
    return found


def _states(kind: Kind | None, state: ReplyState | None) -> tuple[ReplyState, ...]:
    """Return the states that are meant: what is no human's has none."""
    if state is not None:
        return (state,)
    return OWED if kind is None else ()


def _row(one: ReplyDocument) -> tuple[str, ...]:
    text = " ".join(one.text.split()) or one.subject
    return (
        one.id,
        f"{when(one.due_at)}{' overdue' if one.is_overdue else ''}",
        one.state or one.detail or one.kind,
        one.person or one.mailbox,
        one.tie,
        one.brand,
        one.language,
        text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…",
    )


def _explain(one: ReplyDocument, moves: Sequence[Move]) -> None:
    """Print what is known of a reply, line by line."""
    lines = (
        ("reply", f"{one.id}, {one.kind}{f' ({one.detail})' if one.detail else ''}, of {when(one.received_at)}"),
        ("from", f"{one.mailbox or 'nobody'}, person {one.person or 'unknown'} by {one.tie}{_doubt(one)}"),
        ("state", one.state),
        ("due", f"{when(one.due_at)}{', overdue' if one.is_overdue else ''}" if one.due_at else ""),
        ("answers", f"{one.answers}{f', template {one.template}' if one.template else ''}" if one.answers else ""),
        ("score", "" if one.score is None else str(one.score)),
        ("brand", one.brand),
        ("language", one.language),
        ("back on", when(one.returns_at)),
        ("source", one.source),
        *((when(move.at), f"{move.verb} by {move.actor}{f': {move.reason}' if move.reason else ''}") for move in moves),
    )
    for name, value in lines:
        if value:
            say(f"{name}: {value}")


def _doubt(one: ReplyDocument) -> str:
    return "" if one.is_tied else " (does not count)"


def _print_raw(octets: bytes | None, name: str) -> None:
    if octets is None:
        note(f"the content of {name} is no longer kept")
        raise typer.Exit(1)
    sys.stdout.buffer.write(octets)
