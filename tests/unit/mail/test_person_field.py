"""What a sender knows of a recipient: taken exactly as it stands, or not at all."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP

import pytest

from mailguard.mail.header import scan
from mailguard.mail.mailbox import parse_mailbox
from mailguard.mail.person_field import FACTS, MAX_PERSON_CHARACTERS, PersonField, parse_person


def test_the_contract_s_example_is_read() -> None:
    value = 'customer=crm:4711; name="Ada Lovelace"; date_of_birth=1815-12-10; phone=+39 06 1234; postcode=20121'
    assert parse_person(value) == PersonField(
        None,
        ("crm", "4711"),
        (("full_name", "Ada Lovelace"), ("date_of_birth", "1815-12-10"), ("phone", "+39 06 1234"), ("postcode", "20121")),
    )


@pytest.mark.parametrize("name", sorted(FACTS))
def test_each_field_of_a_record_can_be_told(name: str) -> None:
    assert parse_person(f"{name}=x") == PersonField(None, None, ((name, "x"),))


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ('name="Lovelace; Ada"', "Lovelace; Ada"),
        (r'name="Ada \"the\" \\ Lovelace"', 'Ada "the" \\ Lovelace'),
        (" name = Ada  Lovelace ; ", "Ada  Lovelace"),
        ("name=Zoë", "Zoë"),
        ("name=a=b", "a=b"),
    ],
)
def test_a_value_is_taken_as_it_stands(value: str, told: str) -> None:
    assert parse_person(value) == PersonField(None, None, (("full_name", told),))


def test_a_field_may_say_whom_it_speaks_of() -> None:
    found = parse_person("mailbox=Jane.Doe@y.example; customer=crm:a:b")
    assert found == PersonField(parse_mailbox("Jane.Doe@y.example"), ("crm", "a:b"), ())


@pytest.mark.parametrize(
    "value",
    [
        "",
        ";",
        "name",
        "name=",
        'name=""',
        "=Ada",
        'name="Ada',
        'name="Ada" Lovelace',
        'name=Ada "Lovelace"',
        "name=Ada; name=Bob",
        "name=Ada; full_name=Bob",
        "name=Ada; shoe_size=44",
        "NAME=Ada",
        "name=Ada;; phone=1",
        "name=A\x01da",
        "mailbox=ann@x.example",
        "mailbox=ann; name=Ann",
        "customer=4711",
        "customer=crm:",
        "customer=:4711",
        "source_key=4711",
        "name=" + "x" * MAX_PERSON_CHARACTERS,
    ],
)
def test_what_is_anything_else_cannot_be_taken(value: str) -> None:
    assert parse_person(value) is None


def test_longest_value_is_taken() -> None:
    assert parse_person("name=" + "x" * (MAX_PERSON_CHARACTERS - 5)) is not None


def test_what_a_mail_library_encodes_is_decoded_first() -> None:
    mail = EmailMessage(policy=SMTP)
    mail["Mailguard-Person"] = (
        'customer=crm:4711; name="Jörg Müller-Lüdenscheidt von und zu Überlingen"; city=Überlingen; postcode=88662'
    )
    value = scan(bytes(mail)).first("mailguard-person")
    assert "=?" in value
    found = parse_person(value)
    assert found is not None
    assert dict(found.facts) == {
        "full_name": "Jörg Müller-Lüdenscheidt von und zu Überlingen",
        "city": "Überlingen",
        "postcode": "88662",
    }


@pytest.mark.parametrize("piece", [" ", '\\"', "a=", '"', "name=x;"])
def test_a_long_value_of_one_kind_is_soon_refused(piece: str) -> None:
    for start in ("name=", 'name="', ""):
        assert parse_person((start + piece * MAX_PERSON_CHARACTERS)[:MAX_PERSON_CHARACTERS]) is None or piece == "a="
