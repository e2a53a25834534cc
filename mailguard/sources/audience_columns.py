"""Which column of an audience holds the address, and which ones tell who that is: by their names, else by what they hold.

An audience needs nothing but an address. Knows nothing of files and databases, and judges no row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from mailguard.errors import UsageError
from mailguard.identity.record import MAIL_SOURCE, Record
from mailguard.sources.column_words import EMAILS, folded
from mailguard.sources.mapping import KEY, MISSING, ColumnMapping, Place, map_columns
from mailguard.sources.source_row import Row, Source

_SAMPLED: Final = 500
"""Rows looked at where no column is called anything like an address."""

_ENOUGH: Final = 0.5
"""Of the values of a column that many look like an address where it is one of addresses."""

_BRAND: Final = frozenset(map(folded, ("brand", "brand_name", "marke", "marque", "marca", "merk", "varumärke", "бренд")))
_TEST: Final = frozenset(
    map(
        folded, ("test", "is_test", "test_flag", "test_address", "testadresse", "testempfänger", "seed", "is_seed", "seed_list")
    )
)
_TRUE: Final = frozenset({"1", "true", "yes", "y", "x", "ja", "j", "oui", "o", "si", "sì", "sí", "sim", "tak", "test", "seed"})


@dataclass(frozen=True, slots=True)
class AudienceColumns:
    """Columns by number from 0. `fields`: what they tell of the person. `key`, `brand`, `test`: None where there is none."""

    columns: tuple[str, ...]
    email: int
    fields: tuple[Place, ...] = ()
    key: Place | None = None
    brand: int | None = None
    test: int | None = None

    @property
    def document(self) -> dict[str, str]:
        """Field → column, several columns as `a+b`, as `--map` takes it."""
        places = [Place("email", (self.email,)), *self.fields, *filter(None, [self.key])]
        single = {"brand": self.brand, "test": self.test}
        places += [Place(name, (at,)) for name, at in single.items() if at is not None]
        return {place.field: "+".join(self.columns[at] for at in place.columns) for place in places}


@dataclass(frozen=True, slots=True)
class AudienceRow:
    """What one row says. `address`: as it stands there. `key`: the person's in its own system, with or without a source."""

    address: str
    told: Record | None
    language: str
    key: str
    brand: str
    is_test: bool


class AudienceReader:
    """Rows of one audience, read by its columns."""

    def __init__(self, columns: AudienceColumns) -> None:
        self._columns = columns
        self._single = [(place.field, place.columns[0]) for place in columns.fields if len(place.columns) == 1]
        self._joined = [(place.field, place.columns) for place in columns.fields if len(place.columns) > 1]

    def read(self, values: Sequence[str]) -> AudienceRow:
        """Return what a row says."""
        at = self._columns
        values = ["" if value in MISSING else value for value in map(str.strip, values)]
        told = {field: text for field, place in self._single if (text := values[place])}
        told |= {field: text for field, places in self._joined if (text := _join(values, places))}
        language = told.pop("language", "")
        return AudienceRow(
            values[at.email],
            Record(source=MAIL_SOURCE, source_key="", **told) if told else None,  # type: ignore[arg-type] # single fields
            language,
            _join(values, at.key.columns) if at.key else "",
            values[at.brand] if at.brand is not None else "",
            at.test is not None and values[at.test].lower() in _TRUE,
        )


def find_columns(source: Source, *, said: Iterable[str] = (), ignored: Iterable[str] = ()) -> AudienceColumns:
    """Return which column is what; what is `said` (`field=column`) stands above what is found.

    Raises UsageError where a column is not there, or none holds addresses.
    """
    mapping = map_columns(source.columns, said=said, ignored=ignored, needs_key=False)
    fields = {place.field: place for place in mapping.fields}
    key, emails = fields.pop(KEY, None), fields.pop("email", None)
    extra = {place.field: place for place in mapping.extra}
    return AudienceColumns(
        mapping.columns,
        _address_column(source, mapping, emails),
        tuple(fields.values()),
        key,
        _extra_column(extra, "brand", _BRAND),
        _extra_column(extra, "test", _TEST),
    )


def _address_column(source: Source, mapping: ColumnMapping, emails: Place | None) -> int:
    """The one column that is written to: of several that are called so the most usual name, else the fullest of addresses."""
    if emails is not None:
        ranked = sorted(emails.columns, key=lambda at: _rank(folded(mapping.columns[at])))
        return ranked[0]
    sample = [row.values for row in islice(source.rows(), _SAMPLED) if isinstance(row, Row)]
    ignored = {mapping.columns.index(name) for name in mapping.ignored}
    shares = {at: _share(sample, at) for at in range(len(mapping.columns)) if at not in ignored}
    best = max(shares, key=lambda at: shares[at], default=0)
    if shares.get(best, 0.0) < _ENOUGH:
        listed = ", ".join(filter(None, mapping.columns[:12]))
        raise UsageError(f"no column holds addresses; name it with --map email=COLUMN; the columns are {listed}")
    return best


def _rank(name: str) -> int:
    return EMAILS.index(name) if name in EMAILS else len(EMAILS)


def _share(sample: Sequence[Sequence[str]], at: int) -> float:
    """How many of the values of a column, blank ones apart, look like an address; 0.0 where there is none."""
    values = [text for values in sample if at < len(values) and (text := values[at].strip())]
    alike = sum(1 for text in values if text.count("@") == 1 and "." in text.partition("@")[2])
    return alike / len(values) if values else 0.0


def _extra_column(extra: Mapping[str, Place], name: str, words: frozenset[str]) -> int | None:
    if name in extra:
        return extra[name].columns[0]
    return next((place.columns[0] for field, place in extra.items() if folded(field) in words), None)


def names_brand(column: str) -> bool:
    """Whether a column is called so that it says whose customer somebody is."""
    return folded(column) in _BRAND


def _join(values: Sequence[str], places: tuple[int, ...]) -> str:
    return " ".join(text for at in places if (text := values[at]))
