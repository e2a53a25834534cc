"""The values that a template is rendered with, as they stand in a field."""

from __future__ import annotations

from base64 import b64encode

import pytest

from mailguard.mail.template_values import MAX_DATA_CHARACTERS, read_values


def encoded(json: str) -> str:
    return b64encode(json.encode()).decode()


def test_object_is_read_and_written_in_one_way() -> None:
    assert (
        read_values(encoded('{ "name" : "J\\u00e4ne", "n": [1, 2.5, null, true] }'))
        == '{"name":"Jäne","n":[1,2.5,null,true]}'.encode()
    )


def test_folded_lines_are_one_value() -> None:
    text = encoded('{"a": "bbbbbbbbbbbbbbbbbbbb"}')
    assert read_values(f"{text[:10]} {text[10:20]}\r\n\t{text[20:]}") == b'{"a":"bbbbbbbbbbbbbbbbbbbb"}'


def test_empty_object_is_one() -> None:
    assert read_values(encoded("{}")) == b"{}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not base64!",
        "e30",
        encoded("[]"),
        encoded("7"),
        encoded("{"),
        encoded('{"a": 1, "a": 2}'),
        encoded('{"a": {"b": 1, "b": 2}}'),
        encoded('{"a": NaN}'),
        encoded('{"a": -Infinity}'),
        encoded('{"a": "\\ud800"}'),
        encoded('{"a": ' + "9" * 5_000 + "}"),
        encoded('{"a": ' + "[" * 20_000 + "]" * 20_000 + "}"),
        b64encode(b'{"a": "\xff"}').decode(),
    ],
)
def test_what_is_no_object_is_not_taken(text: str) -> None:
    assert read_values(text) is None


def test_longest_value_is_taken_and_one_beyond_is_not() -> None:
    longest = encoded('{"a":"' + "x" * (MAX_DATA_CHARACTERS * 3 // 4 - 8) + '"}')
    assert len(longest) == MAX_DATA_CHARACTERS
    assert read_values(longest) is not None
    assert read_values(longest + " ") is None
