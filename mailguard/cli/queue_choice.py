"""Which of what waits a command of `queue` means: its arguments and options, and the filter that they come to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import typer
from sqlalchemy import Connection

from mailguard.cli.options import duration_option
from mailguard.errors import UsageError
from mailguard.policy.finding import Code
from mailguard.policy.limits import Limits
from mailguard.relay.clock import system_clock
from mailguard.store.filter import Filter
from mailguard.store.hold_groups import causes_named

Name = Annotated[
    str, typer.Argument(metavar="ID|G...", help="An ID, a Message-ID in angle brackets, or a group's id, such as G1a2b3c4d.")
]
Names = Annotated[
    list[str] | None, typer.Argument(metavar="[ID|G...]...", help="IDs, Message-IDs in angle brackets, ids of groups.")
]
Everything = Annotated[bool, typer.Option("--all", help="Everything that waits.")]
FindingOption = Annotated[Code | None, typer.Option("--finding", metavar="F", help="Only what this finding was made for.")]
Sender = Annotated[str, typer.Option("--sender", metavar="S", help="Only mail from this address, domain or client.")]
OlderThan = Annotated[
    timedelta | None,
    typer.Option("--older-than", metavar="DURATION", parser=duration_option, help="Only what came longer ago, such as 2d."),
]


def filter_of(
    names: list[str] | None, *, everything: bool, finding: Code | None, sender: str, older_than: timedelta | None
) -> Filter:
    """Return what is meant, groups not yet told from mails. Raises UsageError where nothing was said."""
    chosen = Filter(
        ids=tuple(names or ()), finding=finding, sender=sender, older_than=before(older_than), everything=everything
    )
    if chosen.means_nothing:
        raise UsageError(
            "say which mail: an ID, the id of a group, --finding, --sender or --older-than, or --all for everything that waits"
        )
    return chosen


def with_groups(connection: Connection, chosen: Filter, limits: Limits) -> Filter:
    """Return the same, with the mail of the groups among its names in place of these.

    What comes to a group while it is being settled was seen by nobody, and is not meant. A name that is no group's, or of one
    that is empty, stays a name.
    """
    causes = causes_named(connection, chosen.ids, limits)
    if not causes:
        return chosen
    return Filter(
        ids=tuple(name for name in chosen.ids if name not in causes),
        causes=tuple(causes.values()),
        finding=chosen.finding,
        sender=chosen.sender,
        older_than=chosen.older_than or system_clock(),
        everything=chosen.everything,
    )


def before(age: timedelta | None) -> datetime | None:
    """Return the time so long ago, None for none."""
    return system_clock() - age if age is not None else None
