"""Equal mails have equal fingerprints, in whatever shape they come; other facts and other words are told."""

from __future__ import annotations

import base64
import quopri
from datetime import datetime, timedelta, timezone

import pytest

from mailguard.mail import fingerprint as module
from mailguard.mail.fingerprint import DIGEST_OCTETS, Fingerprint, take_fingerprint
from mailguard.mail.header import scan
from mailguard.mail.mime import walk

SENT = datetime(2026, 11, 16, 10, 2, tzinfo=timezone(timedelta(hours=1)))
TEXT = (
    "Dear Ann,\n\nyour order 4711 was packed on 16 November 2026 at 10:02.\n\nTotal: 19.90 EUR\n\n"
    "Track your parcel: https://shop.example/track/4711?utm_source=mail\n\nKind regards,\nBob\nTel. +49 30 1234\n"
)


def _of(octets: bytes, *, sent_at: datetime = SENT, subject: str = "Your order", answers: tuple[str, ...] = ()) -> Fingerprint:
    return take_fingerprint(subject=subject, sent_at=sent_at, parts=walk(scan(octets), octets), in_reply_to=answers).fingerprint


def _plain(text: str, *, sent_at: datetime = SENT, subject: str = "Your order", answers: tuple[str, ...] = ()) -> Fingerprint:
    octets = b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + text.replace("\n", "\r\n").encode()
    return _of(octets, sent_at=sent_at, subject=subject, answers=answers)


FIRST = _plain(TEXT)


def _is_repeat(other: Fingerprint) -> bool:
    return (FIRST.text, FIRST.facts) == (other.text, other.facts)


def _is_near_repeat(other: Fingerprint) -> bool:
    return (FIRST.core, FIRST.facts) == (other.core, other.facts) and not _is_repeat(other)


def test_digests_are_short_and_words_are_counted() -> None:
    assert {len(FIRST.text), len(FIRST.facts), len(FIRST.core)} == {DIGEST_OCTETS}
    assert FIRST.words == 15


HTML = (
    '<html><body><div style="display:none">A preheader</div><p>Dear Ms Lee,</p><p>your order <b>4711</b> was packed on '
    "16 November 2026 at 10:02.</p><table><tr><td>Total:</td><td>19.90 EUR</td></tr></table>"
    '<a href="https://shop.example/track/4711?gclid=1">Track your parcel:</a><p>Kind regards,<br>Bob<br>Tel. +49 30 1234</p>'
    '<img src="https://shop.example/o/99.gif" width="1" height="1"></body></html>'
)


@pytest.mark.parametrize(
    "octets",
    [
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(TEXT.encode()),
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + quopri.encodestring(TEXT.encode()),
        b"Content-Type: text/html\r\n\r\n" + HTML.encode(),
        b"Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\n"
        + TEXT.encode()
        + b"\r\n--b\r\nContent-Type: text/html\r\n\r\n"
        + HTML.encode()
        + b"\r\n--b--\r\n",
        b"\r\n" + TEXT.replace("Dear Ann,", "Hello,").replace("utm_source=mail", "utm_medium=x").encode(),
        b"Content-Type: text/plain\r\n\r\n" + TEXT.replace("order 4711", "*order* __4711__").encode(),
    ],
    ids=["base64", "quoted-printable", "html", "alternative", "salutation and tracking", "decoration"],
)
def test_the_same_mail_in_another_shape_is_a_repeat(octets: bytes) -> None:
    assert _is_repeat(_of(octets))


def test_the_same_mail_on_another_day_is_a_repeat() -> None:
    later = SENT + timedelta(days=5, minutes=7)
    text = TEXT.replace("16 November 2026 at 10:02", "21.11.2026 at 10:09")
    assert _is_repeat(_plain(text, sent_at=later))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("4711", "4712"),
        ("19.90", "19.80"),
        ("EUR", "USD"),
        ("packed", "shipped"),
        ("16 November", "18 November"),
        ("10:02", "15:00"),
        ("track/4711", "track/4712"),
    ],
)
def test_another_fact_or_word_is_another_mail(before: str, after: str) -> None:
    other = _plain(TEXT.replace(before, after))
    assert not _is_repeat(other)
    assert not _is_near_repeat(other)


def test_another_subject_is_another_mail() -> None:
    assert not _is_repeat(_plain(TEXT, subject="Your second order"))


def test_another_number_leaves_the_text_the_same() -> None:
    assert _plain(TEXT.replace("19.90", "12.00")).text == FIRST.text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Bob", "Eve"),
        ("+49 30 1234", "+49 30 9999"),
        ("Dear Ann,\n\nyour", "Dear Ann, your"),
        ("10:02.", "10:02!"),
        ("Total: 19.90 EUR\n\n", ""),
        ("Kind regards,\nBob\nTel. +49 30 1234\n", ""),
    ],
)
def test_signature_punctuation_order_and_inline_salutation_are_near(before: str, after: str) -> None:
    moved = TEXT.replace(before, after)
    if before.startswith("Total"):
        moved = moved.replace("your order", "Total: 19.90 EUR\n\nyour order")
    assert _is_near_repeat(_plain(moved))


def test_a_number_in_the_footer_that_is_no_address_is_a_fact() -> None:
    assert _plain(f"{TEXT}\nTicket 12").facts != _plain(f"{TEXT}\nTicket 13").facts


def test_the_mail_that_is_answered_is_a_fact() -> None:
    assert _plain(TEXT, answers=("1@x",)).facts != _plain(TEXT, answers=("2@x",)).facts


def test_mailboxes_in_the_text_are_facts_and_in_the_footer_not() -> None:
    def facts(mailbox: str, *, at: str) -> bytes:
        return _plain(TEXT.replace(at, f"{at} {mailbox}")).facts

    assert facts("a@x.example", at="parcel") != facts("b@x.example", at="parcel")
    assert facts("a@x.example", at="Bob") == facts("b@x.example", at="Bob")


def test_pictures_and_what_is_not_read_are_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    def html(source: str) -> bytes:
        return _of(b'Content-Type: text/html\r\n\r\n<p>x</p><img src="https://x.example/' + source.encode() + b'">').facts

    assert html("1.png") != html("2.png")
    assert html("1.png?utm_source=a") == html("1.png?utm_source=b")
    monkeypatch.setattr("mailguard.mail.text.MAX_CHARACTERS", 3)
    assert _plain("abc1").facts != _plain("abc2").facts


def _alternative(plain: str, html: str) -> bytes:
    parts = f"--b\r\n\r\n{plain}\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>{html}\r\n--b--\r\n"
    return b"Content-Type: multipart/alternative; boundary=b\r\n\r\n" + parts.encode()


def test_a_code_only_in_the_plain_alternative_counts() -> None:
    one, two = (_of(_alternative(f"Your code is {code}", "See the other part for your code")) for code in ("1234", "5678"))
    assert one.facts != two.facts
    assert one.text == two.text


def test_facts_of_both_alternatives_count_once() -> None:
    assert (
        _of(_alternative("Code: 1234 a@x.example", "Your code 1234 a@x.example")).facts
        == _of(b"Content-Type: text/html\r\n\r\n<p>Your code 1234 a@x.example").facts
    )


def test_many_sentences_have_a_digest_in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two, three = "One here. Two there.", "Two there. One here.", "One here. Three there."
    monkeypatch.setattr(module, "_MANY_SENTENCES", 2)
    assert _plain(one).core == _plain(two).core
    assert _plain(one).core != _plain(three).core


def test_the_name_is_given() -> None:
    octets = TEXT.encode()
    taken = take_fingerprint(subject="", sent_at=SENT, parts=walk(scan(b"\r\n" + octets), b"\r\n" + octets), in_reply_to=())
    assert taken.greets == "Ann"
