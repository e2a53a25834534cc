"""mailguard.broadcast.message_greeting: a mail to many that greets one."""

from __future__ import annotations

import pytest

from mailguard.broadcast.message_greeting import greeting_findings
from tests.unit.broadcast.checked_mail import marks, terms, view


def found(*texts: str, written: str | None = None, persons: int = 500, html: str = "") -> list[tuple[str, str]]:
    views = [view(text, html=html) for text in texts]
    return marks(greeting_findings(views, written, terms(persons=persons)))


@pytest.mark.parametrize("greeting", ["Dear Ada,", "Sehr geehrte Frau Brandt,", "Ciao Paola,", "渡辺様"])
def test_name_in_a_mail_to_many_is_an_error(greeting: str) -> None:
    assert found(f"{greeting}\n\nour tulips are here.") == [("error", "single_greeting")]


@pytest.mark.parametrize(
    "greeting", ["Good morning,", "Dear customers,", "Sehr geehrte Damen und Herren,", "Our tulips", "Hi all,"]
)
def test_greeting_of_everybody_is_fine(greeting: str) -> None:
    assert found(f"{greeting}\n\nour tulips are here.") == []


def test_one_person_may_be_greeted() -> None:
    assert found("Dear Ada,\n\nhello", persons=1) == []
    assert found("Dear Ada,\n\nhello", persons=2) == [("error", "single_greeting")]


def test_placeholder_is_not_said_again() -> None:
    assert found("Dear {{name}},\n\nhello") == []


def test_name_that_data_fills_in_is_fine() -> None:
    texts = ("Dear Ada,\n\nhello", "Dear Grace,\n\nhello")
    assert found(*texts, written="Dear {{ name }},\n\nask Ada, our Ada") == []


@pytest.mark.parametrize(
    "written",
    ["Dear Ada,\n\nhello {{ x }}", "{% if x %}Dear Ada,{% endif %}\n\nhello", "<p>Dear <b>Ada</b>,</p><p>hello</p>"],
)
def test_name_that_is_written_in_a_template_is_an_error(written: str) -> None:
    assert found("Dear Ada,\n\nhello 1", "Dear Ada,\n\nhello 2", written=written) == [("error", "single_greeting")]
