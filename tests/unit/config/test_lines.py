"""mailguard.config.lines: the line of each key, through everything that TOML allows."""

from __future__ import annotations

import pytest

from mailguard.config.lines import KeyPath, key_lines, line_of

TEXT = '''\
top = 1 # a comment with [brackets]
"quoted key" = 2

[relay]
listen = "127.0.0.1:2525"
own_domains = [
  "a.example",  # ] not the end
  "b.example",
]
text = """
[not_a_table]
not_a_key = 1
"""
literal = \'\'\'
[nor_this]
\'\'\'
after = true

[[client]]
name = "one [x]"
networks = ["10.0.0.0/8"]

  [[client]]
  name = 'two # not a comment'
  inline = { a = 1, b = [1, 2] }

[policy.actions.service]
repeat = "hold"

[replies]
reply_window = "30d"
[[replies.imap]]
host = "one"
[[replies.imap]]
host = "two"
[client.sub]
deep.er = 1'''

LINES = key_lines(TEXT)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 1),
        (("quoted key",), 2),
        (("relay",), 4),
        (("relay", "listen"), 5),
        (("relay", "own_domains"), 6),
        (("relay", "text"), 10),
        (("relay", "literal"), 14),
        (("relay", "after"), 17),
        (("client", 0), 19),
        (("client", 0, "name"), 20),
        (("client", 1, "name"), 24),
        (("client", 1, "inline"), 25),
        (("policy", "actions", "service", "repeat"), 28),
        (("replies", "reply_window"), 31),
        (("replies", "imap", 0, "host"), 33),
        (("replies", "imap", 1, "host"), 35),
        (("client", 1, "sub", "deep", "er"), 37),
    ],
)
def test_key_is_found_on_its_line(path: KeyPath, line: int) -> None:
    assert line_of(LINES, path) == line


def test_what_stands_within_a_value_is_no_key() -> None:
    assert not [path for path in LINES if {"not_a_table", "not_a_key", "nor_this"} & set(path)]


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("relay", "own_domains", 1), 6),
        (("client", 1, "inline", "b"), 25),
        (("client", 0, "missing"), 19),
        (("nowhere",), None),
    ],
)
def test_what_is_not_written_by_itself_stands_where_its_table_does(path: KeyPath, line: int | None) -> None:
    assert line_of(LINES, path) == line


def test_empty_text_has_no_lines() -> None:
    assert key_lines("") == {}
