"""Pairs of standards of every kind, for comparing one way of comparing with another."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from mailguard.identity.standard import Standard

GIVEN = (
    "",
    "",
    "a",
    "r",
    "robert",
    "bob",
    "rob",
    "robbert",
    "roberto",
    "jane",
    "janet",
    "jan",
    "elizabeth",
    "liz",
    "smith",
    "ada",
)
SURNAME = (
    "",
    "",
    "s",
    "smith",
    "smyth",
    "smith jones",
    "jones",
    "jonas",
    "robert",
    "bob",
    "lee",
    "leigh",
    "de la cruz",
    "cruz",
    "williams",
    "williamson",
)
MIDDLE = ("", "", "", "jane", "ada robert", "bob")
BORN = (
    "",
    "1980-02-03",
    "1980-03-02",
    "1980-02-04",
    "1980-11-03",
    "1980",
    "1980-02",
    "1981-02-03",
    "1979-12-30",
    "1960-07-19",
    "1981-01",
)
PHONE = ("", "+447700900471", "+447700900417", "+447700900472", "7700900471", "+441512009471", "123")
NUMBER = ("", "1", "12", "12a")
STREET = ("", "high st", "hgih st", "high street", "rope walk", "walk rope", "st john rd", "john rd")
CITY = ("", "", "london", "lodnon", "whitehaven", "york")
POSTCODE = ("", "ca287ug", "ca287uh", "ca281aa", "20121", "20122", "20199", "w1", "w2")
MAILBOX = (
    "bob@x.example", "bob@y.example", "robert.smith@x.example", "robertsmith@y.example", "r.smith@x.example", "smith@x.example",
    "info@corp.test", "info@crop.test", "office@corp.test", "jane83@x.example", "jane38@x.example", "jne83@z.example",
    "...@x.example", "müller@x.example", "muller@x.example", "smithjones@x.example", "rsmith@x.example", "s@x.example",
)  # fmt: skip

RARE = (
    Standard(given="robert", surname="smith", mailboxes=("robert.smith@x.example",)),
    Standard(given="robert", surname="smith", mailboxes=("robertsmith@y.example",)),
    Standard(mailboxes=("robertsmith@z.example",)),
)
"""Records that agree as chance seldom has it."""


def standards(count: int, seed: int) -> Iterator[Standard]:
    """So many records, of few values each, so that pairs agree in all ways."""
    random = Random(seed)
    yield from RARE
    for _ in range(count - len(RARE)):
        yield Standard(
            given=random.choice(GIVEN),
            middle=random.choice(MIDDLE),
            surname=random.choice(SURNAME),
            born=random.choice(BORN),
            phone=random.choice(PHONE),
            number=random.choice(NUMBER),
            street=random.choice(STREET),
            city=random.choice(CITY),
            postcode=random.choice(POSTCODE),
            mailboxes=tuple(random.sample(MAILBOX, random.choice((0, 1, 1, 1, 2, 3)))),
        )
