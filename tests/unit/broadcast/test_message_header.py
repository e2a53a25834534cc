"""mailguard.broadcast.message_header: from whom, to whom, when, and that a program sends it."""

from __future__ import annotations

import pytest

from mailguard.broadcast.message_header import header_findings
from mailguard.mail.control import MailClass
from mailguard.policy.limits import Limits
from tests.unit.broadcast.checked_mail import said, terms, view


def test_ordinary_newsletter_passes() -> None:
    assert said(header_findings, view()) == []


@pytest.mark.parametrize(
    ("fields", "mark"),
    [
        ({"From": None}, ("error", "sender")),
        ({"From": "Shop"}, ("error", "sender")),
        ({"From": "a@shop.example, b@shop.example"}, ("warning", "sender")),
        ({"From": "news@other.example"}, ("warning", "foreign_sender")),
        ({"Reply-To": "help@other.example"}, ("warning", "foreign_reply_to")),
        ({"Sender": "help@other.example"}, ("warning", "foreign_reply_to")),
        ({"Return-Path": "<bounces@other.example>"}, ("warning", "foreign_reply_to")),
        ({"To": "ada@people.example"}, ("warning", "visible_recipients")),
        ({"Subject": None}, ("warning", "subject")),
        ({"Subject": "Draft: tulips"}, ("warning", "subject")),
        ({"Subject": "Test - tulips"}, ("warning", "subject")),
        ({"Subject": "Kopie von Tulpen"}, ("warning", "subject")),
        ({"Subject": "Re: tulips"}, ("warning", "reply_or_forward")),
        ({"Subject": "Fwd: tulips"}, ("warning", "reply_or_forward")),
        ({"References": "<0@shop.example>"}, ("warning", "reply_or_forward")),
        ({"Date": None}, ("warning", "missing_field")),
        ({"Message-ID": None}, ("warning", "missing_field")),
        ({"Date": "yesterday"}, ("warning", "date")),
        ({"Date": "Sun, 8 Nov 2026 09:00:00 +0000"}, ("warning", "date")),
        ({"Date": "Wed, 18 Nov 2026 09:00:00 +0000"}, ("warning", "date")),
        ({"List-Id": None, "List-Unsubscribe": None, "List-Unsubscribe-Post": None}, ("warning", "auto_submitted")),
    ],
)
def test_what_is_wrong_is_said(fields: dict[str, str | None], mark: tuple[str, str]) -> None:
    assert said(header_findings, view(fields=fields)) == [mark]


@pytest.mark.parametrize(
    "fields",
    [
        {"From": "a@shop.example, b@shop.example", "Sender": "a@shop.example"},
        {"Reply-To": "help@shop.example, no-reply@shop.example"},
        {"To": "undisclosed-recipients:;"},
        {"Subject": "TEST: tulips"},  # said as a leftover
        {"Subject": "Test-driven gardening, and how to copy of it"},
        {"Subject": "Probe fahren, testen, kaufen"},
        {"To": None},
        {"Date": "Tue, 10 Nov 2026 09:00:00 +0000"},
        {"List-Id": None, "List-Unsubscribe": None, "List-Unsubscribe-Post": None, "Precedence": "bulk"},
        {"List-Id": None, "List-Unsubscribe": None, "List-Unsubscribe-Post": None, "Auto-Submitted": "auto-generated"},
    ],
)
def test_what_is_ordinary_passes(fields: dict[str, str | None]) -> None:
    assert said(header_findings, view(fields=fields)) == []


def test_two_from_fields_are_an_error() -> None:
    found = said(header_findings, view(fields={"X-A": "b\r\nFrom: other@shop.example"}))
    assert found == [("error", "sender")]


def test_without_own_domains_nobody_is_foreign() -> None:
    seen = view(fields={"From": "a@other.example", "Reply-To": "b@third.example", "To": None})
    assert said(header_findings, seen, limits=Limits()) == []


def test_reply_to_of_the_senders_own_domain_is_said_once() -> None:
    seen = view(fields={"From": "a@other.example", "Reply-To": "b@other.example"})
    assert said(header_findings, seen) == [("warning", "foreign_sender")]


def test_reply_to_is_looked_at_without_a_sender() -> None:
    seen = view(fields={"From": None, "Reply-To": "b@other.example"})
    assert said(header_findings, seen) == [("error", "sender"), ("warning", "foreign_reply_to")]


def test_recipients_beyond_the_limit_are_not_said_again() -> None:
    to = ", ".join(f"p{number}@people.example" for number in range(11))
    assert said(header_findings, view(fields={"To": to})) == []


def test_mail_to_one_person_may_show_it_and_need_not_be_automatic() -> None:
    fields = {"To": "ada@people.example", "List-Id": None, "List-Unsubscribe": None, "List-Unsubscribe-Post": None}
    assert said(header_findings, view(fields=fields | {"Subject": "Re: tulips"}), persons=1) == []


@pytest.mark.parametrize(("mail_class", "words"), [(MailClass.BULK, "List-Id"), (MailClass.SERVICE, "auto-generated")])
def test_how_to_say_that_it_is_automatic_goes_by_class(mail_class: MailClass, words: str) -> None:
    seen = view(fields={"List-Id": None, "List-Unsubscribe": None, "List-Unsubscribe-Post": None})
    (found,) = header_findings(seen, terms(mail_class=mail_class))
    assert found.text.endswith(words)
