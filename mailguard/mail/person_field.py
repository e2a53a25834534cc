"""`Mailguard-Person`: what a sender knows of one recipient, as `key=value` pairs. Strict: nothing is guessed.

Says what stands there; who is meant, and whether it is true, is for others to find out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from mailguard.errors import AddressError
from mailguard.mail.encoded_word import decode_words
from mailguard.mail.mailbox import Mailbox, parse_mailbox

MAX_PERSON_CHARACTERS: Final = 2_000

FACTS: Final = frozenset({
    "full_name", "given_name", "surname", "email", "phone", "date_of_birth", "street_address", "city", "postcode", "state",
    "country", "language",
})  # fmt: skip
"""The facts that can be told: the fields of a customer record."""

_NAMES: Final = {"name": "full_name"}
"""What may be called by a shorter name."""

_MAILBOX, _CUSTOMER = "mailbox", "customer"

# RFC 2045 5.1: a value is a token or a quoted string; a token here may hold anything but what ends it. Possessive: linear.
_PAIR = re.compile(r'\s*+([a-z_]++)\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)"\s*+|([^";\\]*+))(?:;|$)')
_QUOTED_PAIR = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class PersonField:
    """What one field says.

    `mailbox`: whom it speaks of, None where it does not say. `customer`: the record it names, as (source, source key), None
    for none. `facts`: (field of a customer record, value), in order, none of them empty.
    """

    mailbox: Mailbox | None
    customer: tuple[str, str] | None
    facts: tuple[tuple[str, str], ...]


def parse_person(value: str) -> PersonField | None:
    """Return what a field's value says, None where it cannot be taken: an unknown key, one that stands twice, a bad value.

    Encoded words (RFC 2047) are decoded first, so that a mail library may encode whatever part of the field it likes.
    """
    text = decode_words(value).strip()
    if len(text) > MAX_PERSON_CHARACTERS or not text.isprintable():
        return None
    pairs = _pairs(text.removesuffix(";"))
    if not pairs:
        return None
    facts = tuple((name, value) for name, value in pairs.items() if name in FACTS)
    if len(facts) + (_MAILBOX in pairs) + (_CUSTOMER in pairs) < len(pairs):
        return None
    return _field(pairs.get(_MAILBOX), pairs.get(_CUSTOMER), facts)


def _field(mailbox: str | None, customer: str | None, facts: tuple[tuple[str, str], ...]) -> PersonField | None:
    source, _, key = (customer or "").partition(":")
    if (customer is not None and not (source and key)) or (customer is None and not facts):
        return None
    try:
        return PersonField(parse_mailbox(mailbox) if mailbox is not None else None, (source, key) if customer else None, facts)
    except AddressError:
        return None


def _pairs(text: str) -> dict[str, str] | None:
    """Return the pairs by name, in order; None where the text is anything but pairs, each name once, each with a value."""
    pairs: dict[str, str] = {}
    at = 0
    while at < len(text):
        match = _PAIR.match(text, at)
        if match is None:
            return None
        name = _NAMES.get(match[1], match[1])
        value = (match[3] if match[2] is None else _QUOTED_PAIR.sub(r"\1", match[2])).strip()
        if name in pairs or not value:
            return None
        pairs[name] = value
        at = match.end()
    return pairs
