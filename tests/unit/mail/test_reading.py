"""mailguard.mail.reading: one reading, in words with and without the mail's own date."""

from __future__ import annotations

from datetime import UTC, datetime

from mailguard.mail.header import scan
from mailguard.mail.mime import walk
from mailguard.mail.reading import Reading, read_parts, said, said_beside

SENT = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)


def reading(text: str, *, subject: str = "", fields: str = "", answers: tuple[str, ...] = ()) -> Reading:
    octets = f"{fields}\r\n{text}".encode()
    return read_parts(subject=subject, parts=walk(scan(octets), octets), in_reply_to=answers)


def test_the_mails_own_date_is_no_fact_of_it_unless_nobody_says_when_it_was_sent() -> None:
    read = reading("Sent on 16 November 2026, order 4711\r\n")
    assert {fact.rpartition("\x1f")[2] for fact in said(read, SENT).facts} == {"4711"}
    assert {fact.rpartition("\x1f")[2] for fact in said(read, None).facts} == {"16 november 2026", "4711"}


def test_salutation_and_footer_are_apart() -> None:
    words = said(
        reading("Dear Ann,\r\n\r\nour shop has moved to another street.\r\n\r\n-- \r\nThe shop\r\n", subject="News"), SENT
    )
    assert words.core.sentences == ("news", "our shop has moved to another street")
    assert "ann" not in words.text
    assert words.footer.split() == ["the", "shop"]


def test_what_it_answers_and_what_is_attached_are_facts() -> None:
    fields = 'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename="a.pdf"\r\n'
    words = said(reading("x", fields=fields, answers=("m@x.example",)), SENT)
    assert "answers m@x.example" in words.facts
    assert words.attached <= words.facts
    assert len(words.attached) == 1


def test_pictures_are_facts_of_their_own() -> None:
    words = said(
        reading('<p>hello</p><img src="data:image/gif;base64,AAAA" width="90">', fields="Content-Type: text/html\r\n"), SENT
    )
    assert [image.startswith("image data:") for image in words.images] == [True]
    assert words.images <= words.facts


def test_alternatives_are_read_in_full_without_their_salutation() -> None:
    fields = "Content-Type: multipart/alternative; boundary=b\r\n"
    parts = "--b\r\n\r\nDear Ann,\r\n\r\nplain words 12\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>plain words in colour</p>\r\n--b--\r\n"
    (beside,) = said_beside(reading(parts, fields=fields))
    assert beside.startswith("plain words #")
    assert said_beside(reading("only one")) == []
