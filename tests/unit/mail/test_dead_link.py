"""mailguard.mail.dead_link: links that lead nowhere."""

from __future__ import annotations

import pytest

from mailguard.mail.dead_link import dead_links_in_html, dead_links_in_text

DEAD = [
    "",
    " ",
    "#",
    "#nowhere",
    "javascript:void(0)",
    "file:///tmp/x",
    "data:text/html,x",
    "about:blank",
    "http://",
    "https://",
    "http://x",
    "http://example.com",
    "https://www.example.org/path",
    "https://yourdomain.com/x",
    "https://your-company.com",
    "http://localhost:8000/x",
    "http://127.0.0.1/",
    "https://192.168.1.4/x",
    "http://printer.local/",
    "http://[::1",
    "/relative",
    "page.html",
    "www.shop.mail",
    "//example.com/x",
    "mailto:",
    "tel:",
    "None",
    "undefined",
    "https://None/x",
    "TODO",
]
ALIVE = [
    "https://shop.mail/x?a=1&amp;b=2#c",
    "https://shop.example/x",
    "https://examples.com",
    "https://myexample.com",
    "//cdn.shop.mail/x",
    "mailto:ada@mail.example",
    "mailto:?subject=x",
    "tel:+39 02 1234",
    "sms:+39021234",
    "#here",
    "#named",
    "#top",
    "cid:part1",
    "webcal://shop.mail/x.ics",
    "https://[2001:db8::1]/x",
]


@pytest.mark.parametrize("target", DEAD)
def test_dead_link_is_found(target: str) -> None:
    (found,) = dead_links_in_html(f'<p id="here"><a class=x href="{target}">shop</a></p>')
    assert found.target == target.strip()
    assert found.text


@pytest.mark.parametrize("target", ALIVE)
def test_link_that_leads_somewhere_is_left_alone(target: str) -> None:
    html = f"<p id='here'><a name=named></a><a href='{target}'>shop</a></p>"
    assert list(dead_links_in_html(html)) == []


def test_link_without_target_is_found_but_no_place() -> None:
    assert [found.text for found in dead_links_in_html("<a>shop</a><a name=x></a><a id=y></a>")] == ["a link has no target"]


def test_comments_are_not_shown() -> None:
    assert list(dead_links_in_html("<!-- <a href=''>old</a> -->")) == []


@pytest.mark.parametrize(
    "text", ["see https://", "see http://example.com/x.", "www.example.com!", "(http://localhost)", "http:///x", "https://None"]
)
def test_dead_link_in_a_text_is_found(text: str) -> None:
    assert len(list(dead_links_in_text(text))) == 1


@pytest.mark.parametrize(
    "text", ["see https://shop.mail/x.", "www.shop.mail", "ada@www.example.com", "<https://shop.mail>", "http is a protocol"]
)
def test_other_text_is_left_alone(text: str) -> None:
    assert list(dead_links_in_text(text)) == []


def test_long_html_is_read_in_time_linear_in_its_length() -> None:
    for piece in ("<a ", "<a href=", "<a href='", "<!--", "<p id=", "a id =", "http://", "<a x=y "):
        list(dead_links_in_html(piece * (200_000 // len(piece))))
        list(dead_links_in_text(piece * (200_000 // len(piece))))


@pytest.mark.parametrize("target", ["", "TODO", "https://yourdomain.com/x", "https://None/x", "url", "//placeholder.com/x"])
def test_target_that_nobody_meant_is_a_placeholder(target: str) -> None:
    (found,) = dead_links_in_html(f'<a href="{target}">shop</a>')
    assert found.is_placeholder


@pytest.mark.parametrize(
    "target", ["#", "/relative", "http://localhost/x", "javascript:void(0)", "http://example.com/a", "http://[::1"]
)
def test_target_that_somebody_may_mean_is_none(target: str) -> None:
    (found,) = dead_links_in_html(f'<a href="{target}">shop</a>')
    assert not found.is_placeholder
