from __future__ import annotations

from dataclasses import fields

from mailguard.identity.standard import Standard


def test_a_record_without_values_is_comparable_and_empty() -> None:
    assert all(not getattr(Standard(), field.name) for field in fields(Standard))


def test_equal_values_are_one_comparable_form() -> None:
    assert {Standard(given="ada", mailboxes=("ada@x.example",)), Standard(given="ada", mailboxes=("ada@x.example",))} == {
        Standard(given="ada", mailboxes=("ada@x.example",))
    }
