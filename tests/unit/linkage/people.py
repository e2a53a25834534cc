"""Records for property tests: few values, so that they agree, disagree and nearly agree; and values that are trouble."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from mailguard.identity.standard import Standard

GIVEN = ["", "a", "x", "ada", "adda", "augusta", "robert", "bob", "rob", "roberta", "smith", "ivan", "wei", "al", "marianne"]
MIDDLE = ["", "ada", "maria ada", "robert"]
SURNAMES = [
    "",
    "s",
    "smith",
    "smiht",
    "smith jones",
    "jones",
    "robert",
    "ada",
    "ivanov",
    "li",
    "leyen",
    "hernandez",
    "hernandes lopez",
]
BORN = ["", "1985", "1985-12", "1985-12-10", "1985-10-12", "1985-12-11", "1958-12-10", "1986-03-01", "1937-13-45", "1985-12-29"]
PHONES = ["", "+442071838750", "2071838750", "+442071838705", "1838750", "12345", "54321", "12", "21"]
NUMBERS = ["", "1", "12", "12a"]
STREETS = ["", "mill ln", "mil ln", "st james sq", "sq st james", "rupp pl delmar", "a"]
CITIES = ["", "london", "lonodn", "leeds", "york"]
POSTCODES = ["", "sw1y4jh", "sw1y4hj", "sw1y9zz", "20121", "20122", "80333", "123", "12", "21"]
MAILBOXES = [
    "ada.smith@x.example", "adasmith@y.test", "asmith85@x.example", "ada@x.example", "smith@x.example", "info@x.example",
    "info@y.test", "robert.smith@x.example", "robert.smitj@x.example", "jones.bob@y.test", "x@x.example", "._.@x.example",
    '"a b"@x.example', "иван@x.example",
]  # fmt: skip


@st.composite
def standards(draw: st.DrawFn) -> Standard:
    """A standardised record; each field may be missing."""
    return Standard(
        given=draw(st.sampled_from(GIVEN)),
        middle=draw(st.sampled_from(MIDDLE)),
        surname=draw(st.sampled_from(SURNAMES)),
        born=draw(st.sampled_from(BORN)),
        phone=draw(st.sampled_from(PHONES)),
        number=draw(st.sampled_from(NUMBERS)),
        street=draw(st.sampled_from(STREETS)),
        city=draw(st.sampled_from(CITIES)),
        postcode=draw(st.sampled_from(POSTCODES)),
        mailboxes=tuple(draw(st.lists(st.sampled_from(MAILBOXES), max_size=3, unique=True))),
    )


def nameless(standard: Standard) -> Standard:
    """The record without its names."""
    return replace(standard, given="", surname="")
