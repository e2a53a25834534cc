"""mailguard.cli.review.shown: a value of a record as it may be shown."""

from __future__ import annotations

import pytest

from mailguard.cli.review.shown import MOST_LETTERS, is_right_to_left, shown


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Ada", "Ada"),
        (" Ada\r\nBcc: x ", "Ada  Bcc: x"),
        ("\x1b[2J\x1b]0;owned\x07", "�[2J�]0;owned�"),
        ("a\u202eb\u2066c", "a�b�c"),
        ("e\u0301", "é"),
        ("", ""),
    ],
)
def test_value_stands_on_one_line_and_drives_no_terminal(value: str, expected: str) -> None:
    assert shown(value) == expected


def test_letter_keeps_a_few_accents() -> None:
    assert shown("q" + "\u0323" * 50 + "b") == "q" + "\u0323" * 3 + "b"


@pytest.mark.parametrize("count", [MOST_LETTERS - 1, MOST_LETTERS])
def test_value_of_readable_length_is_whole(count: int) -> None:
    assert shown("x" * count) == "x" * count


@pytest.mark.parametrize("value", ["x" * (MOST_LETTERS + 1), "x" * 1_000_000, " " * 1_000 + "x"])
def test_longer_value_is_cut_and_says_so(value: str) -> None:
    text = shown(value)
    assert text.endswith("…")
    assert len(text) <= MOST_LETTERS + 1


@pytest.mark.parametrize(("text", "expected"), [("Ada", False), ("é山", False), ("محمد", True), ("a אבא", True)])
def test_direction_of_writing_is_found_out(text: str, expected: bool) -> None:  # noqa: FBT001 - pytest gives it
    assert is_right_to_left(text) is expected
