"""`mailguard policy replay`: the recorded mail judged again under another policy, before it counts."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from mailguard.cli.ledger import open_ledger
from mailguard.cli.options import AsJson, duration_option
from mailguard.cli.output import counted, note, print_json, print_table, say, when
from mailguard.config import Config, load_config
from mailguard.relay.clock import system_clock
from mailguard.relay.replay import Terms, span
from mailguard.relay.replay_comparison import Change, Comparison, Direction
from mailguard.relay.replay_process import Listener, compare

command = typer.Typer(rich_markup_mode=None)

MONTH: Final = timedelta(days=30)
PAUSE: Final = 10.0
"""Seconds between two lines that say how far it is, where no terminal shows a bar."""

_WORDS: Final = {
    Direction.STOPS: "would now be stopped",
    Direction.PASSES: "would now pass",
    Direction.OTHER: "would be stopped otherwise",
}

NewFile = Annotated[Path, typer.Option("--config", metavar="NEW.toml", help="The configuration whose policy is tried.")]
CurrentFile = Annotated[Path | None, typer.Option("-c", "--current", metavar="FILE", help="The configuration in use.")]
Since = Annotated[
    timedelta, typer.Option("--since", metavar="DURATION", parser=duration_option, show_default="30d", help="Of the last 30d.")
]
Examples = Annotated[int, typer.Option("--examples", metavar="N", min=0, max=1_000, help="Show so many of each change.")]


@command.callback()
def _group() -> None:
    """Try a policy before it counts."""


@command.command()
def replay(
    *,
    new: NewFile,
    current: CurrentFile = None,
    since: Since = MONTH,
    examples: Examples = 3,
    as_json: AsJson = False,
) -> None:
    """Judge the recorded mail again under NEW.toml, and say which decisions would change. Nothing is changed or sent.

    Exit status 1 if nothing was recorded since then.
    """
    tried = load_config(new)
    begin = system_clock() - since
    with open_ledger(current, create=False) as (loaded, database):
        terms = _terms(tried, loaded)
        with database.read() as connection:
            over = span(connection, begin, [terms.policy, terms.current])
        if not over.messages:
            note(f"nothing was recorded since {when(begin)}; name a longer time with --since")
            raise typer.Exit(1)
        with _progress() as progress:
            found = compare(database, loaded.database_url, terms, over, examples=examples, progress=progress)
    if as_json:
        print_json(_document(found, terms, begin))
    else:
        _show(found, terms, begin)


def _terms(tried: Config, current: Config) -> Terms:
    return Terms(
        policy=tried.policy,
        clients=tried.listen.clients,
        current=current.policy,
        current_clients=current.listen.clients,
    )


def _document(found: Comparison, terms: Terms, since: datetime) -> dict[str, Any]:
    return {
        "since": since,
        "mode": {"from": terms.current.limits.mode, "to": terms.policy.limits.mode},
        "messages": found.messages,
        "recipients": found.recipients,
        "judged": found.judged,
        "reproduced": found.reproduced,
        "unjudged": found.unjudged,
        "directions": found.directions,
        "changes": [change.as_document() for change in found.changes],
        "differing": found.differing,
    }


def _show(found: Comparison, terms: Terms, since: datetime) -> None:
    say(
        f"since {when(since)}: {counted(found.messages, 'message')}, {counted(found.recipients, 'recipient')}; "
        f"{found.judged} judged again, {found.reproduced} of them as recorded under the current policy"
    )
    if found.unjudged:
        say("")
        print_table(("not judged", "recipients", "why"), [(one, count, one.sentence) for one, count in found.unjudged.items()])
    if terms.policy.limits.mode is not terms.current.limits.mode:
        say("")
        say(f"mode {terms.current.limits.mode} -> {terms.policy.limits.mode}: decisions are compared here, not deliveries")
    say("")
    if not found.changes:
        say("no decision would change")
    for direction, count in found.directions.items():
        if count:
            say(f"{counted(count, 'recipient')} {_WORDS[direction]}")
    if found.changes:
        say("")
        print_table(("finding", "from", "to", "recipients", "messages", "class", "client"), map(_row, found.changes))
    for change in found.changes:
        _show_examples(change)
    _show_differing(found)


def _row(change: Change) -> tuple[object, ...]:
    return (
        change.finding or "-",
        change.before.value,
        change.after.value,
        change.count,
        change.messages,
        _most(change.classes),
        _most(change.clients),
    )


def _most(counts: Any) -> str:
    """Return the three most frequent, with their numbers."""
    return ", ".join(f"{name} {count}" for name, count in list(counts.items())[:3])


def _show_examples(change: Change) -> None:
    if not change.examples:
        return
    say("")
    say(f"{change.finding or '-'}, {change.before} -> {change.after}, such as:")
    for one in change.examples:
        say(f"  {one.id}  {when(one.received_at)}  {one.sender or '<>'} -> {one.recipient}  {one.subject}")
        say(f"    {one.text}")


def _show_differing(found: Comparison) -> None:
    """Say of what was judged where the record says otherwise."""
    if not found.differing:
        return
    say("")
    say(f"{found.judged - found.reproduced} recorded decisions are not what the current policy comes to now, such as:")
    for one in found.differing:
        was, now = ", ".join(one.recorded_findings) or "nothing found", ", ".join(one.found_findings) or "nothing found"
        say(f"  {one.id} to {one.recipient}: recorded {one.recorded} ({was}), now {one.found} ({now})")


@contextmanager
def _progress() -> Iterator[Listener]:
    """Give who says on standard error how far it is; on a terminal with a bar that is gone at the end."""
    if not sys.stderr.isatty():
        yield _Lines(time.monotonic())
        return
    from rich.console import Console  # noqa: PLC0415 - a program does not pay for it
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415 - the same

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("judging the record", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=max(done, total))


@dataclass(slots=True)
class _Lines:
    """Says how far it is in a line now and then."""

    said_at: float

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self.said_at >= PAUSE:
            self.said_at = now
            note(f"{done} of about {total} judged")
