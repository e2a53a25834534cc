from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mailguard.policy.limits import Limits
from mailguard.policy.reply import Kind, ReplyState, Tie
from mailguard.policy.template_rule import TemplateRule
from mailguard.replies import ingest as module
from mailguard.replies.incoming import Taken
from mailguard.replies.ingest import Ingest
from mailguard.replies.read_reply import read_reply
from mailguard.replies.settings import ReplySettings
from mailguard.store.database import Database
from mailguard.store.replies import Filter, content_of, find, show
from mailguard.store.reply_moves import moves_of
from mailguard.store.set_aside import all_set_aside
from tests.builders import NOW, digest, message
from tests.ledger import mail, take
from tests.replies import incoming, ingest, ingested, written

ANN = "ann@people.example"
M1 = "m1@sender.example"
HOUR = timedelta(hours=1)
SURVEY = ReplySettings(templates=(TemplateRule(name="survey*", is_survey=True, low_score=6, low_score_within=2 * HOUR),))


def sent(database: Database, *recipients: str, template: str = "card", client: str = "shop") -> str:
    one = mail(message("hello", "facts"), *(recipients or (ANN,)), template=template, client=client)
    with database.write() as connection:
        take(connection, one)
    return one.id


def test_a_reply_is_written_down_with_all_that_was_read_and_known_of_it(database: Database) -> None:
    id = sent(database)
    octets = written("I did so last week.", answers=M1, message_id="own@people.example")
    with database.write() as connection:
        found = ingested(connection, octets)
        assert content_of(connection, found.id) == octets
    assert (found.kind, found.state, found.tie, found.is_tied) == (Kind.HUMAN, ReplyState.OPEN, Tie.THREAD, True)
    assert (found.anchor, found.mailbox, found.message_id, found.subject) == (ANN, ANN, "own@people.example", "Re: hello")
    assert (found.answers, found.answers_n, found.template, found.facts) == (id, 0, "card", digest("facts"))
    assert (found.thread, found.conversation) == ((M1, "own@people.example"), M1)
    assert (found.text, found.language, found.source, found.size) == ("I did so last week.", "en", "imap:support", len(octets))
    assert found.received_at == NOW + HOUR
    assert found.written_at == datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
    assert found.due_at == NOW + 25 * HOUR
    assert (found.score, found.returns_at) == (None, None)


@pytest.mark.parametrize("trusts", [False, True])
def test_from_and_a_known_subject_count_only_where_the_operator_trusts_them(database: Database, *, trusts: bool) -> None:
    id = sent(database)
    with database.write() as connection:
        found = ingested(connection, written(subject="Re: hello"), ReplySettings(trusts_subject=trusts))
    assert (found.tie, found.answers, found.state, found.is_tied) == (Tie.SUBJECT, id, ReplyState.OPEN, trusts)


def test_a_mail_that_begins_a_conversation_is_its_own(database: Database) -> None:
    with database.write() as connection:
        found = ingested(connection, written(message_id="own@people.example", subject="A question"))
    assert (found.thread, found.conversation, found.answers) == (("own@people.example",), "own@people.example", "")


def test_copies_from_several_sources_are_one_reply_whose_effects_come_once(database: Database) -> None:
    sent(database)
    octets = written(answers=M1)
    copies = [b"Received: by lmtp\r\n" + octets, octets.replace(b"\r\n", b"\n"), octets + b"\r\n\r\n"]
    with database.write() as connection:
        first, second = ingest(connection, octets, incoming(copies[0], source="lmtp"))
    with database.write() as connection:
        others = ingest(connection, *copies[1:])
        assert len(find(connection, Filter())) == 1
    assert (first.is_new, second.is_new, [one.is_new for one in others]) == (True, False, [False, False])
    assert {first.id} == {second.id, *(one.id for one in others)}


def test_five_equal_complaints_are_five_replies_each_with_its_state(database: Database) -> None:
    sent(database)
    mails = [written("You asked me that before!", answers=M1, message_id=f"{n}@people.example") for n in range(5)]
    with database.write() as connection:
        ingest(connection, *mails)
        found = find(connection, Filter(anchors=[ANN]))
    assert [one.state for one in found] == [ReplyState.OPEN] * 5
    assert {one.conversation for one in found} == {M1}


def test_what_cannot_be_read_is_put_aside_and_the_others_go_on(database: Database) -> None:
    deep = b"From: a@x.example\r\n" + b"Subject: x\r\n" * 20_000 + b"\r\nx\r\n"
    good = written()
    with database.write() as connection:
        taken = ingest(connection, incoming(deep, name="UID 7"), good)
        again = ingest(connection, deep)
        assert [(one.name, one.source) for one in all_set_aside(connection)] == [("UID 7", "imap:support")]
        assert show(connection, taken[1].id) is not None
    assert taken[0] == Taken("", None, is_new=True, error=taken[0].error, name="UID 7")
    assert taken[0].error
    assert again[0].error == taken[0].error
    assert (taken[1].kind, taken[1].is_new, taken[1].error) == (Kind.HUMAN, True, "")


def test_a_reader_that_fails_costs_one_mail(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    real = read_reply

    def fails(octets: bytes, **known: object) -> object:
        if b"poison" in octets:
            raise RuntimeError("never seen before")
        return real(octets, **known)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "read_reply", fails)
    with database.write() as connection:
        taken = ingest(connection, written("poison"), written("fine"))
        assert len(all_set_aside(connection)) == 1
    assert [one.error for one in taken] == ["could not be read: RuntimeError", ""]


def test_nothing_in_is_nothing_out(database: Database) -> None:
    with database.write() as connection:
        assert ingest(connection) == []


def test_a_mail_of_an_absent_persons_program_is_owed_nothing(database: Database) -> None:
    sent(database)
    octets = written("I am away until 20 November 2026.", "Auto-Submitted: auto-replied", answers=M1, subject="Out of office")
    with database.write() as connection:
        found = ingested(connection, octets)
    assert (found.kind, found.state, found.tie, found.due_at) == (Kind.AUTOMATIC, None, Tie.THREAD, None)


def test_a_mail_that_goes_on_from_another_of_its_batch_is_tied_as_if_they_came_apart(database: Database) -> None:
    sent(database)
    mails = [
        written("one", answers=M1, message_id="1@people.example"),
        written("two", "In-Reply-To: <1@people.example>", subject="", message_id="2@people.example"),
        written("three", "In-Reply-To: <2@people.example>", subject="", message_id="3@people.example"),
        written("other", subject="A question", message_id="4@people.example"),
    ]
    with database.write() as connection:
        taken = ingest(connection, *mails)
        found = [one for one in (show(connection, each.id) for each in taken) if one is not None]
    assert [one.tie for one in found] == [Tie.THREAD, Tie.THREAD, Tie.THREAD, Tie.SENDER]
    assert [one.conversation for one in found] == [M1, M1, M1, "4@people.example"]
    assert [one.seq for one in found] == sorted(one.seq for one in found)


# --- scores -----------------------------------------------------------------------------------------------------------------


def test_a_low_score_opens_a_task_with_a_time_of_its_own(database: Database) -> None:
    sent(database, template="survey-2026")
    with database.write() as connection:
        found = ingested(connection, written("2", answers=M1), SURVEY)
        assert moves_of(connection, found.id) == []
    assert (found.score, found.state, found.due_at) == (2, ReplyState.OPEN, NOW + 3 * HOUR)


def test_a_good_score_alone_is_resolved_at_once_and_one_with_words_is_not(database: Database) -> None:
    sent(database, template="survey-2026")
    with database.write() as connection:
        bare = ingested(connection, written("9", answers=M1, message_id="1@x"), SURVEY)
        words = ingested(connection, written("9, but nobody called me back!", answers=M1, message_id="2@x"), SURVEY)
        assert [(one.actor, one.verb) for one in moves_of(connection, bare.id)] == [("score", "resolved")]
    assert (bare.score, bare.state, bare.resolved_by) == (9, ReplyState.RESOLVED, "score")
    assert (words.score, words.state) == (9, ReplyState.OPEN)


def test_a_number_in_answer_to_another_template_is_no_score(database: Database) -> None:
    sent(database, template="card")
    with database.write() as connection:
        found = ingested(connection, written("9", answers=M1), SURVEY)
    assert (found.score, found.state) == (None, ReplyState.OPEN)


# --- brands and colleagues ----------------------------------------------------------------------------------------------------


def test_the_brand_is_that_of_the_mail_that_is_answered_else_of_the_address(database: Database) -> None:
    settings = ReplySettings(client_brands={"shop": "Shop"}, mailbox_brands={"bank@sender.example": "Bank"})
    sent(database)
    with database.write() as connection:
        answered = ingested(connection, written("one", answers=M1, to="bank@sender.example"), settings)
        fresh = ingested(connection, written("two", to="Bank@sender.example", subject="A question"), settings)
        neither = ingested(connection, written("three", subject="A question"), settings)
    assert [one.brand for one in (answered, fresh, neither)] == ["Shop", "Bank", ""]


def test_a_colleagues_mail_that_went_out_is_owed_no_answer(database: Database) -> None:
    settings = ReplySettings(limits=Limits(own_domains=frozenset({"sender.example"})))
    sent(database)
    with database.write() as connection:
        copy = ingested(connection, written("Dear Ann", sender="Cy <cy@sender.example>", to=ANN, answers=M1), settings)
        inner = ingested(connection, written("Who?", sender="Cy <cy@sender.example>", answers=M1), settings)
        customer = ingested(connection, written("one", subject="A question"), settings)
    assert (copy.tie, copy.is_tied, copy.state, copy.due_at) == (Tie.SENDER, False, None, None)
    assert (inner.state, inner.due_at) == (ReplyState.OPEN, None)
    assert (customer.state, customer.due_at is not None) == (ReplyState.OPEN, True)


def test_mails_read_in_several_goes_are_taken_together(database: Database) -> None:
    way = Ingest(ReplySettings())
    read = [*way.read([incoming(written("one"))]), *way.read([incoming(b"\0")]), *way.read([incoming(written("two"))])]
    with database.write() as connection:
        taken = way.take(connection, read, now=NOW)
    assert [bool(one.id) or bool(one.error) for one in taken] == [True, True, True]
