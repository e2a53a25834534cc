"""Values made up for the names of a template, and rows that bring its branches about, one thing changed at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from mailguard.templates.checking_shape import Shape

MOST_ROWS: Final = 60
"""Sample rows of one template."""
MADE_UP_DOMAIN: Final = "made-up.invalid"
"""Stands in sample addresses and links: nobody's (RFC 2606 2)."""

# The narrower words first: a given name is a name.
_BY_WORD: Final[Mapping[str, str]] = {
    "email": f"ada.lovelace@{MADE_UP_DOMAIN}",
    "mail": f"ada.lovelace@{MADE_UP_DOMAIN}",
    "address": "12 St James's Square",
    "given": "Ada",
    "firstname": "Ada",
    "first": "Ada",
    "vorname": "Ada",
    "nome": "Ada",
    "surname": "Lovelace",
    "lastname": "Lovelace",
    "last": "Lovelace",
    "nachname": "Lovelace",
    "cognome": "Lovelace",
    "name": "Ada Lovelace",
    "person": "Ada Lovelace",
    "url": f"https://{MADE_UP_DOMAIN}/page",
    "link": f"https://{MADE_UP_DOMAIN}/page",
    "href": f"https://{MADE_UP_DOMAIN}/page",
    "phone": "+44 20 7946 0000",
    "city": "London",
    "street": "12 St James's Square",
    "postcode": "SW1Y 4JH",
    "country": "GB",
    "gender": "f",
    "currency": "EUR",
    "id": "4711",
    "number": "4711",
    "order": "4711",
    "invoice": "4711",
    "code": "482913",
}
_TIMES: Final = frozenset({"at", "date", "day", "time", "deadline", "due", "until", "since"})
_AMOUNTS: Final = frozenset({"amount", "price", "total", "sum", "balance", "count", "quantity", "percent"})
_A_TIME: Final = "2026-11-24T09:30:00Z"
_OTHER: Final = "something else"


class Missing:
    """Stands where a name is not given at all."""


def sample_rows(shapes: Mapping[str, Shape]) -> list[dict[str, Any]]:
    """Return rows of made-up values: one with everything there, and for each thing that decides something one without it."""
    rows = [sample(shapes)]
    for path, value in _variations(shapes, ()):
        if len(rows) == MOST_ROWS:
            break
        rows.append(_changed(rows[0], path, value))
    return rows


def sample(shapes: Mapping[str, Shape]) -> dict[str, Any]:
    """Return a value for each name, with everything there."""
    return {name: value_of(shape, name) for name, shape in shapes.items()}


def value_of(shape: Shape, name: str, *, number: int = 1) -> Any:
    """Return a value that a template can use as it does; `number` tells the items of a list apart."""
    if shape.attributes:
        return {each: value_of(inner, each, number=number) for each, inner in shape.attributes.items()}
    if shape.item is not None:
        return list(shape.item.said) or [value_of(shape.item, name.removesuffix("s"), number=each) for each in (1, 2)]
    return next(iter(shape.said)) if shape.said else _plain_value(shape, name, number=number)


def _plain_value(shape: Shape, name: str, *, number: int) -> str | int:
    words = name.lower().replace("-", "_").split("_")
    if shape.is_number:
        return 3 * number
    if shape.is_time or not _TIMES.isdisjoint(words):
        return _A_TIME
    if not _AMOUNTS.isdisjoint(words):
        return 42 * number
    known = next((value for word, value in _BY_WORD.items() if word in words), "")
    return known or f"{' '.join(words)} {number}"


def filled(row: Mapping[str, Any], shapes: Mapping[str, Shape]) -> dict[str, Any]:
    """Return the row with made-up values for what is there but empty, and for what the template expects to be missing."""
    full = dict(row)
    for name, shape in shapes.items():
        if name not in full:
            if shape.may_be_missing:
                full[name] = value_of(shape, name)
        elif isinstance(full[name], dict) and full[name]:
            full[name] = filled(full[name], shape.attributes)
        elif not full[name] and full[name] is not False and full[name] != 0:
            full[name] = value_of(shape, name)
    return full


def _variations(shapes: Mapping[str, Shape], outer: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield where and to what a row is changed."""
    for name, shape in shapes.items():
        path = (*outer, name)
        for value in list(shape.said)[1:]:
            yield path, value
        yield from ((path, value) for value in _others(shape))
        if shape.is_asked:
            yield path, _empty(shape)
        if shape.may_be_missing:
            yield path, Missing
        yield from _variations(shape.attributes, path)


def _others(shape: Shape) -> Iterator[Any]:
    """Yield what is none of what a value is compared with: a number more and a number less, or another word."""
    numbers = [value for value in shape.said if not isinstance(value, str)]
    for value in numbers:
        yield from (value - 1, value + 1)
    if shape.said and not numbers:
        yield _OTHER


def _empty(shape: Shape) -> Any:
    if shape.item is not None:
        return []
    return 0 if shape.is_number else None if shape.attributes or shape.is_time else ""


def _changed(row: Mapping[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    changed = dict(row)
    if len(path) > 1:
        changed[path[0]] = _changed(changed[path[0]], path[1:], value)
    elif value is Missing:
        changed.pop(path[0], None)
    else:
        changed[path[0]] = value
    return changed
