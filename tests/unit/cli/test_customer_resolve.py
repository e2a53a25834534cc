"""mailguard.cli.customer_resolve: who a recipient would be to the relay."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.conftest import Mailguard
from tests.unit.cli.people import settle_all


@pytest.fixture(autouse=True)
def _people(here: Path) -> None:
    settle_all(here)


def test_mailbox_on_file_is_its_person(mailguard: Mailguard) -> None:
    ran = mailguard("customers", "resolve", "Ada@mail.example", "--json")
    document = ran.document
    assert (ran.status, document["decision"], document["person"], document["basis"]) == (0, "match", "P1", "mailbox")
    assert document["probability"] > 0.99
    assert [one["record"] for one in document["candidates"]] == ["crm:4711"]


def test_name_and_hints_find_a_person_at_another_mailbox(mailguard: Mailguard) -> None:
    hints = ["--hint", "date_of_birth=10.12.1985", "--hint", "zip=SW1A 1AA", "--hint", "street=12 High Street"]
    document = mailguard("customers", "resolve", "Ada Lovelace <adal@elsewhere.example>", *hints, "--json").document
    assert (document["decision"], document["person"], document["basis"]) == ("match", "P1", "candidates")
    best = document["candidates"][0]
    assert document["comparisons"] == best["comparisons"]
    assert {"field", "level", "weight"} == set(best["comparisons"][0])
    total = best["prior"] + sum(one["weight"] for one in best["comparisons"])
    assert total == pytest.approx(best["match_weight"])
    assert best["match_weight"] == pytest.approx(document["match_weight"])


def test_waterfall_is_drawn(mailguard: Mailguard) -> None:
    ran = mailguard("customers", "resolve", "Ada Lovelace <adal@elsewhere.example>", "--hint", "birthday=1985-12-10")
    assert ran.out.splitlines()[0].endswith("(by comparison)")
    assert "█" in ran.out
    assert "prior" in ran.out
    assert "\x1b" not in ran.out


def test_nobody_is_status_1(mailguard: Mailguard) -> None:
    ran = mailguard("customers", "resolve", "Zoë Zacharias <zz@nowhere.example>", "--json")
    assert (ran.status, ran.document["decision"], ran.document["person"]) == (1, "new", None)
    shown = mailguard("customers", "resolve", "zz@nowhere.example")
    assert (shown.status, shown.out) == (1, "new: nobody that is known (nobody is like it)\n")


def test_shared_mailbox_needs_a_hint(mailguard: Mailguard) -> None:
    shared = mailguard("customers", "resolve", "home@family.example")
    assert (shared.status, shared.out) == (1, "new: nobody that is known (several persons have the mailbox)\n")
    named = mailguard("customers", "resolve", "Byron Lovelace <home@family.example>", "--json").document
    assert (named["decision"], named["person"]) == ("match", "P3")


def test_record_that_is_named_decides(mailguard: Mailguard) -> None:
    document = mailguard("customers", "resolve", "new@mail.example", "--hint", "customer=crm:4713", "--json").document
    assert (document["decision"], document["person"], document["basis"]) == ("match", "P4", "reference")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["Ada Lovelace"], "is not one mailbox"),
        (["a@x.example, b@x.example"], "is not one mailbox"),
        (["<a b@x..example>"], "is not one mailbox"),
        (["a@x.example", "--hint", "income=5"], "the fields are customer, city"),
        (["a@x.example", "--hint", "surname="], "write FIELD=VALUE"),
        (["a@x.example", "--hint", "surname"], "write FIELD=VALUE"),
        (["a@x.example", "--hint", "customer=4711"], "such as customer=crm:4711"),
    ],
)
def test_what_cannot_be_resolved_is_status_2(mailguard: Mailguard, arguments: list[str], said: str) -> None:
    ran = mailguard("customers", "resolve", *arguments)
    assert (ran.status, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert said in ran.err
