"""A record in the form in which it is compared.

Each field has a function of its own, so that a batch asks once per distinct value: names.given_names, names.surname,
names.full_name; dates.born; phones.phone; addresses.address, addresses.postcode, addresses.place; countries.country;
`mailboxes` here. All are pure, cached, bounded, and never raise.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from mailguard.errors import AddressError
from mailguard.identity.addresses import address, place, postcode
from mailguard.identity.countries import country
from mailguard.identity.dates import born
from mailguard.identity.folding import word_set
from mailguard.identity.names import full_name, given_names, surname
from mailguard.identity.phones import phone
from mailguard.identity.record import Record
from mailguard.identity.standard import Standard
from mailguard.mail.mailbox import parse_mailbox

_CACHED: Final = 1 << 16
_MOST_MAILBOXES = 16
# What a clerk types where a field must be filled.
_NOBODYS = word_set("""
none@none.com no@no.com na@na.com test@test.com test@test.de a@a.com noemail@noemail.com no@email.com no@mail.com
email@email.com none@nomail.com unknown@unknown.com nomail@nomail.com x@x.com
""")


def standardise(record: Record, *, region: str = "") -> Standard:
    """Return the comparable form of a record.

    `region`: ISO 3166 alpha-2, for telephone numbers and dates of records that name no country of their own.
    """
    land = country(record.country)
    home = land if len(land) == 2 else region.lower()
    given, middle, family = parts_of_name(record.given_name, record.surname, full=record.full_name)
    number, street = address(record.street_address)
    return Standard(
        given=given,
        middle=middle,
        surname=family,
        born=born(record.date_of_birth, home),
        phone=phone(record.phone, home),
        number=number,
        street=street,
        city=place(record.city),
        postcode=postcode(record.postcode),
        state=place(record.state),
        country=land,
        mailboxes=mailboxes(record.emails),
    )


def parts_of_name(given_name: str, family_name: str, *, full: str) -> tuple[str, str, str]:
    """Return first given name, other given names and surname: from a column for each, else from one for all.

    A column that holds "Lovelace, Ada" beside an empty one holds both.
    """
    if "," in given_name + family_name and not (given_name and family_name):
        return full_name(given_name or family_name)
    first, others = given_names(given_name)
    family = surname(family_name)
    if first and family:
        return (first, *_once(first, others, family))
    told_first, told_others, told_family = full_name(full)
    return (first, others, family or told_family) if first else (told_first, told_others, family or told_family)


def _once(first: str, others: str, family: str) -> tuple[str, str]:
    """Return the other given names and the surname, without what stands in both columns (Ada Lovelace; Lovelace)."""
    return others.removesuffix(family).rstrip(), family.removeprefix(f"{first} ")


def mailboxes(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the canonical mailboxes, each once, in order; what is none is left out."""
    found = (_canonical(text) for text in texts)
    return tuple(dict.fromkeys(mailbox for mailbox in found if mailbox))[:_MOST_MAILBOXES]


@lru_cache(_CACHED)
def _canonical(text: str) -> str:
    """Return the canonical form of a mailbox, as it is or in angle brackets; "" where it is none or nobody's."""
    bare = text.strip().removeprefix("mailto:")
    if bare.endswith(">"):
        bare = bare.rpartition("<")[2].removesuffix(">")
    try:
        canonical = parse_mailbox(bare).canonical
    except AddressError:
        return ""
    return "" if canonical in _NOBODYS else canonical
