"""mailguard.mail.seal: what may differ between two sendings of a checked mail, and what may not."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from mailguard.mail.header import scan
from mailguard.mail.mime import walk
from mailguard.mail.reader import read_message
from mailguard.mail.reading import read_parts
from mailguard.mail.seal import Seal, SealedText, digest_of, holds, pack, seal_of, sealed, unpack

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
TEXT = """Dear Ann,

on Tuesday, 17 November 2026, our shop opens at 10:00. There is 20% off, order number 4711.

https://shop.example/autumn?utm_source=mail

Kind regards
The shop
"""


def seal(text: str = TEXT, *, subject: str = "Autumn", date: str = "Mon, 16 Nov 2026 09:00:00 +0000", **more: object) -> Seal:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"], mail["Date"] = "shop@x.example", "ann@y.example", subject, date
    mail.set_content(text)
    if isinstance(html := more.get("html"), str):
        mail.add_alternative(html, subtype="html")
    if isinstance(attached := more.get("attached"), bytes):
        mail.add_attachment(attached, maintype="application", subtype="pdf", filename="a.pdf")
    return read(mail.as_bytes())


def read(octets: bytes) -> Seal:
    message = read_message(octets, received_at=NOW, fallback_message_id="m@x.example", trusts_fields=False, seals=True)
    assert message.seal is not None
    return message.seal


def is_same(*checked: Seal, mail: Seal) -> bool:
    return any(holds(text, mail) for text in sealed(checked))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Dear Ann", "Dear Mr. Bob Miller"),
        ("utm_source=mail", "utm_source=other&utm_campaign=7"),
        ("", "\nUnsubscribe: https://shop.example/unsubscribe?u=77\n"),
    ],
)
def test_what_differs_from_one_recipient_to_another_may(before: str, after: str) -> None:
    text = TEXT.replace(before, after) if before else TEXT + after
    first = TEXT if before else TEXT + "\nUnsubscribe: https://shop.example/unsubscribe?u=1\n"
    assert is_same(seal(first), mail=seal(text))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("our shop opens", "our shop closes"),
        ("17 November", "18 November"),
        ("17 November 2026", "16 November 2026"),
        ("10:00", "11:00"),
        ("20%", "30%"),
        ("20%", "20 30%"),
        ("4711", "4711 000"),
        ("4711", "4711 with a word more"),
        ("/autumn", "/winter"),
        ("The shop", "The other shop"),
    ],
)
def test_a_word_a_date_a_number_or_a_link_may_not(before: str, after: str) -> None:
    assert not is_same(seal(), mail=seal(TEXT.replace(before, after)))


def test_the_subject_belongs_to_the_text() -> None:
    assert not is_same(seal(), mail=seal(subject="Winter"))


def test_the_day_on_which_it_is_sent_does_not_count_but_its_dates_do() -> None:
    text = TEXT.replace("17 November", "16 November")
    assert is_same(seal(text), mail=seal(text, date="Thu, 19 Nov 2026 17:30:00 +0000"))


def test_what_is_attached_is_what_was_checked() -> None:
    assert is_same(seal(attached=b"one"), mail=seal(attached=b"one"))
    assert not is_same(seal(attached=b"one"), mail=seal(attached=b"two"))
    assert not is_same(seal(attached=b"one"), mail=seal())
    assert not is_same(seal(), mail=seal(attached=b"one"))


def test_the_alternative_that_is_not_shown_counts_in_full() -> None:
    html = "<p>Dear Ann,</p><p>on Tuesday our shop opens, come and see what is new</p>"
    assert is_same(seal(html=html), mail=seal(html=html))
    assert is_same(seal(html=html), mail=seal(TEXT.replace("Dear Ann", "Dear Bob"), html=html))
    assert not is_same(seal(html=html), mail=seal(TEXT.replace("opens", "closes"), html=html))
    assert not is_same(seal(html=html), mail=seal(html=html.replace("opens", "closes")))


@pytest.mark.parametrize(
    "tag", ['<img src="https://t.example/o/{}.gif" width="1">', '<img src="https://t.example/o.gif?u={}">']
)
def test_a_picture_that_counts_openings_is_each_mails_own(tag: str) -> None:
    html = "<p>Come and see what is new in our shop, and bring all your friends with you.</p>"
    one, other = (seal(html=html + tag.format(n)) for n in (1, 2))
    assert is_same(one, other, mail=seal(html=html + tag.format(3)))


def test_a_picture_more_is_no_other_mail_and_another_picture_is() -> None:
    html = "<p>Come and see what is new in our shop, and bring all your friends with you.</p>"
    shown = html + '<img src="data:image/gif;base64,AAAA" width="90">'
    assert is_same(seal(html=html), mail=seal(html=shown))
    assert is_same(seal(html=shown), mail=seal(html=shown))
    assert not is_same(seal(html=shown), mail=seal(html=shown.replace("AAAA", "BBBB")))


def test_of_several_mails_what_they_share_is_vouched_for() -> None:
    ann, bob = seal(), seal(TEXT.replace("4711", "4712"))
    cy = seal(TEXT.replace("4711", "9999"))
    assert not is_same(ann, mail=cy)
    (text,) = sealed((ann, bob))
    assert text.facts == ann.facts & bob.facts
    assert holds(text, cy)
    assert not holds(text, seal(TEXT.replace("4711", "9999").replace("10:00", "11:00")))


def test_texts_are_kept_apart_and_each_once() -> None:
    ann, bob = seal(), seal("Something else")
    assert sealed((ann, bob, ann)) == (SealedText(ann.text, ann.facts), SealedText(bob.text, bob.facts))
    assert sealed(()) == ()


def test_the_digest_of_texts_knows_no_order_and_every_change() -> None:
    one, two = sealed((seal(), seal("Something else")))
    assert digest_of((one, two)) == digest_of((two, one))
    assert len(digest_of(())) == 16
    digests = {digest_of(texts) for texts in ((), (one,), (two,), (one, two), (SealedText(one.text, two.facts), two))}
    assert len(digests) == 5


def test_facts_are_packed_and_unpacked() -> None:
    facts = seal().facts
    assert unpack(pack(facts)) == facts
    assert pack(facts) == pack(sorted(facts, reverse=True))
    assert unpack(b"") == frozenset()


def test_a_seal_is_taken_only_of_mail_that_brings_a_check_from_somebody_who_is_trusted() -> None:
    octets = b"Subject: x\r\nMailguard-Check: c1.x\r\n\r\nhello\r\n"
    for trusts, mail, is_taken in (
        (True, octets, True),
        (False, octets, False),
        (True, octets[12:].replace(b"Check", b"Key"), False),
    ):
        message = read_message(mail, received_at=NOW, fallback_message_id="m@x", trusts_fields=trusts)
        assert (message.seal is not None) is is_taken


def test_what_cannot_be_read_has_none() -> None:
    octets = b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--a\r\n\r\n" * 20_000
    message = read_message(octets, received_at=NOW, fallback_message_id="m@x", trusts_fields=False, seals=True)
    assert message.unreadable
    assert message.seal is None


def test_seal_of_is_what_the_reader_takes() -> None:
    octets = b"Subject: x\r\n\r\nhello 12\r\n"
    assert seal_of(read_parts(subject="x", parts=walk(scan(octets), octets), in_reply_to=())) == read(octets)
