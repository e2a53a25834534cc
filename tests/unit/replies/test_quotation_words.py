from __future__ import annotations

from mailguard.replies.quotation_words import FORWARD_LINES, HEADER_GROUPS, REPLY_ABOVE, REPLY_ABOVE_STEMS, SEPARATOR_STEMS


def test_header_names_are_casefolded_and_bare() -> None:
    assert all(name == name.strip().casefold() and name for name in HEADER_GROUPS)


def test_stems_are_casefolded() -> None:
    assert all(stem == stem.casefold() for stem in (*SEPARATOR_STEMS, *FORWARD_LINES, *REPLY_ABOVE_STEMS))


def test_each_stem_of_replying_above_is_needed() -> None:
    lines = ["##- Bitte antworten -##", "Reply above this line", "Svara ovanför denna rad", "この行より上に返信してください"]
    for line in lines:
        assert REPLY_ABOVE.search(line)
        assert any(stem in line.casefold() for stem in REPLY_ABOVE_STEMS)
