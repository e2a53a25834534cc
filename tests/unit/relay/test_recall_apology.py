"""mailguard.relay.recall_apology: a draft to one person, from whom the recalled mail was."""

from __future__ import annotations

from base64 import b64decode

import pytest

from mailguard.errors import UsageError
from mailguard.mail.envelope import BodyType
from mailguard.mail.mailbox import parse_mailbox
from mailguard.policy.finding import Code
from mailguard.relay.recall_apology import DEFAULT, LONGEST_SUBJECT, Original, Wording, draft, key_of, original, wording_of
from mailguard.store.own_mail import OwnMail
from tests.builders import NOW

MAIL = (
    b"Received: from a by b\r\nFrom: =?utf-8?q?Shop?=\r\n <shop@x.example>\r\nReply-To: help@x.example\r\n"
    b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\nhello\r\n"
)


def about(octets: bytes = MAIL, message_id: str = "1@x.example") -> Original:
    found = original(octets, id="01J", message_id=message_id, subject="kept", received_at=NOW, reverse_path="b@x.example")
    assert found is not None
    return found


def drafted(to: str = "ann@people.example", wording: Wording = DEFAULT, octets: bytes = MAIL) -> OwnMail:
    return draft(about(octets), parse_mailbox(to), wording, recall="01R", key="k", hostname="relay.example", now=NOW)


def test_draft_is_from_the_same_to_one_mailbox_in_the_same_thread() -> None:
    mail = drafted()
    head, _, body = mail.octets.decode().partition("\r\n\r\n")
    assert head.split("\r\n") == [
        "From: =?utf-8?q?Shop?= <shop@x.example>",
        "Reply-To: help@x.example",
        "To: ann@people.example",
        "Subject: =?utf-8?b?U2VudCBieSBtaXN0YWtlOiBHcsO8w59l?=",
        "Date: Mon, 16 Nov 2026 09:00:00 +0000",
        f"Message-ID: <{mail.id}@relay.example>",
        "In-Reply-To: <1@x.example>",
        "References: <1@x.example>",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: base64",
    ]
    assert "on 16 November 2026 a mail with the subject\r\n\r\n    Grüße\r\n" in b64decode(body).decode()
    assert (mail.template, mail.key, mail.answers, mail.reverse_path) == ("apology:01R", "k", "1@x.example", "b@x.example")
    assert mail.held_for is not None
    assert (mail.held_for.code, mail.held_for.refs) == (Code.RECALLED, ("01J", "01R"))
    assert not mail.smtputf8


def test_plain_text_is_sent_plain() -> None:
    mail = drafted(wording=Wording("Sorry", "Sorry for {{date}}.\nBye"), octets=b"From: a@x.example\r\n\r\nx\r\n")
    assert mail.octets.endswith(b"Content-Type: text/plain; charset=us-ascii\r\n\r\nSorry for 16 November 2026.\r\nBye\r\n")
    assert mail.body is BodyType.SEVEN_BIT


def test_mailbox_beyond_ascii_needs_smtputf8() -> None:
    mail = drafted("änn@people.example")
    assert (mail.smtputf8, mail.body) == (True, BodyType.EIGHT_BIT)


def test_message_id_that_is_no_text_is_not_named() -> None:
    mail = draft(
        about(message_id="é@x"), parse_mailbox("a@x.example"), DEFAULT, recall="01R", key="k", hostname="relay.example", now=NOW
    )
    assert b"In-Reply-To" not in mail.octets


@pytest.mark.parametrize("octets", [b"Subject: x\r\n\r\n", b"Reply-To: a@x.example\r\n\r\n", b"A: b\r\n" * 3000 + b"\r\n"])
def test_there_is_no_apology_for_mail_that_is_from_nobody(octets: bytes) -> None:
    assert original(octets, id="01J", message_id="1@x", subject="", received_at=NOW, reverse_path="") is None


def test_subject_is_that_of_the_mail_else_the_ledgers_and_not_too_long() -> None:
    assert about().subject == "Grüße"
    assert about(b"From: a@x.example\r\n\r\n").subject == "kept"
    assert len(about(b"From: a@x.example\r\nSubject: " + b"x" * 900 + b"\r\n\r\n").subject) == LONGEST_SUBJECT


def test_file_gives_subject_and_text() -> None:
    assert wording_of("Subject: Oh, {{ subject }}\r\n\r\nSorry.\n") == Wording("Oh, {{ subject }}", "Sorry.\n")
    assert wording_of("Sorry.\n") == Wording(DEFAULT.subject, "Sorry.\n")


@pytest.mark.parametrize(("text", "said"), [("Dear {{ name }}", "{{ name }}"), ("Subject: x\n\n  \n", "says nothing")])
def test_file_that_cannot_be_used_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        wording_of(text)
    assert said in str(raised.value)


def test_value_that_looks_like_a_placeholder_is_text() -> None:
    mail = drafted(octets=b"From: a@x.example\r\nSubject: {{ date }}\r\n\r\n", wording=Wording("{{ subject }}", "x"))
    assert b"Subject: {{ date }}" in mail.octets


def test_key_is_one_for_a_mail_to_a_person_and_names_nobody() -> None:
    assert key_of("01J", "ann@x.example") == key_of("01J", "ann@x.example") != key_of("01K", "ann@x.example")
    assert "ann" not in key_of("01J", "ann@x.example")
