"""Paths are taken exactly as sent, or refused."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.errors import AddressError, ParameterError, PermanentError
from mailguard.mail.path import parse_mail, parse_rcpt


def test_plain_paths() -> None:
    assert parse_mail(b"<App@Shop.Example>").reverse_path == "App@Shop.Example"
    assert parse_mail(b"<>").reverse_path == ""
    assert parse_mail(b" <a@x>  ").parameters == {}
    assert parse_rcpt(b"<Ada@X.Example>").mailbox.wire == "Ada@X.Example"
    assert parse_rcpt(b"<Ada@X.Example>").parameters == {}


def test_quoted_local_part_may_hold_an_angle_bracket() -> None:
    assert parse_rcpt(b'<"a>b c"@x> NOTIFY=NEVER').mailbox.wire == '"a>b c"@x'
    assert parse_rcpt(rb'<"a\"b"@x>').mailbox.wire == r'"a\"b"@x'


@pytest.mark.parametrize("path", [b"<Postmaster>", b"<POSTMASTER>"])
def test_postmaster_needs_no_domain(path: bytes) -> None:
    mailbox = parse_rcpt(path).mailbox
    assert f"<{mailbox.wire}>".encode() == path
    assert (mailbox.domain, mailbox.canonical) == ("", "postmaster")


def test_utf_8_is_taken() -> None:
    assert parse_mail("<jörg@bücher.example> SMTPUTF8".encode()).reverse_path == "jörg@bücher.example"
    assert parse_rcpt("<jörg@bücher.example>".encode()).mailbox.domain == "xn--bcher-kva.example"


@pytest.mark.parametrize(
    "path",
    [
        b'<"a\rb"@c>',
        b"<a\rb@c>",
        b"<a\0@x.example>",
        b"<a\t@x.example>",
        b"<\xff@x.example>",
        b"<a@\xed\xa0\x80.example>",
        "<a@h\u2028.example>".encode(),
        b"<=?utf-8?q?a=0d=0aRCPT_TO:<b@x>?=@h.example>",
        b"<=?utf-8?q?a?=@h.example>",
        b"<@relay.example:a@x.example>",
        b"<@r1,@r2:a@x>",
        b"<a b@x>",
        b"< a@x>",
        b"<a@x >",
        b"a@x",
        b"<a@x",
        b"a@x>",
        b"<<a@x>>",
        b"",
        b"< >",
        b"\t<a@x>",
        b"<a>",
        b'<"a@x>',
    ],
)
def test_hostile_paths_are_refused(path: bytes) -> None:
    with pytest.raises(AddressError) as refused:
        parse_mail(path)
    assert (refused.value.code, refused.value.enhanced_status) == (553, "5.1.7")
    with pytest.raises(AddressError) as refused:
        parse_rcpt(path)
    assert (refused.value.code, refused.value.enhanced_status) == (553, "5.1.3")


def test_null_path_is_no_recipient() -> None:
    with pytest.raises(AddressError):
        parse_rcpt(b"<>")


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        (b"SIZE=1024", {"SIZE": "1024"}),
        (b"size=0  body=8bitmime", {"SIZE": "0", "BODY": "8BITMIME"}),
        (b"BODY=7BIT SMTPUTF8", {"BODY": "7BIT", "SMTPUTF8": ""}),
        (b"RET=hdrs ENVID=QQ314159", {"RET": "HDRS", "ENVID": "QQ314159"}),
        (b"RET=FULL ENVID=a+3Db", {"RET": "FULL", "ENVID": "a+3Db"}),
        (b"AUTH=<>", {"AUTH": "<>"}),
        (b"AUTH=app+40shop.example", {"AUTH": "app+40shop.example"}),
        (b"ENVID=" + b"x" * 100, {"ENVID": "x" * 100}),
    ],
)
def test_parameters_of_mail(parameters: bytes, expected: dict[str, str]) -> None:
    assert parse_mail(b"<a@x> " + parameters).parameters == expected


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        (b"NOTIFY=NEVER", {"NOTIFY": "NEVER"}),
        (b"notify=success,Delay", {"NOTIFY": "SUCCESS,DELAY"}),
        (b"NOTIFY=FAILURE ORCPT=rfc822;ada+2Blists@x.example", {"NOTIFY": "FAILURE", "ORCPT": "rfc822;ada+2Blists@x.example"}),
        (b"ORCPT=rfc822;" + b"x" * 493, {"ORCPT": "rfc822;" + "x" * 493}),
        (rb"ORCPT=utf-8;j\x{F6}rg@x", {"ORCPT": r"utf-8;j\x{F6}rg@x"}),
        ("ORCPT=UTF-8;jörg@x".encode(), {"ORCPT": "UTF-8;jörg@x"}),
    ],
)
def test_parameters_of_rcpt(parameters: bytes, expected: dict[str, str]) -> None:
    assert parse_rcpt(b"<a@x> " + parameters).parameters == expected


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ("SIZE=²".encode(), 501),
        (b"SIZE=-1", 501),
        (b"SIZE=", 501),
        (b"SIZE", 501),
        (b"SIZE=" + b"1" * 21, 501),
        (b"SIZE=1 SIZE=1", 501),
        (b"BODY=BINARYMIME", 555),
        (b"SMTPUTF8=yes", 501),
        (b"RET=BODY", 501),
        (b"RET", 501),
        (b"ENVID=" + b"x" * 101, 501),
        (b"ENVID=a+3", 501),
        (b"ENVID=a=b", 501),
        (b"AUTH=a+", 501),
        (b"XFOO=1", 555),
        (b"XFOO", 555),
        (b"NOTIFY=NEVER", 555),
        (b"=1", 501),
        (b"SIZE=1\tBODY=7BIT", 501),
        (b"SIZE=1\0", 501),
        (b"-SIZE=1", 501),
        ("ENVID=a\u2028".encode(), 501),
        ("ENVID=é".encode(), 501),
    ],
)
def test_bad_parameters_of_mail_are_refused(parameters: bytes, code: int) -> None:
    with pytest.raises(ParameterError) as refused:
        parse_mail(b"<a@x> " + parameters)
    assert (refused.value.code, refused.value.enhanced_status) == (code, "5.5.4")


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        (b"NOTIFY=NEVER,SUCCESS", 501),
        (b"NOTIFY=SUCCESS,NEVER", 501),
        (b"NOTIFY=", 501),
        (b"NOTIFY=SUCCESS,", 501),
        (b"NOTIFY=BOUNCE", 501),
        (b"ORCPT=ada@x.example", 501),
        (b"ORCPT=rfc822;", 501),
        (b"ORCPT=rfc822;a+zz", 501),
        (b"ORCPT=rfc822;" + b"x" * 494, 501),
        ("ORCPT=rfc822;é".encode(), 501),
        (b"ORCPT=rfc822;a ORCPT=rfc822;a", 501),
        (b"SIZE=1", 555),
    ],
)
def test_bad_parameters_of_rcpt_are_refused(parameters: bytes, code: int) -> None:
    with pytest.raises(ParameterError) as refused:
        parse_rcpt(b"<a@x> " + parameters)
    assert refused.value.code == code


def test_parameters_need_a_space_before_them() -> None:
    with pytest.raises(ParameterError):
        parse_mail(b"<a@x>SIZE=1")


@given(st.binary(max_size=60).map(lambda octets: b"<" + octets + b">"))
def test_any_path_is_taken_unchanged_or_refused(argument: bytes) -> None:
    try:
        command = parse_rcpt(argument)
    except PermanentError:
        return
    assert argument.startswith(f"<{command.mailbox.wire}>".encode())
    assert command.mailbox.wire.isprintable()


@given(
    st.lists(
        st.sampled_from(["<", ">", "a@x", '"', "\\", " ", "@", ":", "SIZE=1", "é", "\r", "\0", "[127.0.0.1]"]), max_size=12
    ).map("".join)
)
def test_any_argument_is_read_or_refused(argument: str) -> None:
    for parse in (parse_mail, parse_rcpt):
        with contextlib.suppress(AddressError, ParameterError):
            parse(argument.encode())
