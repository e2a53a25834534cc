"""mailguard.templates.checking_pages: pages to look at, that need nothing and run nothing."""

from __future__ import annotations

from email import message_from_bytes, policy

from mailguard.policy.severity import Verdict
from mailguard.templates.checking_pages import MOST_PAGES, pages
from mailguard.templates.checking_report import RenderedMail, TemplateReport
from tests.unit.templates.checked import fixture


def report(*mails: RenderedMail) -> TemplateReport:
    return TemplateReport(
        template="<a>.eml",
        verdict=Verdict.PASS,
        cases=1,
        states=(),
        languages=(),
        classes=(),
        made_up=(),
        branches=(),
        findings=(),
        mails=mails,
    )


def test_index_shows_branches_findings_and_mails() -> None:
    files = dict(pages([fixture("card-request-en.eml"), fixture("bad-dead-end.eml")]))
    index = files["index.html"].decode()
    assert "{% elif reply_state == &quot;acknowledged&quot; %}" in index
    assert "empty_branch" in index
    assert "Your answer of 17 November" in index
    assert "<iframe sandbox" in index
    assert {"1-001.txt", "1-001.html", "1-001.eml", "2-001.txt"} <= files.keys()


def test_mail_is_one_that_a_mail_program_opens() -> None:
    files = dict(pages([fixture("card-request-en.eml")]))
    opened = message_from_bytes(files["1-001.eml"], policy=policy.default)
    assert opened["Subject"] == "Your card, Ada"
    assert opened.get_body(("html",)) is not None
    assert opened.get_body(("plain",)) is not None


def test_what_a_template_writes_is_only_shown() -> None:
    hostile = '</iframe><script>alert(1)</script>\ud800"'
    files = dict(
        pages([report(RenderedMail(parts={"subject": hostile + "\r\nBcc: x@x.example", "html": hostile}, cases=(hostile,)))])
    )
    assert b"<script>" not in files["index.html"]
    assert b"\nBcc:" not in files["1-001.eml"]


def test_mail_of_a_text_alone_has_its_name_for_a_subject() -> None:
    files = dict(pages([report(RenderedMail(parts={"text": "hello"}, cases=tuple("abcdef")))]))
    assert message_from_bytes(files["1-001.eml"])["Subject"] == "<a>.eml"
    assert b"a; b; c; d and 2 more" in files["index.html"]


def test_pages_are_bounded() -> None:
    mail = RenderedMail(parts={"text": "hello"}, cases=())
    files = dict(pages([report(*[mail] * (MOST_PAGES + 1))]))
    assert len(files) == 2 * MOST_PAGES + 1
    assert b"1 more are not shown" in files["index.html"]
