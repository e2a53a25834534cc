"""mailguard.mail.blob: keys and pictures in a text are facts as a whole."""

from __future__ import annotations

import pytest

from mailguard.mail.blob import take_blobs

LINE = "Ab9+" * 15


def test_lines_of_one_long_word_are_one_fact() -> None:
    text, facts = take_blobs(f"key:\n{LINE}\n{LINE}\nend")
    assert text == "key:\n\nend"
    assert len(facts) == 1


def test_how_a_blob_is_broken_into_lines_makes_no_difference() -> None:
    whole = take_blobs(f"key:\n{LINE * 4}\n")[1]
    assert take_blobs(f"key:\n{LINE * 2}\n{LINE * 2}\n")[1] == whole
    assert take_blobs(f"key:\n{LINE * 3}x{LINE}\n")[1] != whole


def test_line_ends_make_no_difference() -> None:
    assert take_blobs(f"key:\r\n{LINE}\r\n{LINE}\r\n")[1] == take_blobs(f"key:\n{LINE}\n{LINE}\n")[1]


def test_a_text_may_begin_and_end_with_a_blob() -> None:
    assert take_blobs(LINE)[0] == ""
    assert take_blobs(f"{LINE}\nend")[0] == "\nend"


@pytest.mark.parametrize(
    "line",
    [
        "Ab9+" * 14 + "abc",  # 59 characters
        f"{LINE} {LINE}",
        f"https://shop.example/{LINE}",
        f"{LINE}@people.example",
        "=" * 70,
        "X" * 70,
    ],
)
def test_prose_links_mailboxes_and_rules_are_no_blobs(line: str) -> None:
    assert take_blobs(f"see\n{line}\nend") == (f"see\n{line}\nend", set())
