"""mailguard.cli.customer_name: whom a command means."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailguard.cli.customer_name import Named, NobodyError, named, record_named
from mailguard.errors import UsageError
from tests.unit.cli.people import opened, settle_all


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("P1", Named(1)),
        (" P2 ", Named(1)),
        ("P3", Named(3)),
        ("crm:4711", Named(1, 1)),
        ("shop:a:1", Named(1, 2)),
        ("ADA@mail.example", Named(1)),
        ("a.lovelace@work.example", Named(1)),
    ],
)
def test_person_is_named_in_several_ways(here: Path, text: str, meant: Named) -> None:
    settle_all(here)
    with opened(here) as database, database.read() as connection:
        assert named(connection, text) == meant


@pytest.mark.parametrize("text", ["P99", "crm:99", "nobody@mail.example"])
def test_nobody_is_known_by_that_name(here: Path, text: str) -> None:
    settle_all(here)
    with opened(here) as database, database.read() as connection, pytest.raises(NobodyError, match=text):
        named(connection, text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Ada", "names nobody; write a person"),
        ("", "names nobody"),
        ("P", "names nobody"),
        ("ada@@mail.example", "is no mailbox"),
        ("home@family.example", "is the mailbox of P1, P3; name one of them"),
    ],
)
def test_what_is_no_name_is_bad_usage(here: Path, text: str, said: str) -> None:
    settle_all(here)
    with opened(here) as database, database.read() as connection, pytest.raises(UsageError, match=said):
        named(connection, text)


def test_record_is_named_by_source_and_key(here: Path) -> None:
    settle_all(here)
    with opened(here) as database, database.read() as connection:
        assert record_named(connection, "shop:a:1") == 2
        with pytest.raises(NobodyError, match="no record crm:99"):
            record_named(connection, "crm:99")
        with pytest.raises(UsageError, match="write its source and its key"):
            record_named(connection, "4711")
