from __future__ import annotations

from mailguard.identity.record import MAIL_SOURCE, Record


def test_what_a_source_does_not_have_is_empty_and_not_none() -> None:
    record = Record(source="crm", source_key="4711")
    assert (record.surname, record.emails, record.extra) == ("", (), ())


def test_two_rows_that_say_the_same_are_equal() -> None:
    first = Record(source="crm", source_key="1", surname="Doe", extra=(("income", "41250"),))
    assert first == Record(source="crm", source_key="1", surname="Doe", extra=(("income", "41250"),))
    assert first != Record(source="shop", source_key="1", surname="Doe", extra=(("income", "41250"),))


def test_records_learnt_from_mail_have_a_source_of_their_own() -> None:
    assert MAIL_SOURCE == "mail"
