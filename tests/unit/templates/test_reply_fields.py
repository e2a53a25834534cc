"""The fields that bring answers back."""

from __future__ import annotations

import pytest

from mailguard.mail.header import scan
from mailguard.templates.reply_fields import unsubscribe_url, with_reply_to, with_unsubscription

MAIL = b"From: shop@x.example\r\nSubject: x\r\n\r\nText\r\n"
TAGGED = b"Reply-To: reply+tok@x.example\r\n"


def with_address(content: bytes) -> bytes:
    return with_reply_to(content, address="reply@x.example", token="tok")


def test_mail_without_reply_to_gets_one_at_the_end_of_its_header() -> None:
    assert with_address(MAIL) == MAIL.replace(b"\r\n\r\n", b"\r\n" + TAGGED + b"\r\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"Reply-To: reply@x.example\r\n", TAGGED),
        (b"reply-to:\r\n Shop <REPLY@X.example>\r\n", b"reply-to:\r\n Shop <reply+tok@x.example>\r\n"),
    ],
)
def test_the_base_address_is_signed_where_the_sender_names_it(before: bytes, after: bytes) -> None:
    assert with_address(before + MAIL) == after + MAIL


@pytest.mark.parametrize(
    "field",
    [
        b"Reply-To: other@x.example\r\n",
        b"Reply-To: reply@x.example, other@x.example\r\n",
        b"Reply-To: reply@x.example\r\nReply-To: reply@x.example\r\n",
        b"Reply-To: =?utf-8?q?reply?=@x.example\r\n",
        b'Reply-To: "reply"@x.example\r\n',
    ],
)
def test_what_the_sender_wrote_otherwise_stays(field: bytes) -> None:
    assert with_address(field + MAIL) == field + MAIL


def test_bulk_mail_says_how_to_unsubscribe() -> None:
    changed = with_unsubscription(MAIL, url="https://x.example/u/tok", mailbox="reply+tok@x.example")
    header = scan(changed)
    assert header.first("list-unsubscribe") == "<https://x.example/u/tok>, <mailto:reply+tok@x.example?subject=unsubscribe>"
    assert header.first("list-unsubscribe-post") == "List-Unsubscribe=One-Click"
    assert changed.endswith(b"\r\n\r\nText\r\n")


def test_without_a_mailbox_only_the_link_is_named() -> None:
    assert scan(with_unsubscription(MAIL, url="https://x.example/u")).first("list-unsubscribe") == "<https://x.example/u>"


def test_the_senders_own_way_to_unsubscribe_stays() -> None:
    own = b"List-Unsubscribe: <https://y.example>\r\n" + MAIL
    assert with_unsubscription(own, url="https://x.example/u") == own


@pytest.mark.parametrize("base", ["https://x.example/u", "https://x.example/u/"])
def test_link_is_the_base_and_the_token(base: str) -> None:
    assert unsubscribe_url(base, "tok") == "https://x.example/u/tok"
