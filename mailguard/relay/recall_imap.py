"""One own mailbox, opened by a master user: which copies of recalled messages are in it, and the unread ones removed.

Looking changes nothing: folders are opened with EXAMINE, headers fetched with BODY.PEEK. A copy is removed by its UID alone
(RFC 4315), and marked for it only if nothing about it has changed since it was looked at (RFC 7162): what its owner opens in
that moment stays. A server that offers neither is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from imaplib import IMAP4
from typing import Any, Final

from imap_tools.errors import ImapToolsError, MailboxLoginError, UnexpectedCommandStatusError

from mailguard.errors import MailguardError
from mailguard.relay.mail_copy import Kin, Original
from mailguard.relay.master_account import AUTHZID, MasterAccount
from mailguard.replies.imap_client import BoundedMailbox, ImapLimits
from mailguard.replies.imap_password import read_password

LIMITS: Final = ImapLimits(octets=8_388_608, literal=1_048_576, wait=30.0, command=120.0)
"""What one command may cost: a list of folders, or a header."""

MOST_FOLDERS: Final = 2_000

TRIES: Final = 3
"""How often a copy is looked at anew that changes while it is to be removed."""

_NEEDED: Final = ("UIDPLUS", "CONDSTORE")
_CLOSED: Final = frozenset({"\\noselect", "\\nonexistent"})
# What its owner has done something with counts as read, whether or not a program has marked it so.
_TOUCHED: Final = frozenset({"\\seen", "\\answered", "\\flagged", "\\draft", "$forwarded"})
_UID: Final = re.compile(rb"\bUID (\d{1,10})\b")
_FLAGS: Final = re.compile(rb"\bFLAGS \(([^)]*)\)")
_MODSEQ: Final = re.compile(rb"\bMODSEQ \((\d{1,20})\)")


class CopyState(StrEnum):
    """What became of a copy: `unread` could be removed, `other` has the Message-ID and is another message."""

    REMOVED = "removed"
    UNREAD = "unread"
    READ = "read"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Copy:
    """A message with the Message-ID that was looked for, and the folder that it is in."""

    folder: str
    state: CopyState


@dataclass(frozen=True, slots=True)
class Search:
    """The copies of each original that was looked for. `trouble`: why a folder, or the rest, was not looked through; or ""."""

    copies: tuple[tuple[Copy, ...], ...]
    trouble: str


class MailboxError(MailguardError):
    """The mailbox could not be looked through; the text is one clause that says why."""


class UnreachableError(MailboxError):
    """The server is not there."""


class LogInError(MailboxError):
    """The server does not let the master user into this mailbox."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A message as it stands in a folder."""

    uid: str
    flags: frozenset[str]
    modseq: str
    header: bytes

    @property
    def is_touched(self) -> bool:
        return bool(self.flags & _TOUCHED)

    @property
    def is_deleted(self) -> bool:
        return "\\deleted" in self.flags


class MasterSession:
    """A mailbox that is open, until `close`. Raises MailboxError for whatever goes wrong with the server."""

    def __init__(self, account: MasterAccount, mailbox: str, *, limits: ImapLimits = LIMITS) -> None:
        self._account = account
        self._open = ("", False)
        password = read_password(account.password)
        try:
            self._mailbox = BoundedMailbox(account.account(mailbox), limits)
        except (OSError, IMAP4.error) as error:
            raise UnreachableError(f"{account.host} cannot be reached: {error}") from error
        try:
            self._log_in(mailbox, password)
        except (MailboxLoginError, IMAP4.error, OSError) as error:
            self.close()
            raise LogInError(f"{account.host} does not let {account.master} in as {mailbox}: {_said(error)}") from error

    def close(self) -> None:
        """End the connection."""
        self._mailbox.client.shutdown()

    def search(self, originals: Sequence[Original], *, remove: bool) -> Search:
        """Return the copies of each original; with `remove`, the unread ones are removed."""
        if remove:
            self._require_safe_removal()
        copies: list[list[Copy]] = [[] for _ in originals]
        trouble = ""
        try:
            for folder in self._folders():
                try:
                    for place, original in enumerate(originals):
                        copies[place] += self._in_folder(folder, original, remove=remove)
                except (UnexpectedCommandStatusError, MailboxError) as error:
                    trouble = trouble or f"{folder}: {_said(error)}"
        except (ImapToolsError, MailboxError, IMAP4.error, OSError, ValueError) as error:
            trouble = f"{self._account.host} failed: {_said(error)}"
        return Search(tuple(map(tuple, copies)), trouble)

    def _log_in(self, mailbox: str, password: str) -> None:
        if self._account.login != AUTHZID:
            self._mailbox.log_in(password)
            return
        identity = f"{mailbox}\0{self._account.master}\0{password}".encode()
        self._mailbox.client.authenticate("PLAIN", lambda _: identity)
        self._mailbox.client.ask_capabilities()

    def _require_safe_removal(self) -> None:
        lacking = [each for each in _NEEDED if not self._mailbox.can(each)]
        if lacking:
            raise MailboxError(
                f"{self._account.host} lacks {' and '.join(lacking)}, without which one message cannot be removed safely"
            )

    def _folders(self) -> tuple[str, ...]:
        if self._account.folders:
            return self._account.folders
        listed = [one.name for one in self._mailbox.folder.list() if not _CLOSED & {flag.casefold() for flag in one.flags}]
        if not 0 < len(listed) <= MOST_FOLDERS:
            raise MailboxError(f"it lists {len(listed)} folders, at most {MOST_FOLDERS} are looked through; set folders")
        return tuple(listed)

    def _in_folder(self, folder: str, original: Original, *, remove: bool) -> list[Copy]:
        """Return the folder's copies. It is opened for writing only where one is to be removed: no mail stays recent then."""
        if self._open != (folder, True):
            self._set(folder, is_read_only=True)
        copies = self._search_folder(folder, original, remove=False)
        if remove and any(copy.state is CopyState.UNREAD for copy in copies):
            self._set(folder, is_read_only=False)
            copies = self._search_folder(folder, original, remove=True)
        return copies

    def _set(self, folder: str, *, is_read_only: bool) -> None:
        self._mailbox.folder.set(folder, readonly=is_read_only)
        self._open = folder, is_read_only

    def _search_folder(self, folder: str, original: Original, *, remove: bool) -> list[Copy]:
        copies: list[Copy] = []
        for uid in self._uids(original):
            found = self._fetch(uid)
            kin = Kin.NONE if found is None else original.kin(found.header)
            if found is None or kin is Kin.NONE:
                continue
            if kin is Kin.NAMESAKE:
                state = CopyState.OTHER
            elif found.is_touched:
                state = CopyState.READ
            else:
                state = self._remove(folder, found) if remove else CopyState.UNREAD
            copies.append(Copy(folder, state))
        return copies

    def _uids(self, original: Original) -> list[str]:
        """Return what the folder has with a Message-ID that holds this one (RFC 3501 6.4.4 finds parts of it, too)."""
        quoted = '"' + original.message_id.replace("\\", "\\\\").replace('"', '\\"') + '"'
        if not quoted.isascii() or not quoted.isprintable():
            raise MailboxError("its Message-ID has characters that IMAP cannot be asked for")
        said = self._ask("SEARCH", "HEADER", "Message-ID", quoted)
        return [uid.decode("ascii") for line in said if isinstance(line, bytes) for uid in line.split()]

    def _fetch(self, uid: str) -> _Found | None:
        """Return the message with this UID as it is now, None where it is gone."""
        modseq = " MODSEQ" if self._mailbox.can("CONDSTORE") else ""
        said = self._ask("FETCH", uid, f"(UID FLAGS{modseq} BODY.PEEK[HEADER])")
        for place, item in enumerate(said):
            if not isinstance(item, tuple):
                continue
            after = said[place + 1] if place + 1 < len(said) else b""
            words = item[0] + b" " + (after if isinstance(after, bytes) else b"")
            if (named := _UID.search(words)) is not None and named[1].decode("ascii") == uid:
                return _found(uid, words, header=item[1])
        return None

    def _remove(self, folder: str, found: _Found) -> CopyState:
        """Remove a message that was unread a moment ago; return what became of it."""
        now: _Found | None = found
        for _ in range(TRIES):
            if now is None:
                return CopyState.REMOVED
            if now.is_touched:
                return self._left(found, now)
            if not now.modseq:
                raise MailboxError(f"{folder} keeps no MODSEQ, without which a message cannot be removed safely")
            self._ask("STORE", now.uid, f"(UNCHANGEDSINCE {now.modseq})", "+FLAGS.SILENT", "(\\Deleted)")
            now = self._fetch(found.uid)
            if now is not None and now.is_deleted and not now.is_touched:
                self._ask("EXPUNGE", found.uid)
                now = self._fetch(found.uid)
        return CopyState.REMOVED if now is None else CopyState.UNREAD

    def _left(self, before: _Found, now: _Found) -> CopyState:
        """Leave a message that its owner has opened meanwhile as they have it."""
        if now.is_deleted and not before.is_deleted:
            self._ask("STORE", now.uid, "-FLAGS.SILENT", "(\\Deleted)")
        return CopyState.READ

    def _ask(self, command: str, *arguments: str) -> list[Any]:
        """Return what imaplib makes of the answer to a UID command. Raises MailboxError where the server says no."""
        kind, said = self._mailbox.client.uid(command, *arguments)
        if kind != "OK":
            raise MailboxError(f"{self._account.host} refused {command}: {said!r:.200}")
        return said


def _found(uid: str, words: bytes, *, header: bytes) -> _Found:
    flags, modseq = _FLAGS.search(words), _MODSEQ.search(words)
    return _Found(
        uid,
        frozenset(flags[1].decode("ascii", "replace").casefold().split()) if flags else frozenset({"\\seen"}),
        modseq[1].decode("ascii") if modseq else "",
        header,
    )


def _said(error: Exception) -> str:
    """Return a server's own words, on one line."""
    result = getattr(error, "command_result", None)
    words = [each.decode("utf-8", "replace") for each in (result[1] or ()) if isinstance(each, bytes)] if result else []
    return " ".join((" ".join(words) or str(error)).split())[:200]
