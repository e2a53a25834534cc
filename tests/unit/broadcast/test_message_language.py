"""mailguard.broadcast.message_language: the mail's language and the audience's."""

from __future__ import annotations

import pytest

from mailguard.broadcast.message_language import language_findings, languages_of, tag_findings
from tests.unit.broadcast.checked_mail import HTML, marks, said, terms, view


def detect(text: str) -> str:
    """By a word of each."""
    return next((code for code, word in (("de", " und "), ("it", " e "), ("en", " and "), ("no", " og ")) if word in text), "")


@pytest.mark.parametrize(
    ("languages", "count"),
    [
        ({"en": 0.5, "de": 0.5}, 0),
        ({"en": 0.49, "de": 0.51}, 1),
        ({"en": 0.2, "": 0.7, "de": 0.1}, 0),
        ({"de": 1.0}, 1),
        ({"": 1.0}, 0),
        ({}, 0),
    ],
)
def test_mail_that_most_cannot_read_is_a_warning(languages: dict[str, float], count: int) -> None:
    assert len(list(language_findings([view()], terms(languages=languages, detect=detect)))) == count


def test_warning_says_who_reads_what() -> None:
    (found,) = language_findings([view()], terms(languages={"de": 0.9, "en": 0.1}, detect=detect))
    assert (found.code, found.severity.value) == ("language", "warning")
    assert "written in en, the language of 10% of the audience; most read de (90%)" in found.text


def test_template_may_choose_the_language() -> None:
    views = [view(), view("Tulpen und Rosen"), view("Tulpen und Rosen")]
    assert list(language_findings(views, terms(languages={"de": 0.6, "en": 0.4}, detect=detect))) == []


def test_nothing_is_said_where_nobody_can_tell() -> None:
    assert list(language_findings([view()], terms(languages={"de": 1.0}))) == []
    assert list(language_findings([view("12345")], terms(languages={"de": 1.0}, detect=detect))) == []


def test_long_mail_in_two_languages_is_in_both() -> None:
    text = "red and yellow " * 100 + "rot und gelb " * 100
    assert languages_of(text, detect) == {"en", "de"}
    assert languages_of("red and yellow", detect) == {"en"}


def test_html_that_names_another_language_is_a_warning() -> None:
    assert marks(tag_findings(view(html=HTML), terms(detect=detect))) == []
    wrong = view(html=HTML.replace("lang='en'", 'lang="de-AT"'))
    assert marks(tag_findings(wrong, terms(detect=detect))) == [("warning", "language_tag")]
    assert said(tag_findings, wrong) == []
    assert marks(tag_findings(view(), terms(detect=detect))) == []


def test_two_norwegian_languages_are_norwegian() -> None:
    html = HTML.replace("lang='en'", "lang=nb").replace(" and ", " og ")
    assert marks(tag_findings(view(html=html), terms(detect=detect))) == []
