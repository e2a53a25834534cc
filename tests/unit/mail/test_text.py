"""What a person reads first, out of all the parts."""

from __future__ import annotations

import pytest

from mailguard.mail import text as module
from mailguard.mail.header import scan
from mailguard.mail.mime import walk
from mailguard.mail.text import Visible, is_text, read_visible, unflow, visible_text


def _visible(octets: bytes) -> Visible:
    return read_visible(walk(scan(octets), octets))


def _alternative(*parts: bytes) -> bytes:
    body = b"".join(b"--b\n" + part + b"\n" for part in parts)
    return b"Content-Type: multipart/alternative; boundary=b\n\n" + body + b"--b--\n"


PLAIN = b"Content-Type: text/plain\n\nplain words"
HTML = b"Content-Type: text/html\n\n<p>html words"


def test_html_is_shown_before_plain_text() -> None:
    visible = _visible(_alternative(PLAIN, HTML))
    assert (visible.text.strip(), visible.others) == ("html words", ("plain words",))


def test_plain_text_is_shown_where_html_says_too_little() -> None:
    visible = _visible(_alternative(PLAIN, b"Content-Type: text/html\n\n<p>x"))
    assert (visible.text, [other.strip() for other in visible.others]) == ("plain words", ["x"])


def test_dynamic_html_is_never_shown_first() -> None:
    amp = b"Content-Type: text/x-amp-html\n\n<p>dynamic words"
    assert _visible(_alternative(PLAIN, amp, HTML)).text.strip() == "html words"
    assert _visible(_alternative(PLAIN, amp)).text == "plain words"


def test_texts_side_by_side_are_both_shown() -> None:
    octets = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" + PLAIN + b"\n--b\n" + HTML + b"\n--b--"
    visible = _visible(octets)
    assert (visible.text.split(), visible.others) == (["plain", "words", "html", "words"], ())


def test_equal_texts_in_two_branches_are_told_apart() -> None:
    visible = _visible(_alternative(PLAIN, PLAIN))
    assert (visible.text, visible.others) == ("plain words", ("plain words",))


def test_attachments_and_other_types_are_no_text() -> None:
    octets = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"".join(
        b"--b\n" + head + b"\n\nx\n"
        for head in (
            b"Content-Type: text/plain\nContent-Disposition: attachment",
            b"Content-Type: text/csv",
            b"Content-Type: text/plain\nContent-Disposition: inline; filename=a.txt",
        )
    )
    assert [is_text(part) for part in walk(scan(octets), octets)] == [False, False, True]
    assert visible_text(walk(scan(octets), octets)).strip() == "x"


def test_a_message_without_text_reads_as_nothing() -> None:
    assert _visible(b"Content-Type: image/png\n\nx") == Visible("", (), (), ())


def test_pictures_speak_where_words_do_not() -> None:
    picture = b'<img src="https://x.example/5.png" alt="Half price">'
    few = _visible(b"Content-Type: text/html\n\n<p>Hello</p>" + picture)
    many = _visible(b"Content-Type: text/html\n\n<p>" + b"word " * 30 + picture)
    assert "Half price" in few.text
    assert "Half price" not in many.text
    assert few.images == many.images == ("https://x.example/5.png",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one \ntwo\nthree", "one two\nthree"),
        ("> one \n> two", "one two"),
        ("-- \nname", "-- \nname"),
        (" > quoted-looking", "> quoted-looking"),
    ],
)
def test_flowed_paragraphs_are_one_line(text: str, expected: str) -> None:
    assert unflow(text, deletes_spaces=False) == expected


def test_delsp_joins_words() -> None:
    octets = b"Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\none \r\ntwo\r\nthree"
    assert _visible(octets).text == "onetwo\nthree"


def test_letters_are_composed() -> None:
    assert _visible("Content-Type: text/plain; charset=utf-8\n\ncafe\u0301".encode()).text == "café"


def test_characters_beyond_the_bound_are_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CHARACTERS", 5)
    at_most, beyond, other = (_visible(b"\n" + body) for body in (b"12345", b"12345x", b"12345y"))
    assert at_most.unread == ()
    assert beyond.text == other.text == "12345"
    assert len(beyond.unread) == 1
    assert beyond.unread != other.unread


def test_octets_beyond_the_bound_are_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_TEXT_OCTETS", 5)
    at_most, beyond, other = (_visible(b"\n" + body) for body in (b"12345", b"12345x", b"12345y"))
    assert at_most.unread == ()
    assert beyond.text == other.text == "12345"
    assert beyond.unread != other.unread
