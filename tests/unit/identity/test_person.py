"""mailguard.identity.person: until records are linked, one canonical mailbox is one person."""

from __future__ import annotations

from mailguard.identity.person import resolve
from mailguard.mail.mailbox import parse_mailbox


def test_two_spellings_of_one_mailbox_are_one_person() -> None:
    assert resolve(parse_mailbox("Ann@Shop.Example")).person == resolve(parse_mailbox("ann@shop.example")).person


def test_the_wire_form_stays_with_the_resolution() -> None:
    resolution = resolve(parse_mailbox("Ann+news@gmail.com"))
    assert (resolution.mailbox.wire, resolution.person, resolution.probability) == ("Ann+news@gmail.com", "ann@gmail.com", 1.0)
