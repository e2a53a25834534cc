"""Own mailboxes after a recall: of everybody who got the mail and whose mailbox is ours, what became of their copies.

One mailbox after the other; one that fails is named with its reason and stops none of the others. Knows no IMAP.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Connection

from mailguard.errors import MailguardError
from mailguard.mail.mailbox import Mailbox, parse_mailbox
from mailguard.relay.mail_copy import Original, original_of
from mailguard.relay.master_account import MasterAccount
from mailguard.relay.recall_imap import Copy, CopyState, LogInError, MailboxError, MasterSession, Search, UnreachableError
from mailguard.store.parcels import parcels_of
from mailguard.store.queue import mailboxes_of

MOST_REFUSED: Final = 3
"""Log-ins that a server refuses before any is taken; more of them would only have it lock the master user out.

As often in succession it is tried to be reached: a timeout for each mailbox would take hours.
"""


class MailboxMode(StrEnum):
    """What is done with unread copies: they are counted, or removed."""

    LOOK = "look"
    REMOVE = "remove"


class Standing(StrEnum):
    """How it stands with one recipient's copies, by the one that matters most; `absent`: there is none."""

    REMOVED = "removed"
    UNREAD = "unread"
    READ = "read"
    ABSENT = "absent"
    FAILED = "failed"


_WEIGHT: Final = (
    (CopyState.READ, Standing.READ),
    (CopyState.UNREAD, Standing.UNREAD),
    (CopyState.REMOVED, Standing.REMOVED),
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One recipient whose mailbox is looked through. `original` None: `reason` says why it cannot be looked for."""

    message: str
    mailbox: Mailbox
    original: Original | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What there was in one recipient's mailbox."""

    message: str
    mailbox: str
    state: Standing
    copies: tuple[Copy, ...] = ()
    reason: str = ""

    @property
    def has_unread(self) -> bool:
        """Whether a copy could be removed."""
        return any(copy.state is CopyState.UNREAD for copy in self.copies)


@dataclass(frozen=True, slots=True)
class MailboxReport:
    """What became of the copies in own mailboxes, in the order of the recipients."""

    mode: MailboxMode
    mailboxes: tuple[Found, ...]

    def count(self, state: Standing) -> int:
        """Return for how many recipients it stands so."""
        return sum(one.state is state for one in self.mailboxes)

    def with_removal(self, removal: MailboxReport) -> MailboxReport:
        """Return the report of a removal that was asked of some of the mailboxes that were looked through."""
        after = {(one.message, one.mailbox): one for one in removal.mailboxes}
        return MailboxReport(MailboxMode.REMOVE, tuple(after.get((one.message, one.mailbox), one) for one in self.mailboxes))

    @property
    def counts(self) -> dict[str, Any]:
        """The numbers alone."""
        return {"mode": self.mode.value, **{state.value: self.count(state) for state in Standing}}

    def document(self) -> dict[str, Any]:
        """Return the report as what JSON can hold."""
        return {
            **self.counts,
            "mailboxes": [
                {
                    "message": one.message,
                    "mailbox": one.mailbox,
                    "state": one.state.value,
                    "copies": [{"folder": copy.folder, "state": copy.state.value} for copy in one.copies],
                    **({"reason": one.reason} if one.reason else {}),
                }
                for one in self.mailboxes
            ],
        }


def wanted_copies(
    connection: Connection, places: Collection[tuple[str, int]], accounts: Iterable[MasterAccount]
) -> list[Wanted]:
    """Return those of these recipients (message, ordinal) whose mailboxes are on one of the accounts' servers."""
    domains = {domain for account in accounts for domain in account.domains}
    boxes = {place: parse_mailbox(text) for place, text in mailboxes_of(connection, places).items()}
    own = sorted(place for place, box in boxes.items() if box.domain in domains)
    originals = {message: _original(connection, (message, n)) for message, n in dict(own).items()}
    return [_wanted(message, boxes[message, n], originals[message]) for message, n in own]


def search_mailboxes(
    wanted: Sequence[Wanted],
    accounts: Sequence[MasterAccount],
    *,
    mode: MailboxMode,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> MailboxReport:
    """Look through the mailboxes; in mode `remove` take the unread copies away. `progress` hears how many of how many are done.

    Raises ConfigError where a master user's password is not to be had.
    """
    found: list[Found] = []
    for account in accounts:
        door = _Door(account, mode)
        for name, group in _by_mailbox(account, [one for one in wanted if _account_of(one, accounts) is account]).items():
            found += door.look(name, group)
            progress(len(found), len(wanted))
    order = {(one.message, one.mailbox.wire): place for place, one in enumerate(wanted)}
    return MailboxReport(mode, tuple(sorted(found, key=lambda one: order[one.message, one.mailbox])))


class _Door:
    """A server, as the master user comes in; one that refuses log-in after log-in is left alone."""

    def __init__(self, account: MasterAccount, mode: MailboxMode) -> None:
        self._account = account
        self._is_removal = mode is MailboxMode.REMOVE
        self._may_refuse = False
        self._refusals: list[str] = []

    def look(self, name: str, wanted: Sequence[Wanted]) -> list[Found]:
        """Return what there is in one mailbox."""
        known = [(one, one.original) for one in wanted if one.original is not None]
        found = [Found(one.message, one.mailbox.wire, Standing.FAILED, reason=one.reason) for one in wanted if not one.original]
        if not known:
            return found
        search = self._search(name, [original for _, original in known])
        return found + [_found(one, copies, search.trouble) for (one, _), copies in zip(known, search.copies, strict=True)]

    def _search(self, name: str, originals: Sequence[Original]) -> Search:
        nothing = ((),) * len(originals)
        if len(self._refusals) >= MOST_REFUSED:
            return Search(nothing, f"not tried: {self._refusals[-1]}")
        try:
            with closing(MasterSession(self._account, name)) as session:
                # The master user is one: whom it may not open from now on is that mailbox's own trouble.
                self._may_refuse = True
                self._refusals.clear()
                return session.search(originals, remove=self._is_removal)
        except (LogInError, UnreachableError) as error:
            if not self._may_refuse or isinstance(error, UnreachableError):
                self._refusals.append(str(error))
            return Search(nothing, str(error))
        except MailboxError as error:
            return Search(nothing, str(error))


def _by_mailbox(account: MasterAccount, wanted: Iterable[Wanted]) -> dict[str, list[Wanted]]:
    """Return what is wanted by the name of the mailbox on the server: one log-in for all of it."""
    groups: dict[str, list[Wanted]] = {}
    for one in wanted:
        groups.setdefault(account.name_of(one.mailbox), []).append(one)
    return groups


def _wanted(message: str, mailbox: Mailbox, original: Original | str) -> Wanted:
    return Wanted(message, mailbox, None, original) if isinstance(original, str) else Wanted(message, mailbox, original)


def _found(one: Wanted, copies: Sequence[Copy], trouble: str) -> Found:
    states = {copy.state for copy in copies}
    state = Standing.FAILED if trouble else next((standing for own, standing in _WEIGHT if own in states), Standing.ABSENT)
    return Found(one.message, one.mailbox.wire, state, tuple(copies), trouble)


def _account_of(one: Wanted, accounts: Sequence[MasterAccount]) -> MasterAccount | None:
    return next((account for account in accounts if one.mailbox.domain in account.domains), None)


def _original(connection: Connection, place: tuple[str, int]) -> Original | str:
    """Return what a message is known by, or why it cannot be."""
    parcels = parcels_of(connection, [place])
    if not parcels:
        return "the content of the mail is no longer kept"
    try:
        return original_of(parcels[0].octets)
    except MailguardError as error:
        return str(error)
