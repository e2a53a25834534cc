"""mailguard.templates.checking_template: files read, with the lines in them."""

from __future__ import annotations

import base64

import pytest

from mailguard.mail.control import MailClass
from mailguard.templates.checking_template import CheckedTemplate, read_templates
from tests.unit.templates.checked import FIXTURES

HEAD = b"From: a@x.example\r\nSubject: Hi {{ name }}\r\n"


def mail(rest: bytes, head: bytes = HEAD) -> CheckedTemplate:
    return read_templates([("m.eml", head + rest)])[0]


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("a.txt", "<p>", "text"),
        ("a.html", "hello", "html"),
        ("a.HTM", "hello", "html"),
        ("a.html.j2", "hello", "html"),
        ("a.txt.jinja2", "hello", "text"),
        ("a.j2", "<p>Hello</p>", "html"),
        ("a.j2", "Hello 1 < 2", "text"),
        ("a", "Hello", "text"),
    ],
)
def test_kind_of_a_part_is_told_by_name_or_looks(name: str, text: str, kind: str) -> None:
    (read,) = read_templates([(name, text.encode())])
    assert [part.kind for part in read.parts] == [kind]
    assert not read.is_mail


def test_text_and_html_of_one_name_are_one_mail() -> None:
    read = read_templates([("a.txt", b"x"), ("b.html", b"x"), ("a.html.j2", b"x"), ("c.txt", b"x"), ("c.txt.j2", b"x")])
    assert [one.name for one in read] == ["a.txt, a.html.j2", "b.html", "c.txt", "c.txt.j2"]
    assert [part.kind for part in read[0].parts] == ["text", "html"]


def test_lines_are_those_of_the_file() -> None:
    read = mail(b"\r\none\r\n{{ two }}\r\nthree\r\n")
    subject, text = read.parts
    assert (subject.text, subject.line(1)) == ("Hi {{ name }}", 2)
    assert (text.line(2), text.line_with("TWO"), text.line_with("four"), text.line(99), text.line(0)) == (5, 5, 0, 7, 0)


def test_lines_of_quoted_printable_are_those_of_the_file() -> None:
    read = mail(b"Content-Transfer-Encoding: quoted-printable\r\n\r\none =\r\nstill one\r\ntwo\r\n")
    assert read.parts[1].text.splitlines() == ["one still one", "two"]
    assert (read.parts[1].line(1), read.parts[1].line(2)) == (5, 7)


def test_lines_of_base64_are_where_it_begins() -> None:
    read = mail(b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(b"one\ntwo\n"))
    assert read.parts[1].line(2) == 5


def test_header_says_what_it_is() -> None:
    data = base64.b64encode(b'{"name": "Ada"}')
    head = HEAD + b"Mailguard-Class: bulk\r\nMailguard-Data: " + data + b"\r\nList-Unsubscribe: <https://x.mail/u>\r\n"
    read = mail(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\nhello", head)
    assert (read.is_mail, read.mail_class, read.values) == (True, MailClass.BULK, {"name": "Ada"})
    assert (read.can_unsubscribe, read.by_one_click) == (True, True)


def test_what_looks_like_a_template_in_other_fields_is_found() -> None:
    octets = (
        b"Subject: {{ a }}\r\nMailguard-Asks: {{ b }}\r\nList-Unsubscribe: <https://x.mail/\r\n {{ uid }}>\r\n"
        b"X-Smtp: {a}\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n{{ c }}\r\n--b\r\n"
        b'Content-Type: image/png; name="{{ d }}.png"\r\n\r\n{{ e }}\r\n--b--\r\n'
    )
    (read,) = read_templates([("a.eml", octets)])
    assert read.unrendered == ((3, "list-unsubscribe: {{ uid }}"), (12, "content-type: {{ d }}"))


def test_parts_of_a_mail_are_found_and_attachments_left() -> None:
    read = read_templates([("c.eml", (FIXTURES / "card-request-en.eml").read_bytes())])[0]
    assert [part.kind for part in read.parts] == ["subject", "text", "html"]
    rest = b"Content-Type: text/plain\r\nContent-Disposition: attachment\r\n\r\nx"
    assert mail(rest).problem == "it has no text and no HTML part"


@pytest.mark.parametrize("data", [b"e30", b"!", base64.b64encode(b"[]"), base64.b64encode(b"{")])
def test_values_that_cannot_be_read_are_a_problem(data: bytes) -> None:
    assert mail(b"Mailguard-Data: " + data + b"\r\n\r\nx").problem == "its Mailguard-Data is no base64 of a JSON object"


def test_what_cannot_be_read_is_a_problem() -> None:
    assert read_templates([("a.txt", b"\xff\xfe")])[0].problem == "it is not UTF-8"
    assert mail(b"X: " + b"a" * 300_000 + b"\r\n\r\n").problem
    assert mail(b"", b"\r\nhello").parts[0].line(1) == 1
