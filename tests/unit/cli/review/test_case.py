"""mailguard.cli.review.case: the fields of two records beside each other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailguard.cli.review.case import Case, name_of, reference_of, rows, unprejudiced
from mailguard.cli.review.difference import Sign
from tests.unit.cli.review.cases import CASE, CRM, WEB


def signs(case: Case) -> list[tuple[str, str]]:
    return [(row.label, row.difference.sign) for row in rows(case)]


def with_emails(left: tuple[str, ...], right: tuple[str, ...]) -> Case:
    return replace(
        CASE,
        left=replace(CASE.left, record=replace(CRM, emails=left)),
        right=replace(CASE.right, record=replace(WEB, emails=right)),
    )


def email_rows(case: Case) -> list[tuple[str, str, str]]:
    found = [row.difference for row in rows(case) if row.label == "e-mail"]
    return [("".join(p.text for p in one.left), one.sign, "".join(p.text for p in one.right)) for one in found]


def test_fields_that_either_record_has_are_shown_in_a_fixed_order() -> None:
    assert signs(CASE) == [
        ("name", "≈"),
        ("born", "="),
        ("e-mail", " "),
        ("e-mail", "≈"),
        ("phone", "="),
        ("street", "≈"),
        ("city", "≠"),
        ("income", " "),
        ("segment", " "),
    ]


def test_values_written_otherwise_are_equal_where_their_standard_is() -> None:
    other = replace(CASE, right=replace(CASE.right, standard=replace(CASE.right.standard, born="1815-10-12")))
    assert ("born", "=") in signs(CASE)
    assert ("born", "=") not in signs(other)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (("ada@x.example",), ("ADA@x.example",), [("ada@x.example", "=", "ADA@x.example")]),
        (("ada@x.example",), ("bob@x.example",), [("ada@x.example", "≠", "bob@x.example")]),
        (
            ("b@x.example", "ada@y.example"),
            ("ada@y.example",),
            [("b@x.example", " ", ""), ("ada@y.example", "=", "ada@y.example")],
        ),
        ((), ("ada@y.example",), [("", " ", "ada@y.example")]),
    ],
)
def test_each_address_stands_beside_the_one_that_is_most_like_it(
    left: tuple[str, ...], right: tuple[str, ...], expected: list[tuple[str, str, str]]
) -> None:
    assert email_rows(with_emails(left, right)) == expected


def test_name_is_the_full_one_or_its_parts() -> None:
    assert (name_of(CRM), name_of(WEB)) == ("Ada Lovelace", "Adda Lovelase")
    assert name_of(replace(WEB, given_name="")) == "Lovelase"


def test_record_is_named_by_source_and_key() -> None:
    assert reference_of(CRM) == "crm:4711"


def test_values_and_labels_are_made_safe() -> None:
    hostile = replace(CRM, full_name="Ada\x1b[2J", extra=(("in\ncome", "\x9b1"),))
    found = rows(replace(CASE, left=replace(CASE.left, record=hostile)))
    texts = [piece.text for row in found for piece in (*row.difference.left, *row.difference.right)]
    assert all(text.isprintable() for text in [*texts, *(row.label for row in found)])
    assert "in come" in [row.label for row in found]


def test_field_that_neither_has_is_left_out() -> None:
    assert Sign.MISSING in {row.difference.sign for row in rows(CASE)}
    assert "postcode" not in dict(signs(CASE))


def test_whoever_is_asked_again_judges_for_himself() -> None:
    assert [said.actor for said in unprejudiced(CASE).said] == ["cat"]
