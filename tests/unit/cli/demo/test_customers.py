"""mailguard.cli.demo.customers: what the story needs to be on file."""

from __future__ import annotations

from mailguard.cli.demo.customers import CUSTOMERS
from mailguard.identity.known import known_fields


def test_jane_s_income_is_on_file_and_her_namesake_is_another() -> None:
    jane, husband, namesake = CUSTOMERS
    assert "income" in known_fields(jane)
    assert "income" not in known_fields(husband)
    assert (jane.full_name, jane.date_of_birth) != (namesake.full_name, namesake.date_of_birth)
    assert jane.full_name == namesake.full_name
