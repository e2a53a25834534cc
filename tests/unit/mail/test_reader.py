"""A message is read once and never refused; what leaves is what came, less control fields."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.mail.automation import AutoSubmitted
from mailguard.mail.control import ControlFields, MailClass
from mailguard.mail.header import scan
from mailguard.mail.message import Message
from mailguard.mail.reader import read_message

_NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
_DATE = b"Date: Sat, 21 Nov 2026 10:00:00 +0000\r\n"
_ID = b"Message-ID: <1@shop.example>\r\n"
_WHOLE = _ID + _DATE


def _read(octets: bytes, *, trusts_fields: bool = True, reverse_path: str | None = None) -> Message:
    return read_message(
        octets,
        received_at=_NOW,
        fallback_message_id="<01JD@mg.example>",
        trusts_fields=trusts_fields,
        reverse_path=reverse_path,
    )


def _wires(message: Message) -> list[str]:
    return [mailbox.wire for mailbox in message.visible]


def test_every_notion_is_read() -> None:
    octets = (
        b"Received: from a by b; Sat, 21 Nov 2026 09:00:00 +0000\r\nFrom: Shop <noreply@shop.example>\r\n"
        b"To: Ada <ada@x.example>\r\nSubject: =?utf-8?q?Re=3A_Gr=C3=BC=C3=9Fe?=\r\nIn-Reply-To: <0@x.example>\r\n"
        b"Auto-Submitted: auto-replied\r\n" + _WHOLE + b"\r\nThank you.\r\n"
    )
    message = _read(octets)
    assert message.content is octets
    assert message.message_id == "1@shop.example"
    assert message.subject == "Re: Grüße"
    assert message.date == _NOW
    assert message.originator is not None
    assert message.originator.wire == "noreply@shop.example"
    assert _wires(message) == ["ada@x.example"]
    assert message.thread.in_reply_to == ("0@x.example",)
    assert message.thread.is_reply
    assert message.automation.auto_submitted is AutoSubmitted.REPLIED
    assert message.control == ControlFields()
    assert message.received_count == 1
    assert message.unreadable == ""
    assert not message.is_eight_bit


def test_control_fields_leave_the_content_and_are_read_from_trusted_clients() -> None:
    octets = (
        b"Mailguard-Class: critical\r\n" + _WHOLE + b"mailguard-key :\r\n k1\r\nTo: a@x\r\nMailguard-Other: x\r\n\r\nbody\r\n"
    )
    message = _read(octets)
    assert message.content == _WHOLE + b"To: a@x\r\n\r\nbody\r\n"
    assert message.control == ControlFields(MailClass.CRITICAL, "k1")
    untrusted = _read(octets, trusts_fields=False)
    assert untrusted.content == message.content
    assert untrusted.control == ControlFields()


def test_control_field_after_a_bare_cr_leaves_too() -> None:
    assert _read(_WHOLE + b"X: a\rMailguard-Class: bulk\r\n\r\nbody\r\n").content == _WHOLE + b"X: a\r\n\r\nbody\r\n"


def test_text_that_looks_like_a_control_field_stays() -> None:
    octets = _WHOLE + b"\r\nMailguard-Class: bulk\r\n"
    assert _read(octets).content is octets


@pytest.mark.parametrize(
    ("octets", "content"),
    [
        (b"To: a@x\r\n\r\nbody\r\n", b"To: a@x\r\n%b%b\r\nbody\r\n"),
        (b"\r\nbody\r\n", b"%b%b\r\nbody\r\n"),
        (b"body\r\n", b"%b%bbody\r\n"),
        (b" folded\r\nTo: a@x\r\n\r\nbody\r\n", b" folded\r\nTo: a@x\r\n%b%b\r\nbody\r\n"),
        (b"To: a@x\r\nbody\r\n\r\nmore\r\n", b"To: a@x\r\n%b%bbody\r\n\r\nmore\r\n"),
        (b"To: a@x\r\n", b"To: a@x\r\n%b%b"),
        (b"To: a@x", b"To: a@x\r\n%b%b"),
        (b"", b"%b%b"),
        (b"Message-ID:\r\nDate:\r\n\r\n", b"Message-ID:\r\nDate:\r\n%b%b\r\n"),
    ],
)
def test_missing_message_id_and_date_are_added_at_the_end_of_the_header(octets: bytes, content: bytes) -> None:
    message = _read(octets)
    assert message.content == content % (b"Message-ID: <01JD@mg.example>\r\n", _DATE)
    assert message.message_id == "01JD@mg.example"
    assert message.date is None


def test_only_what_is_missing_is_added() -> None:
    assert _read(_ID + b"\r\n").content == _ID + _DATE + b"\r\n"
    assert _read(_DATE + b"\r\n").content == _DATE + b"Message-ID: <01JD@mg.example>\r\n\r\n"


def test_date_that_cannot_be_read_is_left_alone() -> None:
    octets = _ID + b"Date: yesterday\r\n\r\n"
    message = _read(octets)
    assert message.content is octets
    assert message.date is None


def test_digest_is_without_trace_control_and_added_fields() -> None:
    plain = _read(b"To: a@x\r\n\r\nbody\r\n").digest
    traced = (
        b"Return-Path: <b@y>\r\nReceived: from a\r\n\tby b; x\r\nMailguard-Key: k\r\nTo: a@x\r\nReceived: late\r\n\r\nbody\r\n"
    )
    assert _read(traced).digest == plain
    assert _read(b"To: a@x\r\n\r\nBody\r\n").digest != plain
    assert _read(b"To: b@x\r\n\r\nbody\r\n").digest != plain


def test_all_recipient_fields_together_are_visible_each_mailbox_once() -> None:
    octets = (
        b"to: a@x\r\nCC:\tb@x,\r\n \t\r\n c@x\r\nCc : d@x\r\nBcc: e@x\r\n"
        b"Resent-To: f@x\r\nResent-Cc: g@x\r\nResent-Bcc: h@x\r\n"
        b"From: i@x\r\nReply-To: j@x\r\nTo: A@X, k@x\r\nX: y\rCc: l@x\r\nDelivered-To: m@x\r\n\r\n"
    )
    assert _wires(_read(octets)) == [f"{name}@x" for name in "abcdefghkl"]


def test_lines_without_a_colon_after_a_recipient_field_are_counted_with_it() -> None:
    assert _wires(_read(b"To: a@x,\r\nb@x,\r\nc@x\r\nSubject: s\r\nd@x\r\n\r\n")) == ["a@x", "b@x", "c@x"]


def test_field_after_a_broken_line_is_visible() -> None:
    assert _wires(_read(b"To: a@x\r\nbroken\r\nCc: b@x\r\n\r\n")) == ["a@x", "b@x"]


def test_eight_bit_content_is_told() -> None:
    assert _read(_WHOLE + b"\r\n\xe9\r\n").is_eight_bit


def test_dsn_depends_on_the_reverse_path_where_it_is_known() -> None:
    octets = _WHOLE + b"Content-Type: multipart/report; boundary=b\r\n\r\n"
    assert _read(octets).automation.is_dsn
    assert _read(octets, reverse_path="").automation.is_dsn
    assert not _read(octets, reverse_path="a@x").automation.is_dsn


# What hangs or crashes Python's parser, or shows recipients that it hides.


@pytest.mark.parametrize(
    ("field", "wires"),
    [
        (b'To: "', []),
        (b"To: <", []),
        (b"To: a@[", []),
        (b"To: =?us-ascii?q?=0A?= <a@b>", ["a@b"]),
        (b"To: alice@example.org)bob@example.com", ["alice@example.org", "bob@example.com"]),
        (b"To: " + b'"' * 20_000 + b" a@x", ["a@x"]),
        (b"To: " + b"(" * 20_000 + b" a@x", ["a@x"]),
        (b"To: " + b"(" * 20_000 + b")" * 20_000 + b" a@x", ["a@x"]),
        (b"Cc : a@x", ["a@x"]),
        (b"X: a\rBcc: v@x", ["v@x"]),
        (b"Cc: " + b",".join(b"a%d@x" % n for n in range(20_000)), [f"a{n}@x" for n in range(5_000)]),
        (b"Cc: " + b"@" * 100_000, []),
    ],
    ids=[
        "quote",
        "bracket",
        "literal",
        "newline",
        "parenthesis",
        "quotes",
        "open",
        "deep",
        "space",
        "bare CR",
        "20,000",
        "ats",
    ],
)
def test_hostile_recipient_fields(field: bytes, wires: list[str]) -> None:
    message = _read(field + b"\r\n" + _WHOLE + b"\r\nbody\r\n")
    assert _wires(message) == wires
    assert message.unreadable == ""


@pytest.mark.parametrize("message_id", [b"<[>", b"[", b"<a\0b@x>", b"\xff"])
def test_hostile_message_ids(message_id: bytes) -> None:
    message = _read(b"Message-ID: " + message_id + b"\r\n" + _DATE + b"\r\n")
    assert message.message_id == message_id.decode("latin-1").strip("<>").replace("\0", "")
    assert message.unreadable == ""


@pytest.mark.parametrize("charset", [b'"a\0b"', b"zlib", b"", b'"', b"idna", b"utf-16", b"'", b"\xff"])
def test_hostile_character_sets(charset: bytes) -> None:
    message = _read(_WHOLE + b"Content-Type: text/plain; charset=" + charset + b"\r\n\r\nbody\r\n")
    assert message.unreadable == ""
    assert message.fingerprint.text


@pytest.mark.parametrize(
    ("octets", "clause"),
    [
        (b"Content-Type: text/plain" + b";a=b" * 50_000 + b"\r\n\r\n", "parameters"),
        (b"X: y\r\n" * 2_001 + b"\r\n", "fields"),
        (b"X: " + b"y" * 300_000 + b"\r\n\r\n", "longer than"),
        (b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 50_000, "parts"),
        (
            b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(1_000))
            + b"\r\nx\r\n",
            "nested",
        ),
    ],
    ids=["parameters", "fields", "header", "parts", "depth"],
)
def test_beyond_its_bounds_a_message_is_unreadable(octets: bytes, clause: str) -> None:
    message = _read(_WHOLE + octets)
    assert clause in message.unreadable
    assert message.content == _WHOLE + octets
    assert message.fingerprint.text == message.fingerprint.facts == message.fingerprint.core == message.digest[:16]
    assert message.fingerprint.words == 0
    assert message.greets == ""


def test_semicolons_without_parameters_are_nothing() -> None:
    assert _read(_WHOLE + b"Content-Type: text/plain" + b";" * 50_000 + b"\r\n\r\nbody\r\n").unreadable == ""


def test_what_could_be_read_of_an_unreadable_message_is_kept() -> None:
    message = _read(_WHOLE + b"To: a@x\r\nContent-Type: text/plain" + b";a=b" * 50_000 + b"\r\n\r\n")
    assert _wires(message) == ["a@x"]
    assert message.message_id == "1@shop.example"


def test_control_fields_leave_a_header_that_is_too_long() -> None:
    long = b"X: " + b"y" * 300_000 + b"\r\n"
    message = _read(b"mailguard-class: bulk\r\n" + long + b"Mailguard-Key: a\r\n b\r\nTo: a@x\r\n\r\nMailguard-Key: c\r\n")
    assert message.content == long + b"To: a@x\r\n\r\nMailguard-Key: c\r\n"
    assert message.message_id == "01JD@mg.example"
    assert message.control == ControlFields()
    assert message.visible == ()
    assert _read(long + b"Mailguard-Key: a").content == long
    assert (
        _read((long + b"Mailguard-Key: a\n\nbody").replace(b"\r\n", b"\n")).content == long.replace(b"\r\n", b"\n") + b"\nbody"
    )


@pytest.mark.parametrize("year", [1, 9999])
def test_ends_of_time_are_no_reason_to_raise(year: int) -> None:
    body = b"\r\nYour visit on 31 December 9999 at 23:55 and on 1 January 0001 at 00:05.\r\n"
    assert _read(_ID + b"Date: 1 Jan %04d 00:00:00 +0000\r\n" % year + body).unreadable == ""
    at_the_end = datetime(year, 1, 1, tzinfo=UTC)
    message = read_message(_ID + body, received_at=at_the_end, fallback_message_id="01JD@mg.example", trusts_fields=True)
    assert message.unreadable in {"", "its parts could not be read"}
    assert message.fingerprint.text


# Fuzzing. The invariant: whatever comes, a Message comes out whose content is the octets less control fields plus what was
# missing, which shows every planted recipient, and whose texts can be stored; reading the content again changes nothing.

_LINE_ENDS = st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r", b"\r\n\t", b"\r\n \r\n "])
_FIELDS = st.sampled_from(
    [
        b"To: Ada <ada@x.example>",
        b"Cc : bob@y.example",
        b"Mailguard-Class: bulk",
        b"MAILGUARD-KEY:x",
        b"Message-ID: <1@x>",
        b"Message-ID:",
        b"Date: Sat, 21 Nov 2026 10:00:00 +0000",
        b"Date: 99 Foo",
        b"Subject: =?utf-8?q?caf=C3=A9?= =?x",
        b"Subject: \xff\0",
        b"From: =?utf-7?b?K0F?= <shop@z.example>",
        b"References: <a@x> <[>",
        b"Auto-Submitted: auto-replied",
        b"Content-Type: multipart/mixed; boundary=b",
        b'Content-Type: multipart/alternative; boundary="b"; charset="\0',
        b"Content-Type: text/html; charset=utf-16",
        b"Content-Type: message/rfc822",
        b"Content-Transfer-Encoding: base64",
        b"Content-Transfer-Encoding: quoted-printable",
        b"Content-Disposition: attachment; filename*0*=utf-8''%e9",
        b"Received: from a by b",
        b"broken line",
        b" folded",
        b":",
    ]
)
_HEADERS = st.lists(st.tuples(_FIELDS, _LINE_ENDS).map(b"".join), max_size=10).map(b"".join)
_BODIES = st.recursive(
    st.sampled_from(
        [
            b"",
            b"Dear Ada,\r\nyour code is 4711\r\n",
            b"<p>Hi <b>Bob",
            b"w6k=",
            b"=E9=\r\n=",
            b"\xff\xfe\0",
            b"BEGIN:VCALENDAR\r\n",
        ]
    ),
    lambda body: (
        st.lists(st.tuples(st.just(b"\r\n--b\r\n"), _HEADERS, st.just(b"\r\n"), body).map(b"".join), max_size=3)
        .map(b"".join)
        .map(lambda parts: parts + b"\r\n--b--\r\n")
    ),
    max_leaves=6,
)
_MESSAGES = st.tuples(_HEADERS, st.sampled_from([b"\r\n", b"\r\n", b"\n", b""]), _BODIES).map(b"".join)


@given(_MESSAGES)
def test_any_message_is_read(octets: bytes) -> None:
    message = _read(octets)
    header = scan(octets)
    shown = {mailbox.wire for mailbox in message.visible}
    assert {"ada@x.example"} <= shown or not any("ada@x" in value for value in header.all("to"))
    assert {"bob@y.example"} <= shown or not any("bob@y" in value for value in header.all("cc"))
    assert not any(field.name.startswith("mailguard-") for field in scan(message.content).fields)
    assert message.message_id
    for text in (message.message_id, message.subject, message.unreadable, message.greets, *shown):
        text.encode()


@given(_MESSAGES)
def test_content_is_the_octets_less_control_fields_plus_what_was_missing(octets: bytes) -> None:
    later = datetime(2031, 1, 1, tzinfo=UTC)
    content = read_message(octets, received_at=later, fallback_message_id="01JD@mg.example", trusts_fields=True).content
    for added in (b"Message-ID: <01JD@mg.example>\r\n", b"Date: Wed, 01 Jan 2031 00:00:00 +0000\r\n"):
        content = content.replace(added, b"")
    remaining = iter(octets)
    assert all(octet in remaining for octet in content.rstrip(b"\r\n"))


@given(_MESSAGES)
def test_reading_what_leaves_changes_nothing(octets: bytes) -> None:
    if octets.count(b"\r") != octets.count(b"\r\n"):
        return  # what stands after a bare CR within a control field leaves with it
    once = _read(octets)
    again = _read(once.content)
    assert again.content == once.content
    assert again.message_id == once.message_id


@given(_MESSAGES)
def test_trace_fields_in_front_change_no_digest(octets: bytes) -> None:
    if octets[:1] not in {b" ", b"\t", b"\r", b"\n"}:
        assert _read(b"Received: from a by b; x\r\n" + octets).digest == _read(octets).digest


@given(st.binary(max_size=300))
def test_any_octets_are_read(octets: bytes) -> None:
    assert _read(octets).digest
