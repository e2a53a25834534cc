"""mailguard.sources.mapping: which column is which field, and rows as records."""

from __future__ import annotations

import pytest

from mailguard.errors import UsageError
from mailguard.identity.record import Record
from mailguard.sources.mapping import LONGEST_KEY, Read, RowReader, map_columns


def document(columns: str, *said: str) -> dict[str, str]:
    return map_columns(columns.split(","), said=said).document


def read(columns: str, *values: str, said: tuple[str, ...] = ()) -> Read:
    return RowReader(map_columns(columns.split(","), said=said), "crm").read(values)


def record(columns: str, *values: str, said: tuple[str, ...] = ()) -> Record:
    found = read(columns, *values, said=said).record
    assert found is not None
    return found


# --- which column is which field ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "fields"),
    [
        ("id,first_name,last name,E-Mail,dob,zip,mobile", "source_key given_name surname email date_of_birth postcode phone"),
        ("Kundennummer,Vorname,Nachname,Mail,Geburtsdatum,PLZ,Telefon", "source_key given_name surname email date_of_birth postcode phone"),
        ("customer_id,firstname,surname,email,birthday,street,city", "source_key given_name surname email date_of_birth street_address city"),
        ("n° client,Prénom,Nom,Courriel,Date de naissance,Ville,Pays", "source_key given_name surname email date_of_birth city country"),
        ("id cliente,Nombre,Apellidos,Correo electrónico,Teléfono,Código postal,Dirección", "source_key given_name surname email phone postcode street_address"),
        ("id,Nome,Cognome,CAP,Città,Data di nascita,Lingua", "source_key given_name surname postcode city date_of_birth language"),
        ("ключ,имя,фамилия,дата рождения,город,телефон,индекс", "source_key given_name surname date_of_birth city phone postcode"),
        ("rec_id,given_name,surname,suburb,state,date_of_birth", "source_key given_name surname city state date_of_birth"),
        ("Customer ID,Customer Name,Customer Email,Billing City", "source_key full_name email city"),
        ("id,name", "source_key full_name"),
        ("id,Vorname,Name", "source_key given_name surname"),
        ("id,name,surname", "source_key given_name surname"),
    ],
)  # fmt: skip
def test_columns_are_known_by_their_names(columns: str, fields: str) -> None:
    names = columns.split(",")
    found = {column: field for field, column in document(columns).items()}
    assert [found[name] for name in names] == fields.split()


def test_parts_of_a_field_are_joined_in_the_order_of_the_columns() -> None:
    assert document("id,Straße,Hausnummer")["street_address"] == "Straße+Hausnummer"
    assert document("id,street_number,address_1,address_2")["street_address"] == "street_number+address_1+address_2"
    assert document("id,first_name,middle_name")["given_name"] == "first_name+middle_name"
    assert document("id,Voornaam,Tussenvoegsel,Achternaam")["surname"] == "Tussenvoegsel+Achternaam"
    assert "street_address" not in document("id,house_number,name")


def test_all_mailboxes_are_one_field() -> None:
    assert document("id,email,private email,email_2")["email"] == "email+private email+email_2"


def test_of_several_columns_the_likeliest_is_the_field_and_the_others_are_kept() -> None:
    found = document("customer_id,id,mobile,phone")
    assert found == {"source_key": "id", "phone": "phone", "customer_id": "customer_id", "mobile": "mobile"}


def test_other_columns_are_kept_under_their_names_and_those_without_name_are_not() -> None:
    assert document("id,,name,Income ")["Income "] == "Income "
    assert "" not in document("id,,name,")


def test_what_is_said_wins() -> None:
    assert document("id,email,x", "source_key=x", "email=") == {"source_key": "x", "id": "id", "email": "email"}
    assert document("id,a,b", "street_address=b+a")["street_address"] == "b+a"
    assert document("id,a+b,c", "surname=a+b")["surname"] == "a+b"
    assert document("ID,Name", "surname= name ")["surname"] == "Name"
    assert document("id,x", "Vorname=x")["given_name"] == "x"
    assert document("id,x", "e-mail=x")["email"] == "x"
    assert document("id,x", "loyalty card=x")["loyalty card"] == "x"
    assert document("id,Vorname,name", "full_name=name")["full_name"] == "name"
    assert document("id,first,name", "given_name=first")["surname"] == "name"


def test_column_is_left_out() -> None:
    mapping = map_columns(["id", "name", "Password"], ignored=["password"])
    assert mapping.ignored == ("Password",)
    assert mapping.document == {"source_key": "id", "full_name": "name"}


@pytest.mark.parametrize(
    ("columns", "said", "complaint"),
    [
        ("id,name", "surname", "write --map field=column"),
        ("id,name", "=name", "write --map field=column"),
        ("id,name", "surname=last", "no column 'last'; the columns are id, name"),
        ("id,name", "surname=name+last", "no column 'last'"),
        ("id,name", "surnam=name", "no field 'surnam'; did you mean surname"),
        ("name,mail", "surname=name", "name it with --map source_key=COLUMN; the columns are name, mail"),
        ("id,name", "source_key=", "no column holds the key"),
        ("4711,ada@mail.example", "email=ada@mail.example", "holds values, not the names of columns"),
    ],
)
def test_what_cannot_be_meant_is_one_line(columns: str, said: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        document(columns, said)


def test_field_said_twice_is_refused() -> None:
    with pytest.raises(UsageError, match="names phone twice"):
        document("id,a,b", "phone=a", "phone=b")


@pytest.mark.parametrize("line", ["4711,Ada,ada@mail.example", "4711,1815-12-10", "17,Ada,London", "10.12.1815,Ada"])
def test_file_without_header_is_seen(line: str) -> None:
    with pytest.raises(UsageError, match="the first line holds values"):
        document(line)


def test_many_columns_are_not_all_listed() -> None:
    with pytest.raises(UsageError, match="c11 and 18 more"):
        document(",".join(f"c{n}" for n in range(30)))


# --- rows --------------------------------------------------------------------------------------------------------------


def test_row_becomes_the_record_that_the_source_gave() -> None:
    columns = "id,Vorname,Name,Mail,Straße,Nr,Ort,Einkommen,Notiz"
    values = (" 4711 ", " Ada", "Lovelace", "ada@mail.example", "High Street", "12", "London", "48050", "")
    assert record(columns, *values, said=("street_address=Straße+Nr",)) == Record(
        source="crm",
        source_key="4711",
        given_name="Ada",
        surname="Lovelace",
        emails=("ada@mail.example",),
        street_address="High Street 12",
        city="London",
        extra=(("Einkommen", "48050"),),
    )


def test_joined_columns_leave_no_gap() -> None:
    assert record("id,street,house_number,name", "1", "", "12", "Ada").street_address == "12"
    assert record("id,street,house_number,name", "1", "", "", "Ada").street_address == ""


@pytest.mark.parametrize("nothing", ["NULL", "\\N", "N/A", "-", "  "])
def test_what_exports_write_for_nothing_is_nothing(nothing: str) -> None:
    assert record("id,name,city", "1", "Ada", nothing).city == ""


@pytest.mark.parametrize("name", ["Null", "Na", "None", "nan"])
def test_people_may_be_called_like_nothing(name: str) -> None:
    assert record("id,surname", "1", name).surname == name


@pytest.mark.parametrize(
    ("text", "emails"),
    [
        ("a@x.example", ["a@x.example"]),
        ("a@x.example;b@x.example; a@x.example", ["a@x.example", "b@x.example"]),
        ("a@x.example, b@x.example", ["a@x.example", "b@x.example"]),
        ("a@x.example b@x.example", ["a@x.example", "b@x.example"]),
        ("Ada <a@x.example>", ["a@x.example"]),
        ("mailto:a@x.example", ["a@x.example"]),
        ('"a;b"@x.example', ['"a', 'b"@x.example']),
    ],
)
def test_several_mailboxes_in_one_value(text: str, emails: list[str]) -> None:
    assert list(record("id,email,name", "1", text, "Ada").emails) == emails


def test_invalid_mailbox_is_kept_and_warned_of() -> None:
    found = read("id,email,email_2", "1", "ada at mail; b@x.example", "kaputt@")
    assert found.record is not None
    assert found.record.emails == ("ada at mail", "b@x.example", "kaputt@")
    assert found.warnings == ("'ada at mail' is no mailbox; kept as it is", "'kaputt@' is no mailbox; kept as it is")


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (("", "Ada", ""), "no key"),
        (("NULL", "Ada", ""), "no key"),
        (("1", "", "  "), "no value but the key"),
        (("k" * (LONGEST_KEY + 1), "Ada", ""), "the key is longer than 500 characters"),
    ],
)
def test_row_that_is_no_record(values: tuple[str, ...], reason: str) -> None:
    assert read("id,name,income", *values) == Read(None, reason)


@pytest.mark.parametrize("values", [("1", "Ada", ""), ("1", "", "48050"), ("k" * LONGEST_KEY, "Ada", "")])
def test_one_value_beside_the_key_is_enough(values: tuple[str, ...]) -> None:
    assert read("id,name,income", *values).record


def test_key_of_several_columns() -> None:
    assert record("branch,no,name", "12", "7", "Ada", said=("source_key=branch+no",)).source_key == "12 7"
