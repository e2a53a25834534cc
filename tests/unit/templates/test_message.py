"""A mail whose parts are templates: what is rendered of it, and that the rest stays as it came."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.mail.header import scan
from mailguard.mail.mime import walk
from mailguard.templates.message import MOST_PARTS, MOST_SOURCE_OCTETS, Draft, read_draft
from mailguard.templates.template import Failure, Source

PLAIN = (
    b"From: shop@x.example\r\nTo: ann@y.example\r\nSubject: Hello {{ name }}\r\n"
    b"X-Odd:  kept   as it\r\n\tcame\r\n\r\nDear {{ name }},\r\nbye\r\n"
)


def draft(octets: bytes) -> Draft:
    found = read_draft(octets)
    assert isinstance(found, Draft), found
    return found


def filled(octets: bytes, *texts: str) -> bytes:
    found = draft(octets).filled(texts)
    assert isinstance(found, bytes), found
    return found


def parsed(octets: bytes) -> Any:
    return email.message_from_bytes(octets, policy=email.policy.default)


def mail(**fields: str) -> EmailMessage:
    made = EmailMessage(policy=email.policy.SMTP)
    for name, value in {"From": "shop@x.example", "Subject": "Hi", **fields}.items():
        made[name] = value
    return made


def test_subject_and_text_are_the_sources() -> None:
    assert draft(PLAIN).sources == (
        Source("Subject", "Hello {{ name }}"),
        Source("text/plain", "Dear {{ name }},\nbye\n"),
    )


def test_only_what_was_rendered_changes() -> None:
    assert filled(PLAIN, "Hello Ann", "Dear Ann,\nbye\n") == PLAIN.replace(b"{{ name }}", b"Ann")


def test_text_in_which_nothing_changed_stays_octet_for_octet() -> None:
    octets = PLAIN.replace(b"Subject: Hello {{ name }}", b"Subject: =?iso-8859-1?q?Gr=FC=DFe?=\r\n =?utf-8?q?_und?=").replace(
        b"\r\n\r\nDear", b"\r\nContent-Transfer-Encoding: base64\r\n\r\nRGVhcg==\r\n"
    )
    texts = [source.text for source in draft(octets).sources]
    assert texts[0] == "Grüße und"
    assert filled(octets, *texts) == octets


def test_other_characters_make_it_utf_8() -> None:
    octets = filled(PLAIN, "Hello Jäne", "Dear Jäne,\nbye\n")
    assert octets.isascii()
    read = parsed(octets)
    assert read["subject"] == "Hello Jäne"
    assert read.get_content() == "Dear Jäne,\nbye\n".replace("\n", "\r\n")
    assert b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n" in octets or (
        b"Content-Transfer-Encoding: quoted-printable\r\nContent-Type: text/plain; charset=utf-8\r\n" in octets
    )
    assert b"X-Odd:  kept   as it\r\n\tcame\r\n" in octets


@pytest.mark.parametrize("version", [b"", b"MIME-Version: 1.0\r\n"])
def test_fields_of_mime_say_something_only_beside_its_version(version: bytes) -> None:
    octets = filled(version + PLAIN, "Hello Jäne", "Dear Jäne,\nbye\n")
    assert scan(octets).named("mime-version")[0].text() == "1.0"
    assert len(scan(octets).named("mime-version")) == 1


def test_other_parameters_of_a_type_stay() -> None:
    octets = PLAIN.replace(b"X-Odd", b"Content-Type: text/plain; format=flowed;\r\n\tcharset=iso-8859-1; delsp=yes\r\nX-Odd")
    read = parsed(filled(octets, "Hi", "Dear Zoë →\n"))
    assert dict(read["content-type"].params) == {"format": "flowed", "delsp": "yes", "charset": "utf-8"}


def test_type_that_is_none_becomes_one() -> None:
    octets = PLAIN.replace(b"X-Odd", b"Content-Type: text\r\nX-Odd")
    assert b"\r\nContent-Type: text/plain; charset=utf-8\r\n" in filled(octets, "Hi", "Zoë\n")


def test_field_that_stands_twice_stands_once_afterwards() -> None:
    octets = PLAIN.replace(b"X-Odd", b"Content-Transfer-Encoding: 7bit\r\nContent-transfer-encoding: 8bit\r\nX-Odd")
    assert filled(octets, "Hi", "Zoë\n").lower().count(b"content-transfer-encoding") == 1


def test_text_and_html_are_rendered_and_attachments_are_not() -> None:
    made = mail(Subject="Über {{ n }}")
    made.set_content("Hello {{ n }}\n", charset="iso-8859-1", cte="quoted-printable")
    made.add_alternative("<p>{{ n }}</p>\n", subtype="html", cte="base64")
    made.add_attachment(b"\0{{ n }}", maintype="application", subtype="pdf", filename="a.pdf")
    made.add_attachment("note {{ n }}\n", filename="note.txt")
    octets = bytes(made)
    sources = draft(octets).sources
    assert [(source.name, source.escapes) for source in sources] == [
        ("Subject", False),
        ("text/plain", False),
        ("text/html", True),
    ]
    result = filled(octets, "Über 3", "Hello 3 →\n", "<p>3</p>\n")
    before, after = parsed(octets), parsed(result)
    assert after["subject"] == "Über 3"
    assert after.get_body(("plain",)).get_content() == "Hello 3 →\r\n"
    assert after.get_body(("html",)).get_content() == "<p>3</p>\r\n"
    assert after.get_body(("html",))["content-transfer-encoding"] == "base64"
    assert [bytes(part) for part in after.iter_attachments()] == [bytes(part) for part in before.iter_attachments()]


@pytest.mark.parametrize(("kind", "escapes"), [("markdown", [False]), ("x-amp-html", [True]), ("calendar", []), ("csv", [])])
def test_whatever_is_shown_as_text_is_rendered(kind: str, escapes: list[bool]) -> None:
    octets = b"Subject: s\r\nContent-Type: text/" + kind.encode() + b"\r\n\r\n{{ a }}\r\n"
    assert [source.escapes for source in draft(octets).sources[1:]] == escapes


def test_parts_of_one_kind_are_numbered() -> None:
    made = mail()
    made.set_content("one\n")
    made.add_attachment("two\n", disposition="inline")
    assert [source.name for source in draft(bytes(made)).sources] == ["Subject", "text/plain", "text/plain 2"]


@pytest.mark.parametrize("encoding", ["7bit", "quoted-printable", "base64"])
def test_text_cannot_end_its_part(encoding: str) -> None:
    octets = (
        b"Subject: s\r\nContent-Type: multipart/mixed; boundary=bb\r\n\r\n--bb\r\nContent-Type: text/plain\r\n"
         b"Content-Transfer-Encoding: " + encoding.encode() + b"\r\n\r\n"
        + (b"YQ==" if encoding == "base64" else b"a") + b"\r\n--bb--\r\n"
    )  # fmt: skip
    evil = "x\n--bb\nContent-Type: text/html\n\n<b>\n--bb--\n-- \nsignature\n"
    result = filled(octets, "s", evil)
    parts = walk(scan(result), result)
    assert [part.text(most=1_000).replace("\r\n", "\n") for part in parts] == [evil]


def test_long_lines_are_wrapped() -> None:
    result = filled(PLAIN, "Hello {{ name }}", "x" * 5_000 + "\n")
    assert max(map(len, result.split(b"\r\n"))) <= 76
    assert parsed(result).get_content().strip() == "x" * 5_000


def test_mostly_other_scripts_are_base64() -> None:
    result = filled(PLAIN, "Hello {{ name }}", "Привет, мир\n")
    assert b"Content-Transfer-Encoding: base64\r\n" in result
    assert parsed(result).get_content() == "Привет, мир\r\n"


def test_line_ends_of_values_become_crlf() -> None:
    result = filled(PLAIN, "Hello {{ name }}", "a\rb\r\nc\nd")
    assert result.endswith(b"\r\n\r\na\r\nb\r\nc\r\nd\r\n")


def test_mail_without_subject_or_without_text_is_rendered_too() -> None:
    assert filled(b"From: a@x.example\r\n\r\n{{ a }}\r\n", "b\n") == b"From: a@x.example\r\n\r\nb\r\n"
    octets = b"Subject: {{ a }}\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n"
    assert filled(octets, "b") == octets.replace(b"{{ a }}", b"b")


@pytest.mark.parametrize(
    ("subject", "why"),
    [
        ("a\r\nBcc: x@y.example", "Subject: renders to a control character (U+000D), such as the end of a line"),
        (" ", "Subject: renders to nothing"),
    ],
)
def test_subject_that_is_none_is_a_failure(subject: str, why: str) -> None:
    assert str(draft(PLAIN).filled([subject, "x"])) == why


def test_nul_is_a_failure() -> None:
    assert str(draft(PLAIN).filled(["x", "a\0b"])) == "text/plain: renders to a NUL"


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"Subject: a\r\n\r\nb\nc\r\n", "CRLF"),
        (b"Subject: a\r\n\r\nb\rc\r\n", "CRLF"),
        (b"Subject: a\r\nSubject: b\r\n\r\nx\r\n", "more than once"),
        (b"Subject: a\r\nno colon here\r\nTo: b@x.example\r\n\r\nx\r\n", "header"),
        (b" folded\r\nSubject: a\r\n\r\nx\r\n", "header"),
        (b"A: b\r\n" * 3_000 + b"\r\nx\r\n", "fields"),
        (b"Subject: a\r\n\r\n" + b"x" * MOST_SOURCE_OCTETS + b"\r\n", "larger"),
        (
            b"Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\nContent-Type: application/pgp-signature\r\n\r\ny\r\n--b--\r\n",
            "signed",
        ),
        (b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * (MOST_PARTS + 1) + b"--b--\r\n", "parts"),
        (b"Content-Type: multipart/mixed\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n", "no parts"),
        (b"Content-Type: Multipart/mixed; boundary=c\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n", "no parts"),
    ],
    ids=[
        "LF",
        "CR",
        "subjects",
        "no field",
        "folded first line",
        "many fields",
        "large",
        "signed",
        "many parts",
        "no boundary",
        "other boundary",
    ],
)
def test_what_cannot_be_rendered_says_why(octets: bytes, why: str) -> None:
    found = read_draft(octets)
    assert isinstance(found, Failure)
    assert why in str(found)


@given(st.text(max_size=80), st.text(max_size=200), st.sampled_from(["7bit", "8bit", "quoted-printable", "base64", "x-odd"]))
def test_no_text_changes_the_header_or_the_other_parts(subject: str, text: str, encoding: str) -> None:
    octets = (
        b"From: a@x.example\r\nSubject: s\r\nContent-Type: multipart/mixed; boundary=bb\r\n\r\n"
        b"--bb\r\nContent-Transfer-Encoding: " + encoding.encode() + b"\r\n\r\nAAAA\r\n"
        b"--bb\r\nContent-Type: application/octet-stream\r\n\r\n{{ x }}\r\n--bb--\r\n"
    )  # fmt: skip
    result = draft(octets).filled([subject, text])
    if isinstance(result, Failure):
        return
    header = scan(result)
    assert [field.name for field in header.fields] == ["from", "subject", "content-type"]
    assert result.count(b"\r") == result.count(b"\n") == result.count(b"\r\n")
    first, second = walk(header, result)
    assert first.text(most=10_000).replace("\r\n", "\n") == text.replace("\r\n", "\n").replace("\r", "\n")
    assert second.decoded() == b"{{ x }}"
