from __future__ import annotations

import pytest

from mailguard.broadcast.audience_code import RowCode
from mailguard.broadcast.audience_row import RowReading, Unusable, Wanted, is_test
from mailguard.mail.mailbox import parse_mailbox
from mailguard.policy.limits import Limits
from mailguard.sources.audience_columns import find_columns
from tests.audiences import COLUMNS, Rows


def read(*values: str, source: str = "", own: str = "own.example") -> Wanted | Unusable:
    reading = RowReading(find_columns(Rows([])), Limits(own_domains=frozenset({own})), region="GB", source=source)
    return reading.read([*values, *("" for _ in range(len(COLUMNS) - len(values)))])


def wanted(*values: str, source: str = "") -> Wanted:
    found = read(*values, source=source)
    assert isinstance(found, Wanted)
    return found


@pytest.mark.parametrize("text", ["ada@x.example", " ada@x.example ", "mailto:ada@x.example", "Ada L <ada@x.example>"])
def test_one_address_in_any_of_its_forms(text: str) -> None:
    assert wanted(text).mailbox.wire == "ada@x.example"


def test_name_before_angle_brackets_is_a_hint_where_no_column_tells_one() -> None:
    told = wanted('"Lovelace, Ada" <ada@x.example>').query.standard
    assert (told.given, told.surname) == ("ada", "lovelace")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "there is no address"),
        ("ada", "it has no @"),
        ("ada lovelace@x.example", "it has a space in it"),
        ("a@x.example; b@x.example", "the cell holds several addresses"),
        ("a..b@x.example", "it is not a mailbox"),
    ],
)
def test_cell_that_is_no_address_says_why(text: str, reason: str) -> None:
    assert read(text) == Unusable(RowCode.INVALID_ADDRESS, reason, text)


def test_domain_that_cannot_exist_makes_the_row_unusable() -> None:
    assert read("ada@x.con") == Unusable(RowCode.IMPOSSIBLE_DOMAIN, "there is no top-level domain .con", "ada@x.con")


def test_row_tells_name_birth_language_and_brand() -> None:
    row = wanted("ada@x.example", "Ada", "Lovelace", "1815-12-10", "en-GB", "crm:4711", "acme")
    told = row.query.standard
    assert (told.given, told.surname, told.born, told.mailboxes) == ("ada", "lovelace", "1815-12-10", ("ada@x.example",))
    assert (row.language, row.brand, row.query.references) == ("en", "acme", (("crm", "4711"),))


def test_bare_key_is_a_reference_only_to_a_source_that_was_named() -> None:
    assert wanted("ada@x.example", *[""] * 4, "17").query.references == ()
    assert wanted("ada@x.example", *[""] * 4, "17", source="crm").query.references == (("crm", "17"),)
    assert wanted("ada@x.example", *[""] * 4, "", source="crm").query.references == ()
    assert wanted("ada@x.example", *[""] * 4, "x:", source="crm").query.references == (("crm", "x:"),)


def test_own_mailbox_is_itself_whatever_its_row_tells() -> None:
    row = wanted("ada@own.example", "Ada", "Lovelace", "", "", "crm:1")
    assert (row.query.has_hints, row.query.references, row.codes) == (False, (), (RowCode.OWN_ADDRESS,))


def test_office_and_test_flag_are_found() -> None:
    assert wanted("info@corp.test").codes == (RowCode.ROLE_ADDRESS,)
    assert wanted("ada@corp.test", *[""] * 6, "yes").codes == (RowCode.TEST_ADDRESS,)


@pytest.mark.parametrize(
    "address", ["test@x.de", "ada+test@x.de", "test12@x.de", "test.user@x.de", "ada@example.com", "Tests@x.de"]
)
def test_address_to_try_things_out_with(address: str) -> None:
    assert is_test(parse_mailbox(address))


@pytest.mark.parametrize("address", ["testa.rossa@x.de", "contest@x.de", "ada@shop.example", "ada@shop.test", "tester@x.de"])
def test_address_of_somebody(address: str) -> None:
    assert not is_test(parse_mailbox(address))
