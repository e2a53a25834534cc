"""Blocking keys: two records are compared only where they share one. Many small passes, each of a few fields.

PASSES and `blocking_values` are the one definition, for the online search and for the batch. A pass yields a few values, each
made of a few fields' forms, none of them empty: a value is never made of nothing. A batch makes the same values column by
column, since every form is a function of one field (`given_sound`, `surname_sounds`, `initials`, `last_digits`, `place_sound`,
`street_start`, `mailbox_values`) and a value is made of two or three of them.
Refuses to know how many records share a key: who searches by them caps that.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import Final

import jellyfish

from mailguard.identity.local_part import spelling
from mailguard.identity.nicknames import formal
from mailguard.identity.standard import Standard

PASSES: Final = (
    "mailbox",  # each canonical mailbox
    "phone",  # its last nine digits: with and without a country code
    "sounds",  # sounds of given name and surname; also those that a local part spells
    "letters",  # first three letters of given name and surname
    "born_initial",  # date of birth; initial of given name, of surname
    "born_sound",  # year and month of birth; sound of given name, of surname
    "born_place",  # date of birth; postcode, sound of city
    "name_place",  # sound of given name, of surname; postcode, sound of city
    "house",  # house number, beginning of the street; postcode, sound of city
    "local_part",  # the letters of a local part; what the names would give there: janedoe, jdoe, janed
)
"""The names of the passes; an index into them is the first part of a blocking value.

Both names of a person are in alphabetical order in a value, so that swapped columns share it.
"""

_CACHED: Final = 1 << 16
_MAILBOX, _PHONE, _SOUNDS, _LETTERS, _BORN_INITIAL, _BORN_SOUND, _BORN_PLACE, _NAME_PLACE, _HOUSE, _LOCAL_PART = range(10)
_PHONE_DIGITS = 9
_SOUND = 5  # characters of a metaphone that are kept
_MOST_SURNAMES = 2
MOST_MAILBOXES: Final = 4
"""Mailboxes of one record that give values."""
_SHORTEST_LOCAL_PART = 4


def blocking_values(standard: Standard) -> tuple[tuple[int, str], ...]:
    """Return the (index of the pass, value) of a record, each once."""
    return tuple(dict.fromkeys(_values(standard)))


def blocking_keys(standard: Standard) -> tuple[int, ...]:
    """Return the blocking values as signed 64-bit hashes (BLAKE2b, RFC 7693), as a store indexes them."""
    return tuple(key_of(index, value) for index, value in blocking_values(standard))


def key_of(index: int, value: str) -> int:
    """Return the hash of one blocking value."""
    digest = blake2b(f"{index}:{value}".encode(errors="replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


@lru_cache(_CACHED)
def sound(name: str) -> str:
    """Return how a name of lower-case letters sounds (Philips' Metaphone), cut; its letters where that is empty."""
    return jellyfish.metaphone(name).replace(" ", "")[:_SOUND] or name[:_SOUND]


@lru_cache(_CACHED)
def given_sound(given: str) -> str:
    """Return how the formal name of a given name sounds; "" for an initial or none."""
    return sound(formal(given)) if len(given) > 1 else ""


@lru_cache(_CACHED)
def surname_sounds(surname: str) -> tuple[str, ...]:
    """Return how the surnames of one person sound, each; initials left out."""
    return tuple(sound(name) for name in surname.split()[:_MOST_SURNAMES] if len(name) > 1)


@lru_cache(_CACHED)
def initials(given: str) -> tuple[str, ...]:
    """Return the initial of a given name, and that of its formal name where it is another (Bob, Robert)."""
    return tuple(dict.fromkeys((given[0], formal(given)[0]))) if given else ()


def last_digits(phone: str) -> str:
    """Return the digits that a number has with and without its country code."""
    return phone[-_PHONE_DIGITS:]


@lru_cache(_CACHED)
def place_sound(city: str) -> str:
    """Return how a city sounds, however its words are parted."""
    return sound(city.replace(" ", "")) if city else ""


def street_start(street: str) -> str:
    """Return the beginning of a street, in which there is seldom an error."""
    return street.replace(" ", "")[:3]


@lru_cache(_CACHED)
def mailbox_values(mailbox: str) -> tuple[tuple[int, str], ...]:
    """Return the blocking values of one canonical mailbox: itself, and what its local part spells."""
    local_part = mailbox.rpartition("@")[0]
    spelt = spelling(local_part)
    values = [(_MAILBOX, mailbox)]
    if len(spelt.parts) == 2:
        one, other = spelt.parts
        if min(len(one), len(other)) > 1:
            # Which of the two is the given name is not told: whichever has a formal name is read so once.
            values += [
                (_SOUNDS, in_any_order(*sounds))
                for sounds in ((given_sound(one), sound(other)), (sound(one), given_sound(other)))
            ]
        values += [(_LOCAL_PART, one + other), (_LOCAL_PART, other + one)]
    elif spelt.joined:
        # doej is jdoe.
        values += [(_LOCAL_PART, spelt.joined), (_LOCAL_PART, spelt.joined[-1] + spelt.joined[:-1])]
    elif len(local_part) >= _SHORTEST_LOCAL_PART and spelt.parts:
        values.append((_LOCAL_PART, local_part))
    return tuple(dict.fromkeys(values))


def _values(standard: Standard) -> Iterator[tuple[int, str]]:
    given, surnames = given_sound(standard.given), surname_sounds(standard.surname)
    for mailbox in standard.mailboxes[:MOST_MAILBOXES]:
        yield from mailbox_values(mailbox)
    if standard.phone:
        yield _PHONE, last_digits(standard.phone)
    if given:
        for surname in surnames:
            yield _SOUNDS, in_any_order(given, surname)
    yield from _of_both_names(standard.given, standard.surname.replace(" ", ""))
    sounds = tuple(name for name in (given, *surnames[:1]) if name)
    places = tuple(place for place in (standard.postcode, place_sound(standard.city)) if place)
    yield from _of_birth(standard, sounds, places)
    for place in places:
        for name in sounds:
            yield _NAME_PLACE, f"{name} {place}"
        if standard.number and standard.street:
            yield _HOUSE, f"{standard.number} {street_start(standard.street)} {place}"


def _of_both_names(given: str, surname: str) -> Iterator[tuple[int, str]]:
    """Yield the values of a name's letters, where there are both a given name and a surname."""
    if not given or not surname:
        return
    for letter in initials(given):
        yield _LOCAL_PART, letter + surname
    if len(given) > 1:
        yield _LETTERS, in_any_order(given[:3], surname[:3])
        yield _LOCAL_PART, given + surname
        yield _LOCAL_PART, given + surname[0]


def _of_birth(standard: Standard, sounds: tuple[str, ...], places: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    if len(standard.born) == len("YYYY-MM-DD"):
        for letter in (*initials(standard.given), standard.surname[:1]):
            if letter:
                yield _BORN_INITIAL, f"{standard.born} {letter}"
        for place in places:
            yield _BORN_PLACE, f"{standard.born} {place}"
    if len(standard.born) >= len("YYYY-MM"):
        for name in sounds:
            yield _BORN_SOUND, f"{standard.born[:7]} {name}"


def in_any_order(one: str, other: str) -> str:
    """Return the value of two names, whichever is the given one."""
    return f"{one} {other}" if one <= other else f"{other} {one}"
