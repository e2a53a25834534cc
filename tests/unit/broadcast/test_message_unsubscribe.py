"""mailguard.broadcast.message_unsubscribe: that bulk mail can be unsubscribed from by one click."""

from __future__ import annotations

import pytest

from mailguard.broadcast.message_unsubscribe import offer_findings, unsubscribe_findings
from mailguard.mail.control import MailClass
from mailguard.policy.severity import Severity
from tests.unit.broadcast.checked_mail import said, terms, view


def test_one_click_passes() -> None:
    assert said(unsubscribe_findings, view()) == said(offer_findings, view()) == []


@pytest.mark.parametrize(
    "fields",
    [{"List-Unsubscribe": None, "List-Unsubscribe-Post": None}, {"List-Unsubscribe": None}, {"List-Unsubscribe-Post": None}],
)
def test_bulk_mail_without_it_is_an_error(fields: dict[str, str | None]) -> None:
    assert said(unsubscribe_findings, view(fields=fields)) == [("error", "missing_unsubscribe")]
    assert said(unsubscribe_findings, view(fields=fields), mail_class=MailClass.SERVICE) == []
    assert said(offer_findings, view(fields=fields)) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"List-Unsubscribe": "https://shop.example/u"},
        {"List-Unsubscribe": "<mailto:leave@shop.example>"},
        {"List-Unsubscribe": "<http://shop.example/u>"},
        {"List-Unsubscribe-Post": "One-Click"},
        {"List-Unsubscribe-Post": "List-Unsubscribe=One-Click; x"},
        {"X-A": "b\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click"},
    ],
)
def test_one_click_that_cannot_work_is_an_error_for_bulk(fields: dict[str, str | None]) -> None:
    assert said(offer_findings, view(fields=fields)) == [("error", "missing_unsubscribe")]
    assert said(offer_findings, view(fields=fields), mail_class=MailClass.SERVICE) == [("warning", "missing_unsubscribe")]


@pytest.mark.parametrize(
    "fields",
    [
        {"List-Unsubscribe": "<mailto:leave@shop.example>,\r\n <https://shop.example/u>"},
        {"List-Unsubscribe-Post": "list-unsubscribe=one-click"},
    ],
)
def test_other_ways_to_write_it_pass(fields: dict[str, str | None]) -> None:
    assert said(offer_findings, view(fields=fields)) == []


def test_address_that_was_encoded_is_an_error_that_says_how_to_write_it() -> None:
    encoded = "=?utf-8?q?=3Chttps=3A//shop=2Eexample/u=3Fe=3D4f1d?=\r\n =?utf-8?b?OWEzZT4s?= <mailto:leave@shop.example>"
    (found,) = offer_findings(view(fields={"List-Unsubscribe": encoded}), terms())
    assert (found.code, found.severity) == ("missing_unsubscribe", Severity.ERROR)
    assert "write the addresses as they are" in found.text


def test_second_field_is_a_warning() -> None:
    seen = view(fields={"X-A": "b\r\nList-Unsubscribe: <https://shop.example/v>"})
    assert said(offer_findings, seen) == [("warning", "unsubscribe")]


@pytest.mark.parametrize(
    ("signed", "marks"),
    [
        ("from:subject", [("warning", "unsubscribe")]),
        ("from:list-unsubscribe", [("warning", "unsubscribe")]),
        ("From : List-Unsubscribe:\r\n List-Unsubscribe-Post", []),
    ],
)
def test_signature_must_cover_both_fields(signed: str, marks: list[tuple[str, str]]) -> None:
    seen = view(fields={"DKIM-Signature": f"v=1; a=rsa-sha256; h={signed}; b=AbCd"})
    assert said(offer_findings, seen) == marks


def test_signature_that_names_no_fields_says_nothing() -> None:
    assert said(offer_findings, view(fields={"DKIM-Signature": "v=1"})) == []
