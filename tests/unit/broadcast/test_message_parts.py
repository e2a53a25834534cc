"""mailguard.broadcast.message_parts: a text beside the HTML, the same in both, and pictures that are described."""

from __future__ import annotations

import pytest

from mailguard.broadcast.message_parts import image_findings, part_findings
from tests.unit.broadcast.checked_mail import HTML, TEXT, said, terms, view


def test_two_parts_that_say_the_same_pass() -> None:
    assert said(part_findings, view(html=HTML)) == []
    assert said(part_findings, view()) == []


def test_html_alone_is_a_warning() -> None:
    assert said(part_findings, view("", html=HTML)) == [("warning", "missing_text_part")]
    assert said(part_findings, view(HTML, kind="text/html")) == [("warning", "missing_text_part")]


def test_empty_text_beside_html_is_a_warning() -> None:
    assert said(part_findings, view(" \n", html=HTML)) == [("warning", "empty_part")]


@pytest.mark.parametrize("html", ["<p> </p>", "<html><head><title>x</title></head></html>", "<img src=x width=1 height=1>"])
def test_html_that_shows_nothing_is_an_error(html: str) -> None:
    assert said(part_findings, view(html=html)) == [("error", "empty_part")]


def test_html_of_pictures_alone_is_not_empty() -> None:
    assert ("error", "empty_part") not in said(part_findings, view(html="<img src=https://shop.example/a.png alt=Tulips>"))


def test_mail_without_any_text_is_an_error_and_one_that_is_its_subject_a_warning() -> None:
    assert said(part_findings, view(" \n", fields={"Subject": None})) == [("error", "empty_part")]
    assert said(part_findings, view(" \n")) == [("warning", "empty_part")]


def test_parts_that_differ_are_a_warning() -> None:
    (found,) = part_findings(view(f"{TEXT} 4 euros", html=HTML.replace("Your shop", "5 euros")), terms())
    assert (found.code, found.examples) == ("parts_differ", ("4", "5"))


def test_described_pictures_pass() -> None:
    html = HTML.replace(
        "Your shop", "<img src=a.png alt='Tulips'><img alt='' src=b.png><img src=c.png alt>" + "many words here " * 10
    )
    assert said(image_findings, view(html=html)) == []


def test_picture_without_alternative_is_a_warning() -> None:
    html = HTML.replace("Your shop", "<img src='a.png' data-alt='x'><img>" + "many words here " * 10)
    (found,) = image_findings(view(html=html), terms())
    assert (found.code, found.count, found.examples) == ("image_without_alt", 2, ("a.png", ""))


def test_pictures_that_count_who_opens_need_none() -> None:
    html = HTML.replace("Your shop", "<img src=a width=1 height=1><img src=b style='display:none'>" + "many words here " * 10)
    assert said(image_findings, view(html=html)) == []


def test_all_text_in_pictures_is_a_warning() -> None:
    html = "<a href='https://shop.example/x'><img src=a.png alt=Tulips></a><p>Our offer</p>"
    assert said(image_findings, view(html=html)) == [("warning", "only_images")]
    assert said(image_findings, view(html=html + "many words here " * 10)) == []


def test_long_html_is_read_in_time_linear_in_its_length() -> None:
    for piece in ("<img ", "<img alt", "<img src=", "<img width=1 "):
        said(image_findings, view(html=piece * (200_000 // len(piece))))
