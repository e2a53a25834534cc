"""mailguard.identity.standardise: records of one customer come out alike, whatever the source's manner."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.identity.record import Record
from mailguard.identity.standard import Standard
from mailguard.identity.standardise import mailboxes, parts_of_name, standardise

ADA = Record(
    source="crm",
    source_key="1",
    given_name="Ada Augusta",
    surname="Lovelace",
    emails=("Ada@Analytical.example", "ada@analytical.example", "not a mailbox"),
    phone="020 7183 8750",
    date_of_birth="10.12.1815",
    street_address="12 St James's Square, Flat 3",
    city="London",
    postcode="SW1Y 4JH",
    country="United Kingdom",
)
STANDARD = Standard(
    given="ada",
    middle="augusta",
    surname="lovelace",
    born="1815-12-10",
    phone="+442071838750",
    number="12",
    street="saint jamess sq",
    city="london",
    postcode="sw1y4jh",
    country="gb",
    mailboxes=("ada@analytical.example",),
)


def test_a_record_has_one_comparable_form() -> None:
    assert standardise(ADA) == STANDARD


def test_case_accents_titles_and_layout_make_no_difference() -> None:
    other = replace(
        ADA,
        given_name="",
        surname="",
        full_name="Dr. LOVELÁCE, Ada Augusta",
        emails=("<ADA@analytical.example>",),
        phone="0044 (20) 7183-8750",
        date_of_birth="1815-12-10",
        street_address="SAINT JAMESS SQUARE 12",
        postcode="sw1y4jh",
        country="GBR",
    )
    assert standardise(other) == STANDARD


def test_the_country_of_the_record_wins_over_the_region() -> None:
    assert standardise(ADA, region="DE").phone == "+442071838750"
    assert standardise(replace(ADA, country=""), region="GB").phone == "+442071838750"
    assert standardise(replace(ADA, country="Narnia"), region="GB").phone == "+442071838750"
    assert standardise(replace(ADA, country="")).phone == "02071838750"


@pytest.mark.parametrize(
    ("given_name", "surname", "full", "expected"),
    [
        ("Ada", "Lovelace", "", ("ada", "", "lovelace")),
        ("Ada", "Lovelace", "Somebody Else", ("ada", "", "lovelace")),
        ("", "", "Ada Lovelace", ("ada", "", "lovelace")),
        ("Ada", "", "Ada Augusta Lovelace", ("ada", "", "lovelace")),
        ("", "Lovelace", "Ada Augusta Lovelace", ("ada", "augusta", "lovelace")),
        ("", "Lovelace", "", ("", "", "lovelace")),
        ("Lovelace, Ada", "", "", ("ada", "", "lovelace")),
        ("", "Lovelace, Ada", "", ("ada", "", "lovelace")),
        ("Ada Lovelace", "Lovelace", "", ("ada", "", "lovelace")),
        ("Ada", "Ada Lovelace", "", ("ada", "", "lovelace")),
        ("unknown", "-", "n/a", ("", "", "")),
    ],
)
def test_names_are_found_where_they_are(given_name: str, surname: str, full: str, expected: tuple[str, str, str]) -> None:
    assert parts_of_name(given_name, surname, full=full) == expected


def test_mailboxes_are_canonical_and_each_once() -> None:
    assert mailboxes(["J.Doe+news@gmail.com", "jdoe@googlemail.com", "mailto:a@x.example", "Ann <ann@x.example>"]) == (
        "jdoe@gmail.com",
        "a@x.example",
        "ann@x.example",
    )


def test_what_is_no_mailbox_or_nobodys_is_left_out() -> None:
    assert mailboxes(["", "n/a", "a@b@c", "none@none.com"]) == ()


def test_placeholders_are_missing() -> None:
    empty = dict.fromkeys(("given_name", "surname", "full_name", "phone", "date_of_birth", "street_address"), "n/a")
    empty |= dict.fromkeys(("city", "postcode", "state", "country"), "unknown")
    assert standardise(Record(source="a", source_key="1", emails=("-",), **empty)) == Standard()  # type: ignore[arg-type]


_TEXTS = st.text(max_size=60)
_RECORDS = st.builds(
    Record,
    source=st.just("a"),
    source_key=st.just("1"),
    emails=st.lists(_TEXTS, max_size=3).map(tuple),
    **dict.fromkeys(
        (
            "full_name",
            "given_name",
            "surname",
            "phone",
            "date_of_birth",
            "street_address",
            "city",
            "postcode",
            "state",
            "country",
        ),
        _TEXTS,
    ),
)


@given(_RECORDS, st.sampled_from(["", "GB", "us", "??"]))
def test_any_record_has_a_form_of_ascii(record: Record, region: str) -> None:
    standard = standardise(record, region=region)
    for name in ("given", "middle", "surname", "born", "phone", "number", "street", "city", "postcode", "state", "country"):
        value = getattr(standard, name)
        assert value.isascii()
        assert len(value) <= 2000


@given(_RECORDS)
def test_what_is_standard_stays_as_it_is(record: Record) -> None:
    first = standardise(record)
    written = replace(record, city=first.city, postcode=first.postcode, date_of_birth=first.born, country=first.country)
    again = standardise(replace(written, emails=first.mailboxes))
    assert (again.city, again.born, again.country) == (first.city, first.born, first.country)
    assert again.mailboxes == first.mailboxes


def test_of_a_long_value_only_the_beginning_is_read() -> None:
    def record(most: int) -> Record:
        words, numbers = ("ж, \"(' " * 100_000)[:most], ("1." * 300_000)[:most]
        return replace(
            ADA, full_name=words, given_name=words, city=words, postcode=words, phone=numbers, street_address=numbers
        )

    assert standardise(record(600_000)) == standardise(record(1_000))
