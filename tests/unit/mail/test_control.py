"""The fields that a trusted sender may set."""

from __future__ import annotations

from base64 import b64encode
from email.message import EmailMessage

import pytest

from mailguard.mail.control import (
    MAX_ASKED,
    MAX_CHECK_CHARACTERS,
    MAX_OVERRIDES,
    MAX_VALUE_CHARACTERS,
    NO_CONTROL_FIELDS,
    ControlFields,
    MailClass,
    read_control,
)
from mailguard.mail.header import scan


def _read(fields: str) -> ControlFields:
    return read_control(scan(fields.encode() + b"\r\n\r\n"))


def test_context_is_taken_as_it_is_and_what_is_none_is_named() -> None:
    fields = _read("Mailguard-Context: C12-01JD0000000000000000000000")
    assert (fields.context, fields.unusable) == ("C12-01JD0000000000000000000000", "")
    for value in ("12", "C012-01JD0000000000000000000000", "C12-01JD", "C-1-01JD0000000000000000000000"):
        fields = _read(f"Mailguard-Context: {value}")
        assert (fields.context, fields.unusable) == ("", "Mailguard-Context")


def test_absent_fields_say_nothing() -> None:
    assert _read("Subject: x") is NO_CONTROL_FIELDS


def test_fields_are_read() -> None:
    fields = _read("Mailguard-Class: Critical\r\nMAILGUARD-KEY : order-1\r\nMailguard-Template:\r\n reset")
    assert fields == ControlFields(MailClass.CRITICAL, "order-1", "reset", "")


def test_no_check_is_none_and_one_that_can_be_none_is_empty() -> None:
    assert _read("Mailguard-Key: x").check is None
    assert _read("Mailguard-Check: c1.abc").check == "c1.abc"
    for value in ("", "\u00e4", "a" * (MAX_CHECK_CHARACTERS + 1), "c1.a\r\nMailguard-Check: c1.b"):
        fields = _read(f"Mailguard-Check: {value}")
        assert (fields.check, fields.unusable) == ("", "")


def test_a_check_of_the_greatest_length_and_twice_the_same_is_one() -> None:
    longest = "a" * MAX_CHECK_CHARACTERS
    assert _read(f"Mailguard-Check: {longest}\r\nMailguard-Check: {longest}").check == longest


def test_tokens_are_read_as_programs_write_long_words() -> None:
    token = "c1." + "Ab-_" * 19 + "." + "A" * 22
    mail = EmailMessage()
    mail["Mailguard-Check"] = token
    assert token not in mail.as_string()
    assert _read(mail.as_string()).check == token
    assert _read(f"Mailguard-Check:\r\n {token[:40]}\r\n {token[40:]}").check == token


def test_overrides_are_taken_each_once_and_what_can_be_none_is_not() -> None:
    values = ("o1.b", "", "o1.a", "o1.b", "\u00e4", "o" * (MAX_VALUE_CHARACTERS + 1))
    fields = _read("\r\n".join(f"Mailguard-Override: {value}" for value in values))
    assert (fields.overrides, fields.unusable) == (("o1.b", "o1.a"), "")
    many = "\r\n".join(f"Mailguard-Override: o1.{n}" for n in range(MAX_OVERRIDES + 1))
    assert len(_read(many).overrides) == MAX_OVERRIDES


def test_template_says_its_language_and_its_values() -> None:
    data = b64encode(b'{"order": {"number": 7}}').decode()
    fields = _read(f"Mailguard-Render: Jinja2\r\nMailguard-Data: {data[:9]}\r\n {data[9:]}")
    assert (fields.render, fields.values, fields.unusable) == ("jinja2", b'{"order":{"number":7}}', "")


@pytest.mark.parametrize(("value", "read"), [("liquid", "liquid"), ("", "unknown")])
def test_mail_in_an_unknown_language_is_a_template_all_the_same(value: str, read: str) -> None:
    fields = _read(f"Mailguard-Render: {value}")
    assert (fields.render, fields.unusable) == (read, "Mailguard-Render")


@pytest.mark.parametrize(
    "fields", ["Mailguard-Data: e30=\r\nMailguard-Data: eyJhIjoxfQ==", "Mailguard-Data:", "Mailguard-Data: W10="]
)
def test_values_that_are_no_one_object_cannot_be_taken(fields: str) -> None:
    read = _read(fields)
    assert (read.values, read.unusable) == (b"", "Mailguard-Data")


def test_asked_fields_are_folded_and_stand_once() -> None:
    assert _read("Mailguard-Asks: Income, postal_address,Date of Birth, , income").asks == (
        "income",
        "postal_address",
        "date_of_birth",
    )


def test_fifty_fields_may_be_asked_for() -> None:
    assert len(_read("Mailguard-Asks: " + ",".join(f"f{n}" for n in range(MAX_ASKED))).asks) == MAX_ASKED


def test_each_person_field_speaks_of_another_mailbox() -> None:
    field = "Mailguard-Person: mailbox=ann@x.example; name=Ann"
    fields = _read(f"{field}\r\nMailguard-Person: mailbox=bob@x.example; name=Bob\r\n{field}")
    assert [person.mailbox and person.mailbox.wire for person in fields.persons] == ["ann@x.example", "bob@x.example"]
    assert fields.unusable == ""


@pytest.mark.parametrize(
    ("fields", "unusable"),
    [
        ("Mailguard-Class: urgent", "Mailguard-Class"),
        ("Mailguard-Class:", "Mailguard-Class"),
        ("Mailguard-Class: bulk\r\nMailguard-Class: critical", "Mailguard-Class"),
        ("Mailguard-Key:", "Mailguard-Key"),
        ("Mailguard-Key: a\x01b", "Mailguard-Key"),
        ("Mailguard-Key: " + "x" * (MAX_VALUE_CHARACTERS + 1), "Mailguard-Key"),
        ("Mailguard-Template: a\r\nMailguard-Template: b", "Mailguard-Template"),
        ("Mailguard-Template:\r\nMailguard-Class: urgent", "Mailguard-Class"),
        ("Mailguard-Asks:", "Mailguard-Asks"),
        ("Mailguard-Asks: ,", "Mailguard-Asks"),
        ("Mailguard-Asks: " + ",".join(f"f{n}" for n in range(MAX_ASKED + 1)), "Mailguard-Asks"),
        ("Mailguard-Person:", "Mailguard-Person"),
        ("Mailguard-Person: shoe_size=44", "Mailguard-Person"),
        ("Mailguard-Person: name=Ann\r\nMailguard-Person: name=Bob", "Mailguard-Person"),
        ("Mailguard-Person: mailbox=a@x; name=Ann\r\nMailguard-Person: mailbox=A@X; name=Bob", "Mailguard-Person"),
    ],
)
def test_values_that_cannot_be_taken_are_named(fields: str, unusable: str) -> None:
    read = _read(fields)
    assert read.unusable == unusable
    assert (read.mail_class, read.key, read.template, read.persons) == (None, "", "", ())


def test_the_same_value_twice_is_one() -> None:
    assert _read("Mailguard-Class: bulk\r\nMailguard-Class: bulk").mail_class is MailClass.BULK


def test_longest_value_is_taken() -> None:
    assert _read("Mailguard-Key: " + "x" * MAX_VALUE_CHARACTERS).key == "x" * MAX_VALUE_CHARACTERS
