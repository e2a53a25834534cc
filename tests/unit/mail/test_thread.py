"""What a message answers, and whether it is a reply or a forward."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.mail.header import scan
from mailguard.mail.thread import MAX_MESSAGE_IDS, Thread, bare_subject, read_message_id, read_thread


def _read(fields: str = "X: y", subject: str = "") -> Thread:
    return read_thread(scan(fields.encode() + b"\r\n\r\n"), subject=subject)


def test_first_mail_of_a_thread() -> None:
    assert _read(subject="Your order 4711") == Thread((), (), is_reply=False, is_forward=False)


def test_message_ids_are_read_without_brackets_in_order() -> None:
    thread = _read("References: <a@x> <b@x>\r\n <c@x>\r\nIn-Reply-To: <c@x> (your mail of Tuesday)")
    assert thread.references == ("a@x", "b@x", "c@x")
    assert thread.in_reply_to == ("c@x",)
    assert thread.is_reply
    assert not thread.is_forward


def test_message_ids_without_brackets_are_taken_where_none_has_any() -> None:
    assert _read("In-Reply-To: c@x").in_reply_to == ("c@x",)
    assert _read("In-Reply-To: your mail\r\nX: y").in_reply_to == ()
    assert _read("In-Reply-To: d@x <c@x>").in_reply_to == ("c@x",)


def test_references_alone_make_a_reply() -> None:
    assert _read("References: <a@x>").is_reply


def test_last_references_are_kept() -> None:
    thread = _read("References: " + " ".join(f"<{n}@x>" for n in range(MAX_MESSAGE_IDS + 1)))
    assert thread.references == tuple(f"{n}@x" for n in range(1, MAX_MESSAGE_IDS + 1))


@pytest.mark.parametrize("fields", ["X-Forwarded-Message-Id: <a@x>", "Resent-From: a@x", "Resent-To: b@x", "Resent-Date: x"])
def test_forward_by_field(fields: str) -> None:
    assert _read(fields).is_forward
    assert not _read(fields).is_reply


@pytest.mark.parametrize(
    "subject",
    [
        "Re: x",
        "RE: x",
        "re : x",
        "Re[2]: x",
        "Re^3: x",
        "RE(4): x",
        "Re2: x",
        "[list] Re: x",
        "Re: [list] x",
        "AW: x",
        "Antw: x",
        "SV: x",
        "VS: x",
        "Vá: x",
        "Odp: x",
        "Odg: x",
        "YNT: x",
        "RIF: x",
        "R: x",
        "RES: x",
        "RÉF: x",
        "ΑΠ: x",
        "Отв: x",
        "Ответ: x",
        "答复：x",
        "回复: x",
        "回覆: x",
        "返信: x",
        "답장: x",
        "رد: x",
        "השב: x",
        "Trả lời: x",
        "  Re: x",
    ],
)
def test_reply_by_subject(subject: str) -> None:
    assert _read(subject=subject).is_reply


@pytest.mark.parametrize(
    "subject",
    [
        "Fw: x",
        "FWD: x",
        "Fwd:x",
        "[Fwd: x]",
        "x (fwd)",
        "WG: x",
        "TR: x",
        "RV: x",
        "I: x",
        "VB: x",
        "VL: x",
        "ENC: x",
        "PD: x",
        "Továbbítás: x",
        "ΠΡΘ: x",
        "Пересл: x",
        "转发: x",
        "轉寄: x",
        "転送: x",
        "전달: x",
        "ILT: x",
        "Doorst: x",
        "Re: Fwd: x",
        "[a] [b] Fwd: x",
    ],
)
def test_forward_by_subject(subject: str) -> None:
    assert _read(subject=subject).is_forward


@pytest.mark.parametrize(
    "subject",
    [
        "",
        "Receipt: 12",
        "Regarding: x",
        "Your order: Re",
        "Order 4711",
        "[Shop] Invoice: 12",
        "Fwd x",
        "Result: x",
        "Trip: x",
        "12: x",
        ": x",
    ],
)
def test_other_subjects_are_neither(subject: str) -> None:
    thread = _read(subject=subject)
    assert not thread.is_reply
    assert not thread.is_forward


def test_reading_of_prefixes_is_bounded() -> None:
    assert not _read(subject="Re: " * 10 + "Fwd: x").is_forward
    assert _read(subject="Re: " * 9 + "Fwd: x").is_forward


@pytest.mark.parametrize(
    ("value", "message_id"),
    [
        ("<a@x>", "a@x"),
        ("(c) <a@x> junk", "a@x"),
        ("a@x", "a@x"),
        ("<[>", "["),
        ("<a b@x>", "a b@x"),
        ("<>", ""),
        ("", ""),
        ("x" * 600, "x" * 512),
    ],
)
def test_message_id(value: str, message_id: str) -> None:
    assert read_message_id(value) == message_id


@given(st.text(max_size=200))
def test_never_raises(text: str) -> None:
    _read(f"References: {text!r}", subject=text)
    read_message_id(text)


@pytest.mark.parametrize(
    "subject",
    [
        "Your card",
        "Re: Your card",
        "AW: RE[2]: your  CARD",
        "[list] Re: Your\tcard ",
        "Fwd: Your card",
        "[Fwd: Your card]",
        "Your card (fwd)",
    ],
)
def test_subjects_that_answer_one_are_the_same_bare(subject: str) -> None:
    assert bare_subject(subject) == "your card"


@pytest.mark.parametrize(("subject", "bare"), [("", ""), ("Re: ", ""), ("Result: x", "result: x"), ("Re: Ünsere", "ünsere")])
def test_what_is_no_prefix_stays(subject: str, bare: str) -> None:
    assert bare_subject(subject) == bare
