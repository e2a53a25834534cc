"""A record and its standard as columns, and back. What they mean is for `identity` to say."""

from __future__ import annotations

import json
from typing import Any, Final

from mailguard.identity.record import Record
from mailguard.identity.standard import Standard

STANDARD_COLUMNS: Final = (
    "given",
    "middle",
    "surname",
    "born",
    "phone",
    "number",
    "street",
    "city",
    "postcode",
    "state",
    "country",
    "mailboxes",
)
"""The columns of a `Standard`, in the order of its fields."""

_FIELDS: Final = (
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

_BETWEEN: Final = "\n"
"""Between two mailboxes of one column: none has a line break."""


def fields_to_json(record: Record) -> str:
    """What the source gave, as a compact JSON object in ASCII (which any column takes), without what is empty."""
    fields: dict[str, Any] = {name: value for name in _FIELDS if (value := getattr(record, name))}
    if record.emails:
        fields["emails"] = record.emails
    if record.extra:
        fields["extra"] = record.extra
    return _dump(fields)


def record_from(source: str, source_key: str, fields: str) -> Record:
    """The record of a column of `fields_to_json`."""
    found = json.loads(fields)
    emails, extra = found.pop("emails", ()), found.pop("extra", ())
    return Record(
        source=source,
        source_key=source_key,
        emails=tuple(emails),
        extra=tuple((name, value) for name, value in extra),
        **found,
    )


def standard_to_columns(standard: Standard) -> tuple[str, ...]:
    """The values of STANDARD_COLUMNS."""
    return (
        _fit(standard.given),
        _fit(standard.middle),
        _fit(standard.surname),
        standard.born,
        standard.phone,
        _fit(standard.number),
        _fit(standard.street),
        _fit(standard.city),
        _fit(standard.postcode),
        _fit(standard.state),
        _fit(standard.country),
        _fit(_BETWEEN.join(standard.mailboxes)),
    )


def standard_from(columns: Any) -> Standard:
    """The standard of the values of STANDARD_COLUMNS."""
    given, middle, surname, born, phone, number, street, city, postcode, state, country, mailboxes = columns
    return Standard(
        given, middle, surname, born, phone, number, street, city, postcode, state, country, mailboxes_of(mailboxes)
    )


def mailboxes_of(column: str) -> tuple[str, ...]:
    """The mailboxes of their column."""
    return tuple(column.split(_BETWEEN)) if column else ()


def _fit(text: str) -> str:
    """`text` without what a column does not take: NUL and lone surrogates."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "").encode("utf-8", "replace").decode()


_dump = json.JSONEncoder(separators=(",", ":")).encode
