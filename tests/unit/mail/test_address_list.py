"""Whatever any mail program would show as a mailbox is counted, and nothing takes long."""

from __future__ import annotations

import email.utils

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.mail.address_list import MAX_MAILBOXES, parse_address_list, parse_originator


def _wires(value: str) -> list[str]:
    return [mailbox.wire for mailbox in parse_address_list(value)]


@pytest.mark.parametrize(
    ("value", "wires"),
    [
        ("", []),
        ("Ada Lovelace <ada@x.example>", ["ada@x.example"]),
        ("ada@x.example", ["ada@x.example"]),
        ('"Doe, Jane" <j@x>, bob@y ; <c@z>', ["j@x", "bob@y", "c@z"]),
        ("<a@x> <b@y>", ["a@x", "b@y"]),
        ("a@x b@y\tc@z", ["a@x", "b@y", "c@z"]),
        ("Team: Ada <a@x>, b@y;, c@z", ["a@x", "b@y", "c@z"]),
        ("undisclosed-recipients:;", []),
        ("root, everybody", []),
        ('"john doe"@x.example', ['"john doe"@x.example']),
        (r'"a\"b"@x', [r'"a\"b"@x']),
        ("<@r1,@r2:a@x>", ["a@x"]),
        ("alice@example.org)bob@example.com", ["alice@example.org", "bob@example.com"]),
        ("a(c)@(d)x.y", ["a@x.y"]),
        ("a((c)d)@x", ["a@x"]),
        ("(((a(c)@x", ["a@x"]),
        ("a(c))@x", []),
        ("a@x (known as b@y)", ["a@x"]),
        ("a@x (known as (b@y))", ["a@x", "b@y"]),
        ('"ada@x.example" <ada@x.example>', ["ada@x.example"]),
        ('"b@y" <a@x>', ["a@x"]),
        ('"b@y" <a@x>;', ["b@y", "a@x"]),
        ("Ada (b@y) Lovelace <a@x>, (c@z) d@x", ["a@x", "d@x"]),
        ("a@x,", ["a@x"]),
        ("'ada@x.example' <ada@x.example>", ["ada@x.example"]),
        ("a . b @ x . example", ["a.b@x.example", "b@x"]),
        ("Prof. ada@x", ["Prof.ada@x", "ada@x"]),
        ('"Ada"ada@x', ["ada@x"]),
        ('"ada@x" <ada@x>, "bob@y" <bob@y>', ["ada@x", "bob@y"]),
        ("a..b.@docomo.example", ["a..b.@docomo.example"]),
        ("a@x.example.", ["a@x.example"]),
        ("a@[192.0.2.1]", ["a@[192.0.2.1]"]),
        ("a@[192.0.2.1", ["a@[192.0.2.1"]),
        ("mailto:a@x", ["a@x"]),
        ("a@b@c", ["a@b", "b@c"]),
        ("jörg@bücher.example", ["jörg@bücher.example"]),
        ("=?utf-8?q?a=40x?=, =?utf-8?q?=3Cb=40y=3E?=", ["a@x", "b@y"]),
        ("=?utf-8?q?Doe=2C_J?= <j@x>", ["j@x"]),
        ("=?utf-8?b?a, b@x, c@y ?=", ["b@x", "c@y"]),
        ('"', []),
        ("<", []),
        ('"a@x, b@y', ["a@x", "b@y"]),
        ("a@[", []),
        ("a@", []),
        ("a@.", []),
        ("a@. b", ["a@b"]),
        ("@x", []),
        ("@", []),
    ],
)
def test_every_mailbox_is_found(value: str, wires: list[str]) -> None:
    assert _wires(value) == wires


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("Ada Lovelace <ada@x>", ["Ada Lovelace"]),
        ('"Lovelace, Ada" <ada@x>', ["Lovelace, Ada"]),
        ("a@x, Bob <b@y>; Team: Cy <c@z>", ["", "Bob", "Cy"]),
        ("=?utf-8?q?Doe=2C_J=C3=B6rg?= <j@x>", ["Doe, Jörg"]),
        ('"=?utf-8?q?J=C3=B6rg?=" <j@x>', ["Jörg"]),
        ("<a@x>", [""]),
        ("Ada <@r1,@r2:a@x>", ["Ada"]),
        ('"ada@x" <ada@x>, "ada@x" <ada@x>', ["ada@x"]),
        ('"ada@x" <ada@x>; "ada@x" <ada@x>', [""]),
        ("Ada (the first) <ada@x>", ["Ada"]),
    ],
)
def test_display_names(value: str, names: list[str]) -> None:
    assert [mailbox.display_name for mailbox in parse_address_list(value)] == names


def test_a_later_name_of_the_same_mailbox_is_kept() -> None:
    assert [mailbox.display_name for mailbox in parse_address_list("a@x, Ada <a@x>, Bob <a@x>")] == ["Ada"]


def test_mailbox_is_folded_and_canonical() -> None:
    (mailbox,) = parse_address_list('"Ada"@BÜCHER.example')[:1]
    assert (mailbox.local_part, mailbox.domain, mailbox.canonical) == (
        "Ada",
        "xn--bcher-kva.example",
        "ada@xn--bcher-kva.example",
    )


def test_domain_that_cannot_be_folded_is_kept_in_lower_case() -> None:
    (mailbox,) = parse_address_list("a@\u2603\u2603-\u00ad.Example")
    assert mailbox.domain == "\u2603\u2603-\u00ad.example"


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        ("Shop <noreply@shop.example>", "noreply@shop.example"),
        ('"ada@x.example via Shop" <noreply@shop.example>', "noreply@shop.example"),
        ("noreply@shop.example (Shop)", "noreply@shop.example"),
        ("a@x, b@y", "a@x"),
        ("nobody", None),
    ],
)
def test_originator_is_the_mailbox_in_brackets(value: str, wire: str | None) -> None:
    originator = parse_originator(value)
    assert (originator and originator.wire) == wire


def test_list_is_bounded() -> None:
    assert len(parse_address_list(",".join(f"a{n}@x" for n in range(MAX_MAILBOXES + 1)))) == MAX_MAILBOXES
    assert len(parse_address_list("a@x," * (3 * MAX_MAILBOXES) + "b@x")) == 1


@pytest.mark.parametrize(
    "value",
    [
        '"' * 250_000,
        '"' + '\\"' * 125_000,
        "(" * 250_000,
        "()" * 125_000,
        "@" * 250_000,
        "a." * 125_000,
        " .a" * 80_000 + "@x",
        "<" * 250_000,
    ],
    ids=["quotes", "quoted pairs", "open comments", "comments", "ats", "dots", "spaced dots", "brackets"],
)
def test_a_value_as_long_as_a_header_is_read(value: str) -> None:
    assert len(parse_address_list(value)) <= 2


_LISTS = st.lists(
    st.sampled_from(
        [
            '"',
            "(",
            ")",
            "<",
            ">",
            "@",
            ",",
            ";",
            ":",
            "\\",
            "a@x",
            "b.c@y.example",
            "Ada",
            " ",
            "\r",
            "[",
            "]",
            ".",
            "=?utf-8?q?=40?=",
            "'",
            "é",
        ]
    ),
    max_size=25,
).map("".join)


@given(_LISTS)
def test_what_python_shows_is_counted(value: str) -> None:
    found = {mailbox.wire for mailbox in parse_address_list(value)}
    for _, address in email.utils.getaddresses([value]):
        for wanted in ("a@x", "b.c@y.example"):
            if address == wanted:
                assert wanted in found


@given(st.one_of(st.text(max_size=80), _LISTS))
def test_every_mailbox_has_two_sides_and_never_raises(value: str) -> None:
    for mailbox in parse_address_list(value):
        local_part, _, domain = mailbox.wire.rpartition("@")
        assert local_part
        assert domain
        assert mailbox.canonical
    parse_originator(value)
