"""mailguard.broadcast.message_rendered: the mail that a rendering leaves in."""

from __future__ import annotations

import pytest

from mailguard.broadcast.message_rendered import Rendering, composed, filled
from mailguard.broadcast.message_view import read_view
from tests.builders import NOW
from tests.unit.broadcast.checked_mail import HTML, octets

RENDERING = Rendering(subject="Grüße, Ada", text="Hallo Ada", html="<p>Hallo <b>Ada</b></p>")


def test_two_texts_are_alternatives() -> None:
    seen = read_view(composed(RENDERING), now=NOW)
    assert (seen.message.subject, seen.text.strip(), seen.html.strip()) == (
        "Grüße, Ada",
        "Hallo Ada",
        "<p>Hallo <b>Ada</b></p>",
    )


@pytest.mark.parametrize(("text", "html"), [("Hallo", ""), ("", "<p>Hallo</p>"), ("", "")])
def test_one_text_stands_alone(text: str, html: str) -> None:
    seen = read_view(composed(Rendering(text=text, html=html)), now=NOW)
    assert (seen.text.strip(), seen.html.strip(), len(seen.parts)) == (text, html, 1)


def test_template_in_a_mail_keeps_what_is_not_rendered() -> None:
    source = octets("Hallo {{ name }}", html=HTML, fields={"X-Keeps": "this", "Subject": "Hi {{ name }}"})
    seen = read_view(filled(source, RENDERING), now=NOW)
    assert (seen.message.subject, seen.text.strip(), seen.html.strip()) == ("Grüße, Ada", "Hallo Ada", RENDERING.html)
    assert seen.header.first("x-keeps") == "this"
    assert len(seen.parts) == 2


def test_attachments_stay() -> None:
    body = b"--b\r\nContent-Type: text/plain\r\n\r\n{{ x }}\r\n--b\r\nContent-Type: application/pdf\r\n\r\n%PDF\r\n--b--\r\n"
    seen = read_view(filled(octets(body, kind="multipart/mixed; boundary=b"), RENDERING), now=NOW)
    assert [part.decoded().strip() for part in seen.parts] == [b"Hallo Ada", b"%PDF"]


def test_mail_without_subject_gets_none() -> None:
    seen = read_view(filled(b"From: a@b.example\r\n\r\n{{ x }}\r\n", RENDERING), now=NOW)
    assert (seen.message.subject, seen.text.strip()) == ("", "Hallo Ada")


def test_subject_stays_one_line() -> None:
    seen = read_view(filled(octets(), Rendering(subject="a\r\nX-Bad: b")), now=NOW)
    assert (seen.message.subject, "x-bad" in seen.header.names) == ("a X-Bad: b", False)


def test_unreadable_template_is_left_as_it_is() -> None:
    source = b"X: " + b"x" * 300_000
    assert filled(source, RENDERING) == source
