"""mailguard.cli.message_view: one mail as a person reads it."""

from __future__ import annotations

import pytest

from mailguard.cli.message_view import Attached, print_view, view

HTML = (
    b"From: =?utf-8?q?Caf=C3=A9?= <shop@shop.example>\r\nTo: ada@mail.example\r\n"
    b"Cc: bea@mail.example\r\nCc: cy@mail.example\r\n"
    b"Subject: =?iso-8859-1?q?R=E9sum=E9?=\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/html\r\n\r\n<p>Your <b>order</b> \x1b[2J4711</p>\r\n"
    b"--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\n\r\nPDF\r\n--b--\r\n"
)
LONG = b"Subject: long\r\n\r\n" + b"word " * 2000


def test_fields_are_decoded_and_repeated_ones_all_there() -> None:
    assert view(HTML).fields == (
        ("From", "Café <shop@shop.example>"),
        ("To", "ada@mail.example"),
        ("Cc", "bea@mail.example"),
        ("Cc", "cy@mail.example"),
        ("Subject", "Résumé"),
    )


def test_text_is_what_a_mail_program_shows_and_the_rest_is_attached() -> None:
    shown = view(HTML)
    assert "order" in shown.text
    assert "<b>" not in shown.text
    assert shown.attached == (Attached("application/pdf", 3),)


def test_printed_mail_drives_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    print_view(view(HTML))
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "Subject: Résumé" in out
    assert "[attached: application/pdf, 3 octets]" in out


def test_long_text_is_cut_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    print_view(view(LONG))
    out = capsys.readouterr().out
    assert "more characters; see all with --raw" in out
    assert len(out) < 4_500


def test_mail_that_cannot_be_read_is_shown_raw(capsys: pytest.CaptureFixture[str]) -> None:
    octets = b"X: y\r\n" * 200_000
    shown = view(octets)
    assert shown.unreadable
    assert shown.text.startswith("X: y")
    print_view(shown)
    assert f"cannot be read: {shown.unreadable}" in capsys.readouterr().out
