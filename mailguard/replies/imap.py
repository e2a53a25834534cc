"""Replies from an IMAP server: each folder is read on from where it was left, and watched (RFC 3501, RFC 2177).

Messages are never changed: folders are opened read-only (EXAMINE), content is fetched with BODY.PEEK. How far a folder is read
is the last UID under its UIDVALIDITY; where that has changed the folder is read anew, and the ledger knows what it has
already. Sizes are asked before content: what is too large, or what the server does not give, is put aside with its reason.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from imaplib import IMAP4
from threading import Event
from typing import Any, Final

from imap_tools.errors import ImapToolsError, MailboxLoginError, UnexpectedCommandStatusError

from mailguard.errors import MailguardError
from mailguard.mail.date_field import parse_date
from mailguard.replies.imap_client import BoundedMailbox, ImapLimits
from mailguard.replies.imap_password import read_password
from mailguard.replies.incoming import Incoming, Unreadable
from mailguard.replies.source import MOST_IN_BATCH, MOST_OCTETS_IN_BATCH, Batch, Clock, Ledger, LogInRefusedError, Report
from mailguard.replies.source_settings import ImapAccount
from mailguard.store.reply_cursors import Cursor

WINDOW: Final = 50_000
"""UIDs asked for by one SEARCH: what it answers stays within one line of bounded length."""

TRIES: Final = 4
"""How often a mail may break the connection before it is put aside, so that it holds up no others."""

_LONGEST_IDLE: Final = timedelta(minutes=28)  # RFC 2177: a server may hang up after 30 minutes
_CALM: Final = 0.1
"""Seconds between being woken and looking, in which more may come: a server that wakes us without end costs little."""

_NOT_NOW: Final = ("[UNAVAILABLE]", "[INUSE]", "[SERVERBUG]", "[LIMIT]")  # RFC 5530: it says nothing of the password
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UID: Final = re.compile(rb"\bUID (\d{1,10})\b")
_SIZE: Final = re.compile(rb"\bRFC822\.SIZE (\d{1,19})\b")
_TIMES: Final = re.compile(r" \([\d.+ ]+secs\)")  # Dovecot's: the same trouble would be another each time
_ARRIVED: Final = re.compile(rb'\bINTERNALDATE "([^"]{1,40})"')


@dataclass(frozen=True, slots=True)
class _Listed:
    """A message as the server lists it: `size` in octets, 0 where it does not say."""

    uid: int
    size: int
    arrived: datetime


@dataclass(frozen=True, slots=True)
class _Folder:
    """A folder that is open, under one UIDVALIDITY."""

    name: str
    validity: str


class _RefusedError(MailguardError):
    """The server said that it will not give what was asked for."""


class ImapSource:
    """One account. `limits` are for tests that cannot wait for what a server may take at most."""

    def __init__(
        self,
        account: ImapAccount,
        ledger: Ledger,
        *,
        max_size: int,
        look_back: timedelta,
        clock: Clock,
        limits: ImapLimits | None = None,
    ) -> None:
        self._account = account
        self._ledger = ledger
        self._max_size = max_size
        self._look_back = look_back
        self._clock = clock
        room = max_size + MOST_OCTETS_IN_BATCH
        self._limits = limits or ImapLimits(octets=room, literal=max_size)
        self._mailbox: BoundedMailbox | None = None
        self._broke: Counter[tuple[_Folder, int]] = Counter()

    @property
    def name(self) -> str:
        """The account's name."""
        return f"imap:{self._account.name}"

    def read(self, stopping: Event, report: Report) -> None:
        """Read every folder, wait for more, until `stopping`."""
        mailbox = BoundedMailbox(self._account, self._limits)
        self._mailbox = mailbox
        try:
            if not stopping.is_set():
                self._log_in(mailbox)
            while not stopping.is_set():
                if self._read_folders(mailbox, stopping, report):
                    report.well()
                self._wait(mailbox, stopping)
        finally:
            self._mailbox = None
            mailbox.client.shutdown()

    def interrupt(self) -> None:
        """End the connection: `read` then ends, too."""
        mailbox = self._mailbox
        if mailbox is not None:
            mailbox.client.interrupt()

    def _log_in(self, mailbox: BoundedMailbox) -> None:
        try:
            mailbox.log_in(read_password(self._account.password))
        except MailboxLoginError as error:
            said = _said(error)
            if said.startswith(_NOT_NOW):
                raise MailguardError(f"the server takes no log-in now: {said}") from error
            raise LogInRefusedError(
                f"the server refuses username or password: {said}; mend them in [[replies.imap]]"
            ) from error

    # Folders.

    def _read_folders(self, mailbox: BoundedMailbox, stopping: Event, report: Report) -> bool:
        """Read all; return whether none was refused."""
        is_well = True
        # The first is read last, and stays open to be watched.
        for folder in reversed(self._account.folders):
            try:
                self._read_folder(mailbox, folder, stopping)
            except UnexpectedCommandStatusError as error:  # the server said no, and goes on
                is_well = False
                report.trouble(folder, MailguardError(f"the server does not open this folder: {_said(error)}; mend folders"))
            except ImapToolsError as error:
                is_well = False
                report.trouble(folder, error)
        return is_well

    def _read_folder(self, mailbox: BoundedMailbox, name: str, stopping: Event) -> None:
        state = mailbox.folder.status(name, ("UIDVALIDITY", "UIDNEXT"))
        folder, next_uid = _Folder(name, str(state.get("UIDVALIDITY", ""))), state.get("UIDNEXT", 1)
        cursor = self._ledger.cursor(self.name, name)
        is_known = cursor is not None and cursor.validity == folder.validity
        low = int(cursor.position) + 1 if cursor is not None and is_known else 1
        is_watched = name == self._account.folders[0]
        if low < next_uid or (is_watched and mailbox.folder.get() != name):
            self._open(mailbox, folder)
        while low < next_uid and not stopping.is_set():
            high = min(low + WINDOW, next_uid) - 1
            self._read_window(mailbox, folder, low=low, high=high, since=None if is_known else self._since())
            low = high + 1

    def _open(self, mailbox: BoundedMailbox, folder: _Folder) -> None:
        mailbox.folder.set(folder.name, readonly=True)
        _, said = mailbox.client.response("UIDVALIDITY")
        if said and said[-1] and said[-1].decode("ascii", "replace") != folder.validity:
            raise MailguardError(f"{folder.name} was made anew while it was opened")

    def _since(self) -> str:
        # SEARCH knows days only, in the server's zone: a day more takes in all that is meant.
        day = self._clock() - self._look_back - timedelta(days=1)
        return f"{day.day}-{_MONTHS[day.month - 1]}-{day.year:04d}"

    def _read_window(self, mailbox: BoundedMailbox, folder: _Folder, *, low: int, high: int, since: str | None) -> None:
        """Take what has these UIDs, and note that it was."""
        criteria = f"UID {low}:{high}" + (f" SINCE {since}" if since else "")
        uids = sorted(uid for uid in map(int, mailbox.uids(criteria, charset=None)) if low <= uid <= high)
        for begin in range(0, len(uids), MOST_IN_BATCH):
            listed = self._list(mailbox, uids[begin : begin + MOST_IN_BATCH])
            for group in self._groups(folder, listed):
                self._take(mailbox, folder, group)
        self._ledger.take(Batch(self.name, folder.name, cursor=Cursor(folder.validity, str(high))))

    def _list(self, mailbox: BoundedMailbox, uids: Sequence[int]) -> list[_Listed]:
        """Return what the server says of these messages; one that is gone meanwhile is not among them."""
        said = _fetch(mailbox, uids, "(UID RFC822.SIZE INTERNALDATE)")
        listed = {one.uid: one for one in map(self._listed, said) if one is not None}
        return [listed[uid] for uid in uids if uid in listed]

    def _listed(self, line: object) -> _Listed | None:
        if not isinstance(line, bytes) or (uid := _UID.search(line)) is None:
            return None
        size, arrived = _SIZE.search(line), _ARRIVED.search(line)
        moment = parse_date(arrived[1].decode("ascii", "replace")) if arrived else None
        now = self._clock()
        return _Listed(int(uid[1]), int(size[1]) if size else 0, min(moment.astimezone(UTC), now) if moment else now)

    def _groups(self, folder: _Folder, listed: Sequence[_Listed]) -> Iterator[list[_Listed]]:
        """Give what is fetched together: little at a time, and by itself what has broken a connection before."""
        group: list[_Listed] = []
        octets = 0
        for one in listed:
            is_doubtful = self._broke[folder, one.uid] > 0
            if group and (is_doubtful or octets + one.size > MOST_OCTETS_IN_BATCH):
                yield group
                group, octets = [], 0
            group.append(one)
            octets += one.size
            if is_doubtful:
                yield group
                group, octets = [], 0
        if group:
            yield group

    # Messages.

    def _take(self, mailbox: BoundedMailbox, folder: _Folder, group: Sequence[_Listed]) -> None:
        """Fetch a group and have it taken, with how far the folder is read then."""
        wanted = [one for one in group if self._why_not(folder, one) is None]
        contents = self._contents(mailbox, folder, wanted) if wanted else {}
        mails = [self._incoming(folder, one, contents[one.uid]) for one in wanted if contents.get(one.uid)]
        unreadable = [self._unreadable(folder, one, reason) for one in group if (reason := self._why_not(folder, one))]
        unreadable += [
            self._unreadable(folder, one, "the server gives no content") for one in wanted if contents.get(one.uid) == b""
        ]
        cursor = Cursor(folder.validity, str(group[-1].uid))
        self._ledger.take(Batch(self.name, folder.name, mails, unreadable, cursor))

    def _why_not(self, folder: _Folder, one: _Listed) -> str | None:
        if one.size > self._max_size:
            return f"{one.size} octets are more than {self._max_size}"
        if self._broke[folder, one.uid] >= TRIES:
            return f"the connection broke {TRIES} times while it was fetched"
        return None

    def _contents(self, mailbox: BoundedMailbox, folder: _Folder, wanted: Sequence[_Listed]) -> dict[int, bytes]:
        """Return the octets by UID: none of a message that is gone, b"" of one that the server does not give."""
        try:
            return _octets(_fetch(mailbox, [one.uid for one in wanted], "(UID BODY.PEEK[])"))
        except _RefusedError:
            if len(wanted) == 1:
                return {wanted[0].uid: b""}
        except Exception:  # whatever it was, the connection is of no more use
            self._broke.update((folder, one.uid) for one in wanted)
            raise
        return {uid: octets for one in wanted for uid, octets in self._contents(mailbox, folder, [one]).items()}

    def _incoming(self, folder: _Folder, one: _Listed, octets: bytes) -> Incoming:
        return Incoming(octets, self.name, one.arrived, name=_place(folder, one))

    def _unreadable(self, folder: _Folder, one: _Listed, reason: str) -> Unreadable:
        return Unreadable(self.name, _place(folder, one), reason)

    # Waiting.

    def _wait(self, mailbox: BoundedMailbox, stopping: Event) -> None:
        """Return when there may be more, at the latest when it is time to look."""
        patience = self._account.poll
        if stopping.is_set():
            return
        if self._account.idle and mailbox.can("IDLE") and mailbox.folder.get() == self._account.folders[0]:
            mailbox.idle.wait(timeout=min(patience, _LONGEST_IDLE).total_seconds())
            stopping.wait(_CALM)
        else:
            stopping.wait(patience.total_seconds())


def _said(error: UnexpectedCommandStatusError) -> str:
    """Return the server's own words of a refusal."""
    words = [each.decode("utf-8", "replace") for each in error.command_result[1] or () if isinstance(each, bytes)]
    return _TIMES.sub("", " ".join(words))[:200].rstrip(". ") or str(error.command_result[0])


def _place(folder: _Folder, one: _Listed) -> str:
    """Return where a message is, for people (in the manner of RFC 5092)."""
    return f"{folder.name};UIDVALIDITY={folder.validity};UID={one.uid}"


def _fetch(mailbox: BoundedMailbox, uids: Sequence[int], what: str) -> list[Any]:
    """Return what imaplib makes of the answer. Raises _RefusedError where the server says NO or BAD, and goes on."""
    try:
        kind, said = mailbox.client.uid("FETCH", ",".join(map(str, uids)), what)
    except IMAP4.abort:
        raise
    except IMAP4.error as error:
        raise _RefusedError(str(error)[:200]) from error
    if kind != "OK":
        raise _RefusedError(f"FETCH refused: {said!r:.200}")
    return said


def _octets(said: Sequence[Any]) -> dict[int, bytes]:
    """Return the contents in an answer by UID, which may stand before or after the literal."""
    found: dict[int, bytes] = {}
    for place, item in enumerate(said):
        if isinstance(item, tuple):
            after = said[place + 1] if place + 1 < len(said) else b""
            uid = _UID.search(item[0]) or (_UID.search(after) if isinstance(after, bytes) else None)
            if uid is not None:
                found[int(uid[1])] = item[1]
        elif isinstance(item, bytes) and b"BODY[]" in item and (uid := _UID.search(item)):
            found[int(uid[1])] = b""
    return found
