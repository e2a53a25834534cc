"""mailguard.broadcast.report: one page, the verdict first, safe whatever the mail and the audience are."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser

import pytest

from mailguard.broadcast.report import FORBIDDEN, report
from mailguard.broadcast.report_preview import Preview
from tests.builders import NOW
from tests.check_documents import check_document, finding

LETTER = Preview("Winter sale", "Shop <news@shop.example>", "", "Dear customers,")
EVIL = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


class Tags(HTMLParser):
    """The tags of a page as a browser reads them, and the text between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_failed_check_says_first_what_must_be_mended() -> None:
    page = Tags(report(check_document(finding(), finding("dead_link"), finding("role", "warning")), LETTER))
    assert "Do not send this" in page.text
    assert "2 errors must be mended first (the first: placeholder is wrong); then check it again." in page.text
    assert "What was found: 2 errors, 1 warning" in page.text


def test_single_error_is_said_in_the_first_sentence() -> None:
    assert "1 error must be mended first: placeholder is wrong; then" in Tags(report(check_document(finding()), LETTER)).text


def test_passed_check_says_to_how_many_and_that_it_is_not_signed() -> None:
    page = Tags(report(check_document(), LETTER))
    assert "This may go out" in page.text
    assert "94 recipients will get it. It is not signed yet" in page.text
    assert "Nothing speaks against it." in page.text


def test_signed_check_says_until_when_and_never_shows_the_token() -> None:
    signed = {"token": "c1.secret", "broadcast": "01JB", "expires_at": NOW + timedelta(days=1)}
    page = report(check_document(finding("role", "warning"), **signed), LETTER)
    assert "look at 1 warning first. It is signed until" in Tags(page).text
    assert "Broadcast 01JB." in page
    assert "c1.secret" not in page


def test_numbers_that_are_not_told_are_dashes() -> None:
    page = report(check_document(clean_rows=None, left_out_rows=None, audience={"persons": None}), LETTER)
    assert page.count("<dd>–</dd>") == 2
    assert "Nothing forbids it" in page


def test_everything_hostile_is_text() -> None:
    hostile = finding("role", "warning", text=EVIL, examples=[EVIL])
    message = {"name": EVIL, "subject": EVIL, "sender": EVIL, "template": EVIL}
    document = check_document(finding(text=EVIL), hostile, message=message, audience={"source": EVIL, "mapping": {EVIL: EVIL}})
    page = report(document, Preview(EVIL, EVIL, "", EVIL, (EVIL,)))
    found = Tags(page)
    assert {tag for tag, _ in found.tags}.isdisjoint({"script", "img", "a", "link"})
    assert not [name for _, attributes in found.tags for name in attributes if name.startswith("on")]
    assert EVIL in found.text


def test_page_forbids_itself_to_load_anything() -> None:
    page = Tags(report(check_document(), LETTER))
    policies = [
        one["content"] for tag, one in page.tags if tag == "meta" and one.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policies == [FORBIDDEN]
    assert FORBIDDEN.startswith("default-src 'none';")


def test_letter_stands_in_a_frame_that_runs_nothing() -> None:
    page = Tags(report(check_document(), Preview("s", "f", f"<p>Hello{EVIL}", "", (), 1)))
    ((_, frame),) = [one for one in page.tags if one[0] == "iframe"]
    assert frame["sandbox"] in {None, ""}
    assert "src" not in frame
    inner = frame["srcdoc"] or ""
    assert inner.startswith("<!doctype html>")
    assert FORBIDDEN in unescape(inner)
    assert inner.endswith(f"<p>Hello{EVIL}")
    assert "1 picture from elsewhere left out here" in page.text


@pytest.mark.parametrize(
    "tag", ["<link rel=dns-prefetch href=//t>", "<META http-equiv=refresh>", "<base href=//t>", "<iframe src=x>"]
)
def test_what_looks_names_up_or_goes_elsewhere_is_no_element(tag: str) -> None:
    inner = next(
        one["srcdoc"] or "" for name, one in Tags(report(check_document(), Preview("", "", tag, ""))).tags if name == "iframe"
    )
    assert re.search(r"<x-(?:link|meta|base|iframe)", inner, re.IGNORECASE)
    assert tag not in inner


def test_letter_is_shown_as_it_will_look() -> None:
    page = report(check_document(), Preview("", "", "<p>שלום\u200f\n\u202emarks</p>", ""))
    assert "\N{REPLACEMENT CHARACTER}" not in page


def test_elements_whose_names_begin_alike_stay() -> None:
    inner = next(
        one["srcdoc"] or ""
        for name, one in Tags(report(check_document(), Preview("", "", "<linker><basefont>", ""))).tags
        if name == "iframe"
    )
    assert inner.endswith("<linker><basefont>")


def test_template_says_that_one_of_several_mails_is_shown() -> None:
    page = Tags(report(check_document(message={"kind": "template", "mails": 12}), LETTER))
    assert "one of 12 different mails that this template comes to" in page.text


def test_empty_mail_is_shown_as_such() -> None:
    document = check_document(message={"subject": "", "sender": ""})
    page = Tags(report(document, Preview("", "", "", "")))
    assert "(no text)" in page.text
    assert page.text.count("(none)") == 2
