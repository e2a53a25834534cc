"""mailguard.mail.parts_difference: where text and HTML say different things."""

from __future__ import annotations

import pytest

from mailguard.mail.parts_difference import difference

TEXT = "Dear Ada,\n\nyour order 4711 of 12.50 euros has been packed and goes to the post today: https://shop.mail/o/4711?utm_source=x\n"
HTML = (
    "<html><head><style>p{color:red}</style></head><p>Dear <b>Ada</b>,</p><p>your order 4711 of 12,50 euros has been packed and "
    "goes to the post <a href='https://shop.mail/o/4711'>today</a>.</p>"
)


def test_same_words_in_other_clothes_are_the_same() -> None:
    assert difference(TEXT, HTML) == ("", ())


@pytest.mark.parametrize(
    ("html", "said"),
    [
        (HTML.replace("of 12,50", "of 13,50"), "a number stands in only one"),
        (
            "<p>Our spring sale begins on Monday, with flowers, seeds, bulbs, trees and shrubs for every garden.</p>",
            "say different",
        ),
        ("<p>!</p>", "only the text part says anything"),
        (HTML.replace("/o/4711", "/p/4711"), "a link of the text part"),
    ],
)
def test_difference_is_named(html: str, said: str) -> None:
    assert said in difference(TEXT, html)[0]


def test_text_that_says_nothing_is_named() -> None:
    assert difference("---", HTML)[0] == "only the HTML part says anything"


def test_links_of_the_html_alone_are_ordinary() -> None:
    html = HTML + "<a href='https://shop.mail/account'>account</a>"
    assert difference(TEXT, html) == ("", ())
