"""mailguard.broadcast.message_links: where links lead, and what they show."""

from __future__ import annotations

import pytest

from mailguard.broadcast.message_links import anchors, dead_link_findings, less_wrapped, link_findings
from tests.unit.broadcast.checked_mail import HTML, said, terms, view


def linked(target: str, shown: str = "see them") -> str:
    return HTML.replace("https://shop.example/tulips", target).replace("see them", shown)


def test_ordinary_links_pass() -> None:
    assert said(link_findings, view(html=HTML)) == said(dead_link_findings, view(html=HTML)) == []


@pytest.mark.parametrize(
    "target", ["", "https://yourdomain.com/x", "TODO", "{{ url }}", "https://shop.example/{{ id }}", "*|URL|*"]
)
def test_target_that_was_never_filled_in_is_an_error(target: str) -> None:
    assert said(dead_link_findings, view(html=linked(target))) == [("error", "dead_link")]


@pytest.mark.parametrize(
    "target",
    ["#", "www.shop.example", "shop.html", "http://localhost/x", "https://192.168.0.7/", "javascript:void(0)", "http://[::1"],
)
def test_target_that_may_work_for_some_is_a_warning(target: str) -> None:
    assert said(dead_link_findings, view(html=linked(target))) == [("warning", "dead_link")]


def test_dead_links_of_one_kind_are_said_once() -> None:
    (found,) = dead_link_findings(view("see http://localhost/1 and http://localhost/2"), terms())
    assert (found.count, found.examples) == (2, ("http://localhost/1", "http://localhost/2"))


def test_links_without_encryption_are_a_warning() -> None:
    (found,) = link_findings(view("see http://shop.example/x.", html=linked("http://shop.example/y")), terms())
    assert (found.code, found.examples) == ("http_link", ("http://shop.example/y", "http://shop.example/x"))


def test_shortened_link_is_a_warning() -> None:
    assert said(link_findings, view("https://bit.ly/3abc")) == [("warning", "short_link")]


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("https://evil.example/x", "https://bank.example/login"),
        ("https://evil.co.uk/x", "bank.co.uk"),
        ("https://evil.example", "<b>www.bank.example</b>"),
        ("https://count.mailer.example/r?id=1", "shop.example/tulips"),
    ],
)
def test_link_that_shows_another_domain_is_a_warning(target: str, shown: str) -> None:
    assert said(link_findings, view(html=linked(target, shown))) == [("warning", "misleading_link")]


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("https://www.shop.example/x", "shop.example"),
        ("https://click.shop.example/c/1", "https://www.partner.example/page"),
        ("https://safelinks.mailer.example/?url=https%3A%2F%2Fpartner.example%2Fpage", "partner.example"),
        ("https://a.bank.co.uk", "bank.co.uk"),
        ("https://cdn.example/manual", "manual.pdf"),
        ("https://docs.example/node", "Node.js"),
        ("mailto:ada@mail.example", "ada@mail.example"),
        ("https://other.example", "our partner"),
        ("https://localhost", "localhost"),
    ],
)
def test_link_that_shows_where_it_leads_passes(target: str, shown: str) -> None:
    assert ("warning", "misleading_link") not in said(link_findings, view(html=linked(target, shown)))


def test_own_domains_may_count_clicks() -> None:
    seen = view(html=linked("https://shop.example/c", "partner.example"), fields={"From": "a@other.example"})
    assert said(link_findings, seen) == []


def test_without_a_sender_only_the_target_counts() -> None:
    seen = view(html=linked("https://x.example/c", "partner.example"), fields={"From": None})
    assert said(link_findings, seen) == [("warning", "misleading_link")]


COUNTER = "https://click.mailer.example/c/8f14e45fceea167a5a36"


def test_mail_that_leads_only_through_a_counter_is_a_warning() -> None:
    assert said(link_findings, view(html=linked(COUNTER))) == [("warning", "tracking_only")]
    wrapped = "https://click.mailer.example/?url=https%3A%2F%2Fshop.example%2Ftulips"
    assert said(link_findings, view(html=linked(wrapped))) == [("warning", "tracking_only")]


@pytest.mark.parametrize("page", ["track/click?u=4f1d&id=9a3e&e=7c", "ls/click?upn=u001.Xy7", "wf/click/?upn=Xy7"])
def test_page_that_counts_by_its_query_leads_nowhere_by_itself(page: str) -> None:
    assert said(link_findings, view(html=linked(f"https://shop.mailer.example/{page}"))) == [("warning", "tracking_only")]


@pytest.mark.parametrize("page", ["track/click", "track/parcel?id=4711", "learn/track/click?by=step"])
def test_page_about_tracking_is_a_direct_link(page: str) -> None:
    assert said(link_findings, view(html=linked(f"https://shop.example/{page}"))) == []


@pytest.mark.parametrize(
    "other",
    [
        "https://shop.example/a-page-of-2026-with-words",
        "https://shop.example/file-8f14e45fceea167a.pdf",
        "https://shop.example/",
    ],
)
def test_one_direct_link_is_enough(other: str) -> None:
    assert said(link_findings, view(html=linked(COUNTER) + f"<a href='{other}'>more</a>")) == []


def test_link_to_unsubscribe_is_no_direct_one() -> None:
    html = linked(COUNTER) + "<a href='https://shop.example/unsubscribe'>Unsubscribe</a>"
    assert said(link_findings, view(html=html)) == [("warning", "tracking_only")]


def test_anchors_are_read_with_what_stands_for_them() -> None:
    html = "<a class=x href=https://a.example/?a=1&amp;b=2><b>one</b></a> <a href='https://b.example'>two <a name=x>"
    assert anchors(html) == [("https://a.example/?a=1&b=2", "one"), ("https://b.example", "two")]


@pytest.mark.parametrize(
    ("target", "led"),
    [
        ("https://safelinks.x.example/?url=https%3A%2F%2Fshop.example%2Fa", "https://shop.example/a"),
        ("https://shop.example/a?utm_source=x", "https://shop.example/a?utm_source=x"),
        ("mailto:a@b.example", "mailto:a@b.example"),
        ("https://[::1", "https://[::1"),
    ],
)
def test_wrapped_target_is_taken_out(target: str, led: str) -> None:
    assert less_wrapped(target) == led


def test_long_html_is_read_in_time_linear_in_its_length() -> None:
    for piece in ("<a href=x>", "<a href='", "<a ", "<a href=https://a.example>a.", "http://"):
        said(link_findings, view(piece * (50_000 // len(piece)), html=piece * (50_000 // len(piece))))
