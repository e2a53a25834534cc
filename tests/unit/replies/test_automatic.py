from __future__ import annotations

from typing import Any

import pytest

from mailguard.mail.header import scan
from mailguard.replies.automatic import Automatic, automatic_detail, read_automatic
from tests.reply_mail import reply_mail


def _read(
    text: str = "Yes.",
    *,
    subject: str = "Re: Your card",
    reverse_path: str | None = None,
    local_part: str = "ada",
    is_reply: bool = True,
    own_domains: tuple[str, ...] = (),
    **fields: str,
) -> Automatic:
    header = scan(reply_mail(text, {name.replace("_", "-"): value for name, value in fields.items()}))
    return read_automatic(
        header,
        reverse_path=reverse_path,
        local_part=local_part,
        subject=subject,
        text=text,
        is_reply=is_reply,
        own_domains=own_domains,
    )


@pytest.mark.parametrize(
    "field",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated (rule)"},
        {"X_Autoreply": "yes"},
        {"X_Autorespond": "x"},
        {"Precedence": "auto_reply"},
        {"Precedence": "bulk"},
        {"Precedence": "junk"},
        {"List_Id": "<news.bank.example>"},
        {"List_Unsubscribe": "<mailto:x@y.example>"},
        {"X_Loop": "x"},
        {"X_MS_Exchange_Generated_Message_Source": "Mailbox Rules Agent"},
        {"X_Mailer": "YahooMailAutoResponder"},
    ],
)
def test_certain_sign_is_enough(field: dict[str, Any]) -> None:
    assert _read(**field).is_automatic


def test_null_reverse_path_is_enough() -> None:
    assert _read(reverse_path="").is_automatic
    assert not _read(reverse_path="ada@mail.example").is_automatic


@pytest.mark.parametrize(
    "local_part", ["noreply", "no-reply", "do-not-reply", "MAILER-DAEMON", "donotreply", "shop-noreply", "noreply-orders"]
)
def test_robots_name_is_enough(local_part: str) -> None:
    assert _read(local_part=local_part).is_automatic


def test_persons_name_that_is_like_a_robots_is_not() -> None:
    assert not _read(local_part="noreply.hannah").is_automatic


def test_suppressing_field_alone_is_not() -> None:
    assert not _read("Thank you for your message. I will pay.", X_Auto_Response_Suppress="All").is_automatic


def test_two_hints_are_enough() -> None:
    assert _read("I am out of the office until Monday.", X_Auto_Response_Suppress="All").is_automatic
    assert _read("I am out of the office until Monday.", subject="Out of office: Your card").is_automatic
    assert _read("We have received your request.", subject="[Ticket #1234] Your card").is_automatic
    assert _read("I am on a job all week.", subject="Auto Reply: Your card").is_automatic
    assert _read("Mesajınız kaydedildi. Bu otomatik bir mesajdır, lütfen yanıtlamayınız.", subject="Başvurunuz").is_automatic
    assert _read("This is an automatic reply. I am away from my desk.").is_automatic
    assert _read("Please confirm that you are a human.", local_part="antispam").is_automatic


def test_humans_words_of_absence_are_not() -> None:
    assert not _read("I am out of the office until Monday, but yes, please send it.").is_automatic
    assert not _read("Thank you for your message.", subject="Re: [Ticket #1234] Your card").is_automatic
    assert not _read("Please do not reply to my old address.", subject="My card").is_automatic
    assert not _read("Yes.", subject="Re: Automatic reply: Your card").is_automatic
    assert not _read("I got an automatic reply from you.").is_automatic


def test_feedback_id_says_nothing_of_an_answer() -> None:
    assert not _read(Feedback_ID="1:user:proton").is_automatic
    assert _read(Feedback_ID="1:news", is_reply=False).is_bulk


def test_list_of_our_own_says_nothing() -> None:
    fields: dict[str, Any] = {
        "List_Id": "<support.bank.example>",
        "Precedence": "list",
        "Mailing_list": "list support@bank.example",
    }
    assert _read(**fields).is_automatic
    assert not _read(own_domains=("bank.example",), **fields).is_automatic
    assert _read(own_domains=("shop.example",), **fields).is_automatic


def test_agents_words_in_a_help_desks_mail_are_a_humans() -> None:
    fields: dict[str, Any] = {"Auto_Submitted": "auto-generated", "X_Mailer": "Zendesk Mailer"}
    assert not _read("His address is 9 Dock Road.", **fields).is_automatic
    assert _read("Your request (#1234) has been received.", **fields).is_automatic
    assert _read("His address.", is_reply=False, **fields).is_automatic


@pytest.mark.parametrize(
    ("text", "subject", "fields", "detail"),
    [
        ("I am out of the office.", "x", {"Auto-Submitted": "auto-replied"}, "out_of_office"),
        ("Ich bin im Urlaub.", "x", {"Auto-Submitted": "auto-replied"}, "out_of_office"),
        ("On the road.", "x", {"Auto-Submitted": "auto-replied"}, "out_of_office"),
        ("Bald.", "Automatische Antwort: x", {"Auto-Submitted": "auto-generated"}, "out_of_office"),
        ("Your ticket 1234 was created.", "x", {"Auto-Submitted": "auto-replied"}, "ticket"),
        ("Hello", "x", {"Auto-Submitted": "auto-generated", "X-OTRS-Loop": "1"}, "ticket"),
        ("We have received your message.", "x", {"Auto-Submitted": "auto-replied"}, "acknowledgement"),
        ("This is an automated message.", "x", {"Auto-Submitted": "auto-generated"}, "acknowledgement"),
        ("Please verify you are human.", "x", {"Auto-Submitted": "auto-replied"}, "challenge"),
        ("Our offers", "x", {"Precedence": "bulk"}, "list"),
        ("Backup done", "x", {"Auto-Submitted": "auto-generated"}, "notification"),
    ],
)
def test_kinds_of_automatic_mail(text: str, subject: str, fields: dict[str, str], detail: str) -> None:
    header = scan(reply_mail(text, fields))
    automatic = read_automatic(header, reverse_path=None, local_part="a", subject=subject, text=text, is_reply=True)
    assert automatic.is_automatic
    assert automatic_detail(header, automatic, subject=subject, text=text) == detail
