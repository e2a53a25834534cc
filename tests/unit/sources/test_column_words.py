"""mailguard.sources.column_words: what columns are called."""

from __future__ import annotations

from dataclasses import fields

from mailguard.identity.record import Record
from mailguard.sources.column_words import EMAILS, FIELDS, PARTS, PREFIXES, UNSURE_NAMES, folded


def test_names_fold_to_what_they_have_in_common() -> None:
    assert {folded(name) for name in ("E-Mail-Adresse", "e_mail adresse", "EMAIL_ADRESSE")} == {"emailadresse"}
    assert folded("Straße") == folded("STRASSE")
    assert folded("фамилия").isascii()


def test_fields_are_those_of_a_record() -> None:
    own = {field.name for field in fields(Record)} - {"source", "emails", "extra"} | {"email"}
    assert set(FIELDS) == own
    assert len(FIELDS) == len(own)


def test_no_name_means_two_fields() -> None:
    words = [word for parts in PARTS.values() for names in parts for word in names] + list(EMAILS) + list(UNSURE_NAMES)
    assert sorted(word for word in set(words) if words.count(word) > 1) == []


def test_no_name_folds_to_nothing() -> None:
    words = [word for parts in PARTS.values() for names in parts for word in names]
    assert all([*words, *EMAILS, *UNSURE_NAMES, *PREFIXES])
