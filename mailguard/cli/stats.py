"""`mailguard stats`: counts, and messages over time as a plot."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Final

import plotext
import typer

from mailguard.cli.ledger import open_ledger
from mailguard.cli.options import AsJson, ConfigFile, duration_option
from mailguard.cli.output import counted, print_json, print_table, say, when
from mailguard.cli.shadow_report import print_shadow, shadow_document
from mailguard.policy.finding import Action
from mailguard.relay.clock import system_clock
from mailguard.store import ledger
from mailguard.store.document import StatsDocument
from mailguard.store.shadow import shadow

WEEK: Final = timedelta(days=7)

_MARKS: Final = {Action.DELIVER: "█", Action.HOLD: "▒", Action.REJECT: "x"}
_WIDEST: Final = 100
_HEIGHT: Final = 15

Since = Annotated[
    timedelta, typer.Option("--since", metavar="DURATION", parser=duration_option, show_default="7d", help="Of the last 7d.")
]
Shadow = Annotated[bool, typer.Option("--shadow", help="What mode shadow let pass, by sender and finding.")]


def command(*, since: Since = WEEK, shadowed: Shadow = False, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Count messages by action, class and client, findings, and recipients by state."""
    begin = system_clock() - since
    with open_ledger(config) as (loaded, database), database.read() as connection:
        if shadowed:
            found, mode = shadow(connection, since=begin), loaded.limits.mode
            print_json(shadow_document(found, mode)) if as_json else print_shadow(found, mode)
            return
        document = ledger.stats(connection, since=begin)
    if as_json:
        print_json(document)
        return
    _print_counts(document)
    if document.messages:
        _plot(document)


def _print_counts(document: StatsDocument) -> None:
    say(
        f"since {when(document.since)}: {counted(document.messages, 'message')}, {counted(document.recipients, 'recipient')}, "
        f"{counted(document.replays, 'replay')}, {counted(document.octets, 'octet')}"
    )
    _print_table("action", document.actions)
    _print_table("class", document.classes)
    _print_table("finding", document.findings)
    _print_table("enforce would stop", document.would_stop)
    _print_table("state of recipients", document.states)
    _print_table("client", document.clients)
    _print_table("broadcast", document.broadcasts)
    _print_table("sender", {sender or "<>": count for sender, count in document.senders.items()})


def _print_table(heading: str, counts: Mapping[Any, int]) -> None:
    """Print what was counted, most first; nothing for nothing."""
    if counts:
        rows = sorted(counts.items(), key=lambda pair: -pair[1])
        say("")
        print_table((heading, "count"), rows)


def _plot(document: StatsDocument) -> None:
    """Draw the messages of each day, one mark an action: it can be read without colours."""
    counts = [[day.actions.get(action, 0) for day in document.days] for action in Action]
    figure = plotext.figure.clear()
    figure.plot_size(min(shutil.get_terminal_size().columns, _WIDEST), _HEIGHT)
    marks = ", ".join(f"{mark} {action}" for action, mark in _MARKS.items())
    figure.title(f"messages a day (UTC): {marks}")
    days = [day.day for day in document.days]
    figure.draw(figure.bar(days, counts, stacked=True, marker=list(_MARKS.values())))
    say("")
    typer.echo(figure.build().string(colorless=True))
