"""The cases that a template is rendered in: every reply state with all that goes with it, every language, class and row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Any, Final

from mailguard.mail.control import MailClass
from mailguard.templates.checking_shape import Shape

MOST_CASES: Final = 20_000
"""Cases of one template."""
_FULLY_WALKED: Final = 50
"""Rows that are walked in every state; of those beyond, each takes the next one."""

LANGUAGE_NAMES: Final = ("last_reply_language", "language", "lang", "locale")
_FALLBACKS: Final = ("en", "de", "fr", "it", "es", "pt", "nl")
_REPLY_AT: Final = "2026-11-17T08:12:00Z"
_SENT_AT: Final = "2026-11-16T10:00:00Z"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a person stands with us: a reply state, and what goes with it."""

    name: str
    values: Mapping[str, Any]

    @property
    def state(self) -> str:
        """The reply state."""
        return str(self.values["reply_state"])


@dataclass(frozen=True, slots=True)
class Case:
    """One rendering: its name, and the values that the template gets."""

    name: str
    state: str
    language: str
    mail_class: MailClass
    values: Mapping[str, Any]


def _standing(name: str, state: str, *, replies: int = 0, sent: int = 3, known: bool = True, same: bool = True) -> Standing:
    has_answered = state != "none"
    return Standing(
        name,
        {
            "context_id": "C1-01K00000000000000000000000",
            "reply_aware": state in {"open", "acknowledged"},
            "reply_state": state,
            "open_replies": replies,
            "last_reply_at": _REPLY_AT if has_answered else None,
            "last_reply_language": None,
            "sent_count": sent,
            "last_sent_at": _SENT_AT if sent else None,
            "last_same_template_at": _SENT_AT if sent and same else None,
            "known_customer": known,
            "known_fields": ["full_name", "email", "income", "postal_address"] if known else [],
            "person": "P1" if known else None,
            "probability": 1.0 if known else None,
            "would": "deliver",
            "findings": [],
        },
    )


STANDINGS: Final = (
    _standing("none", "none", same=False),
    _standing("none, never written to", "none", sent=0, known=False),
    _standing("open", "open", replies=1),
    _standing("open, two replies", "open", replies=2, sent=5),
    _standing("acknowledged", "acknowledged", replies=1),
    _standing("resolved", "resolved"),
)
CONTEXT_NAMES: Final = frozenset(STANDINGS[0].values)
"""The names that a template has from the context."""


def languages_of(shapes: Mapping[str, Shape]) -> tuple[str, ...]:
    """Return the languages that a template tells apart, and one that it does not."""
    shaped = (shapes[name] for name in LANGUAGE_NAMES if name in shapes)
    found = dict.fromkeys(str(value) for shape in shaped for value in shape.said)
    return (*found, next((other for other in _FALLBACKS if other not in found), "xx"))


def cases(
    rows: Sequence[Mapping[str, Any]],
    *,
    languages: Sequence[str],
    classes: Sequence[MailClass],
    unsubscribe_url: str,
    own_language: bool,
) -> Iterator[Case]:
    """Yield all cases, MOST_CASES at most. `own_language`: the rows have languages of their own, which stay as they are."""
    kinds = list(product(STANDINGS, languages, classes))
    for at, row in enumerate(islice(rows, MOST_CASES)):
        chosen = (
            kinds
            if at < _FULLY_WALKED and len(kinds) * min(len(rows), _FULLY_WALKED) <= MOST_CASES
            else [kinds[at % len(kinds)]]
        )
        where = f", row {at + 1}" if len(rows) > 1 else ""
        for standing, language, mail_class in chosen:
            name = f"{standing.name}, {language}, {mail_class}{where}"
            own = {} if own_language else {each: language for each in LANGUAGE_NAMES if each in row}
            values = {
                **row,
                **own,
                **context_values(standing, language=language, mail_class=mail_class),
                **url_value(unsubscribe_url),
            }
            yield Case(name, standing.state, language, mail_class, values)


def url_value(unsubscribe_url: str) -> dict[str, str]:
    """Return the name by which templates have the link that unsubscribes; there is none where none is configured."""
    return {"unsubscribe_url": f"{unsubscribe_url.rstrip('/')}/made-up"} if unsubscribe_url else {}


def context_values(standing: Standing, *, language: str, mail_class: MailClass) -> dict[str, Any]:
    """Return what the context of such a person says."""
    values = dict(standing.values)
    if values["last_reply_at"] is not None:
        values["last_reply_language"] = language
    if values["reply_aware"] and mail_class is MailClass.BULK:
        finding = {"code": "open_reply", "text": "the person has answered, and nobody has resolved it", "refs": []}
        values |= {"would": "hold", "findings": [finding]}
    return values
