"""Which column is which field of a record: found by the columns' names, or said by a person, and then the rows as records.

Knows nothing of files and databases, and standardises nothing.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mailguard.errors import AddressError, UsageError
from mailguard.identity.record import Record
from mailguard.mail.mailbox import parse_mailbox
from mailguard.sources.column_words import EMAILS, FIELDS, MAIN_PART, PARTS, PREFIXES, UNSURE_NAMES, folded

KEY: Final = "source_key"
LONGEST_KEY: Final = 500
"""Characters of a source key: an index must be able to hold it."""

MISSING: Final = frozenset({"NULL", "\\N", "N/A", "n/a", "#N/A", "-"})
"""What exports write where there is nothing."""

_VALUE = re.compile(r".+@.+\..+|\d+|\d{1,4}[-./]\d{1,2}[-./]\d{1,4}")
"""What stands in rows and never heads a column: an address, a number, a date."""

_BETWEEN_ADDRESSES = re.compile(r"[;,|\s]+")
_BRACKETS = re.compile(r"<([^<>]+)>")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a field's value comes from: the columns, by number from 0, joined in this order."""

    field: str
    columns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """`fields`: the record's own. `extra`: other columns, kept under their names. `ignored`: the names of columns left out."""

    columns: tuple[str, ...]
    fields: tuple[Place, ...]
    extra: tuple[Place, ...]
    ignored: tuple[str, ...] = ()

    @property
    def document(self) -> dict[str, str]:
        """Field → column, several columns as `a+b`, as `--map` takes it."""
        return {place.field: "+".join(self.columns[at] for at in place.columns) for place in (*self.fields, *self.extra)}


@dataclass(frozen=True, slots=True)
class Read:
    """A row as a record, or why it is none; `warnings` are about a record that is kept."""

    record: Record | None
    reason: str = ""
    warnings: tuple[str, ...] = ()


def map_columns(
    columns: Sequence[str], *, said: Iterable[str] = (), ignored: Iterable[str] = (), needs_key: bool = True
) -> ColumnMapping:
    """Return which column is which field; what is `said` (`field=column`, `field=column+column`) stands above what is found.

    `field=` alone leaves a field empty. Raises UsageError where a column is not there, or no column holds the key that records
    need, as where the columns' names look like the values of a row.
    """
    left_out = {_column(columns, name) for name in ignored}
    wanted = _wanted(columns, said)
    taken = left_out | {at for places in wanted.values() for at in places}
    free = {at: name for at, name in enumerate(columns) if name and at not in taken}
    found = _found(free, wanted) | wanted
    found = {field: places for field, places in found.items() if places}
    if needs_key and KEY not in found:
        raise UsageError(_without_key(columns))
    used = {at for places in found.values() for at in places}
    extra = [Place(name, (at,)) for at, name in free.items() if at not in used]
    return ColumnMapping(
        tuple(columns),
        tuple(Place(field, found[field]) for field in FIELDS if field in found),
        (*(Place(name, places) for name, places in found.items() if name not in FIELDS), *extra),
        tuple(columns[at] for at in sorted(left_out)),
    )


class RowReader:
    """Rows of one source as records."""

    def __init__(self, mapping: ColumnMapping, source: str) -> None:
        self._source = source
        places = {place.field: place.columns for place in mapping.fields}
        self._key = places.pop(KEY)
        self._emails = places.pop("email", ())
        self._single = [(field, at[0]) for field, at in places.items() if len(at) == 1]
        self._joined = [(field, at) for field, at in places.items() if len(at) > 1]
        self._extra = [(place.field, place.columns) for place in mapping.extra]

    def read(self, values: Sequence[str]) -> Read:
        """Return the row as a record, or why it is none."""
        values = ["" if value in MISSING else value for value in map(str.strip, values)]
        key = _join(values, self._key)
        if not key or len(key) > LONGEST_KEY:
            return Read(None, f"the key is longer than {LONGEST_KEY} characters" if key else "no key")
        fields = {field: values[at] for field, at in self._single if values[at]}
        fields |= {field: text for field, at in self._joined if (text := _join(values, at))}
        emails, warnings = _mailboxes([values[at] for at in self._emails])
        extra = tuple((name, text) for name, at in self._extra if (text := _join(values, at)))
        if not (fields or emails or extra):
            return Read(None, "no value but the key")
        return Read(Record(source=self._source, source_key=key, emails=emails, extra=extra, **fields), "", warnings)


def _join(values: Sequence[str], places: tuple[int, ...]) -> str:
    return values[places[0]] if len(places) == 1 else " ".join(values[at] for at in places if values[at])


def _mailboxes(texts: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The mailboxes of the columns, each once, and a warning for each that is none; that is kept as it is."""
    found: dict[str, None] = {}
    warnings: list[str] = []
    for piece in (piece.strip() for text in texts if text for piece in text.split(";")):
        addresses = _addresses(piece) if piece else ()
        if piece and not addresses:
            warnings.append(f"{piece!r} is no mailbox; kept as it is")
        found |= dict.fromkeys(addresses or filter(None, [piece]))
    return tuple(found), tuple(warnings)


def _addresses(text: str) -> Sequence[str]:
    """The mailboxes of one piece: itself, that in angle brackets, or several that something else than `;` separates.

    None where it is no such thing.
    """
    plain = text.removeprefix("mailto:")
    if _is_mailbox(plain):
        return [plain]
    bracketed = _BRACKETS.findall(text)
    several = bracketed or [piece for piece in _BETWEEN_ADDRESSES.split(plain) if piece]
    return several if all(map(_is_mailbox, several)) else ()


def _is_mailbox(text: str) -> bool:
    try:
        parse_mailbox(text)
    except AddressError:
        return False
    return True


def _wanted(columns: Sequence[str], said: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """Field → columns, as a person said it."""
    wanted: dict[str, tuple[int, ...]] = {}
    for text in said:
        field, places = _said(columns, text)
        if field in wanted:
            raise UsageError(f"--map names {field} twice; join columns with +, such as --map {field}=first+second")
        wanted[field] = places
    return wanted


def _said(columns: Sequence[str], text: str) -> tuple[str, tuple[int, ...]]:
    """The field and the columns of one `field=column+column`."""
    field, is_said, names = (part.strip() for part in text.partition("="))
    if not is_said or not field:
        raise UsageError(f"--map {text!r} cannot be read; write --map field=column, such as --map surname=Nachname")
    field = _field(field)
    if not names:
        return field, ()
    places = [_column(columns, names)] if names in columns else [_column(columns, name.strip()) for name in names.split("+")]
    return field, tuple(places)


def _field(name: str) -> str:
    """The field that a person means; what is like no field is a field of the source's own."""
    if name in FIELDS:
        return name
    word = folded(name)
    meant = "email" if word in EMAILS else next((field for field, parts in PARTS.items() if word in parts[_main(field)]), "")
    close = difflib.get_close_matches(name.lower(), FIELDS, n=1, cutoff=0.8)
    if not meant and close:
        raise UsageError(f"there is no field {name!r}; did you mean {close[0]}? the fields are {', '.join(FIELDS)}")
    return meant or name


def _column(columns: Sequence[str], name: str) -> int:
    """The number of the column of that name, in capitals or not. Raises UsageError."""
    exact = [at for at, column in enumerate(columns) if column and column == name]
    alike = [at for at, column in enumerate(columns) if column and column.casefold() == name.casefold()]
    if exact or alike:
        return (exact or alike)[0]
    raise UsageError(f"there is no column {name!r}; the columns are {_listed(columns)}")


def _found(free: Mapping[int, str], wanted: Collection[str] = ()) -> dict[str, tuple[int, ...]]:
    """What the names of the columns mean, for fields other than those `wanted`."""
    words = _words(free)
    found: dict[str, tuple[int, ...]] = {}
    for field, parts in PARTS.items():
        places = [next((words[name] for name in names if name in words), None) for names in parts]
        if places[_main(field)] is not None:
            found[field] = tuple(sorted(at for at in places if at is not None))
    if emails := {words[name] for name in EMAILS if name in words}:
        found["email"] = tuple(sorted(emails))
    unsure = next((words[name] for name in UNSURE_NAMES if name in words), None)
    if unsure is not None:
        there = found.keys() | set(wanted)
        found.setdefault(_role_of_a_name(has_given="given_name" in there, has_surname="surname" in there), (unsure,))
    return {field: places for field, places in found.items() if field not in wanted}


def _words(free: Mapping[int, str]) -> dict[str, int]:
    """Folded name → column: of columns that fold alike the first, and without its prefix one that has no rival."""
    words: dict[str, int] = {}
    for at, name in free.items():
        words.setdefault(folded(name), at)
    for word, at in tuple(words.items()):
        for prefix in PREFIXES:
            if word.startswith(prefix) and word != prefix:
                words.setdefault(word.removeprefix(prefix), at)
    return words


def _role_of_a_name(*, has_given: bool, has_surname: bool) -> str:
    if has_given == has_surname:
        return "full_name"
    return "surname" if has_given else "given_name"


def _main(field: str) -> int:
    return MAIN_PART.get(field, 0)


def _without_key(columns: Sequence[str]) -> str:
    named = [name for name in columns if name]
    if any(map(_VALUE.fullmatch, named)) and not _found(dict(enumerate(columns))).keys() - {"email"}:
        return f"the first line holds values, not the names of columns ({_listed(named)}); put such a line first: id,email,…"
    return f"no column holds the key of a record; name it with --map source_key=COLUMN; the columns are {_listed(named)}"


def _listed(columns: Sequence[str]) -> str:
    shown = [name for name in columns if name]
    return ", ".join(shown[:12]) + (f" and {len(shown) - 12} more" if len(shown) > 12 else "")
