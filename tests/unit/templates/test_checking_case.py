"""mailguard.templates.checking_case: every reply state, language, class and row."""

from __future__ import annotations

from dataclasses import fields

from mailguard.mail.control import MailClass
from mailguard.policy.context import Context, Standing
from mailguard.templates.checking_case import CONTEXT_NAMES, MOST_CASES, STANDINGS, Case, cases, languages_of
from mailguard.templates.checking_shape import Shape


def made(count: int = 1, *, languages: tuple[str, ...] = ("de", "en"), own: bool = False, url: str = "") -> list[Case]:
    rows = [{"n": number, "language": "xx"} for number in range(count)]
    classes = (MailClass.SERVICE, MailClass.BULK)
    return list(cases(rows, languages=languages, classes=classes, unsubscribe_url=url, own_language=own))


def test_values_have_the_names_of_a_context() -> None:
    assert {each.name for each in fields(Context)} == CONTEXT_NAMES
    assert {each.state for each in STANDINGS} == {each.value for each in Standing}


def test_reply_aware_goes_with_its_state() -> None:
    for standing in STANDINGS:
        values = standing.values
        assert values["reply_aware"] is (standing.state in {"open", "acknowledged"})
        assert (values["open_replies"] > 0) is values["reply_aware"]
        assert (values["last_reply_at"] is None) is (standing.state == "none")


def test_every_combination_is_a_case() -> None:
    found = made(3)
    assert len(found) == len(STANDINGS) * 2 * 2 * 3
    assert len({case.name for case in found}) == len(found)


def test_bulk_to_somebody_who_has_answered_would_be_held() -> None:
    would = {(case.state, case.mail_class): case.values["would"] for case in made()}
    assert would["open", MailClass.BULK] == "hold"
    assert would["open", MailClass.SERVICE] == would["resolved", MailClass.BULK] == "deliver"


def test_language_is_that_of_the_last_reply_and_of_the_row() -> None:
    for case in made():
        assert case.values["language"] == case.language
        assert case.values["last_reply_language"] == (None if case.state == "none" else case.language)
    assert all(case.values["language"] == "xx" for case in made(own=True))


def test_many_rows_are_each_rendered_once_within_bounds() -> None:
    found = made(MOST_CASES + 1)
    assert len({case.values["n"] for case in found}) == MOST_CASES
    assert {case.state for case in found} == {each.value for each in Standing}


def test_link_that_unsubscribes_is_there_where_it_is_configured() -> None:
    assert "unsubscribe_url" not in made()[0].values
    assert made(url="https://m.example/u/")[0].values["unsubscribe_url"] == "https://m.example/u/made-up"


def test_languages_are_those_told_apart_and_another_one() -> None:
    assert languages_of({}) == ("en",)
    assert languages_of({"last_reply_language": Shape(said={"de": None, "en": None})}) == ("de", "en", "fr")
    every = Shape(said={language: None for language in ("en", "de", "fr", "it", "es", "pt", "nl")})  # noqa: C420 - typed
    assert languages_of({"lang": every})[-1] == "xx"
