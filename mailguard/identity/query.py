"""What a mail tells of one recipient, in the form in which records are compared. Refuses to know any record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from mailguard.identity.folding import LONGEST, is_nothing, name_words
from mailguard.identity.local_part import is_role
from mailguard.identity.names import full_name, is_company
from mailguard.identity.record import MAIL_SOURCE, Record
from mailguard.identity.standard import Standard
from mailguard.identity.standardise import mailboxes, standardise
from mailguard.mail.mailbox import Mailbox

NO_HINTS: Final = Record(source=MAIL_SOURCE, source_key="")


@dataclass(frozen=True, slots=True)
class Query:
    """One recipient. `standard`: all that is told. A name that only the local part spells is not in it: that is the mailbox.

    `references`: the records (source, source key) that the sender says it is.
    """

    mailbox: Mailbox
    standard: Standard
    references: tuple[tuple[str, str], ...] = ()

    @property
    def has_hints(self) -> bool:
        """Whether more than the mailbox is told."""
        told = self.standard
        return bool(told.given or told.surname or told.born or told.phone or told.street or told.postcode)


def query_of(
    mailbox: Mailbox, *, hints: Record = NO_HINTS, references: tuple[tuple[str, str], ...] = (), region: str = ""
) -> Query:
    """Return what is told of a recipient: its hints, and of its display name what they leave open.

    `hints`: what a trusted sender says (`Mailguard-Person`), as a record; its mailboxes are the recipient's too.
    `region`: ISO 3166 alpha-2, for telephone numbers and dates in the hints.
    """
    told = _of_mailbox(mailbox.canonical) if hints is NO_HINTS else standardise(hints, region=region)
    if hints is not NO_HINTS:
        told = replace(told, mailboxes=tuple(dict.fromkeys((mailbox.canonical, *mailboxes(hints.emails)))))
    if mailbox.display_name and not (told.given or told.surname):
        # Cut beforehand: the cache keeps what it is asked for, and a stranger's header field may be long.
        given, middle, family = name_of_display(mailbox.display_name[:LONGEST])
        told = replace(told, given=given, middle=middle, surname=family)
    return Query(mailbox, told, references)


@lru_cache(1 << 14)
def name_of_display(text: str) -> tuple[str, str, str]:
    """Return first given name, other given names and surname of a display name; all "" where it is no person's.

    An address, an office (`Support`), a firm, and a word with digits in it are no names.
    """
    bare = text.strip().strip("'\"").strip()
    is_name = not (is_nothing(bare) or "@" in bare or "/" in bare or any(map(str.isdigit, bare)))
    if not is_name or is_company(bare) or is_role("".join(name_words(bare))) or any(map(is_role, name_words(bare)[:1])):
        return "", "", ""
    return full_name(bare)


def _of_mailbox(canonical: str) -> Standard:
    return Standard(mailboxes=(canonical,))
