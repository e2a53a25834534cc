"""Numbers are bound to what they are about; the mail's own date is no fact."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mailguard.mail import facts as module
from mailguard.mail.facts import FactReader
from mailguard.mail.words import MARK, fold, read_words

SENT = datetime(2026, 11, 16, 10, 2, tzinfo=UTC)


def _read(text: str) -> tuple[str, set[tuple[str, str]]]:
    reader = FactReader(SENT)
    words = read_words(fold(text), reader.read)
    return words.line, {(context.replace(MARK, "#"), value) for context, value in reader.facts}


def _facts(text: str) -> set[tuple[str, str]]:
    return _read(text)[1]


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("Your order 4711-88 has come", {("order your", "4711-88")}),
        ("Order:4711", {("order", "4711")}),
        ("Order No. 4711 (paid)", {("no order", "4711")}),
        ("Total: $19.90", {("total", "$"), ("# total", "19.90")}),
        ("Total 19,90 €", {("total", "19,90"), ("# total", "€")}),
        ("5% off", {("> off", "5"), ("#", "%")}),
        ("refund of -50 EUR", {("of refund", "-50")}),
        ("range 10-20 *30* --40-- 50-", {("range", "10-20"), ("# range", "30"), ("# #", "40"), ("# #", "50")}),
        ("That is finished. 4711 is next", {("> is", "4711")}),
        ("2 x Coffee", {("> coffee", "2")}),
        ("Your code:\n\n123456", {("code your", "123456")}),
        ("Departure:\n10:30 from Rome", {("departure", "10:30")}),
        ("4711", {("", "4711")}),
        ("- 4711 -", {("", "4711")}),
        ("due on 3 December 2026 at 15:00 Uhr", {("on due", "3 december 2026"), ("at #", "15:00 uhr")}),
        ("It comes (at last) - 4711", {("last at", "4711")}),
    ],
)
def test_facts_and_what_they_are_about(text: str, facts: set[tuple[str, str]]) -> None:
    assert _facts(text) == facts


def test_the_own_date_and_time_leave_no_trace() -> None:
    assert _read("sent on Monday, 16 November 2026 at 10:02 UTC to you") == ("sent on at to you", set())


def test_numbers_side_by_side_are_one_mark() -> None:
    assert _read("call 030 123 456 or pay 10 €")[0] == "call # or pay #"


def test_swapped_numbers_are_other_facts() -> None:
    assert _facts("from 10 to 20") != _facts("from 20 to 10")
    assert _facts("2 x tea\n1 x rum") != _facts("1 x tea\n2 x rum")


def test_moved_items_are_the_same_facts() -> None:
    assert _facts("Your order:\n2 x tea\n1 x rum") == _facts("Your order:\n1 x rum\n2 x tea")


def test_the_sign_that_ends_a_sentence_stays() -> None:
    assert _read("it is 19.90. Pay")[0] == "it is # pay"
    reader = FactReader(SENT)
    assert reader.read("it is 19.90!", "", False) == f"it is {MARK}!"


def test_a_line_whose_digit_is_punctuation_around_nothing_is_left() -> None:
    reader = FactReader(SENT)
    assert reader.read("no digit here", "", False) == "no digit here"
    assert reader.values() == set()


def test_facts_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_FACTS", 3)
    line, facts = _read("a 1\n\nb 2\n\nc 3\n\nd 4\n\ne 5")
    assert line == "a # b # c # d 4 e 5"
    assert len(facts) == 3
