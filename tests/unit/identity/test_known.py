"""mailguard.identity.known: what is on file answers what a mail asks for, by whatever name it asks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailguard.identity.known import covers, field_name, known_fields
from mailguard.identity.record import Record

EMPTY = Record(source="crm", source_key="1")


def test_filled_fields_are_known() -> None:
    record = replace(EMPTY, given_name="Ada", surname="Lovelace", emails=("ada@x.example",), language="en")
    assert known_fields(record) == {"given_name", "surname", "full_name", "email", "language"}


def test_an_empty_record_knows_nothing() -> None:
    assert known_fields(EMPTY) == frozenset()


def test_placeholders_are_not_known() -> None:
    record = replace(
        EMPTY,
        given_name="n/a",
        emails=("none@none.com", "-"),
        phone="0000000000",
        date_of_birth="1900-01-01",
        postcode="00000",
        city="unknown",
        extra=(("income", "-"), ("iban", "")),
    )
    assert known_fields(record) == frozenset()


def test_a_full_name_knows_its_parts() -> None:
    assert known_fields(replace(EMPTY, full_name="Ada Lovelace")) == {"full_name", "given_name", "surname"}
    assert known_fields(replace(EMPTY, full_name="Ada")) == {"full_name", "given_name"}
    assert known_fields(replace(EMPTY, given_name="Ada")) == {"given_name"}


@pytest.mark.parametrize(("more", "is_known"), [({}, False), ({"city": "Leeds"}, True), ({"postcode": "PO18 1WU"}, True)])
def test_a_postal_address_has_a_street_and_a_place(more: dict[str, str], *, is_known: bool) -> None:
    known = known_fields(replace(EMPTY, street_address="30 Oak Avenue", **more))  # type: ignore[arg-type]
    assert ("postal_address" in known) is is_known
    assert covers("postal_address", known) is is_known


def test_extra_columns_are_known_by_their_own_name_or_by_ours() -> None:
    known = known_fields(replace(EMPTY, extra=(("Annual Income", "20k"), ("Mobile", "07825 359129"))))
    assert known == {"annual_income", "phone"}
    assert covers("annual-income", known)
    assert covers("ANNUAL INCOME", known)
    assert not covers("income", known)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ("postal_address", "postal_address"),
        ("Address", "postal_address"),
        ("name", "full_name"),
        ("birthday", "date_of_birth"),
        ("Date of birth", "date_of_birth"),
        ("e-mail", "email"),
        ("E-Mail address", "email"),
        ("ZIP", "postcode"),
        ("zip_code", "postcode"),
        ("mobile", "phone"),
        ("Phone", "phone"),
        ("first name", "given_name"),
        ("last-name", "surname"),
        ("income", "income"),
    ],
)
def test_a_field_is_found_by_its_usual_names(asked: str, field: str) -> None:
    assert field_name(asked) == field
    assert covers(asked, frozenset({field}))
    assert not covers(asked, frozenset())


def test_fields_of_several_records_of_one_person_count_together() -> None:
    street = known_fields(replace(EMPTY, street_address="30 Oak Avenue"))
    city = known_fields(replace(EMPTY, city="Leeds"))
    assert covers("address", street | city)
    assert not covers("address", street)
