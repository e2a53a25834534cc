from __future__ import annotations

import pytest

from mailguard.replies.quotation import QUOTED
from mailguard.replies.quotation_html import marks_quotation, without_quotations


@pytest.mark.parametrize(
    "quotation",
    [
        '<blockquote type="cite">old<blockquote>older</blockquote></blockquote>',
        '<div class="moz-cite-prefix">Am … schrieb X:</div><blockquote cite="mid:1">old</blockquote>',
        '<div class="gmail_attr">On … wrote:</div><blockquote class="gmail_quote">old</blockquote>',
        '<div class="gmail_attr">---------- Forwarded message</div>old',
        '<div id="appendonsend"></div><hr><div id="divRplyFwdMsg">From</div>old',
        '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm">Von: X</div>old',
        '<div id="mail-editor-reference-message-container">old</div>',
        '<div class="yahoo_quoted">old</div>',
        '<div name="quote">old<div>older</div></div>',
        '<div class="protonmail_quote">old</div>',
        "<includetail>old</includetail>",
    ],
)
def test_marked_quotation_is_taken_out(quotation: str) -> None:
    html = without_quotations(f"<p>new</p>{quotation}")
    assert "new" in html
    assert QUOTED in html
    assert "old" not in html


def test_answer_after_an_element_stays() -> None:
    assert "answer" in without_quotations("<blockquote>old<br/></blockquote><p>answer</p>")


@pytest.mark.parametrize("signature", ['<div class="gmail_signature">Ada<div>x</div></div>', '<span id="Signature">Ada</span>'])
def test_marked_signature_is_left_out(signature: str) -> None:
    html = without_quotations(f"new {signature} more")
    assert "Ada" not in html
    assert "more" in html
    assert QUOTED not in html


def test_element_that_is_not_closed_goes_on_to_the_end() -> None:
    assert without_quotations("new<blockquote>old<p>older").startswith("new<p>")


def test_mark_in_the_mail_itself_is_none() -> None:
    assert without_quotations(f"a{QUOTED}b") == "ab"


def test_quick_look() -> None:
    assert marks_quotation("<blockquote>")
    assert not marks_quotation("<p>Hello</p>")
