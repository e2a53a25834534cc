"""mailguard.identity.query: what a mail tells of a recipient."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.identity.query import NO_HINTS, name_of_display, query_of
from mailguard.identity.standard import Standard
from mailguard.mail.mailbox import parse_mailbox

JANE = parse_mailbox("Jane.Doe@Shop.example", display_name="Jane Doe")


def test_a_mailbox_alone_is_no_hint() -> None:
    query = query_of(parse_mailbox("jane.doe@shop.example"))
    assert query.standard == Standard(mailboxes=("jane.doe@shop.example",))
    assert not query.has_hints


def test_a_display_name_is_a_name() -> None:
    query = query_of(JANE)
    assert query.standard == Standard(given="jane", surname="doe", mailboxes=("jane.doe@shop.example",))
    assert query.has_hints


def test_hints_come_before_the_display_name() -> None:
    hints = replace(NO_HINTS, full_name="Joan Dow", date_of_birth="1983-04-12", phone="020 7183 8750", emails=("j@x.example",))
    query = query_of(JANE, hints=hints, references=(("crm", "4711"),), region="GB")
    assert query.standard == Standard(
        given="joan",
        surname="dow",
        born="1983-04-12",
        phone="+442071838750",
        mailboxes=("jane.doe@shop.example", "j@x.example"),
    )
    assert query.references == (("crm", "4711"),)


def test_hints_without_a_name_leave_the_display_name() -> None:
    query = query_of(JANE, hints=replace(NO_HINTS, postcode="PO18 1WU"))
    assert (query.standard.given, query.standard.postcode) == ("jane", "po181wu")


@pytest.mark.parametrize(
    "text",
    [
        "jane@x.example",
        "'jane@x.example'",
        "Support",
        "Sales Team",
        "Acme Ltd",
        "jane83",
        "n/a",
        "",
        "Info Desk",
        "no-reply",
        "IT / Ops",
    ],
)
def test_what_is_no_persons_name_is_none(text: str) -> None:
    assert name_of_display(text) == ("", "", "")


@pytest.mark.parametrize("text", ["Jane Doe", "Doe, Jane", "'Jane Doe'", '"Doe, Jane"', "Dr. Jane Doe", "JANE DOE"])
def test_spellings_of_a_display_name_are_one_name(text: str) -> None:
    assert name_of_display(text) == ("jane", "", "doe")


def test_no_more_of_a_display_name_is_kept_than_is_read() -> None:
    name_of_display.cache_clear()
    for end in ("Doe", "Smith"):
        query_of(parse_mailbox("a@x.example", display_name="Jane " * 100 + end))
    assert name_of_display.cache_info().currsize == 1


@given(st.text(max_size=300))
def test_any_display_name_is_taken(text: str) -> None:
    query_of(parse_mailbox("a@x.example", display_name=text))
