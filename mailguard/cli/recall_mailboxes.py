"""Own mailboxes after a recall, as a command asks for them: looked through, shown, and emptied of unread copies on demand."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from typing import Annotated

import typer

from mailguard.cli.output import counted, note, print_table, say
from mailguard.config import Config
from mailguard.errors import UsageError
from mailguard.relay.own_mailboxes import (
    Found,
    MailboxMode,
    MailboxReport,
    Standing,
    Wanted,
    search_mailboxes,
    wanted_copies,
)
from mailguard.store.database import Database

MailboxesOption = Annotated[
    MailboxMode | None,
    typer.Option("--mailboxes", help="Look for copies in own mailboxes ([[recall.imap]]), or remove the unread ones."),
]
Yes = Annotated[bool, typer.Option("--yes", help="Remove without asking.")]

_MOST_SHOWN = 50
_ORDER = (Standing.READ, Standing.FAILED, Standing.UNREAD, Standing.REMOVED, Standing.ABSENT)
"""What somebody has to do something about comes first."""


def require_possible(config: Config, *, mode: MailboxMode | None, yes: bool, as_json: bool) -> None:
    """Raise UsageError where mailboxes are asked for and no server is configured, or nobody can be asked whether to remove."""
    if mode is not None and not config.recall_accounts:
        raise UsageError("no server of own mailboxes is configured; add [[recall.imap]] with its master user")
    if mode is MailboxMode.REMOVE and not yes and (as_json or not sys.stdin.isatty()):
        raise UsageError("to remove copies from mailboxes without being asked, say --yes")


def look_through(
    config: Config,
    database: Database,
    places: Collection[tuple[str, int]],
    *,
    mode: MailboxMode | None,
    yes: bool,
    as_json: bool,
) -> MailboxReport | None:
    """Return what is in the own mailboxes among these recipients (message, ordinal), None where no server is configured.

    To remove, it looks first, shows what it found and asks, unless `yes`. What is asked for must be possible.
    """
    accounts = config.recall_accounts
    if not accounts:
        return None
    with database.read() as connection:
        wanted = wanted_copies(connection, places, accounts)
    report = _search(config, wanted, MailboxMode.LOOK)
    if mode is MailboxMode.REMOVE:
        unread = {(one.message, one.mailbox) for one in report.mailboxes if one.has_unread}
        if yes or _agrees(report, len(unread)):
            taken = _search(config, [one for one in wanted if (one.message, one.mailbox.wire) in unread], MailboxMode.REMOVE)
            report = report.with_removal(taken)
    if not as_json:
        show(report)
    return report


def show(report: MailboxReport) -> None:
    """Print what there was, mailbox by mailbox; those that somebody has to do something about first."""
    if not report.mailboxes:
        say("own mailboxes: none of those who got it has one")
        return
    say("own mailboxes: " + ", ".join(f"{report.count(state)} {state}" for state in _ORDER if report.count(state)))
    rows = sorted(
        (one for one in report.mailboxes if one.copies or one.state is not Standing.ABSENT),
        key=lambda one: _ORDER.index(one.state),
    )
    print_table(("mailbox", "copies", "where", "reason"), [_row(one) for one in rows[:_MOST_SHOWN]])
    if len(rows) > _MOST_SHOWN:
        say(f"and {len(rows) - _MOST_SHOWN} more; see all with --json")
    if report.mode is MailboxMode.LOOK and report.count(Standing.UNREAD):
        say("to remove the unread copies: the same command with --mailboxes remove")


def _search(config: Config, wanted: Sequence[Wanted], mode: MailboxMode) -> MailboxReport:
    """Return the report; how far it is goes to a terminal meanwhile."""
    verb = "looked through" if mode is MailboxMode.LOOK else "cleared"

    def progress(done: int, total: int) -> None:
        if sys.stderr.isatty():
            typer.echo(f"\r{verb} the mailboxes of {done} of {total}", err=True, nl=done == total)

    return search_mailboxes(wanted, config.recall_accounts, mode=mode, progress=progress)


def _agrees(report: MailboxReport, unread: int) -> bool:
    """Show what was found, and ask."""
    show(report)
    if not unread:
        note("there is no unread copy to remove")
        return False
    return typer.confirm(f"Remove the unread copies of {counted(unread, 'recipient')}?", err=True)


def _row(one: Found) -> tuple[str, ...]:
    folders = ", ".join(f"{copy.folder}: {copy.state}" for copy in one.copies)
    return one.mailbox, one.state, folders, one.reason
