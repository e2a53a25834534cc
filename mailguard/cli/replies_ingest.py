"""`mailguard replies ingest`: replies from files into the ledger; what is there already is not taken again."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from mailguard.cli.ledger import open_ledger
from mailguard.cli.options import AsJson, ConfigFile
from mailguard.cli.output import counted, note, print_json, say
from mailguard.errors import UsageError
from mailguard.relay.clock import system_clock
from mailguard.relay.log import set_up_log
from mailguard.relay.settings import LogFormat
from mailguard.replies.files import SOURCE, mails_from, mails_in
from mailguard.replies.incoming import Incoming, Taken, Unreadable
from mailguard.replies.ingest import Ingest
from mailguard.replies.reply_ledger import ReplyLedger
from mailguard.replies.source import MOST_IN_BATCH, MOST_OCTETS_IN_BATCH, Batch

STDIN: Final = "-"
_PROGRESS: Final = 2.0
"""Seconds between two words on how far it is."""
_MOST_NAMED: Final = 20
"""Mails put aside that are named where a person looks; JSON names all."""

Paths = Annotated[
    list[str],
    typer.Argument(metavar="PATH...", help="A message, an mbox, a Maildir, a folder of messages, or - for standard input."),
]


@dataclass(slots=True)
class Tally:
    """What has become of the mails so far. `aside` are names and reasons."""

    kinds: Counter[str] = field(default_factory=Counter)
    known: int = 0
    aside: list[tuple[str, str]] = field(default_factory=list)

    @property
    def new(self) -> int:
        """How many were not in the ledger."""
        return self.kinds.total()

    @property
    def read(self) -> int:
        """How many were looked at."""
        return self.new + self.known + len(self.aside)

    def add(self, name: str, taken: Taken) -> None:
        """Count one mail."""
        if taken.kind is None:
            self.aside.append((name, taken.error))
        elif taken.is_new:
            self.kinds[taken.kind.value] += 1
        else:
            self.known += 1


def ingest(paths: Paths, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Take replies in from files; those that are in the ledger already change nothing. Exit status 2 if none could be read."""
    begin = time.monotonic()
    tally = Tally()
    with open_ledger(config) as (loaded, database):
        # What a mail makes fail is logged with a traceback: without addresses, and without the values of variables.
        set_up_log(LogFormat.JSON if as_json else loaded.log.format, loaded.log.level)
        ledger = ReplyLedger(database, Ingest(loaded.replies), clock=system_clock)
        told_at = begin
        for batch in _batches(_mails(paths, max_size=loaded.reply_sources.max_size)):
            _take(ledger, batch, tally)
            if time.monotonic() - told_at > _PROGRESS:
                told_at = time.monotonic()
                note(f"{tally.read} read, {tally.new} new so far")
    if tally.read == len(tally.aside):
        raise UsageError(_nothing(tally))
    _report(tally, seconds=time.monotonic() - begin, as_json=as_json)


def _mails(paths: Sequence[str], *, max_size: int) -> Iterator[Incoming | Unreadable]:
    now = system_clock()
    for path in paths:
        if path == STDIN:
            yield from mails_from(sys.stdin.buffer, name="standard input", max_size=max_size, now=now)
        else:
            yield from mails_in(Path(path), max_size=max_size, now=now)


def _batches(mails: Iterator[Incoming | Unreadable]) -> Iterator[list[Incoming | Unreadable]]:
    """Yield the mails of one transaction after the other."""
    batch: list[Incoming | Unreadable] = []
    octets = 0
    for mail in mails:
        batch.append(mail)
        octets += len(mail.octets)
        if len(batch) >= MOST_IN_BATCH or octets >= MOST_OCTETS_IN_BATCH:
            yield batch
            batch, octets = [], 0
    if batch:
        yield batch


def _take(ledger: ReplyLedger, batch: Sequence[Incoming | Unreadable], tally: Tally) -> None:
    mails = [one for one in batch if isinstance(one, Incoming)]
    unreadable = [one for one in batch if isinstance(one, Unreadable)]
    taken = ledger.take(Batch(SOURCE, "", mails, unreadable))
    names = [mail.name for mail in mails] + [one.name for one in unreadable]
    for name, result in zip(names, taken, strict=True):
        tally.add(name, result)


def _nothing(tally: Tally) -> str:
    if not tally.aside:
        return "there is no mail in it; name a message file, an mbox, a Maildir or a folder of messages"
    name, reason = tally.aside[0]
    more = f" (and {len(tally.aside) - 1} more)" if len(tally.aside) > 1 else ""
    return f"no mail could be read: {name}: {reason}{more}; name message files as they came"


def _report(tally: Tally, *, seconds: float, as_json: bool) -> None:
    if as_json:
        print_json(_document(tally, seconds))
        return
    kinds = ", ".join(f"{count} {kind}" for kind, count in tally.kinds.most_common())
    say(f"{counted(tally.read, 'mail')} read: {tally.new} new{f' ({kinds})' if kinds else ''}, {tally.known} known already")
    for name, reason in tally.aside[:_MOST_NAMED]:
        note(f"put aside: {name}: {reason}")
    if len(tally.aside) > _MOST_NAMED:
        note(f"put aside: {len(tally.aside) - _MOST_NAMED} more; see them all with --json")


def _document(tally: Tally, seconds: float) -> dict[str, Any]:
    return {
        "read": tally.read,
        "new": tally.new,
        "known": tally.known,
        "kinds": dict(tally.kinds),
        "set_aside": [{"name": name, "reason": reason} for name, reason in tally.aside],
        "seconds": seconds,
    }
