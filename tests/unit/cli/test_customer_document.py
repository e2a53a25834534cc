"""mailguard.cli.customer_document: all that is held about one person."""

from __future__ import annotations

from pathlib import Path

from mailguard.cli.customer_document import fields_of, person_document, shared_with
from tests.unit.cli.people import ADA, opened, settle_all


def test_fields_have_the_names_of_the_contract() -> None:
    assert fields_of(ADA) == {
        "given_name": "Ada",
        "surname": "Lovelace",
        "email": "ada@mail.example;home@family.example",
        "date_of_birth": "1985-12-10",
        "street_address": "12 High Street",
        "city": "London",
        "postcode": "SW1A 1AA",
        "income": "48050",
    }


def test_mailboxes_say_who_else_has_them(here: Path) -> None:
    settle_all(here)
    with opened(here) as database, database.read() as connection:
        assert shared_with(connection, 1, ["home@family.example", "ada@mail.example"]) == {
            "home@family.example": [3],
            "ada@mail.example": [],
        }
        boxes = {one.mailbox: one.shared_with for one in person_document(connection, 3).mailboxes}
    assert boxes == {"home@family.example": ("P1",)}
