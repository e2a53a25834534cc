"""Texts that say the same fold to the same words."""

from __future__ import annotations

from unicodedata import normalize

import pytest

from mailguard.mail import words as module
from mailguard.mail.words import MARK, Words, composed, fold, read_words, words_of


class _Lines:
    """Notes what is shown to it, and marks every line as one fact."""

    def __init__(self, most: int = 1_000) -> None:
        self.lines: list[tuple[str, str, bool]] = []
        self._most = most

    def line(self, line: str, before: str, is_listed: bool) -> str | None:  # noqa: FBT001 - the signature of ReadLine
        self.lines.append((line, before, is_listed))
        return MARK if len(self.lines) <= self._most else None


def _read(text: str, lines: _Lines | None = None) -> Words:
    lines = lines or _Lines()
    return read_words(fold(text), lines.line)


def _shown(text: str) -> list[tuple[str, str, bool]]:
    lines = _Lines()
    _read(text, lines)
    return lines.lines


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello, World (again)", "hello world again"),
        ("Straße ÉTÉ", "strasse été"),
        ("„zitiert“ – «cité» … ok", "zitiert cité ok"),
        ("soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth"),
        ("no\u00a0break\u2028line", "no break line"),
        ("ﬁne ＦＵＬＬ", "fine full"),
        ("• item → next ✓ done ★", "item next ✓ done"),
        ("🎉Party", "🎉 party"),
        ("注文です", "注 文 で す"),
        ("Ünï ÀÁÂÃÄÅÆÇÈÉÊË", "ünï àáâãäåæçèéêë"),
        ("Ж Ч Ш Щ Ъ Ы Ь Э Ю Я Ё", "ж ч ш щ ъ ы ь э ю я ё"),
        ("ᴬ" + "".join(map(chr, range(0xFF21, 0xFF3B))), "aabcdefghijklmnopqrstuvwxyz"),
        ("ﷺ", "ﷺ"),
        ("5\u20ac", "5 €"),
        ("a\u3001b\u060cc", "a b c"),
        ("۱۲", "12"),
        ("a_b*c", "a b c"),
    ],
)
def test_words_are_folded(text: str, words: str) -> None:
    assert " ".join(words_of(fold(text))) == words


def test_letters_in_two_characters_are_composed() -> None:
    assert composed("plain") == "plain"
    assert composed(normalize("NFD", "최민호 café")) == "최민호 café"
    long = "é " * 400
    assert composed(normalize("NFD", long)) == long
    assert composed("a" + "\u0301" * 1_000).startswith("á")


def test_carriage_returns_are_dropped() -> None:
    assert fold("a\r\nb") == b"a\nb"


def test_sentences_end_at_signs_blank_lines_items_and_facts() -> None:
    read = _read("One two. Three!\nreads on\n\nfour\n indented\nfive\n6 items\nnext")
    assert read.sentences == ("one two", "three", "reads on", "four", "indented five", "# next")
    assert read.ends == ".!"
    assert read.line.startswith("one two three reads on four indented five #")


def test_the_count_is_that_of_the_words() -> None:
    assert (_read("one two. three").count, _read(" \n").count) == (3, 0)


def test_the_slices_of_a_text_of_line_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a\n\nb\n\nc d\n\ne"
    whole = _read(text)
    monkeypatch.setattr(module, "_MOST_BREAKS", 3)
    assert _read(text).line == whole.line


def test_a_line_with_a_digit_is_shown_with_the_line_before() -> None:
    assert _shown("words\nYour code:\n\n123456 or so\nend") == [("123456 or so", "your code:", False)]


def test_lines_that_begin_with_numbers_are_a_list() -> None:
    assert [is_listed for _, _, is_listed in _shown("order:\n2 x tea\n- 1 x rum\nend\n7 end")] == [True, True, False]
    assert [is_listed for _, _, is_listed in _shown("total 10\n7 x\n\n8 y")] == [False, True, True]


WRAPPED = (
    "this is a paragraph that was broken at some width, as senders do it, on\n"
    "the 16th of November 2026, and it goes on with the words of the same\n"
    "paragraph until it ends."
)


def test_a_broken_line_is_shown_whole() -> None:
    ((line, before, _),) = _shown("Subject\n\n" + WRAPPED)
    assert line == WRAPPED.lower()
    assert before == "subject"


def test_not_more_than_a_few_lines_are_joined() -> None:
    line = "this is a paragraph that was broken at some width, as senders do it, on"
    text = "\n".join([line] * 6 + ["the 16th of november", "and more"])
    assert [shown.count("\n") for shown, _, _ in _shown(text)] == [2]
    text = "\n".join(["the 16th of november and so on, as the senders of mail do it, on and on"] + [line] * 6)
    assert [shown.count("\n") for shown, _, _ in _shown(text)] == [2]


def test_lines_that_were_not_broken_are_shown_alone() -> None:
    short = "your order\n4711 has come"
    assert [line for line, _, _ in _shown(short)] == ["4711 has come"]
    long = "x" * 30 + " y" * 60 + "\nnumber 4711"
    assert [line for line, _, _ in _shown(long)] == ["number 4711"]
    item = WRAPPED.split("\n", maxsplit=1)[0] + "\n- number 4711\n" + "word " * 12
    assert [line for line, _, _ in _shown(item)] == ["- number 4711"]


def test_a_line_is_not_joined_to_one_that_was_shown() -> None:
    lines = [f"line {at} of a text in which every line holds a number and is as long as this" for at in range(8)]
    shown = _shown("\n".join(lines))
    assert "\n".join(line for line, _, _ in shown) == "\n".join(lines)


def test_width_is_counted_in_characters() -> None:
    text = "отправлено вам по почте в понедельник утром, 16 ноября\n2026 года, как и было обещано нами"
    assert len(_shown(text)) == 1


def test_what_is_beyond_enough_stays_as_it_is() -> None:
    lines = _Lines(most=1)
    assert _read("1 a\n\n2 b\n\n3 c", lines).line == "# 2 b 3 c"
