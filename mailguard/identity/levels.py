"""Comparison levels: what two standardised records have in common, field by field. Knows nothing of probabilities.

A level is an index into its field's `levels`, the strongest agreement first; -1 where one of the two has no value, which is
neutral and never disagreement. Two fields say more when read with another: a city beside its postcode, a street within its
place. Their levels come in groups, one for each state of the other field, and probabilities are conditional on the group,
so that a customer who moves disagrees once and not three times.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.fuzz import token_sort_ratio

from mailguard.identity.local_part import is_role
from mailguard.identity.nicknames import is_nickname
from mailguard.identity.standard import Standard

MISSING: Final = -1
SIMILAR_NAME: Final = 0.88
"""Jaro-Winkler similarity from which two names are similar."""
SIMILAR_STREET: Final = 80.0
"""Percentage of rapidfuzz's token_sort_ratio from which two streets are one street, spelt in two ways."""


@dataclass(frozen=True, slots=True)
class Spec:
    """One field's levels. `groups`: how many levels each group has, in order; probabilities sum to 1 within a group."""

    field: str
    levels: tuple[str, ...]
    groups: tuple[int, ...]


def _spec(field: str, *groups: tuple[str, ...]) -> Spec:
    return Spec(field, tuple(level for group in groups for level in group), tuple(map(len, groups)))


GIVEN: Final = _spec(
    "given_name",
    ("same", "nickname", "one letter apart", "swapped with surname", "initial", "middle name", "similar", "different"),
)
SURNAME: Final = _spec(
    "surname", ("same", "one letter apart", "one part of two", "swapped with given name", "initial", "similar", "different")
)
BORN: Final = _spec(
    "date_of_birth",
    (
        "same",
        "swapped day and month",
        "one digit apart",
        "same as far as known",
        "two of three parts",
        "within a year",
        "different",
    ),
)
PHONE: Final = _spec("phone", ("same", "one digit apart", "same last seven digits", "different"))
EMAIL: Final = _spec(
    "email",
    (
        "same",
        "same, spelling the name",
        "same, an office's",
        "one letter apart",
        "same local part",
        "same local part, spelling the name",
        "similar local part",
        "different",
    ),
)
POSTCODE: Final = _spec("postcode", ("same", "one character apart", "same area", "different"))
CITY: Final = _spec(
    "city",
    ("same in one postcode", "similar in one postcode", "different in one postcode"),
    ("same beside another postcode", "similar beside another postcode", "different beside another postcode"),
    ("same", "similar", "different"),
)
ADDRESS: Final = _spec(
    "street_address",
    ("same house", "same house, spelt differently", "same street", "different street"),
    ("same house elsewhere", "same house elsewhere, spelt differently", "same street elsewhere", "different street elsewhere"),
)
SPELLING: Final = _spec("name_in_email", ("spells the name", "initial and surname", "one of the names", "not the name"))

COMPARISONS: Final = (GIVEN, SURNAME, BORN, PHONE, EMAIL, POSTCODE, CITY, ADDRESS, SPELLING)


def compare(a: Standard, b: Standard) -> tuple[int, ...]:
    """Return the level of each of COMPARISONS for two records. Symmetric."""
    given, surname = name_levels(a, b)
    postcode = postcode_level(a.postcode, b.postcode)
    city = city_level(a.city, b.city, postcode)
    return (
        given,
        surname,
        born_level(a.born, b.born),
        phone_level(a.phone, b.phone),
        email_level(a, b),
        postcode,
        city,
        address_level((a.number, a.street), (b.number, b.street), far=is_far(postcode, city)),
        spelling_level(a, b),
    )


def name_levels(a: Standard, b: Standard) -> tuple[int, int]:
    """Return the levels of given name and surname. Swapped names are said once: the other of the two is then missing."""
    given, surname = given_level(a.given, b.given), surname_level(a.surname, b.surname)
    if 0 <= given <= 2 or 0 <= surname <= 2:
        pass
    elif is_swapped((a.given, a.surname), (b.given, b.surname)):
        return (3, MISSING) if given != MISSING else (MISSING, 3)
    if given >= 6 and (a.middle or b.middle) and _is_middle(a, b):
        given = 5
    return given, surname


def given_level(a: str, b: str) -> int:
    """Return how two given names agree, as far as the names themselves tell."""
    if not a or not b:
        return MISSING
    if a == b:
        return 0 if len(a) > 1 else 4
    if len(a) == 1 or len(b) == 1:
        return 4 if a[0] == b[0] else 7
    if is_short_form(a, b):
        return 1
    if is_one_edit(a, b):
        return 2
    return 6 if JaroWinkler.normalized_similarity(a, b) >= SIMILAR_NAME else 7


def surname_level(a: str, b: str) -> int:
    """Return how two surnames agree, as far as the names themselves tell."""
    if not a or not b:
        return MISSING
    if a == b:
        return 0 if len(a) > 1 else 4
    if len(a) == 1 or len(b) == 1:
        return 4 if a[0] == b[0] else 6
    if is_one_edit(a, b):
        return 1
    if is_part(a, b):
        return 2
    return 5 if JaroWinkler.normalized_similarity(a, b) >= SIMILAR_NAME else 6


def is_one_edit(a: str, b: str) -> bool:
    """Return whether one letter inserted, left out, changed or exchanged with its neighbour makes `b` of `a` (both over 2)."""
    return min(len(a), len(b)) > 2 and OSA.distance(a, b, score_cutoff=1) <= 1


def is_short_form(a: str, b: str) -> bool:
    """Return whether two given names are forms of one: nicknames of one name, or one cut short after three letters or more."""
    short, long = (a, b) if len(a) <= len(b) else (b, a)
    return (len(short) > 2 and len(long) > len(short) + 1 and long.startswith(short)) or is_nickname(a, b)


def is_swapped(a: tuple[str, str], b: tuple[str, str]) -> bool:
    """Return whether the names (given, surname) agree crosswise: one by its letters, the other too, or short, or missing."""
    crossed = [(x, y) for x, y in ((a[0], b[1]), (a[1], b[0])) if x and y]
    return any(is_alike(x, y) for x, y in crossed) and all(
        is_alike(x, y) or is_initial(x, y) or is_short_form(x, y) for x, y in crossed
    )


def is_alike(a: str, b: str) -> bool:
    """Return whether two names, neither an initial, are one or one letter apart."""
    return (a == b and len(a) > 1) or is_one_edit(a, b)


def is_initial(a: str, b: str) -> bool:
    """Return whether one of two names is the other's initial."""
    return (len(a) == 1 or len(b) == 1) and a[0] == b[0]


def is_part(a: str, b: str) -> bool:
    """Return whether two surnames, one of several parts, have one in common: smith and smith jones."""
    first, second = a.split(), b.split()
    return len(first) + len(second) > 2 and not {p for p in first if len(p) > 2}.isdisjoint(second)


def _is_middle(a: Standard, b: Standard) -> bool:
    return a.given in b.middle.split() or b.given in a.middle.split()


def born_level(a: str, b: str) -> int:
    """Return how two dates of birth agree, each YYYY-MM-DD or the part of it that is known."""
    if not a or not b:
        return MISSING
    if len(a) < 10 or len(b) < 10:
        known = min(len(a), len(b))
        return 3 if a[:known] == b[:known] else 6
    return 0 if a == b else _whole_born_level(a, b)


def _whole_born_level(a: str, b: str) -> int:
    if a[:4] == b[:4] and a[5:7] == b[8:] and a[8:] == b[5:7]:
        return 1
    if OSA.distance(a, b, score_cutoff=1) <= 1:
        return 2
    if (a[:4] == b[:4]) + (a[5:7] == b[5:7]) + (a[8:] == b[8:]) == 2:
        return 4
    return 5 if abs(days(a) - days(b)) <= 366 else 6


def days(born: str) -> int:
    """Return a whole date as a number of days, near enough to tell a year."""
    return int(born[:4]) * 366 + int(born[5:7]) * 31 + int(born[8:])


def phone_level(a: str, b: str) -> int:
    """Return how two phone numbers agree."""
    if not a or not b:
        return MISSING
    if a == b:
        return 0
    if OSA.distance(a, b, score_cutoff=1) <= 1:
        return 1
    return 2 if len(a) > 6 and a[-7:] == b[-7:] else 3


def email_level(a: Standard, b: Standard) -> int:
    """Return how the nearest two of the records' mailboxes agree."""
    levels = [
        mailbox_level(x, y, is_name=spells(x, a.given, a.surname) or spells(y, b.given, b.surname))
        for x in a.mailboxes
        for y in b.mailboxes
    ]
    return min(levels, default=MISSING)


def mailbox_level(a: str, b: str, *, is_name: bool) -> int:
    """Return how two mailboxes agree; `is_name`: a local part is no more than its owner's name."""
    if a == b:
        return 2 if is_office(a) else 1 if is_name else 0
    if OSA.distance(a, b, score_cutoff=1) <= 1:
        return 3
    letters_a, letters_b = bare_local(a), bare_local(b)
    if letters_a == letters_b:
        return 5 if is_name else 7 if is_office(a) else 4
    return 6 if JaroWinkler.normalized_similarity(letters_a, letters_b) >= SIMILAR_NAME else 7


def is_office(mailbox: str) -> bool:
    """Return whether a mailbox is an office's, a list's or a program's, and nobody's own."""
    return is_role(mailbox.rpartition("@")[0])


@lru_cache(maxsize=65536)
def bare_local(mailbox: str) -> str:
    """Return a mailbox's local part without punctuation."""
    local = mailbox.rpartition("@")[0]
    return "".join(filter(str.isalnum, local)) or local


def spells(mailbox: str, given: str, surname: str) -> bool:
    """Return whether a local part is nothing but this name."""
    return is_spelling(bare_local(mailbox), given, surname.replace(" ", ""))


def is_spelling(letters: str, given: str, surname: str) -> bool:
    """Return whether letters are nothing but this name; `surname` without spaces."""
    return bool(given or surname) and letters in name_spellings(given, surname)


def name_spellings(given: str, surname: str) -> tuple[str, ...]:
    """Return what a name alone makes of a local part: whole, with an initial, or one of its parts."""
    first, last = given[:1], surname[:1]
    return given + surname, surname + given, first + surname, surname + first, given + last, given, surname


def postcode_level(a: str, b: str) -> int:
    """Return how two postcodes agree."""
    if not a or not b:
        return MISSING
    if a == b:
        return 0
    if OSA.distance(a, b, score_cutoff=1) <= 1:
        return 1
    return 2 if postcode_area(a) == postcode_area(b) else 3


def postcode_area(postcode: str) -> str:
    """Return the part of a postcode that names an area: all but the last three where it has letters, else the first half."""
    return postcode[:-3] if len(postcode) > 4 and not postcode.isdecimal() else postcode[: max(2, len(postcode) // 2)]


def city_level(a: str, b: str, postcode: int) -> int:
    """Return how two cities agree beside the level of their postcodes."""
    if not a or not b:
        return MISSING
    group = 6 if postcode == MISSING else 0 if postcode <= 1 else 3
    if a == b:
        return group
    if is_one_edit(a, b) or JaroWinkler.normalized_similarity(a, b) >= SIMILAR_NAME:
        return group + 1
    return group + 2


def is_far(postcode: int, city: int) -> bool:
    """Return whether two addresses are in different places, by the levels of postcode and city."""
    return postcode >= 2 or (postcode == MISSING and city == 8)


def address_level(a: tuple[str, str], b: tuple[str, str], *, far: bool) -> int:
    """Return how two (number, street) agree; `far`: they are in different places."""
    if not a[1] or not b[1]:
        return MISSING
    group = 4 if far else 0
    if a[1] == b[1]:
        return group if a[0] == b[0] else group + 2
    if token_sort_ratio(a[1], b[1]) >= SIMILAR_STREET:
        return group + 1 if a[0] == b[0] else group + 2
    return group + 3


def spelling_level(a: Standard, b: Standard) -> int:
    """Return whether a mailbox of one record spells the other's name; asked only where one of them has no name to compare."""
    levels = [
        _spelt(mailbox, named)
        for other, named in ((a, b), (b, a))
        if not other.given and not other.surname and (named.given or named.surname)
        for mailbox in other.mailboxes
    ]
    return min(levels, default=MISSING)


def local_letters(mailbox: str) -> str:
    """Return the letters of a mailbox's local part."""
    return "".join(filter(str.isalpha, mailbox.rpartition("@")[0]))


def _spelt(mailbox: str, named: Standard) -> int:
    letters = local_letters(mailbox)
    spellings = name_spellings(named.given, named.surname.replace(" ", ""))
    if len(named.given) > 1 and len(named.surname) > 1 and letters in spellings[:2]:
        return 0
    if len(named.given) and len(named.surname) > 1 and letters in spellings[2:5]:
        return 1
    return 2 if len(letters) > 1 and letters in spellings[5:] else 3
