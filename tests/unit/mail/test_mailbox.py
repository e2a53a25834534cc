"""Mailboxes: what is one, how its domain is folded, and who may be meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.errors import AddressError
from mailguard.mail.mailbox import MAX_LOCAL_PART_OCTETS, canonical_form, fold_domain, parse_mailbox


def test_wire_form_is_kept_and_domain_is_folded() -> None:
    mailbox = parse_mailbox("Ada.Lovelace@X.Example", display_name="Ada")
    assert str(mailbox) == mailbox.wire == "Ada.Lovelace@X.Example"
    assert mailbox.local_part == "Ada.Lovelace"
    assert mailbox.domain == "x.example"
    assert mailbox.canonical == "ada.lovelace@x.example"
    assert mailbox.display_name == "Ada"


@pytest.mark.parametrize(
    "text",
    [
        "a@b",
        "a+b=c@d.example",
        "!#$%&'*+/=?^_`{|}~-@x.example",
        '"john doe"@x.example',
        r'"a\"b"@x.example',
        '""@x.example',
        "a@[192.0.2.1]",
        "a@[IPv6:2001:db8::1]",
        "jörg@bücher.example",
        "a@mail_host.example",
        "a" * MAX_LOCAL_PART_OCTETS + "@x.example",
    ],
)
def test_these_are_mailboxes(text: str) -> None:
    assert parse_mailbox(text).wire == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "@x",
        "a@",
        "a@@x",
        "a b@x",
        " a@x",
        "a@x ",
        "a..b@x",
        ".a@x",
        "a.@x",
        "a@x.",
        "a@-x",
        "a@x..y",
        'a"b@x',
        '"a@x',
        '"a\rb"@x',
        '"a\tb"@x',
        "a\0@x",
        "a\tb@x",
        "a@x\n",
        "a\udcff@x.example",
        "a@h\u2028.example",
        "a\u202eb@x.example",
        "a@[127.0.0.256]",
        "a@[IPv6:x]",
        "a@[unknown:tag]",
        "a@\u2100.example",
        "a@" + "ü" * 64 + ".example",
        "a@" + "ü" * 63 + ".example",
        "=?utf-8?q?a?=@x.example",
        "a" * (MAX_LOCAL_PART_OCTETS + 1) + "@x.example",
        "é" * (MAX_LOCAL_PART_OCTETS // 2 + 1) + "@x.example",
        "a@" + ".".join(["x" * 50] * 6),
        "a" * 120 + "@" + "x." * 100 + "x",
        "a@" + "é." * 120 + "x",
        "a@" + ".".join(["x" * 62] * 4) + ".xxxx",
    ],
)
def test_these_are_none(text: str) -> None:
    with pytest.raises(AddressError):
        parse_mailbox(text)


@pytest.mark.parametrize(
    ("domain", "folded"),
    [
        ("X.Example", "x.example"),
        ("Bücher.Example", "xn--bcher-kva.example"),
        ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
        ("日本語。example", "xn--wgv71a119e.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("[127.0.0.1]", "[127.0.0.1]"),
        ("[IPv6:2001:DB8::1]", "[ipv6:2001:db8::1]"),
    ],
)
def test_domains_are_folded(domain: str, folded: str) -> None:
    assert fold_domain(domain) == folded


@pytest.mark.parametrize("domain", ["", "a b", "a..b", "x" * 256, "[", "[]", "ü" * 300, "a@b"])
def test_what_is_no_domain_is_not_folded(domain: str) -> None:
    with pytest.raises(AddressError):
        fold_domain(domain)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("Ada.Lovelace+news@gmail.com", "adalovelace@gmail.com"),
        ("adalovelace@googlemail.com", "adalovelace@gmail.com"),
        ("ada+news@outlook.com", "ada@outlook.com"),
        ("ada.l+news@hotmail.co.uk", "ada.l@hotmail.co.uk"),
        ("ada+x@me.com", "ada@icloud.com"),
        ("ada+x@pm.me", "ada@proton.me"),
        ("ada+x@ya.ru", "ada@yandex.ru"),
        ("ada-news@yahoo.com", "ada-news@yahoo.com"),
        ("ada+news@x.example", "ada+news@x.example"),
        ("+news@gmail.com", "+news@gmail.com"),
        ("...@gmail.com", None),
        ('"a..b"@gmail.com', '"a..b"@gmail.com'),
        ('"ada"@x.example', "ada@x.example"),
        (r'"a\da"@x.example', "ada@x.example"),
        ('"ada lovelace"@x.example', '"ada lovelace"@x.example'),
        ("STRASSE@x.example", "strasse@x.example"),
        ("Straße@x.example", "strasse@x.example"),
        ("e\u0301@x.example", "é@x.example"),
    ],
)
def test_canonical_form_applies_what_is_true_of_the_provider(text: str, canonical: str | None) -> None:
    if canonical is None:
        with pytest.raises(AddressError):
            parse_mailbox(text)
    else:
        assert parse_mailbox(text).canonical == canonical


def test_local_part_of_dots_only_is_not_emptied() -> None:
    assert canonical_form("...", "gmail.com") == "...@gmail.com"


def test_mailboxes_are_equal_by_wire_form() -> None:
    assert parse_mailbox("a@x", display_name="A") == parse_mailbox("a@x")
    assert parse_mailbox("A@x") != parse_mailbox("a@x")


@given(st.text(max_size=40))
def test_text_is_a_mailbox_unchanged_or_refused(text: str) -> None:
    try:
        mailbox = parse_mailbox(text)
    except AddressError:
        return
    assert mailbox.wire == text
    assert text.isprintable()
    assert mailbox.domain.isascii()


@given(
    st.from_regex(r"[a-zA-Z0-9._+-]{1,20}", fullmatch=True), st.sampled_from(["gmail.com", "pm.me", "x.example", "live.com"])
)
def test_canonical_form_of_a_canonical_form_is_itself(local_part: str, domain: str) -> None:
    once = canonical_form(local_part, domain)
    local, _, folded = once.rpartition("@")
    assert canonical_form(local, folded) == once
