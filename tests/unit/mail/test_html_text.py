"""HTML is read as a person sees it, in one pass, whatever it is made of."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from resiliparse.extract.html2text import extract_plain_text

from mailguard.mail.charset import decode_charset
from mailguard.mail.header import scan
from mailguard.mail.html_text import render
from mailguard.mail.mime import walk

MAIL = Path(__file__).resolve().parents[3] / "fixtures" / "mail"


def _words(html: str) -> str:
    return " ".join(render(html).text.split())


def _lines(html: str) -> list[str]:
    return [" ".join(line.split()) for line in render(html).text.split("\n") if line.strip()]


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("plain", "plain"),
        ("<p>one<p>two", "one two"),
        ("un<b>der</b>way", "underway"),
        ("a&nbsp;&lt;b&gt; &amp; c", "a <b> & c"),
        ("1 < 2 and <3", "1 < 2 and <3"),
        ("a<>b", "a<>b"),
        ("<P CLASS=x>Upper</P >", "Upper"),
        ("<p\nclass=x>new line</p>", "new line"),
        ("<x-unknown>kept</x-unknown>", "kept"),
        ("a<br>b<br/>c<BR />d", "a b c d"),
        ("<td>a</td><td>b</td>", "a b"),
        ("<!-- hidden -->shown<!---->too<!-->and<!--a<b>c-->end", "showntooandend"),
        ("<!--[if mso]><p>office</p><![endif]-->all", "all"),
        ("<!doctype html><?xml?><html><head><title>t</title><style>a>b{}</style></head>body", "body"),
        ("<script>if (a<b) x('</p>')</script >after", "after"),
        ("<style>never closed", ""),
        ("<!-- never closed", ""),
        ("<p never closed", ""),
        ('<p title="never closed>x', ""),
        ('<p title="a > b">shown', "shown"),
        ('<p title="a <b> c">shown', "shown"),
        ('<p title="a < b < c">shown', "shown"),
        ('<p title="a" <b>shown', "shown"),
        ('<p <b x="<">shown', "shown"),
        ('<p <b x="<" y <c>shown', "shown"),
    ],
)
def test_the_visible_words(html: str, words: str) -> None:
    assert _words(html) == words


@pytest.mark.parametrize(
    "html",
    [
        '<div style="display:none">no</div>yes',
        '<div style="display : none">no<div>no</div>no</div>yes',
        '<span style="visibility:hidden">no</span>yes',
        "<p hidden>no</p>yes",
        '<p hidden="">no<pre>no</pre></p>yes',
        '<div style="mso-hide:all">no</div>yes',
        '<div style="max-height:0px;overflow:hidden">no</div>yes',
    ],
)
def test_what_is_hidden_is_not_seen(html: str) -> None:
    assert _words(html) == "yes"


@pytest.mark.parametrize(
    "html",
    [
        '<div style="max-height:0.5em">yes</div>',
        '<div style="text-decoration:none">yes</div>',
        '<div style="display:none">yes',  # never closed: nothing is hidden
        '<br style="display:none">yes',
        '<img class="hidden">yes',
    ],
)
def test_what_only_looks_hidden_is_seen(html: str) -> None:
    assert _words(html) == "yes"


def test_blocks_are_lines_and_items_are_listed() -> None:
    html = "<p>a</p><ul><li>b<li>c</ul><ol><li>d<li>e</ol></ol><li>f<div>g</div><tr><td>h<td>i</tr>"
    assert _lines(html) == ["a", "- b", "- c", "1. d", "2. e", "- f", "g", "h i"]


def test_preformatted_text_keeps_its_lines() -> None:
    assert _lines("<pre>a\nb</pre>c\nd</pre>") == ["a", "b", "c d"]


def test_a_link_stands_behind_its_text() -> None:
    html = (
        '<a href="https://x.example/a?b=1&amp;c=2">Track</a> <a href=//y.example/z>Y</a> '
        '<a class=b href="https://z.example/ q<r>">Z'
    )
    assert _words(html) == "Track <https://x.example/a?b=1&c=2> Y <https://y.example/z> Z <https://z.example/%20q%3Cr%3E>"


@pytest.mark.parametrize("target", ["#top", "tel:+49301", "javascript:x()", "relative/path", ""])
def test_links_that_lead_nowhere_are_left_out(target: str) -> None:
    assert _words(f'<a href="{target}">x</a>') == "x"


def test_a_link_without_target_is_text() -> None:
    assert _words("<a name=x>text</a>") == "text"


def test_a_mailbox_stands_once() -> None:
    assert _words('<a href="mailto:a@b.example?subject=x">Write</a>') == "Write a@b.example"
    assert _words('<a href="mailto:a@b.example">A@B.example</a>') == "A@B.example"


def test_the_letterhead_and_social_icons_link_nowhere_in_particular() -> None:
    image = '<img src="x.png" alt="logo">'
    assert _words(f'<a href="https://shop.example/">{image}</a>') == ""
    assert _words(f'<a href="https://www.facebook.com/shop">{image}</a>') == ""
    assert _words(f'<a href="https://shop.example/offer">{image}</a>') == "<https://shop.example/offer>"
    assert _words('<a href="https://shop.example/">Shop</a>') == "Shop <https://shop.example/>"


def test_pictures_that_may_say_something_are_kept() -> None:
    html = (
        '<img src="https://x.example/qr/4711.png" alt="Code"><img src="https://x.example/logo-2.png">'
        '<img src="https://x.example/hero.jpg"><img src="data:image/png;base64,AAAA"><img alt=" ">'
    )
    rendered = render(html)
    assert rendered.images[0] == "https://x.example/qr/4711.png"
    assert rendered.images[1].startswith("data:")
    assert len(rendered.images) == 2
    assert rendered.alternatives == ("Code",)


@pytest.mark.parametrize("attributes", ['width="1" height="1"', "height=2px", 'style="display:none"'])
def test_a_picture_that_counts_opens_is_none(attributes: str) -> None:
    rendered = render(f'<img src="https://x.example/o/123.gif" alt="x" {attributes}>')
    assert (rendered.images, rendered.alternatives) == ((), ())


def test_the_first_of_two_attributes_counts() -> None:
    assert render("<img alt='a &amp; b' alt=c>").alternatives == ("a & b",)


def test_a_tag_longer_than_anyone_writes_is_a_picture() -> None:
    html = '<img src="data:image/png;base64,' + "A" * 70_000 + '">text'
    assert render(html).text.strip() == "text"
    assert render(html).images != render(html.replace("A", "B")).images
    assert len(render(html).images) == 1


HOSTILE = {
    "angles": "<",
    "open tags": "<a ",
    "open quotes": '<a b="',
    "quotes and angles": '"<',
    "comments": "<!--",
    "declarations": "<!",
    "closing": "</",
    "hidden": "<p hidden>",
    "bold": "<b><i>",
    "lists": "<ul><li>",
    "ampersands": "&",
    "anchors": '<a href="x:y">',
    "attributes": "a=1 ",
}


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_html_ends_and_grows_no_more_than_its_source(piece: str) -> None:
    html = "<p " + piece * (200_000 // len(piece))
    assert len(render(html).text) <= 4 * len(html)


PIECES = ("<p>", "<", ">", '"', "'", "a", " ", "=", "</p>", "<!--", "-->", "<p hidden>", "&lt;", "\n", "/", "x")


@given(st.lists(st.sampled_from(PIECES)))
def test_any_html_is_read(pieces: list[str]) -> None:
    assert isinstance(render("".join(pieces)).text, str)


def _html_bodies() -> list[tuple[str, str]]:
    bodies = []
    for path in sorted(MAIL.glob("*.eml")):
        octets = path.read_bytes()
        parts = (part for part in walk(scan(octets), octets) if part.content_type == "text/html")
        bodies += [(path.stem, decode_charset(part.decoded(), part.charset)) for part in parts]
    return bodies


@pytest.mark.parametrize(("name", "html"), _html_bodies())
def test_the_words_are_those_of_a_full_parser(name: str, html: str) -> None:
    skipped = ["[hidden]", '[style*="display:none"]', '[style*="display: none"]', '[style*="max-height:0"]', "head", "title"]
    full = extract_plain_text(html, preserve_formatting=True, alt_texts=False, list_bullets=False, skip_elements=skipped)
    ours = re.sub(r"<[a-z]+:[^>]*>", " ", render(html).text)
    assert re.findall(r"\w+", ours) == re.findall(r"\w+", full), name
