"""Which of a customer's fields are on file, and whether they answer what a mail asks for. Refuses to know their values."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from typing import Final

from mailguard.identity.addresses import postcode
from mailguard.identity.dates import born
from mailguard.identity.folding import is_nothing
from mailguard.identity.names import full_name
from mailguard.identity.phones import phone
from mailguard.identity.record import Record
from mailguard.identity.standardise import mailboxes

FIELDS: Final = (
    "full_name",
    "given_name",
    "surname",
    "phone",
    "date_of_birth",
    "street_address",
    "city",
    "postcode",
    "state",
    "country",
    "language",
)
"""The fields of a record that are one value and may be on file; `email` is several."""

_NO_WORD = re.compile(r"[\W_]+")
_STANDARD: Final = {"date_of_birth": born, "phone": phone, "postcode": postcode}
# What else a field is called, after the name it has here. Spelt without spaces.
_ALIASES: Final = {
    alias: field
    for field, aliases in {
        "full_name": "name fullname customername yourname",
        "given_name": "givenname firstname forename vorname prenom nome nombre",
        "surname": "lastname familyname nachname familienname nom cognome apellido",
        "email": "mail emailaddress mailaddress emails",
        "phone": "phonenumber telephone telephonenumber tel mobile mobilephone mobilenumber cell cellphone telefon handy",
        "date_of_birth": "dateofbirth dob birthday birthdate born geburtsdatum",
        "street_address": "streetaddress street addressline1 strasse",
        "postal_address": "postaladdress address homeaddress mailingaddress adresse anschrift indirizzo direccion",
        "city": "town suburb place ort stadt",
        "postcode": "postalcode zip zipcode plz",
        "state": "region province county bundesland",
        "country": "countrycode nation land",
        "language": "lang locale preferredlanguage sprache",
    }.items()
    for alias in (field.replace("_", ""), *aliases.split())
}


def known_fields(record: Record) -> frozenset[str]:
    """Return the names of the fields that a record has: ours by our names, extras by their own, folded as `field_name` does.

    `full_name` is known with both its parts, and they with it; `postal_address` with a street and a city or a postcode.
    """
    known = {name for name in FIELDS if _is_told(name, getattr(record, name))}
    known |= {name for column, value in record.extra if _is_told(name := field_name(column), value)}
    if mailboxes(record.emails):
        known.add("email")
    if "full_name" in known:
        given, _, family = full_name(record.full_name)
        known |= {name for name, part in (("given_name", given), ("surname", family)) if part}
    return frozenset(known | _together(known))


def _is_told(name: str, value: str) -> bool:
    """Whether a value is one: 1900-01-01 is no date of birth, 0000000 no telephone number."""
    standard = _STANDARD.get(name)
    return not is_nothing(value) and (standard is None or bool(standard(value)))


def covers(asked: str, known: AbstractSet[str]) -> bool:
    """Whether what is asked for is among these fields, by any of the names that a field commonly has."""
    name = field_name(asked)
    return name in known or name in _together(known)


def field_name(text: str) -> str:
    """Return our name of a field that is ours, whatever its spelling; of any other its words joined by underscores."""
    folded = _NO_WORD.sub("_", text.strip().lower()).strip("_")
    return _ALIASES.get(folded.replace("_", ""), folded)


def _together(known: AbstractSet[str]) -> set[str]:
    """Return the fields that are known with others: also across the records of one person."""
    found = set()
    if {"given_name", "surname"} <= known:
        found.add("full_name")
    if "street_address" in known and not known.isdisjoint({"city", "postcode"}):
        found.add("postal_address")
    return found
