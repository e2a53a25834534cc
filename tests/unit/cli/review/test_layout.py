"""mailguard.cli.review.layout: a case as lines of styled text, for any width."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.cli.review.case import Case
from mailguard.cli.review.layout import LEAST_WIDTH, Line, Style, fitted, pair_lines, plain, width_of
from mailguard.identity.record import Record
from tests.unit.cli.review.cases import CASE


def with_names(left: str, right: str) -> Case:
    return replace(
        CASE,
        left=replace(CASE.left, record=Record(source="crm", source_key="1", full_name=left)),
        right=replace(CASE.right, record=Record(source="web", source_key="2", full_name=right)),
    )


def text(lines: list[Line]) -> str:
    return "\n".join(plain(line) for line in lines)


def test_pair_stands_side_by_side_with_its_differences_marked() -> None:
    lines = [plain(line) for line in pair_lines(CASE, 80)]
    place = next(place for place, line in enumerate(lines) if line.startswith("name"))
    assert lines[place] == "name     Ada Lovelace                       ≈ Adda Lovelase"
    assert lines[place + 1] == "                   ^                            ^        ^"


def test_carets_stand_below_what_is_marked() -> None:
    for width in (60, 80, 121, 200):
        lines = pair_lines(CASE, width)
        for above, below in pairwise(lines):
            if any(run.style is Style.CARET for run in below):
                marks = "".join(("^" if run.style is Style.MARK else " ") * width_of(run.text) for run in above)
                assert plain(below) == marks.rstrip()


def test_what_hangs_on_both_persons_is_shown() -> None:
    out = text(pair_lines(CASE, 120))
    assert "P12 · 1 held! · 14 sent · 5 records" in out
    assert "P40 · alone" in out
    assert "also     crm:4712 · Ada King · a.king@x.example" in out
    assert "and 1 record more" in out
    assert "sent     14, last 2026-11-16: Your invoice" in out
    assert "held     ! known_data: Your�[2J card" in out
    assert "2026-11-16 bea said same: same card" in out
    assert "2026-11-16 cat said unsure, taken back" in out


def test_value_that_is_too_long_for_its_column_is_wrapped_between_words() -> None:
    lines = [plain(line) for line in pair_lines(CASE, 80)]
    assert any(line.startswith("street   12 St. James's Square, second ") for line in lines)
    assert any(line.strip().startswith("floor, the bell to the left") for line in lines)


def test_value_without_spaces_is_wrapped_anywhere() -> None:
    lines = [plain(line) for line in pair_lines(with_names("x" * 100, ""), 80)]
    assert sum(line.count("x") for line in lines if line.startswith(("name", " " * 9 + "x"))) == 100


def test_wide_letters_get_wide_carets() -> None:
    lines = [plain(line) for line in pair_lines(with_names("山田太郎", "山田次郎"), 80)]
    place = next(place for place, line in enumerate(lines) if line.startswith("name"))
    assert lines[place + 1].split() == ["^^", "^^"]


def test_text_from_right_to_left_is_fenced_in_and_gets_no_carets() -> None:
    lines = pair_lines(with_names("القاهرة", "القاهره"), 80)
    place = next(place for place, line in enumerate(lines) if plain(line).startswith("name"))
    assert plain(lines[place]).count("\N{LEFT-TO-RIGHT MARK}") == 2
    assert any(run.style is Style.MARK for run in lines[place])
    assert "^" not in plain(lines[place + 1])


LETTERS = st.text(st.sampled_from("ab é́山م ,.👩\u200d\x1b\u202e1"), max_size=90)


@given(LETTERS, LETTERS, st.integers(LEAST_WIDTH - 4, 200))
def test_no_line_is_wider_than_the_screen_and_none_drives_it(left: str, right: str, width: int) -> None:
    for line in pair_lines(with_names(left, right), width):
        assert sum(width_of(run.text) for run in line) <= width
        assert plain(line).replace("\N{LEFT-TO-RIGHT MARK}", "").isprintable()


@pytest.mark.parametrize(
    ("given_text", "width", "expected"),
    [("Ada", 5, "Ada  "), ("Ada", 3, "Ada"), ("Ada L", 4, "Ada…"), ("山田太郎", 6, "山田… "), ("山田", 4, "山田")],
)
def test_text_is_cut_or_filled_to_a_width(given_text: str, width: int, expected: str) -> None:
    assert fitted(given_text, width) == expected
    assert width_of(fitted(given_text, width)) == width
