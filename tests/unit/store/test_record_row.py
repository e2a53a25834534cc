from __future__ import annotations

from dataclasses import fields

from hypothesis import given
from hypothesis import strategies as st

from mailguard.identity.record import Record
from mailguard.identity.standard import Standard
from mailguard.store.record_row import (
    STANDARD_COLUMNS,
    fields_to_json,
    mailboxes_of,
    record_from,
    standard_from,
    standard_to_columns,
)

WORDS = st.text(max_size=12)
COLUMN = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\n"), max_size=12)
RECORDS = st.builds(
    Record,
    source=WORDS,
    source_key=WORDS,
    full_name=WORDS,
    emails=st.lists(WORDS, max_size=3).map(tuple),
    language=WORDS,
    extra=st.lists(st.tuples(WORDS, WORDS), max_size=3).map(tuple),
)
STANDARDS = st.builds(
    Standard,
    given=COLUMN,
    street=COLUMN,
    mailboxes=st.lists(COLUMN.filter(bool), max_size=3).map(tuple),
)


def test_columns_stand_in_the_order_of_a_standards_fields() -> None:
    assert tuple(field.name for field in fields(Standard)) == STANDARD_COLUMNS


def test_what_is_empty_takes_no_room() -> None:
    assert fields_to_json(Record(source="crm", source_key="1", city="Köln")) == '{"city":"K\\u00f6ln"}'


@given(RECORDS)
def test_a_record_comes_back_as_it_was_given_whatever_it_holds(record: Record) -> None:
    column = fields_to_json(record)
    assert column.isascii()
    assert "\0" not in column
    assert record_from(record.source, record.source_key, column) == record


@given(STANDARDS)
def test_a_standard_comes_back(standard: Standard) -> None:
    assert standard_from(standard_to_columns(standard)) == standard


def test_what_no_column_takes_is_left_out() -> None:
    columns = standard_to_columns(Standard(given="a\0b", city="\ud800x", mailboxes=("ann@x.example", "a@y.example")))
    assert (columns[0], columns[7], columns[-1]) == ("ab", "?x", "ann@x.example\na@y.example")


def test_a_column_without_mailboxes_has_none() -> None:
    assert mailboxes_of("") == ()
    assert mailboxes_of("ann@x.example\nbob@x.example") == ("ann@x.example", "bob@x.example")
