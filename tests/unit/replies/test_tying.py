"""mailguard.replies.tying, tie by tie, the strongest first.

One file, for each tie has to be seen to give way to those before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from mailguard.mail.token import sign
from mailguard.policy.limits import Limits
from mailguard.policy.reply import Kind, Tie
from mailguard.replies.read_reply import read_reply
from mailguard.replies.tying import Tied, tie_all
from mailguard.store.database import Database
from mailguard.store.replies import StoredReply
from mailguard.store.secrets import REPLY_KEY, key_of
from tests.builders import NOW, message
from tests.ledger import mail, take
from tests.records import arrive, customer, join
from tests.replies import ingested, written

ANN, BOB, EVE = "ann@people.example", "bob@people.example", "eve@evil.example"
M1 = "m1@sender.example"
HOUR = timedelta(hours=1)
VOUCHED = "Authentication-Results: mx.sender.example; dmarc=pass header.from=people.example"

BOUNCE = """From: MAILER-DAEMON@mx.people.example
To: shop@sender.example
Subject: Undelivered Mail Returned to Sender
Message-ID: <{name}@mx.people.example>
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

It did not arrive.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.people.example

{recipients}
--b
Content-Type: message/rfc822

Message-ID: <{answers}>
Subject: hello

hello
--b--
"""

COMPLAINT = """From: feedback@provider.example
To: abuse@sender.example
Subject: complaint about a message
Message-ID: <{name}@provider.example>
Content-Type: multipart/report; report-type=feedback-report; boundary=b

--b
Content-Type: text/plain

An abuse report.
--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Provider/1
Version: 1
{recipients}
--b
Content-Type: message/rfc822

Message-ID: <{answers}>
Subject: hello

hello
--b--
"""


def failed(*mailboxes: str, status: str = "5.1.1", action: str = "failed") -> str:
    return "\n\n".join(f"Final-Recipient: rfc822; {box}\nAction: {action}\nStatus: {status}" for box in mailboxes)


def bounce(*mailboxes: str, answers: str = M1, name: str = "b1", **said: str) -> bytes:
    return BOUNCE.format(name=name, answers=answers, recipients=failed(*mailboxes, **said)).replace("\n", "\r\n").encode()


def complaint(*mailboxes: str, answers: str = M1, name: str = "c1") -> bytes:
    recipients = "\n".join(f"Original-Rcpt-To: {box}" for box in mailboxes) or "Source-IP: 192.0.2.1"
    return COMPLAINT.format(name=name, answers=answers, recipients=recipients).replace("\n", "\r\n").encode()


def send(database: Database, *recipients: str, message_id: str = M1, subject: str = "hello", **fields: Any) -> str:
    one = mail(message(message_id, message_id, message_id=message_id, subject=subject), *recipients, **fields)
    with database.write() as connection:
        take(connection, one)
    return one.id


def tie(database: Database, *octets: bytes, own: Sequence[str] = (), at: timedelta = HOUR) -> Tied:
    read = [read_reply(one, received_at=NOW + at, authserv_ids=["mx.sender.example"], own_domains=own) for one in octets]
    with database.read() as connection:
        return tie_all(connection, read, Limits(own_domains=frozenset(own)), now=NOW + at)[-1]


def token(database: Database, id: str, n: int = 0) -> str:
    with database.write() as connection:
        return sign(key_of(connection, REPLY_KEY, now=NOW), id, n)


# --- token --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sender", [f"Ann <{ANN}>", f"Eve <{EVE}>"])
def test_a_token_means_the_person_that_it_was_signed_for_whatever_from_says(database: Database, sender: str) -> None:
    id = send(database, BOB, ANN)
    tied = tie(database, written(to=f"reply+{token(database, id, 1)}@sender.example", sender=sender))
    assert (tied.tie, tied.anchor, tied.mail and tied.mail.id, tied.to and tied.to.n) == (Tie.TOKEN, ANN, id, 1)


@pytest.mark.parametrize("field", ["Cc", "Delivered-To", "X-Original-To"])
def test_a_token_is_found_wherever_the_address_stands(database: Database, field: str) -> None:
    id = send(database, ANN)
    address = f"Reply+{token(database, id).upper()}@sender.example"
    assert tie(database, written("x", f"{field}: {address}", sender=EVE)).tie is Tie.TOKEN


def test_a_signed_message_id_is_a_token(database: Database) -> None:
    id = send(database, ANN, BOB)
    answers = f"{token(database, id, 1)}@mail.sender.example"
    assert tie(database, written(answers=answers, sender=EVE)).anchor == BOB


def test_a_forged_token_is_none(database: Database) -> None:
    id = send(database, ANN)
    real = token(database, id)
    changed = real[:40] + ("a" if real[40] != "a" else "b") + real[41:]
    for forged in (changed, sign(b"another key", id, 0), "a" * 50, real[:-1]):
        tied = tie(database, written(to=f"reply+{forged}@sender.example", sender=EVE))
        assert (tied.tie, tied.anchor) == (Tie.SENDER, EVE)


def test_a_token_before_any_key_was_made_is_none(database: Database) -> None:
    id = send(database, ANN)
    assert tie(database, written(to=f"reply+{sign(b'x', id, 0)}@sender.example", sender=EVE)).tie is Tie.SENDER


def test_a_token_for_what_the_ledger_has_no_more_is_none(database: Database) -> None:
    id = send(database, ANN)
    for text in (token(database, "01JA0000000000000000000000"), token(database, id, 7)):
        assert tie(database, written(to=f"reply+{text}@sender.example", sender=EVE)).tie is Tie.SENDER


def test_a_colleagues_copy_of_an_answer_to_all_is_not_the_customers(database: Database) -> None:
    id = send(database, ANN)
    octets = written(to=f"reply+{token(database, id)}@sender.example", sender="Cy <cy@sender.example>", answers=M1)
    assert tie(database, octets).tie is Tie.TOKEN
    tied = tie(database, octets, own=["sender.example"])
    assert (tied.tie, tied.anchor, tied.mail and tied.mail.id) == (Tie.SENDER, "cy@sender.example", id)


# --- thread -------------------------------------------------------------------------------------------------------------


def test_who_names_a_mail_that_they_were_sent_is_known_by_it(database: Database) -> None:
    id = send(database, BOB, ANN)
    tied = tie(database, written(answers=M1))
    assert (tied.tie, tied.anchor, tied.mail and tied.mail.id, tied.to and tied.to.n) == (Tie.THREAD, ANN, id, 1)


def test_who_writes_from_another_mailbox_of_theirs_is_known_by_it(database: Database) -> None:
    with database.write() as connection:
        arrive(connection, customer(1, "ann", "lee", ANN), customer(2, "ann", "lee", "ann@work.example"))
        join(connection, 1, 2)
    send(database, BOB, ANN)
    tied = tie(database, written(answers=M1, sender="Ann <ann@work.example>"))
    assert (tied.tie, tied.anchor) == (Tie.THREAD, ANN)


def test_to_know_the_message_id_of_a_mail_to_one_alone_is_to_have_had_it(database: Database) -> None:
    send(database, ANN)
    tied = tie(database, written(answers=M1, sender=EVE))
    assert (tied.tie, tied.anchor) == (Tie.THREAD, ANN)


def test_a_stranger_who_names_a_mail_to_several_speaks_for_none_of_them(database: Database) -> None:
    id = send(database, ANN, BOB)
    tied = tie(database, written(answers=M1, sender=EVE))
    assert (tied.tie, tied.anchor, tied.mail and tied.mail.id, tied.to) == (Tie.SENDER, EVE, id, None)
    vouched = tie(database, written("x", VOUCHED.replace("people", "evil"), answers=M1, sender=EVE))
    assert (vouched.tie, vouched.anchor, vouched.mail and vouched.mail.id) == (Tie.AUTHENTICATED, EVE, id)


def test_what_was_rendered_for_several_is_a_mail_to_several(database: Database) -> None:
    ids = {}
    with database.write() as connection:
        for name in (ANN, BOB):
            one = mail(message(name, name, message_id=M1), name)
            take(connection, one)
            ids[name] = one.id
    for name in (ANN, BOB):
        tied = tie(database, written(answers=M1, sender=name))
        assert (tied.tie, tied.anchor, tied.mail and tied.mail.id) == (Tie.THREAD, name, ids[name])
        assert [one.mail.id for one in tie(database, bounce(name)).failures] == [ids[name]]
    assert tie(database, written(answers=M1, sender=EVE)).tie is Tie.SENDER
    assert tie(database, bounce("ann@elsewhere.example")).failures == ()


def test_a_mail_that_one_person_was_sent_twice_went_to_one_alone(database: Database) -> None:
    with database.write() as connection:
        for text in ("first", "second"):
            take(connection, mail(message(text, text, message_id=M1), ANN))
    assert tie(database, written(answers=M1, sender=EVE)).anchor == ANN


def test_a_mail_without_from_is_tied_by_what_it_names(database: Database) -> None:
    send(database, ANN)
    assert tie(database, written(answers=M1, sender="nobody")).anchor == ANN
    send(database, ANN, BOB, message_id="m2@sender.example")
    tied = tie(database, written(answers="m2@sender.example", sender="nobody"))
    assert (tied.tie, tied.anchor, tied.mail is not None) == (Tie.NONE, "", True)
    tied = tie(database, written(sender="nobody", message_id="own@x"))
    assert tied == Tied(conversation="own@x")


def test_the_mail_that_is_answered_comes_before_its_ancestors(database: Database) -> None:
    send(database, ANN, message_id="first@sender.example")
    id = send(database, ANN, message_id="second@sender.example", at=HOUR)
    refers = "References: <first@sender.example> <second@sender.example>"
    assert (found := tie(database, written("x", refers)).mail) is not None
    assert found.id == id


def test_where_a_mailbox_is_shared_the_reply_is_whose_the_mail_was(database: Database) -> None:
    home = "home@family.example"
    with database.write() as connection:
        arrive(connection, customer(1, "ann", "lee", home), customer(2, "bob", "lee", home))
        take(connection, mail(message(message_id=M1), home, BOB))
        connection.exec_driver_sql("UPDATE recipient SET anchor = 'R2' WHERE n = 0")
    tied = tie(database, written(answers=M1, sender=f"Bob <{home}>"))
    assert (tied.tie, tied.anchor) == (Tie.THREAD, "R2")


# --- conversations --------------------------------------------------------------------------------------------------------


def taken(database: Database, octets: bytes) -> StoredReply:
    with database.write() as connection:
        return ingested(connection, octets)


def test_a_reply_that_names_only_the_persons_own_earlier_one_goes_on_from_it(database: Database) -> None:
    id = send(database, ANN, BOB, template="card")
    first = taken(database, written("one", answers=M1, message_id="a1@people.example"))
    second = taken(database, written("two", "In-Reply-To: <a1@people.example>", subject="", message_id="a2@people.example"))
    third = taken(database, written("three", "In-Reply-To: <a2@people.example>", subject=""))
    for one in (first, second, third):
        assert (one.tie, one.anchor, one.answers, one.answers_n, one.template) == (Tie.THREAD, ANN, id, 0, "card")
        assert one.conversation == M1
    assert second.thread == (M1, "a1@people.example", "a2@people.example")


def test_another_who_names_her_reply_does_not_speak_for_her(database: Database) -> None:
    send(database, ANN, BOB)
    taken(database, written("one", answers=M1, message_id="a1@people.example"))
    other = taken(database, written("two", "In-Reply-To: <a1@people.example>", sender=EVE))
    assert (other.tie, other.anchor, other.conversation) == (Tie.SENDER, EVE, "a1@people.example")


def test_who_was_not_known_before_is_not_known_by_going_on(database: Database) -> None:
    taken(database, written("one", sender=EVE, subject="A question", message_id="e1@evil.example"))
    second = taken(database, written("two", "In-Reply-To: <e1@evil.example>", sender=EVE))
    assert (second.tie, second.conversation) == (Tie.SENDER, "e1@evil.example")


def test_an_answer_to_our_answer_is_in_the_conversation_that_we_answered(database: Database) -> None:
    send(database, ANN)
    taken(database, written("one", answers=M1, message_id="a1@people.example"))
    send(database, ANN, message_id="m2@sender.example", at=HOUR)
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE message SET thread = 'a1@people.example' WHERE message_id = 'm2@sender.example'")
    second = taken(database, written("two", "In-Reply-To: <m2@sender.example>"))
    assert (second.tie, second.conversation) == (Tie.THREAD, M1)


def test_a_conversation_begins_where_our_mail_says_it_does(database: Database) -> None:
    send(database, ANN)
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE message SET thread = 'late@x\nfirst@x'")
    assert tie(database, written("x", f"In-Reply-To: <{M1}>")).conversation == "first@x"
    assert tie(database, written("x", "References: <a@x> <b@x>", f"In-Reply-To: <{M1}>")).conversation == "a@x"
    assert tie(database, written("x", "In-Reply-To: <other@x>", subject="other")).conversation == "other@x"


# --- authenticated, subject, sender ----------------------------------------------------------------------------------------


def test_a_server_that_we_trust_vouches_for_from(database: Database) -> None:
    tied = tie(database, written("x", VOUCHED, subject="A question"))
    assert (tied.tie, tied.anchor, tied.mail) == (Tie.AUTHENTICATED, ANN, None)


def test_a_server_that_we_do_not_trust_vouches_for_nothing(database: Database) -> None:
    forged = VOUCHED.replace("mx.sender", "mx.evil")
    assert tie(database, written("x", forged, subject="A question")).tie is Tie.SENDER


def test_a_subject_that_the_person_was_sent_ties_more_weakly(database: Database) -> None:
    id = send(database, ANN, subject="Your  card")
    tied = tie(database, written(subject="AW: your card"))
    assert (tied.tie, tied.anchor, tied.mail and tied.mail.id, tied.to and tied.to.n) == (Tie.SUBJECT, ANN, id, 0)
    vouched = tie(database, written("x", VOUCHED, subject="Re: Your card"))
    assert (vouched.tie, vouched.mail and vouched.mail.id) == (Tie.AUTHENTICATED, id)


def test_the_newest_mail_of_that_subject_is_the_one(database: Database) -> None:
    send(database, ANN, message_id="old@x.example", subject="Your card")
    id = send(database, ANN, message_id="new@x.example", subject="Your card", at=HOUR)
    assert (found := tie(database, written(subject="Re: Your card"), at=2 * HOUR).mail) is not None
    assert found.id == id


@pytest.mark.parametrize(
    ("sender", "subject", "at"),
    [
        (f"Eve <{EVE}>", "Re: Your card", HOUR),
        (f"Ann <{ANN}>", "Re: Your cards", HOUR),
        (f"Ann <{ANN}>", "Re: Your card", timedelta(days=30, seconds=1)),
    ],
)
def test_another_subject_another_sender_or_too_late_is_from_alone(
    database: Database, sender: str, subject: str, at: timedelta
) -> None:
    send(database, ANN, subject="Your card")
    tied = tie(database, written(sender=sender, subject=subject), at=at)
    assert (tied.tie, tied.mail) == (Tie.SENDER, None)


def test_no_subject_ties_nothing(database: Database) -> None:
    send(database, ANN, subject="")
    assert tie(database, written(subject="Re: ")).tie is Tie.SENDER


# --- bounces and complaints ------------------------------------------------------------------------------------------------


def test_a_bounce_is_of_the_recipient_whom_it_names(database: Database) -> None:
    id = send(database, ANN, BOB)
    tied = tie(database, bounce("Bob@people.example"))
    assert (tied.tie, tied.anchor, tied.mail and tied.mail.id, tied.to and tied.to.n) == (Tie.THREAD, BOB, id, 1)
    assert [(one.to.mailbox, one.said.status) for one in tied.failures] == [(BOB, "5.1.1")]


def test_a_bounce_of_several_is_of_all_of_them(database: Database) -> None:
    send(database, ANN, BOB, "cy@people.example")
    assert [one.to.mailbox for one in tie(database, bounce(ANN, "cy@people.example", EVE)).failures] == [
        ANN,
        "cy@people.example",
    ]


def test_a_mail_to_one_alone_bounces_for_them_wherever_it_was_forwarded_to(database: Database) -> None:
    send(database, ANN)
    assert [one.to.mailbox for one in tie(database, bounce("ann@elsewhere.example")).failures] == [ANN]
    assert tie(database, bounce("a@elsewhere.example", "b@elsewhere.example")).failures == ()


def test_a_signed_message_id_in_a_bounce_names_the_mail(database: Database) -> None:
    id = send(database, ANN, message_id="other@x.example")
    tied = tie(database, bounce(ANN, answers=f"{token(database, id)}@sender.example"))
    assert (tied.tie, len(tied.failures)) == (Tie.TOKEN, 1)


@pytest.mark.parametrize("octets", [bounce(ANN, answers="never@sent.example"), bounce(EVE, BOB), bounce(ANN, action="delayed")])
def test_a_bounce_that_names_no_mail_or_no_recipient_of_ours_says_nothing(database: Database, octets: bytes) -> None:
    send(database, ANN, "cy@people.example")
    tied = tie(database, octets)
    assert (tied.tie, tied.anchor, tied.failures) == (Tie.NONE, "", ())


def test_a_complaint_is_of_whom_it_names_or_of_who_alone_had_the_mail(database: Database) -> None:
    send(database, ANN, BOB)
    send(database, ANN, message_id="m2@sender.example")
    assert (tie(database, complaint(BOB)).tie, tie(database, complaint(BOB)).anchor) == (Tie.THREAD, BOB)
    assert tie(database, complaint(answers="m2@sender.example")).anchor == ANN
    assert tie(database, complaint()).anchor == ""
    assert tie(database, complaint()).mail is not None
    assert tie(database, complaint(ANN, answers="never@sent.example")).tie is Tie.NONE


def test_a_complaint_about_a_signed_mail_is_of_whom_it_was_signed_for(database: Database) -> None:
    id = send(database, ANN, BOB)
    tied = tie(database, complaint(answers=f"{token(database, id, 1)}@sender.example"))
    assert (tied.tie, tied.anchor) == (Tie.TOKEN, BOB)


def test_what_a_batch_asks_does_not_grow_with_it(database: Database) -> None:
    for n in range(3):
        send(database, f"p{n}@people.example", message_id=f"{n}@x.example")
    octets = [written(answers=f"{n}@x.example", sender=f"p{n}@people.example") for n in range(3)]
    kinds = {read_reply(one, received_at=NOW).kind for one in octets}
    assert kinds == {Kind.HUMAN}
    asked: list[str] = []
    counts = []
    with database.read() as connection:
        driver: Any = connection.connection.driver_connection
        driver.set_trace_callback(asked.append)
        for batch in (octets[:1], octets):
            asked.clear()
            tie_all(connection, [read_reply(one, received_at=NOW) for one in batch], Limits(), now=NOW)
            counts.append(len(asked))
        driver.set_trace_callback(None)
    assert counts[0] == counts[1]
