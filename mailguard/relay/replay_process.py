"""The recorded mail judged under two policies at once: the one that is tried here, the current one in a process of its own.

Where there is little mail both are judged here: a process costs a second. Temporary ledgers go with whoever asked.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Any, Final

from mailguard.errors import MailguardError
from mailguard.relay.replay import Judged, Span, Terms, judged
from mailguard.relay.replay_comparison import Comparison, Tally
from mailguard.store.database import Database

MOST_HERE: Final = 2_000
"""Messages up to which no process is worth its while."""

AT_ONCE: Final = 200
"""Transactions that are passed on at a time."""

_KILLED: Final = "a process that judges mail was killed, perhaps out of memory; run it again"

Listener = Callable[[int, int], None]
"""Is told how many transactions were judged, and how many there are, about."""


@dataclass(frozen=True, slots=True)
class _Order:
    """What a process is to judge. `url`: the ledger, with its password; `scratch`: the file of an empty one."""

    url: str
    scratch: str
    terms: Terms
    over: Span


def compare(
    database: Database, url: str, terms: Terms, over: Span, *, examples: int, progress: Listener, most_here: int = MOST_HERE
) -> Comparison:
    """What the policy of `terms` would change of the span's decisions. `url`: the database's own.

    Raises MailguardError where a process is killed, or the ledger is cleared up meanwhile.
    """
    tally = Tally(examples=examples)
    with TemporaryDirectory(prefix="mailguard-replay-") as folder:
        here, there = _empty_ledgers(Path(folder))
        order = _Order(url, there, replace(terms, policy=terms.current, clients=terms.current_clients), over)
        current = _judged_apart(order) if over.messages > most_here else _judged_here(database, order)
        with current as before, _judged_here(database, _Order(url, here, terms, over)) as after:
            for one, other in zip(before, after, strict=True):
                tally.add(one, other)
                progress(tally.transactions, over.messages)
    return tally.comparison(over.messages)


def _empty_ledgers(folder: Path) -> tuple[str, str]:
    """Two empty ledgers; the second one as a copy, for making the tables takes twenty times as long."""
    here, there = folder / "tried.db", folder / "current.db"
    Database.open(f"sqlite:///{here}").close()
    copyfile(here, there)
    return str(here), str(there)


@contextmanager
def _judged_here(database: Database, order: _Order) -> Iterator[Iterator[Judged]]:
    with (
        closing(Database.open(f"sqlite:///{order.scratch}")) as scratch,
        closing(judged(database, scratch, order.terms, order.over)) as found,
    ):
        yield found


@contextmanager
def _judged_apart(order: _Order) -> Iterator[Iterator[Judged]]:
    # Not by fork: this process has open databases.
    context = get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_judge, args=(sender, order), daemon=True)
    process.start()
    sender.close()
    try:
        yield _received(receiver)
    finally:
        process.terminate()
        process.join()
        receiver.close()


def _received(receiver: Pipe[Any, Any]) -> Iterator[Judged]:
    while True:
        try:
            piece: list[Judged] | str = receiver.recv()
        except EOFError:
            raise MailguardError(_KILLED) from None
        if isinstance(piece, str):
            raise MailguardError(piece)
        if not piece:
            return
        yield from piece


def _judge(sender: Pipe[Any, Any], order: _Order) -> None:
    """Judge in a process of its own; an empty piece says that it is done. Ctrl-C is for whoever asked to act on."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with closing(Database.open(order.url, create=False)) as database, _judged_here(database, order) as found:
            while piece := list(islice(found, AT_ONCE)):
                sender.send(piece)
        sender.send([])
    except MailguardError as error:
        sender.send(str(error))
    except BrokenPipeError:
        return  # whoever asked has gone
