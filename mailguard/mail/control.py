"""The `Mailguard-*` fields that a trusted sender may set (they never leave)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mailguard.mail.encoded_word import decode_words
from mailguard.mail.header import Header
from mailguard.mail.person_field import PersonField, parse_person
from mailguard.mail.template_values import read_values

CONTROL_PREFIX = "mailguard-"
MAX_VALUE_CHARACTERS = 255
MAX_ASKED = 50
MAX_PERSONS = 1_000


class MailClass(StrEnum):
    """How much a mail may be stopped."""

    CRITICAL = "critical"
    SERVICE = "service"
    BULK = "bulk"


@dataclass(frozen=True, slots=True)
class ControlFields:
    """The fields as read; "" or None where absent. `unusable` names the first field whose value cannot be taken.

    `asks`: the names of the fields that the mail asks for, folded, each once. `persons`: what `Mailguard-Person` says, one for
    each field. `render`: what the mail's templates are written in; a mail that has it never leaves as it is, even where the
    value is not one of LANGUAGES. `values`: what `Mailguard-Data` carries, a JSON object in UTF-8. `context`: the id of the
    context that the text was written with, C and a number, then a ULID, as in `C17-01JD…`. `check`: the token of a check, ""
    where the field holds nothing that can be one, None where there is no such field: what does not hold is for the policy to
    stop. `overrides`: the tokens that are to let it out, each once.
    """

    mail_class: MailClass | None = None
    key: str = ""
    template: str = ""
    unusable: str = ""
    asks: tuple[str, ...] = ()
    persons: tuple[PersonField, ...] = ()
    render: str = ""
    values: bytes = b""
    context: str = ""
    check: str | None = None
    overrides: tuple[str, ...] = ()


PERSON: Final = "Mailguard-Person"
ASKS: Final = "Mailguard-Asks"
RENDER: Final = "Mailguard-Render"
DATA: Final = "Mailguard-Data"
CONTEXT: Final = "Mailguard-Context"
CHECK: Final = "Mailguard-Check"
OVERRIDE: Final = "Mailguard-Override"
MAX_CHECK_CHARACTERS: Final = 900
MAX_OVERRIDES: Final = 50
LANGUAGES: Final = frozenset({"jinja2"})
"""What a mail's templates may be written in."""
NO_CONTROL_FIELDS = ControlFields()
_BETWEEN = re.compile(r"[\s_-]+")
CONTEXT_ID: Final = re.compile(r"C(0|[1-9][0-9]{0,17})-([0-7][0-9A-HJKMNP-TV-Z]{25})")
"""How the id of a context is written: C, the number of the last reply that was known, and a ULID."""
_CLASSES = {each.value: each for each in MailClass}


def read_control(header: Header) -> ControlFields:
    """Return what a trusted client's fields say. Nothing is guessed: a value that cannot be taken is named in `unusable`."""
    if not any(name.startswith(CONTROL_PREFIX) for name in header.names):
        return NO_CONTROL_FIELDS
    unusable: list[str] = []
    mail_class = _CLASSES.get(_one(header, "Mailguard-Class", unusable=unusable).lower())
    if mail_class is None and not unusable and header.named("mailguard-class"):
        unusable.append("Mailguard-Class")
    key = _one(header, "Mailguard-Key", unusable=unusable)
    template = _one(header, "Mailguard-Template", unusable=unusable)
    asks = read_names(_one(header, ASKS, unusable=unusable))
    if len(asks) > MAX_ASKED or (not asks and header.named(ASKS.lower())):
        unusable.append(ASKS)
    persons = _persons(header, unusable=unusable)
    render = _render(header, unusable=unusable)
    values = _values(header, unusable=unusable)
    context = _context(header, unusable=unusable)
    return ControlFields(
        mail_class,
        key,
        template,
        unusable[0] if unusable else "",
        asks,
        persons,
        render=render,
        values=values,
        context=context,
        check=_check(header),
        overrides=_overrides(header),
    )


def read_names(text: str) -> tuple[str, ...]:
    """Return the names between commas, folded, with `_` for spaces and hyphens, each once."""
    names = (_BETWEEN.sub("_", part.strip().casefold()) for part in text.split(","))
    return tuple(dict.fromkeys(name for name in names if name))


def _persons(header: Header, *, unusable: list[str]) -> tuple[PersonField, ...]:
    """Return what each field says of whom; nothing where one cannot be taken, or two speak of the same mailbox."""
    values = tuple(dict.fromkeys(header.all(PERSON.lower())))
    found = tuple(person for value in values[:MAX_PERSONS] if (person := parse_person(value)) is not None)
    spoken_of = {person.mailbox.canonical if person.mailbox else "" for person in found}
    if len(found) == len(values) == len(spoken_of):
        return found
    unusable.append(PERSON)
    return ()


def _render(header: Header, *, unusable: list[str]) -> str:
    """Return what the templates are written in; "unknown" where it cannot be told: the mail is a template all the same."""
    if not header.named(RENDER.lower()):
        return ""
    language = _one(header, RENDER, unusable=unusable).lower()
    if language not in LANGUAGES:
        unusable.append(RENDER)
    return language or "unknown"


def _context(header: Header, *, unusable: list[str]) -> str:
    """Return the id of the context, "" where there is none or it is none."""
    context = _one(header, CONTEXT, unusable=unusable)
    if context and not CONTEXT_ID.fullmatch(context):
        unusable.append(CONTEXT)
        return ""
    return context


def _check(header: Header) -> str | None:
    """Return the one token, "" where it cannot be one or there are two, None where there is no such field."""
    if not header.named(CHECK.lower()):
        return None
    tokens = set(_tokens(header, CHECK))
    token = tokens.pop()
    return token if not tokens and token.isascii() and len(token) <= MAX_CHECK_CHARACTERS else ""


def _overrides(header: Header) -> tuple[str, ...]:
    """Return the tokens, each once; what cannot be one says nothing."""
    tokens = dict.fromkeys(
        token for token in _tokens(header, OVERRIDE) if token.isascii() and len(token) <= MAX_VALUE_CHARACTERS
    )
    return tuple(filter(None, tokens))[:MAX_OVERRIDES]


def _tokens(header: Header, name: str) -> Iterator[str]:
    """Yield the values without spaces. Python's own mail library writes a long word as encoded words (RFC 2047)."""
    return ("".join(decode_words(value).split()) for value in header.all(name.lower()))


def _values(header: Header, *, unusable: list[str]) -> bytes:
    """Return the template's values, b"" where there are none or they cannot be taken."""
    texts = set(header.all(DATA.lower()))
    values = read_values(texts.pop()) if len(texts) == 1 else None
    if values is None and header.named(DATA.lower()):
        unusable.append(DATA)
    return values or b""


def _one(header: Header, name: str, *, unusable: list[str]) -> str:
    """Return the field's one value, "" where it is absent; names it as unusable where it is empty, long, odd or contradicts."""
    values = set(header.all(name.lower()))
    if not values:
        return ""
    value = values.pop()
    if values or not value or len(value) > MAX_VALUE_CHARACTERS or not value.isprintable():
        unusable.append(name)
        return ""
    return value
