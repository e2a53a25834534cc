from __future__ import annotations

from mailguard.replies.written import MAX_WRITTEN_CHARACTERS, read_written
from tests.reply_mail import QUOTED, multipart, parts_of, reply_mail

HTML = "text/html; charset=utf-8"
PLAIN = "text/plain; charset=utf-8"


def _written(body: str, content_type: str = PLAIN) -> str:
    return read_written(parts_of(reply_mail(body, {"Content-Type": content_type}))).text


def test_plain_text_is_read() -> None:
    assert _written(f"Ja.\n{QUOTED}") == "Ja."


def test_html_is_read_where_there_is_nothing_else() -> None:
    assert _written("<div>Ja.</div><blockquote>old</blockquote>", HTML) == "Ja."


def test_plain_alternative_is_read_first() -> None:
    body, content_type = multipart("alternative", (PLAIN, f"Ja.\n{QUOTED}"), (HTML, "<p>Nein.</p>"))
    assert _written(body, content_type) == "Ja."


def test_html_is_read_where_only_it_marks_the_quotation() -> None:
    body, content_type = multipart(
        "alternative", (PLAIN, "Ja.\n\nold words"), (HTML, "<p>Ja.</p><blockquote>old words</blockquote>")
    )
    assert _written(body, content_type) == "Ja."


def test_plain_text_stays_where_neither_marks_any() -> None:
    body, content_type = multipart("alternative", (PLAIN, "Ja\nbitte."), (HTML, "<p>Ja bitte.</p>"))
    assert _written(body, content_type) == "Ja\nbitte."


def test_html_is_read_where_the_plain_part_is_empty() -> None:
    body, content_type = multipart("alternative", (PLAIN, ""), (HTML, "<p>Ja.</p>"))
    assert _written(body, content_type) == "Ja."


def test_parts_side_by_side_are_read_both_and_attachments_not() -> None:
    body, content_type = multipart(
        "mixed", (PLAIN, "one"), ("image/png", "xx"), (PLAIN, "two"), ("message/rfc822", "A: b\n\nthree")
    )
    assert _written(body, content_type) == "one\n\ntwo"


def test_flowed_text_is_joined() -> None:
    assert _written("one \ntwo\n\n> old", "text/plain; format=flowed") == "one two"
    assert _written("a \nb", "text/plain; format=flowed; delsp=yes") == "ab"


def test_nothing_may_have_been_written() -> None:
    assert _written("") == ""
    assert _written(QUOTED) == ""


def test_invisible_characters_go_and_letters_are_composed() -> None:
    assert _written("\ufeffJa\u200b u\u0308ber") == "Ja über"


def test_text_is_bounded() -> None:
    assert len(_written("a " * MAX_WRITTEN_CHARACTERS)) <= MAX_WRITTEN_CHARACTERS


def test_html_is_handed_on_for_its_language() -> None:
    body, content_type = multipart("alternative", (PLAIN, "Ja."), (HTML, '<html lang="de"><p>Ja.</p></html>'))
    assert 'lang="de"' in read_written(parts_of(reply_mail(body, {"Content-Type": content_type}))).html
