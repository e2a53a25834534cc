"""A rendered subject is one header field, whatever stands in it."""

from __future__ import annotations

import email
import email.policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.mail.encoded_word import decode_words
from mailguard.mail.header import scan
from mailguard.templates.subject import MOST_CHARACTERS, subject_field, why_not


def test_plain_words_stay_as_they_are() -> None:
    assert subject_field("Your order 4711 has left") == b"Subject: Your order 4711 has left\r\n"


def test_long_subject_is_folded_between_words() -> None:
    field = subject_field("word " * 40 + "end")
    assert max(map(len, field.splitlines())) <= 76
    assert scan(field + b"\r\n").first("subject") == "word " * 40 + "end"


@pytest.mark.parametrize(
    "text", ["Grüße", "double  space", "x" * 200, "=?utf-8?q?a?=", "🎉" * 60, " leading", "tab".replace("b", "\xa0b")]
)
def test_what_cannot_stand_as_it_is_stands_in_encoded_words(text: str) -> None:
    field = subject_field(text)
    assert field.isascii()
    assert max(map(len, field.splitlines())) <= 76
    assert decode_words(scan(field + b"\r\n").first("subject")) == text
    assert email.message_from_bytes(field + b"\r\n", policy=email.policy.default)["subject"].replace(
        "\xa0", " "
    ) == text.replace("\xa0", " ")


@given(st.text(max_size=300))
def test_field_is_one_field_and_says_the_text(text: str) -> None:
    if why_not(text):
        with pytest.raises(ValueError, match="renders"):
            subject_field(text)
        return
    header = scan(subject_field(text) + b"\r\nbody")
    assert [field.name for field in header.fields] == ["subject"]
    assert header.body_start == header.end + 2
    assert decode_words(header.first("subject")).strip() == text.strip()


@pytest.mark.parametrize(
    "text", ["a\r\nBcc: b@x.example", "a\nb", "a\rb", "a\0b", "a\tb", "a\x85b", "a\u2028b", "a\u2029b", "a\x7fb"]
)
def test_what_ends_a_line_is_an_error(text: str) -> None:
    assert "control character" in why_not(text)


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_nothing_is_no_subject(text: str) -> None:
    assert why_not(text) == "renders to nothing"


def test_longest_subject_is_taken() -> None:
    assert not why_not("x" * MOST_CHARACTERS)
    assert "more than" in why_not("x" * (MOST_CHARACTERS + 1))


def test_emoji_of_several_characters_are_no_control_characters() -> None:
    assert not why_not("👩‍💻 ✈️")
