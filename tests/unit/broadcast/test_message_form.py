"""mailguard.broadcast.message_form: size, lines, character sets, attachments."""

from __future__ import annotations

import pytest

from mailguard.broadcast.message_form import CLIPPED_AT, LONGEST_LINE, form_findings, size_findings
from mailguard.mail.control import MailClass
from tests.unit.broadcast.checked_mail import HTML, said, terms, view


def test_ordinary_mail_passes() -> None:
    assert said(size_findings, view(html=HTML)) == said(form_findings, view(html=HTML)) == []


def test_html_beyond_what_is_shown_is_a_warning() -> None:
    room = CLIPPED_AT - len(HTML)
    assert said(size_findings, view(html=HTML + "x" * room)) == []
    assert said(size_findings, view(html=HTML + "x" * (room + 1))) == [("warning", "clipped")]


def test_mail_larger_than_the_relay_takes_is_an_error() -> None:
    size = len(view().message.content)
    assert said(size_findings, view(), max_size=size) == []
    assert said(size_findings, view(), max_size=size - 1) == [("error", "too_large")]


def test_long_line_is_a_warning() -> None:
    assert said(form_findings, view("x" * LONGEST_LINE)) == []
    assert said(form_findings, view("x" * (LONGEST_LINE + 1))) == [("warning", "long_lines")]


def test_eight_bit_header_is_a_warning_that_names_the_fields() -> None:
    (found,) = form_findings(view(fields={"Subject": "Grüße"}), terms())
    assert (found.code, found.examples) == ("charset", ("subject",))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("Grüße".encode(), "text/plain"),
        ("Grüße".encode(), "text/plain; charset=x-nonsense"),
        ("Grüße".encode("latin-1"), "text/plain; charset=utf-8"),
        ("Grüße und schöne Tage".encode().decode("cp1252").encode(), "text/plain; charset=utf-8"),
    ],
)
def test_text_that_is_not_in_its_character_set_is_a_warning(body: bytes, kind: str) -> None:
    assert said(form_findings, view(body, kind=kind)) == [("warning", "charset")]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"hello", "text/plain"),
        ("Grüße".encode(), "text/plain; charset=utf-8"),
        ("Grüße".encode("latin-1"), "text/plain; charset=iso-8859-1"),
        ("NÃO É PÃO, Ã e Â".encode(), "text/plain; charset=utf-8"),
        ("渡辺様".encode("iso-2022-jp"), "text/plain; charset=iso-2022-jp"),
    ],
)
def test_text_in_its_character_set_passes(body: bytes, kind: str) -> None:
    assert said(form_findings, view(body, kind=kind)) == []


def mixed(part: str, subtype: str = "mixed") -> dict[str, bytes | str]:
    body = f"--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b\r\n{part}\r\n\r\nx\r\n--b--\r\n".encode()
    return {"text": body, "kind": f"multipart/{subtype}; boundary=b"}


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        ('Content-Type: application/pdf; name="list.pdf"\r\nContent-Disposition: attachment', "list.pdf"),
        ("Content-Type: application/zip", "application/zip"),
        ("Content-Type: image/png\r\nContent-ID: <a>\r\nContent-Disposition: attachment", "image/png"),
    ],
)
def test_attachment_to_many_is_a_warning_for_bulk(part: str, shown: str) -> None:
    seen = view(**mixed(part))  # type: ignore[arg-type]
    (found,) = form_findings(seen, terms())
    assert (found.code, found.examples) == ("attachment", (shown,))
    assert said(form_findings, seen, mail_class=MailClass.SERVICE) == []


@pytest.mark.parametrize(
    ("part", "subtype"),
    [
        ("Content-Type: application/pgp-signature", "signed"),
        ("Content-Type: image/png\r\nContent-ID: <a>\r\nContent-Disposition: inline", "mixed"),
        ("Content-Type: image/png", "related"),
        ("Content-Type: text/calendar", "mixed"),
        ("Content-Type: application/ics", "alternative"),
    ],
)
def test_what_belongs_to_the_text_is_no_attachment(part: str, subtype: str) -> None:
    assert said(form_findings, view(**mixed(part, subtype))) == []  # type: ignore[arg-type]
