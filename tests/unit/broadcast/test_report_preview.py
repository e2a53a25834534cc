"""mailguard.broadcast.report_preview: a mail as a mail program shows it."""

from __future__ import annotations

from base64 import b64encode

import pytest

from mailguard.broadcast import report_preview
from mailguard.broadcast.report_preview import Preview, preview_of
from tests.check_documents import NEWSLETTER

PIXEL = b"GIF89a-a-picture"


def related(html: bytes, *, kind: bytes = b"image/gif") -> bytes:
    return (
        b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nFrom: a@b.example\r\nContent-Type: multipart/related; boundary=x\r\n\r\n"
        b"--x\r\nContent-Type: text/html\r\n\r\n" + html + b"\r\n--x\r\nContent-Type: " + kind + b"\r\nContent-ID: <logo@x>\r\n"
        b"Content-Transfer-Encoding: base64\r\nContent-Disposition: inline\r\n\r\n" + b64encode(PIXEL) + b"\r\n"
        b'--x\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="terms.pdf"\r\n\r\nx\r\n'
        b"--x\r\nContent-Type: image/png; name=b.png\r\nContent-Disposition: attachment\r\n\r\nx\r\n--x--\r\n"
    )


def test_text_mail_is_shown_with_its_fields() -> None:
    found = preview_of(NEWSLETTER)
    assert (found.subject, found.sender, found.html) == ("Winter sale", "Shop <news@shop.example>", "")
    assert found.text.startswith("Dear customers,\n\nuntil")


def test_lines_end_alike_and_everything_can_be_written() -> None:
    found = preview_of(b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>a\r\nb\rc\0d\xe2\x80\xaee\xff</p>")
    assert found.html.startswith("<p>a\nb\ncd\u202ee")
    assert found.html.encode()


def test_own_pictures_are_put_in_and_attachments_named() -> None:
    found = preview_of(related(b'<img src="cid:logo@x"><img src="cid:other@x">'))
    assert f"data:image/gif;base64,{b64encode(PIXEL).decode()}" in found.html
    assert "cid:other@x" in found.html
    assert found.subject == "Grüße"
    assert found.attachments == ("terms.pdf", "b.png")


def test_what_is_no_picture_is_not_put_in() -> None:
    assert "data:" not in preview_of(related(b'<img src="cid:logo@x">', kind=b"image/svg+xml")).html


def test_pictures_beyond_the_bound_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_preview, "MOST_PICTURES", len(b64encode(PIXEL)) + 10)
    found = preview_of(related(b'<img src="cid:logo@x"><img src="cid:logo@x">'))
    assert (found.html.count("data:"), found.html.count("cid:")) == (1, 1)


def test_pictures_from_elsewhere_are_counted() -> None:
    html = b'<img src="https://x.example/a.png"><img alt=x src=//y.example/b.png><img src="data:image/gif;base64,x">'
    assert preview_of(related(html)).pictures_elsewhere == 2


def test_mail_that_cannot_be_read_shows_nothing() -> None:
    assert preview_of(b"X: y\r\n" * 100_000 + b"\r\nx") == Preview("", "", "", "")


@pytest.mark.parametrize("unit", [b"<img ", b"<img src", b"cid:", b"<img src=cid:"])
def test_hostile_html_takes_no_longer_than_it_is_long(unit: bytes) -> None:
    assert preview_of(related(unit * (1_000_000 // len(unit)))).html
