from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.mail.envelope import BodyType
from mailguard.relay.extensions import Extensions
from mailguard.relay.hop_answer import Kind
from mailguard.relay.transaction import Step, Transaction
from tests.unit.relay.parcels import OCTETS, consignment, destination

PIPELINED = Extensions(pipelining=True)
ONE_BY_ONE = Extensions()
FULL = Extensions(pipelining=True, eight_bit_mime=True, smtputf8=True, dsn=True, size=True)


def begun(recipients: int = 1, offered: Extensions = PIPELINED, **options: bool) -> Transaction:
    transaction = Transaction(consignment(*(destination(n) for n in range(recipients))), offered, **options)
    transaction.speak()
    return transaction


def play(transaction: Transaction, *replies: str) -> list[Step]:
    """The steps that follow on these replies; the content and the dot are sent where they are asked for."""
    steps = []
    for reply in replies:
        step = transaction.take(int(reply[:3]), reply[4:].encode())
        if step in {Step.CONTENT, Step.LONE_DOT}:
            transaction.dot_sent = True
        steps.append(step)
    return steps


def kinds(transaction: Transaction) -> list[Kind]:
    return [answer.kind for answer in transaction.answers]


def test_with_pipelining_all_commands_are_one_group() -> None:
    transaction = Transaction(consignment(destination(0), destination(1)), PIPELINED)
    assert transaction.speak() == (b"MAIL FROM:<app@a.example>\r\nRCPT TO:<r0@x.example>\r\nRCPT TO:<r1@x.example>\r\nDATA\r\n")
    steps = play(transaction, "250 a", "250 b", "250 c", "354 go", "250 2.0.0 Ok: 1")
    assert steps == [Step.WAIT, Step.WAIT, Step.WAIT, Step.CONTENT, Step.DONE]
    assert [(answer.kind, answer.text) for answer in transaction.answers] == [(Kind.TAKEN, "250 2.0.0 Ok: 1")] * 2
    assert not transaction.leaves_open
    assert not transaction.is_last


def test_without_pipelining_each_command_waits_for_its_reply() -> None:
    transaction = Transaction(consignment(), ONE_BY_ONE)
    assert transaction.speak() == b"MAIL FROM:<app@a.example>\r\n"
    assert play(transaction, "250 ok") == [Step.SPEAK]
    assert transaction.speak() == b"RCPT TO:<r0@x.example>\r\n"
    assert play(transaction, "250 ok") == [Step.SPEAK]
    assert transaction.speak() == b"DATA\r\n"
    assert play(transaction, "354 go", "250 ok") == [Step.CONTENT, Step.DONE]


@pytest.mark.parametrize("offered", [PIPELINED, ONE_BY_ONE])
def test_reset_comes_first_where_the_last_envelope_is_still_open(offered: Extensions) -> None:
    transaction = Transaction(consignment(), offered, reset_first=True)
    assert transaction.speak().startswith(b"RSET\r\n")
    assert transaction.phase == "RSET"
    follow = Step.WAIT if offered.pipelining else Step.SPEAK
    assert play(transaction, "250 reset") == [follow]
    assert transaction.phase == "MAIL"


def test_null_reverse_path_is_empty_brackets() -> None:
    assert Transaction(consignment(reverse_path=""), PIPELINED).speak().startswith(b"MAIL FROM:<>\r\n")


def test_parameters_are_carried_on() -> None:
    transaction = Transaction(
        consignment(
            destination(0, notify="SUCCESS,FAILURE", orcpt="rfc822;r+2B0@x.example"),
            destination(1),
            body=BodyType.EIGHT_BIT,
            smtputf8=True,
            ret="HDRS",
            envid="e+2B1",
        ),
        FULL,
    )
    assert transaction.speak().split(b"\r\n")[:3] == [
        b"MAIL FROM:<app@a.example> SIZE=%d BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=e+2B1" % len(OCTETS),
        b"RCPT TO:<r0@x.example> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;r+2B0@x.example",
        b"RCPT TO:<r1@x.example>",
    ]


def test_parameters_that_the_hop_does_not_offer_are_dropped() -> None:
    mail = consignment(destination(0, notify="NEVER", orcpt="rfc822;a@b"), body=BodyType.EIGHT_BIT, ret="FULL", envid="e")
    assert Transaction(mail, PIPELINED).speak() == b"MAIL FROM:<app@a.example>\r\nRCPT TO:<r0@x.example>\r\nDATA\r\n"


def test_eight_bit_content_is_declared_even_if_its_sender_did_not() -> None:
    mail = consignment(octets=b"\r\n\xff\r\n")
    assert b" BODY=8BITMIME\r\n" in Transaction(mail, FULL).speak()
    assert b"BODY" not in Transaction(consignment(), FULL).speak()


def test_utf8_paths_are_spoken_as_utf8() -> None:
    mail = consignment(destination(0, "jürgen@x.example"), smtputf8=True)
    assert "RCPT TO:<jürgen@x.example>\r\n".encode() in Transaction(mail, FULL).speak()


@pytest.mark.parametrize("mailbox", ["a@b>\r\nRCPT TO:<c@d", "a\n@b", "a\r@b"])
def test_line_end_in_a_path_is_never_spoken(mailbox: str) -> None:
    with pytest.raises(ValueError, match="line end"):
        Transaction(consignment(destination(0, mailbox)), PIPELINED)


def test_refused_recipient_has_its_own_answer() -> None:
    transaction = begun(3)
    steps = play(transaction, "250 a", "250 b", "550 5.1.1 who?", "450 4.2.1 busy", "354 go", "250 Ok")
    assert steps[-2:] == [Step.CONTENT, Step.DONE]
    assert kinds(transaction) == [Kind.TAKEN, Kind.REFUSED, Kind.LATER]
    assert transaction.answers[1].text == "550 5.1.1 who?"


def test_all_recipients_refused_and_data_refused() -> None:
    transaction = begun(2)
    assert play(transaction, "250 a", "550 b", "451 c", "554 no valid recipients")[-1] is Step.DONE
    assert kinds(transaction) == [Kind.REFUSED, Kind.LATER]
    assert transaction.leaves_open


def test_all_recipients_refused_and_data_taken_is_ended_by_a_lone_dot() -> None:
    transaction = begun(1)
    steps = play(transaction, "250 a", "550 b", "354 go", "554 no valid recipients")
    assert steps[-2:] == [Step.LONE_DOT, Step.DONE]
    assert kinds(transaction) == [Kind.REFUSED]
    assert not transaction.leaves_open


def test_without_pipelining_data_is_not_said_when_nobody_is_left() -> None:
    transaction = begun(2, ONE_BY_ONE)
    assert play(transaction, "250 a", "550 b", "550 c") == [Step.SPEAK, Step.SPEAK, Step.DONE]
    assert transaction.leaves_open


@pytest.mark.parametrize(("reply", "kind"), [("451 greylisted", Kind.LATER), ("550 5.7.1 not you", Kind.REFUSED)])
def test_refused_mail_command_is_the_answer_for_all(reply: str, kind: Kind) -> None:
    transaction = begun(2)
    steps = play(transaction, reply, "503 no MAIL", "503 no MAIL", "503 no MAIL")
    assert steps[-1] is Step.DONE
    assert [(answer.kind, answer.text) for answer in transaction.answers] == [(kind, reply)] * 2
    assert not transaction.leaves_open


def test_refused_mail_command_and_data_taken_is_ended_by_a_lone_dot() -> None:
    transaction = begun(1)
    assert play(transaction, "550 not you", "250 b", "354 go", "250 odd")[-2:] == [Step.LONE_DOT, Step.DONE]
    assert kinds(transaction) == [Kind.REFUSED]


def test_without_pipelining_refused_mail_command_ends_it() -> None:
    transaction = begun(2, ONE_BY_ONE)
    assert play(transaction, "550 not you") == [Step.DONE]
    assert kinds(transaction) == [Kind.REFUSED, Kind.REFUSED]


def test_refused_data_is_the_answer_for_those_taken() -> None:
    transaction = begun(2)
    assert play(transaction, "250 a", "250 b", "550 c", "451 4.7.1 later")[-1] is Step.DONE
    assert kinds(transaction) == [Kind.LATER, Kind.REFUSED]
    assert transaction.leaves_open


def test_hop_that_says_250_to_data_is_out_of_step() -> None:
    transaction = begun(1)
    play(transaction, "250 a", "250 b", "250 c")
    assert kinds(transaction) == [Kind.TROUBLE]
    assert transaction.answers[0].text == "unexpected 250 c"


@pytest.mark.parametrize(
    ("reply", "kind"),
    [("250 Ok", Kind.TAKEN), ("451 greylisted", Kind.LATER), ("452 4.3.1 full", Kind.TROUBLE), ("554 spam", Kind.REFUSED)],
)
def test_answer_to_the_last_dot_decides(reply: str, kind: Kind) -> None:
    transaction = begun(1)
    play(transaction, "250 a", "250 b", "354 c", reply)
    assert kinds(transaction) == [kind]
    assert not transaction.leaves_open


def test_one_recipient_too_many_goes_into_the_next_transaction() -> None:
    transaction = begun(3)
    play(transaction, "250 a", "250 b", "452 4.5.3 too many", "452 4.5.3 too many", "354 go", "250 Ok")
    assert kinds(transaction) == [Kind.TAKEN, Kind.OVERFLOW, Kind.OVERFLOW]


def test_first_recipient_is_never_one_too_many() -> None:
    transaction = begun(1)
    play(transaction, "250 a", "452 4.5.3 too many", "503 no recipients")
    assert kinds(transaction) == [Kind.LATER]


def test_421_is_trouble_for_all_that_have_no_answer_yet() -> None:
    transaction = begun(3)
    assert play(transaction, "250 a", "550 b", "250 c", "421 4.3.2 closing")[-1] is Step.DONE
    assert kinds(transaction) == [Kind.REFUSED, Kind.TROUBLE, Kind.TROUBLE]
    assert transaction.is_last


def test_421_before_anything_else_on_a_kept_connection_has_not_touched_the_mail() -> None:
    transaction = begun(1, is_fresh=False)
    play(transaction, "421 timeout")
    assert kinds(transaction) == [Kind.UNTOUCHED]
    assert transaction.is_last


def test_421_before_anything_else_on_a_fresh_connection_is_trouble() -> None:
    transaction = begun(1)
    play(transaction, "421 go away")
    assert kinds(transaction) == [Kind.TROUBLE]


def test_421_after_the_last_dot_is_an_answer() -> None:
    transaction = begun(1)
    play(transaction, "250 a", "250 b", "354 c", "421 closing")
    assert kinds(transaction) == [Kind.TROUBLE]


def test_answer_in_the_middle_of_the_content_ends_the_connection() -> None:
    transaction = begun(1)
    for code in (250, 250, 354):
        transaction.take(code, b"")
    assert transaction.take(552, b"5.3.4 too big") is Step.DONE
    assert kinds(transaction) == [Kind.REFUSED]
    assert transaction.is_last


def test_success_in_the_middle_of_the_content_is_no_success() -> None:
    transaction = begun(1)
    for code in (250, 250, 354, 250):
        transaction.take(code, b"")
    assert kinds(transaction) == [Kind.TROUBLE]


@pytest.mark.parametrize(
    ("replies", "text"),
    [
        ([], "connection lost at MAIL"),
        (["250 a"], "connection lost at RCPT"),
        (["250 a", "250 b"], "connection lost at DATA"),
    ],
)
def test_connection_lost_before_the_content_is_trouble(replies: list[str], text: str) -> None:
    transaction = begun(1)
    play(transaction, *replies)
    transaction.lose("connection lost")
    assert [(answer.kind, answer.text) for answer in transaction.answers] == [(Kind.TROUBLE, text)]


def test_connection_lost_in_the_content_is_trouble() -> None:
    transaction = begun(1)
    for code in (250, 250, 354):
        transaction.take(code, b"")
    transaction.lose("connection lost")
    assert transaction.answers[0].kind is Kind.TROUBLE
    assert transaction.answers[0].text == "connection lost at the content"


def test_connection_lost_after_the_last_dot_is_uncertain_for_those_taken() -> None:
    transaction = begun(2)
    play(transaction, "250 a", "250 b", "550 c", "354 go")
    assert transaction.phase == "the last dot"
    transaction.lose("connection lost")
    assert kinds(transaction) == [Kind.UNCERTAIN, Kind.REFUSED]
    assert transaction.answers[0].text.startswith("connection lost after the last dot")


def test_connection_lost_after_a_lone_dot_changes_no_answer() -> None:
    transaction = begun(1)
    play(transaction, "250 a", "550 b", "354 go")
    transaction.lose("connection lost")
    assert kinds(transaction) == [Kind.REFUSED]


def test_kept_connection_that_had_gone_has_not_touched_the_mail() -> None:
    transaction = begun(2, is_fresh=False, reset_first=True)
    transaction.lose("connection lost")
    assert kinds(transaction) == [Kind.UNTOUCHED, Kind.UNTOUCHED]


def test_kept_connection_that_had_answered_has() -> None:
    transaction = begun(1, is_fresh=False)
    play(transaction, "250 a")
    transaction.lose("connection lost")
    assert kinds(transaction) == [Kind.TROUBLE]


def test_giving_up_before_the_last_dot_touches_nothing() -> None:
    transaction = begun(2)
    play(transaction, "250 a", "250 b", "550 c")
    transaction.give_up("stopped")
    assert kinds(transaction) == [Kind.UNTOUCHED, Kind.REFUSED]


def test_giving_up_after_the_last_dot_is_uncertain() -> None:
    transaction = begun(1)
    play(transaction, "250 a", "250 b", "354 c")
    transaction.give_up("stopped")
    transaction.lose("connection lost")
    assert transaction.answers[0].text.startswith("stopped after the last dot")
    assert kinds(transaction) == [Kind.UNCERTAIN]


REPLIES = st.sampled_from(["250 ok", "354 go", "421 bye", "450 4.2.1 x", "451 4.3.0 x", "452 4.5.3 x", "550 5.1.1 x", "552 x"])


@given(
    replies=st.lists(REPLIES, max_size=9),
    recipients=st.integers(1, 4),
    is_pipelined=st.booleans(),
    is_fresh=st.booleans(),
    reset_first=st.booleans(),
)
def test_whatever_the_hop_says_everybody_has_one_answer_and_none_is_invented(
    *,
    replies: list[str],
    recipients: int,
    is_pipelined: bool,
    is_fresh: bool,
    reset_first: bool,
) -> None:
    offered = Extensions(pipelining=is_pipelined)
    transaction = begun(recipients, offered, is_fresh=is_fresh, reset_first=reset_first)
    has_content, last_reply = False, ""
    for reply in replies:
        (step,) = play(transaction, reply)
        if step is Step.SPEAK:
            assert transaction.speak().count(b"\r\n") == 1
        if step is Step.DONE:
            last_reply = reply
            break
        has_content = has_content or step is Step.CONTENT
    else:
        transaction.lose("connection lost")
    assert len(transaction.answers) == recipients
    assert (Kind.TAKEN in kinds(transaction)) == (has_content and last_reply == "250 ok")
    assert (Kind.UNCERTAIN in kinds(transaction)) == (has_content and not last_reply)
    if Kind.OVERFLOW in kinds(transaction):
        assert set(kinds(transaction)) != {Kind.OVERFLOW}


def test_refused_recipient_may_be_one_that_is_unknown() -> None:
    transaction = begun(3)
    play(transaction, "250 a", "550 5.1.1 who?", "550 5.7.1 not you", "451 4.1.1 later", "554 none")
    assert [answer.is_unknown for answer in transaction.answers] == [True, False, False]


@pytest.mark.parametrize(
    ("recipients", "reply", "is_unknown"), [(1, "550 5.1.1 who?", True), (2, "550 5.1.1 who?", False), (1, "550 no", False)]
)
def test_what_is_said_to_the_content_speaks_of_a_lone_recipient(recipients: int, reply: str, *, is_unknown: bool) -> None:
    transaction = begun(recipients)
    play(transaction, "250 a", *(["250 b"] * recipients), "354 go", reply)
    assert {answer.is_unknown for answer in transaction.answers} == {is_unknown}


def test_field_of_a_lone_recipient_goes_before_the_parcel() -> None:
    to = replace(destination(), reply_aware="yes; open=1; last=2026-11-19T08:12:00Z")
    told = Transaction(consignment(to), FULL, is_reply_aware=True)
    field = b"Mailguard-Reply-Aware: yes; open=1; last=2026-11-19T08:12:00Z\r\n"
    assert told.octets == field + OCTETS
    assert f"SIZE={len(told.octets)}".encode() in told.speak()


@pytest.mark.parametrize(("values", "is_reply_aware"), [(("no",), False), (("",), True), (("no", "no"), True)])
def test_nothing_is_said_to_other_hops_or_of_several_or_of_what_was_not_decided(
    values: tuple[str, ...], *, is_reply_aware: bool
) -> None:
    to = [replace(destination(n), reply_aware=value) for n, value in enumerate(values)]
    assert Transaction(consignment(*to), FULL, is_reply_aware=is_reply_aware).octets is OCTETS
