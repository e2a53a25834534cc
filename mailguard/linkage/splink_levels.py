"""The comparison levels of `identity.levels` once more, as SQL. Says nothing of probabilities.

Each level is a condition on the columns of two records (`_l`, `_r`; `splink_columns` makes them), tried in order, the first
that holds counts. For DuckDB they are written out, since it compares ten times as fast as Python; only the likeness of two
streets, and mailboxes where a record has several, are functions of ours (`splink_functions`). On Spark one function of ours
compares, and the conditions only read what it found.
Whoever changes a level in `identity.levels` changes it here too: the tests compare the two on pairs of every kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mailguard.identity.levels import COMPARISONS, SIMILAR_NAME, SIMILAR_STREET, Spec
from mailguard.linkage.splink_functions import COMPARED, NO_LEVEL, PAIR_LEVELS, letter_of


@dataclass(frozen=True, slots=True)
class Levels:
    """One field's levels in SQL. `missing`: it is not compared; `conditions`: level and condition; `otherwise`: the last."""

    spec: Spec
    missing: str
    conditions: tuple[tuple[int, str], ...]
    otherwise: int


def levels_by_function() -> tuple[Levels, ...]:
    """Return the levels of each of COMPARISONS, as the function PAIR_LEVELS found them."""
    columns = ", ".join(f"{name}_{side}" for side in "lr" for name in COMPARED)
    found = [f"substr({PAIR_LEVELS}({columns}), {place}, 1)" for place in range(1, len(COMPARISONS) + 1)]
    return tuple(
        Levels(
            spec,
            f"{level} = '{NO_LEVEL}'",
            tuple((number, f"{level} = '{letter_of(number)}'") for number in range(len(spec.levels) - 1)),
            len(spec.levels) - 1,
        )
        for spec, level in zip(COMPARISONS, found, strict=True)
    )


def levels_in_sql() -> tuple[Levels, ...]:
    """Return the levels of each of COMPARISONS, in SQL that DuckDB reads."""
    return tuple(
        Levels(spec, *made)
        for spec, made in zip(
            COMPARISONS,
            (_given(), _surname(), _born(), _phone(), _email(), _postcode(), _city(), _address(), _spelling()),
            strict=True,
        )
    )


_Made = tuple[str, tuple[tuple[int, str], ...], int]


def _given() -> _Made:
    middle = "(list_contains(middle_r, given_l) or list_contains(middle_l, given_r))"
    return (
        _lacks("given"),
        (
            (0, f"given_l = given_r and {_FULL_GIVEN}"),
            (1, f"{_FULL_GIVEN} and {_nickname('given_l', 'given_r')}"),
            (2, f"{_FULL_GIVEN} and {_one_edit('given_l', 'given_r')}"),
            (3, f"not {_SURNAME_AGREES} and {_SWAPPED}"),
            (4, f"not {_FULL_GIVEN} and {_same_initial('given_l', 'given_r')}"),
            (5, middle),
            (6, f"{_FULL_GIVEN} and {_similar('given_l', 'given_r')}"),
        ),
        7,
    )


def _surname() -> _Made:
    # Swapped names are said once, by the given name where there is one.
    said = f"given_l <> '' and given_r <> '' and not {_GIVEN_AGREES} and not {_SURNAME_AGREES} and {_SWAPPED}"
    lacks = f"({_lacks('surname')}) and not (({_lacks('given')}) and {_SWAPPED})"
    return (
        f"({lacks}) or ({said})",
        (
            (0, f"surname_l = surname_r and {_FULL_SURNAME}"),
            (1, f"{_FULL_SURNAME} and {_one_edit('surname_l', 'surname_r')}"),
            (2, f"{_FULL_SURNAME} and {_PART}"),
            (3, f"(given_l = '' or given_r = '') and {_SWAPPED}"),
            (4, f"not {_FULL_SURNAME} and {_same_initial('surname_l', 'surname_r')}"),
            (5, f"{_FULL_SURNAME} and {_similar('surname_l', 'surname_r')}"),
        ),
        6,
    )


def _born() -> _Made:
    year, month, day = (_same_slice("born", *part) for part in ((1, 4), (6, 2), (9, 2)))
    known = "cast(least(length(born_l), length(born_r)) as int)"
    crossed = f"{year} and substr(born_l, 6, 2) = substr(born_r, 9, 2) and substr(born_l, 9, 2) = substr(born_r, 6, 2)"
    is_partial = "(length(born_l) < 10 or length(born_r) < 10)"
    return (
        _lacks("born"),
        (
            (3, f"{is_partial} and substr(born_l, 1, {known}) = substr(born_r, 1, {known})"),
            (6, is_partial),
            (0, "born_l = born_r"),
            (1, crossed),
            (2, _one_edit("born_l", "born_r", least=0)),
            (4, f"({year} and {month}) or ({year} and {day}) or ({month} and {day})"),
            (5, "abs(days_l - days_r) <= 366"),
        ),
        6,
    )


def _phone() -> _Made:
    seven = "length(phone_l) > 6 and right(phone_l, 7) = right(phone_r, 7)"
    return (
        _lacks("phone"),
        ((0, "phone_l = phone_r"), (1, _one_edit("phone_l", "phone_r", least=0)), (2, seven)),
        3,
    )


def _email() -> _Made:
    # Nearly all records have one mailbox or none; only for the others the engine calls Python.
    one = "mailbox_l <> '' and mailbox_r <> ''"
    several = "(mailbox_l = '' or mailbox_r = '') and mailbox_level(spelt_mailboxes_l, spelt_mailboxes_r)"
    same_local, named = f"{one} and local_l = local_r", "(is_name_l or is_name_r)"
    plain = f"not is_office_l and not {named}"
    return (
        "spelt_mailboxes_l = '' or spelt_mailboxes_r = ''",
        (
            (0, f"({one} and mailbox_l = mailbox_r and {plain}) or ({several} = 0)"),
            (1, f"({one} and mailbox_l = mailbox_r and not is_office_l) or ({several} = 1)"),
            (2, f"({one} and mailbox_l = mailbox_r) or ({several} = 2)"),
            (3, f"({one} and {_one_edit('mailbox_l', 'mailbox_r', least=0)}) or ({several} = 3)"),
            (5, f"({same_local} and {named}) or ({several} = 5)"),
            (4, f"({same_local} and not is_office_l) or ({several} = 4)"),
            (6, f"({one} and local_l <> local_r and {_similar('local_l', 'local_r')}) or ({several} = 6)"),
        ),
        7,
    )


def _postcode() -> _Made:
    return (
        _lacks("postcode"),
        (
            (0, "postcode_l = postcode_r"),
            (1, _one_edit("postcode_l", "postcode_r", least=0)),
            (2, "postcode_area_l = postcode_area_r"),
        ),
        3,
    )


def _city() -> _Made:
    conditions = []
    for group, beside in ((6, _lacks("postcode")), (0, _SAME_PLACE), (3, "1 = 1")):
        conditions += [
            (group, f"({beside}) and city_l = city_r"),
            (group + 1, f"({beside}) and {_SIMILAR_CITY}"),
            (group + 2, f"({beside})"),
        ]
    return _lacks("city"), tuple(conditions[:-1]), 5


def _address() -> _Made:
    likeness = f"street_likeness(street_l, street_r) >= {SIMILAR_STREET}"
    conditions = []
    for group, place in ((4, _FAR), (0, "1 = 1")):
        conditions += [
            (group, f"{place} and street_l = street_r and number_l = number_r"),
            (group + 2, f"{place} and street_l = street_r"),
            (group + 1, f"{place} and number_l = number_r and {likeness}"),
            (group + 2, f"{place} and {likeness}"),
            (group + 3, place),
        ]
    return _lacks("street"), tuple(conditions[:-1]), 3


def _spelling() -> _Made:
    asked = f"({_is_asked('l', 'r')} or {_is_asked('r', 'l')})"
    return (
        f"not {asked}",
        tuple((level, f"{_spells(level, 'l', 'r')} or {_spells(level, 'r', 'l')}") for level in range(3)),
        3,
    )


def _lacks(column: str) -> str:
    return f"{column}_l = '' or {column}_r = ''"


def _is_full(a: str, b: str) -> str:
    return f"(length({a}) > 1 and length({b}) > 1)"


def _same_initial(a: str, b: str) -> str:
    return f"substr({a}, 1, 1) = substr({b}, 1, 1)"


def _same_slice(column: str, start: int, length: int) -> str:
    return f"substr({column}_l, {start}, {length}) = substr({column}_r, {start}, {length})"


def _one_edit(a: str, b: str, *, least: int = 3) -> str:
    # At a distance of one, all kinds of Damerau-Levenshtein distance are the same.
    lengths = f"least(length({a}), length({b})) >= {least} and abs(length({a}) - length({b})) <= 1"
    return f"({lengths} and damerau_levenshtein({a}, {b}) <= 1)"


def _similar(a: str, b: str) -> str:
    return f"jaro_winkler_similarity({a}, {b}) >= {SIMILAR_NAME}"


def _nickname(a: str, b: str) -> str:
    short = f"least(length({a}), length({b})) > 2 and abs(length({a}) - length({b})) > 1"
    begins = f"(substr({a}, 1, length({b})) = {b} or substr({b}, 1, length({a})) = {a})"
    return f"(({short} and {begins}) or list_has_any({_forms(a)}, {_forms(b)}))"


def _forms(column: str) -> str:
    """Return the column with what a name may be short for: `given_l` has `given_forms_l`."""
    name, side = column.rsplit("_", 1)
    return f"{name}_forms_{side}"


def _alike(a: str, b: str) -> str:
    return f"(({a} = {b} and length({a}) > 1) or {_one_edit(a, b)})"


def _crossed(a: str, b: str) -> str:
    """Return whether two names say nothing against each other."""
    initial = f"((length({a}) = 1 or length({b}) = 1) and {_same_initial(a, b)})"
    return f"({a} = '' or {b} = '' or {_alike(a, b)} or {initial} or {_nickname(a, b)})"


def _is_asked(nameless: str, named: str) -> str:
    """Return whether a record has mailboxes and no name, and the other a name."""
    return (
        f"(given_{nameless} = '' and surname_{nameless} = '' and spelt_mailboxes_{nameless} <> '' "
        f"and (given_{named} <> '' or surname_{named} <> ''))"
    )


def _spells(level: int, nameless: str, named: str) -> str:
    given, surname = f"given_{named}", f"joined_surname_{named}"
    spellings, names = (
        (
            (f"concat({given}, {surname})", f"concat({surname}, {given})"),
            f"length({given}) > 1 and length(surname_{named}) > 1",
        ),
        (
            (
                f"concat(substr({given}, 1, 1), {surname})",
                f"concat({surname}, substr({given}, 1, 1))",
                f"concat({given}, substr({surname}, 1, 1))",
            ),
            f"{given} <> '' and length(surname_{named}) > 1",
        ),
        (
            (given, surname),
            "1 = 1",
        ),
    )[level]
    # `letters` has no texts of one letter, which say nothing.
    found = " or ".join(f"list_contains(letters_{nameless}, {spelt})" for spelt in spellings)
    return f"({_is_asked(nameless, named)} and {names} and ({found}))"


_FULL_GIVEN: Final = _is_full("given_l", "given_r")
_FULL_SURNAME: Final = _is_full("surname_l", "surname_r")
_PART: Final = "(parts_l + parts_r > 2 and list_has_any(long_parts_l, long_parts_r))"
_GIVEN_AGREES: Final = (
    f"({_FULL_GIVEN} and (given_l = given_r or {_nickname('given_l', 'given_r')} or {_one_edit('given_l', 'given_r')}))"
)
_SURNAME_AGREES: Final = f"({_FULL_SURNAME} and (surname_l = surname_r or {_one_edit('surname_l', 'surname_r')} or {_PART}))"
_SWAPPED: Final = (
    f"({_crossed('given_l', 'surname_r')} and {_crossed('surname_l', 'given_r')} "
    f"and ({_alike('given_l', 'surname_r')} or {_alike('surname_l', 'given_r')}))"
)
_SAME_PLACE: Final = (
    f"(postcode_l <> '' and postcode_r <> '' and (postcode_l = postcode_r or {_one_edit('postcode_l', 'postcode_r', least=0)}))"
)
_SIMILAR_CITY: Final = f"({_one_edit('city_l', 'city_r')} or {_similar('city_l', 'city_r')})"
_OTHER_CITY: Final = f"(city_l <> '' and city_r <> '' and city_l <> city_r and not {_SIMILAR_CITY})"
_FAR: Final = (
    f"((postcode_l <> '' and postcode_r <> '' and not {_SAME_PLACE}) "
    f"or ((postcode_l = '' or postcode_r = '') and {_OTHER_CITY}))"
)
