"""mailguard.templates.checking_mail: the rendered mails looked over, each thing said once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailguard.mail.control import MailClass
from mailguard.policy.severity import Severity
from mailguard.templates.checking_mail import mail_findings
from mailguard.templates.checking_report import RenderedMail, TemplateFinding
from mailguard.templates.checking_template import CheckedTemplate, TemplatePart, read_templates
from tests.unit.templates.checked import template

MAIL = read_templates([("m.eml", b"Subject: Hi\r\n\r\nhello")])[0]


def found(
    checked: CheckedTemplate, *texts: dict[str, str], is_whole: bool = True, classes: tuple[MailClass, ...] = (), url: str = ""
) -> list[TemplateFinding]:
    mails = [RenderedMail(parts=parts, cases=(f"case {at}",), is_whole=is_whole) for at, parts in enumerate(texts)]
    return list(mail_findings(checked, mails, classes, url, named=True))


def test_same_thing_in_many_mails_is_said_once() -> None:
    (one,) = found(template("x\nTODO {{ y }}"), *({"text": f"TODO {number}"} for number in range(9)))
    assert (one.count, one.line, one.examples) == (9, 2, tuple(f"case {number}" for number in range(5)))


def test_what_is_around_a_hole_is_not_said_again() -> None:
    assert found(template("Dear {{ x }},"), {"text": "Dear ,"}, is_whole=False) == []


@pytest.mark.parametrize(("html", "count"), [("<p> </p>", 1), ("<p><img src='https://x.mail/a.png'></p>", 0), ("<p>a</p>", 0)])
def test_part_that_shows_nothing_is_empty(html: str, count: int) -> None:
    codes = [one.code.value for one in found(template(html, "m.html"), {"html": html})]
    assert codes.count("empty_part") == count


@pytest.mark.parametrize(
    ("subject", "code"),
    [(" ", "empty_part"), ("Hi\nBcc: x@x.example", "render_failed"), ("x" * 1_001, "render_failed"), ("Hi", "")],
)
def test_subject_must_be_one_line_that_says_something(subject: str, code: str) -> None:
    assert [one.code.value for one in found(MAIL, {"subject": subject, "text": "hello"})] == ([code] if code else [])


def test_missing_text_part_is_a_warning() -> None:
    (one,) = found(template("<p>a</p>", "m.html"), {"html": "<p>a</p>"})
    assert (one.code.value, one.severity) == ("missing_text_part", Severity.WARNING)


def test_parts_that_differ_are_a_warning() -> None:
    html = TemplatePart("html", "m.eml", "<p>5</p>", (9,))
    both = replace(MAIL, parts=(*MAIL.parts, html))
    (one,) = found(both, {"subject": "Hi", "text": "4 times", "html": "<p>5 times</p>"})
    assert (one.code.value, one.severity, one.line) == ("parts_differ", Severity.WARNING, 9)
    assert one.text.endswith(": 4, 5")


@pytest.mark.parametrize(
    ("by", "url", "classes", "lacks"),
    [
        ({}, "", (MailClass.BULK,), "List-Unsubscribe (RFC 2369)"),
        ({"can_unsubscribe": True}, "", (MailClass.BULK,), "RFC 8058"),
        ({"can_unsubscribe": True, "by_one_click": True}, "", (MailClass.BULK,), ""),
        ({}, "https://m.example/u", (MailClass.BULK,), ""),
        ({}, "", (MailClass.SERVICE,), ""),
    ],
)
def test_bulk_mail_wants_a_way_out(by: dict[str, bool], url: str, classes: tuple[MailClass, ...], lacks: str) -> None:
    codes = found(replace(MAIL, **by), {"subject": "Hi", "text": "hello"}, classes=classes, url=url)  # type: ignore[arg-type]
    assert [lacks in one.text and one.code.value for one in codes] == (["missing_unsubscribe"] if lacks else [])


def test_way_out_is_a_warning_where_nobody_said_bulk() -> None:
    (one,) = mail_findings(MAIL, [], tuple(MailClass), "", named=False)
    assert one.severity is Severity.WARNING
    assert list(mail_findings(template("hello"), [], tuple(MailClass), "", named=False)) == []


def test_dead_links_name_their_line() -> None:
    (one,) = found(template("x\nhttp://example.com/y"), {"text": "x\nhttp://example.com/y"})
    assert (one.code.value, one.line) == ("dead_link", 2)
