"""mailguard.broadcast.message_view: a mail as it is seen, whatever it is."""

from __future__ import annotations

from mailguard.broadcast.message_view import read_view
from tests.builders import NOW
from tests.unit.broadcast.checked_mail import HTML, TEXT, view


def test_both_texts_are_read_apart() -> None:
    seen = view(html=HTML)
    assert (seen.text.strip(), seen.html.strip()) == (TEXT.strip(), HTML)
    assert "see them" in seen.shown
    assert len(seen.texts) == 2


def test_mail_without_html_shows_its_text() -> None:
    seen = view()
    assert (seen.html, seen.shown) == ("", "")
    assert "tulips" in seen.seen


def test_attachment_is_no_text() -> None:
    body = b"--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b\r\nContent-Type: application/pdf\r\n\r\n%PDF\r\n--b--\r\n"
    seen = view(body, kind="multipart/mixed; boundary=b")
    assert (len(seen.parts), len(seen.texts)) == (2, 1)


def test_unreadable_mail_has_no_parts() -> None:
    for octets in (b"X: " + b"x" * 300_000 + b"\r\n\r\nhello", b"".join(b"X: %d\r\n" % at for at in range(3_000))):
        seen = read_view(octets, now=NOW)
        assert (seen.parts, seen.text, bool(seen.message.unreadable)) == ((), "", True)
