"""mailguard.broadcast.report_text: hostile words, numbers and times on a page."""

from __future__ import annotations

import pytest

from mailguard.broadcast.report_text import isolated, language, moment, number, plural, share, shown
from tests.builders import NOW


def test_markup_is_escaped_for_content_and_attributes() -> None:
    assert shown("""<a title="x" class='y'>&""") == "&lt;a title=&quot;x&quot; class=&#x27;y&#x27;&gt;&amp;"


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\x9b", "\u202e", "\u2066", "\u200f", "\ud800"])
def test_what_is_no_text_is_replaced(character: str) -> None:
    assert shown(f"a{character}b") == "a\N{REPLACEMENT CHARACTER}b"


def test_text_of_any_script_and_joined_pictures_stay() -> None:
    text = "Grüße\tשלום\nمرحبا 👩\u200d💻"
    assert shown(text) == text


def test_words_written_from_the_right_stand_by_themselves() -> None:
    assert isolated("שלום <b>") == "<bdi>שלום &lt;b&gt;</bdi>"


@pytest.mark.parametrize(("value", "text"), [(None, "–"), (0, "0"), (12345, "12,345")])
def test_number(value: int | None, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("part", "text"), [(0.0, "0 %"), (0.0004, "< 0.1 %"), (0.001, "0.1 %"), (0.0999, "10.0 %"), (0.1, "10 %"), (1.0, "100 %")]
)
def test_share_of_what_is_there_is_never_nothing(part: float, text: str) -> None:
    assert share(part) == text


def test_time_names_its_zone() -> None:
    assert moment(NOW).endswith(" UTC")


def test_language_is_named_where_it_can_be() -> None:
    assert (language("de"), language("xx")) == ("German", "xx")


@pytest.mark.parametrize(("count", "text"), [(1, "1 person"), (2, "2 persons"), (None, "– persons")])
def test_plural(count: int | None, text: str) -> None:
    assert plural(count, "person") == text


def test_plural_that_is_no_s() -> None:
    assert plural(2, "mailbox", "mailboxes") == "2 mailboxes"
