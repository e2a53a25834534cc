from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest

from mailguard.errors import UsageError
from mailguard.identity.record import MAIL_SOURCE, Record
from mailguard.sources.audience_columns import AudienceColumns, AudienceReader, AudienceRow, find_columns
from tests.audiences import Rows


def find(
    columns: Sequence[str], *rows: tuple[str, ...], said: Iterable[str] = (), ignored: Iterable[str] = ()
) -> AudienceColumns:
    return find_columns(Rows(rows, tuple(columns)), said=said, ignored=ignored)


def test_columns_are_found_by_their_names_in_many_languages() -> None:
    found = find(["Kundennummer", "Vorname", "Nachname", "E-Mail-Adresse", "Sprache", "Marke", "Testempfänger", "Segment"])
    assert found.document == {
        "email": "E-Mail-Adresse",
        "given_name": "Vorname",
        "surname": "Nachname",
        "language": "Sprache",
        "source_key": "Kundennummer",
        "brand": "Marke",
        "test": "Testempfänger",
    }


def test_of_several_addresses_the_most_usual_name_is_written_to() -> None:
    assert find(["private_email", "email", "work_email"]).email == 1
    assert find(["kunden_email", "email_2"]).email == 1


def test_column_of_addresses_is_found_by_what_it_holds() -> None:
    rows = [("Ada", "", "ada@x.example"), ("Bob", "bob@x.example", "bob@x.example"), ("Eve", "-", "eve")]
    assert find(["who", "old", "reach"], *rows).email == 2


def test_audience_without_addresses_says_so() -> None:
    with pytest.raises(
        UsageError, match=r"no column holds addresses; name it with --map email=COLUMN; the columns are who, when"
    ):
        find(["who", "when"], ("Ada", "1815"))
    with pytest.raises(UsageError, match="no column holds addresses"):
        find(["reach"], ("ada@x.example",), ignored=["reach"])


def test_what_is_said_stands_above_what_is_found() -> None:
    found = find(["email", "reach", "label"], said=["email=reach", "brand=label"])
    assert (found.email, found.brand) == (1, 2)


def test_row_is_read_by_its_columns() -> None:
    columns = find(["email", "first_name", "last_name", "middle_name", "id", "language", "brand", "test"])
    read = AudienceReader(columns).read([" ada@x.example ", "Ada", "Lovelace", "Augusta", "7", "en", " acme", "Yes"])
    told = Record(source=MAIL_SOURCE, source_key="", given_name="Ada Augusta", surname="Lovelace")
    assert read == AudienceRow("ada@x.example", told, "en", "7", "acme", is_test=True)


def test_row_that_tells_nothing_tells_nothing() -> None:
    read = AudienceReader(find(["email", "first_name"])).read(["ada@x.example", " "])
    assert read == AudienceRow("ada@x.example", None, "", "", "", is_test=False)


def test_what_exports_write_for_nothing_is_nothing() -> None:
    columns = find(["email", "first_name", "last_name", "id", "brand"])
    read = AudienceReader(columns).read(["ada@x.example", "NULL", "-", "\\N", "n/a"])
    assert read == AudienceRow("ada@x.example", None, "", "", "", is_test=False)
