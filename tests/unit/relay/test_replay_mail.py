"""mailguard.relay.replay_mail: a recorded transaction as it stood before the decision."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mailguard.identity.person import unknown
from mailguard.mail.control import MailClass
from mailguard.mail.mailbox import parse_mailbox
from mailguard.policy.classify import Rule
from mailguard.policy.facts import State
from mailguard.policy.finding import Code, Finding
from mailguard.policy.submission import Submission
from mailguard.relay.replay_mail import Clients, Transaction, Unjudged, judgeable, kept, transactions
from mailguard.relay.settings import Client, Policy
from mailguard.store.own_mail import OWN_CLIENT
from mailguard.store.recorded import contents, recorded
from tests.unit.relay.replays import ANN, BOB, PLAIN, SHOP, Taken, letter, taking

PERSONS = (unknown(parse_mailbox(ANN)),)
BULK = Policy(rules=(Rule(mail_class=MailClass.BULK, template="weekly", asks=("income",)),))


@pytest.fixture
def taken(tmp_path: Path) -> Iterator[Taken]:
    with taking(tmp_path) as found:
        yield found


def read(taken: Taken) -> list[tuple[Transaction, bytes]]:
    mails = [mail for page in recorded(taken.database, taken.span().of) for mail in page]
    with taken.database.read() as connection:
        octets = contents(connection, [mail.id for mail in mails])
    return [(one, octets.get(mail.id, b"")) for mail in mails for one in transactions(mail)]


def meet(
    one: Transaction,
    octets: bytes,
    *,
    tried: Policy = BULK,
    current: Policy | None = None,
    clients: tuple[Client, ...] = (SHOP, PLAIN),
) -> Submission | Unjudged:
    by_name = {client.name: client for client in clients}
    return judgeable(one, octets, PERSONS, policy=tried, current=current or Policy(), clients=Clients(by_name, by_name))


def met(one: Transaction, octets: bytes, **options: Policy) -> Submission:
    found = meet(one, octets, **options)  # type: ignore[arg-type]
    assert isinstance(found, Submission)
    return found


def test_the_content_is_read_again_and_the_row_s_fingerprint_counts(taken: Taken) -> None:
    taken.take(letter("a bill", to=f"{ANN}, {BOB}", number=7))
    one, octets = read(taken)[0]
    message = met(one, octets).message
    assert ([box.wire for box in message.visible], message.received_count) == ([ANN, BOB], 0)
    assert (message.digest, message.fingerprint) == (one.mail.digest, one.mail.fingerprint)


def test_a_mail_that_was_given_its_fields_is_the_sender_s(taken: Taken) -> None:
    taken.take(b"From: shop@sender.example\r\nSubject: hello\r\n\r\nhello\r\n")
    one, octets = read(taken)[0]
    assert b"Message-ID:" in octets
    assert isinstance(meet(one, octets), Submission)
    only_date = b"Message-ID: <1@sender.example>\r\nSubject: hello\r\n\r\nhello again\r\n"
    taken.take(only_date, after=timedelta(hours=1))
    assert isinstance(meet(*read(taken)[1]), Submission)
    changed = octets.replace(b"hello\r\n", b"hullo\r\n")
    assert meet(one, changed) is Unjudged.RENDERED


def test_what_is_not_the_sender_s_content_was_rendered(taken: Taken) -> None:
    taken.take(letter("a bill"))
    one, octets = read(taken)[0]
    other = replace(one, mail=replace(one.mail, digest=b"d" * 32))
    assert meet(other, octets) is Unjudged.RENDERED
    # A client whose mail gets an address for answers has other octets, too, and is judged by the fields that it had.
    assert isinstance(meet(other, octets, clients=(replace(SHOP, reply_token=True),)), Submission)


def test_a_template_that_failed_is_held_again_for_it(taken: Taken) -> None:
    taken.take(letter("a bill"))
    one, octets = read(taken)[0]
    findings = (Finding(Code.RENDER_FAILED, "line 3: no such name"), Finding(Code.STALE_CONTEXT, "reply 01R came"))
    failed = replace(
        one,
        mail=replace(one.mail, digest=b"d" * 32),
        recipients=tuple(replace(each, findings=findings) for each in one.recipients),
    )
    found = met(failed, octets)
    assert (found.render_failure, found.known_seq) == ("line 3: no such name", 0)
    assert met(one, octets).known_seq is None


def test_unreadable_mail_is_so_again(taken: Taken) -> None:
    taken.take(b"X: " + b"a" * 300_000 + b"\r\n\r\nhello\r\n")
    one, octets = read(taken)[0]
    assert met(one, octets).message.unreadable


def test_content_without_a_trace_field_is_read_as_it_is(taken: Taken) -> None:
    taken.take(letter("a bill"))
    one, octets = read(taken)[0]
    bare = octets.split(b"\r\n", 3)[3]
    assert met(one, bare).message.visible == met(one, octets).message.visible


def test_rules_decide_where_they_had_decided(taken: Taken) -> None:
    taken.take(letter("a bill"), client=PLAIN)
    kind = met(*read(taken)[0]).classification
    assert (kind.mail_class, kind.template, kind.asks) == (MailClass.BULK, "weekly", ("income",))


def test_what_a_trusted_client_had_said_it_says_again(taken: Taken) -> None:
    said = ("Mailguard-Class: critical", "Mailguard-Template: bills", "Mailguard-Asks: phone")
    taken.take(letter("a bill", *said))
    kind = met(*read(taken)[0]).classification
    assert (kind.mail_class, kind.template, kind.asks) == (MailClass.CRITICAL, "bills", ("phone",))


def test_a_trusted_client_s_mail_that_says_nothing_follows_the_rules(taken: Taken) -> None:
    taken.take(letter("a bill"))
    assert met(*read(taken)[0]).classification.mail_class is MailClass.BULK


def test_a_client_that_one_configuration_lacks_is_not_judged(taken: Taken) -> None:
    taken.take(letter("a bill"))
    one, octets = read(taken)[0]
    assert meet(one, octets, clients=(PLAIN,)) is Unjudged.UNKNOWN_CLIENT


def test_later_parts_are_transactions_of_their_own(taken: Taken) -> None:
    taken.take(letter("a bill", to=f"{ANN}, {BOB}"), ANN)
    taken.take(letter("a bill", to=f"{ANN}, {BOB}"), BOB, after=timedelta(seconds=5))
    first, second = (one for one, _ in read(taken))
    assert [one.mailbox for one in first.recipients] == [ANN]
    assert [path.mailbox.wire for path in second.envelope.recipients] == [BOB]
    assert (second.recipients[0].n, second.at - first.at) == (1, timedelta(seconds=5))


def test_the_row_alone_says_why_some_are_not_judged(taken: Taken) -> None:
    taken.take(letter("a bill"))
    one, _ = read(taken)[0]

    def with_finding(*codes: Code) -> Transaction:
        findings = tuple(Finding(code, code) for code in codes)
        return replace(one, recipients=tuple(replace(each, findings=findings) for each in one.recipients))

    overridden = replace(one, recipients=tuple(replace(each, is_overridden=True) for each in one.recipients))
    expected = [
        (one, None),
        (replace(one, mail=replace(one.mail, client=OWN_CLIENT)), Unjudged.OWN),
        (replace(one, mail=replace(one.mail, is_replay=True)), Unjudged.REPLAY),
        (overridden, Unjudged.OVERRIDDEN),
        (with_finding(Code.RECALLED), Unjudged.RECALLED),
        (replace(one, mail=replace(one.mail, broadcast="01B")), Unjudged.CHECKED),
        (with_finding(Code.UNCHECKED_BROADCAST), Unjudged.CHECKED),
        (with_finding(Code.FAN_OUT, Code.UNCHECKED_BROADCAST), None),
    ]
    assert [each.unjudged() for each, _ in expected] == [reason for _, reason in expected]
    assert {reason.sentence for reason in Unjudged}


def test_what_is_kept_of_a_transaction_is_what_later_mail_is_judged_by(taken: Taken) -> None:
    fields = ("In-Reply-To: <q2@people.example>", "References: <q1@people.example> <q2@people.example>", "Mailguard-Key: k1")
    taken.take(letter("a bill", *fields, "Auto-Submitted: auto-generated"))
    one, _ = read(taken)[0]
    found = kept(one, PERSONS)
    assert found.message.thread.answers == ("q2@people.example",)
    assert found.message.thread.references == ("q1@people.example",)
    assert (found.message.control.key, found.message.automation.auto_submitted.value) == ("k1", "auto-generated")
    assert found.classification.mail_class is MailClass.SERVICE
    assert one.states == (State.QUEUED,)
    assert replace(one, mail=replace(one.mail, client=OWN_CLIENT)).states == (State.REPLAYED,)
    assert one.decision.recipients[0].findings == ()
