"""mailguard.policy.reply_rules: who waits for an answer is not written to as if they had said nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailguard.mail.control import MailClass
from mailguard.policy.facts import MessageFacts, RecipientFacts
from mailguard.policy.finding import Code, Finding
from mailguard.policy.limits import Limits
from mailguard.policy.reply import Reply, ReplyState, Tie
from mailguard.policy.reply_rules import MOST_NAMED, open_reply, stale_context
from tests.builders import NOW
from tests.unit.policy.test_message_rules import facts
from tests.unit.policy.test_recipient_rules import recipient

LIMITS = Limits()
ASKED = "asked-1@bank.example"
"""The mail that she answered."""
WROTE = "wrote-1@people.example"
"""Her answer."""
REPLY = Reply(
    id="01JR",
    seq=7,
    at=NOW - timedelta(days=1),
    state=ReplyState.OPEN,
    tie=Tie.THREAD,
    message_id=WROTE,
    answers="01JM",
    template="card-request",
    facts=b"facts",
    thread=frozenset({ASKED, WROTE}),
    conversation=ASKED,
)


def reply(**changes: Any) -> Reply:
    """A reply of yesterday to a card request, with changes."""
    return replace(REPLY, **changes)


def waiting(*replies: Reply, **changes: Any) -> RecipientFacts:
    """A recipient who waits for an answer."""
    return recipient(open_replies=replies or (REPLY,), **changes)


def outgoing(*follows: str, **changes: Any) -> MessageFacts:
    """A mail that names these Message-IDs."""
    return facts(thread=frozenset({"new@bank.example", *follows}), answers=follows[:1], **changes)


def found(message: MessageFacts, to: RecipientFacts) -> Finding:
    finding = open_reply(message, to, LIMITS)
    assert finding is not None
    assert finding.code is Code.OPEN_REPLY
    return finding


EVERYDAY = {
    "an invoice with another amount": outgoing(template="card-request", facts=b"other amount"),
    "a shipping notice": outgoing(template="shipped", facts=b"facts"),
    "an appointment": outgoing(facts=b"UID"),
    "a mail that nobody has named": outgoing(template="text:1234", facts=b"facts"),
    "a mail in a conversation with others": outgoing("other@bank.example"),
}


@pytest.mark.parametrize("name", EVERYDAY)
def test_everyday_mail_passes_though_she_waits(name: str) -> None:
    assert open_reply(EVERYDAY[name], waiting(), LIMITS) is None


def test_who_is_owed_nothing_gets_everything() -> None:
    assert open_reply(outgoing(ASKED, asks=("income",), mail_class=MailClass.BULK), recipient(), LIMITS) is None


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (outgoing(asks=("income", "phone")), "this asks for income, phone"),
        (outgoing(template="card-request", facts=b"facts"), "this is the mail that it answers, again"),
        (outgoing(ASKED), "this goes on in the same conversation"),
        (facts(thread=frozenset({ASKED})), "this goes on in the same conversation"),
        (outgoing(mail_class=MailClass.BULK), "this is bulk mail"),
        (outgoing(is_survey=True), "this is a survey"),
    ],
)
def test_mail_as_if_she_had_said_nothing_is_found(message: MessageFacts, why: str) -> None:
    finding = found(message, waiting())
    assert finding.text.startswith("reply 01JR of 2026-11-15 is open, and ")
    assert why in finding.text
    assert finding.refs == ("01JR",)


def test_the_answer_in_the_dialogue_names_no_reply() -> None:
    finding = found(outgoing(asks=("income",)), waiting())
    assert finding.said
    assert not any(word in finding.said for word in ("01JR", "2026", "income"))


def test_an_acknowledged_reply_is_owed_an_answer_still() -> None:
    assert "is acknowledged" in found(outgoing(ASKED), waiting(reply(state=ReplyState.ACKNOWLEDGED))).text


@pytest.mark.parametrize(("ago", "is_found"), [(-1, True), (0, False), (1, False)])
def test_a_reply_stops_mail_for_thirty_days(ago: int, *, is_found: bool) -> None:
    old = reply(at=NOW - LIMITS.reply_window - timedelta(seconds=ago))
    assert (open_reply(outgoing(ASKED), waiting(old), LIMITS) is not None) is is_found


@pytest.mark.parametrize("mail_class", MailClass)
def test_what_answers_a_reply_is_not_stopped_by_it(mail_class: MailClass) -> None:
    answer = outgoing(WROTE, ASKED, mail_class=mail_class, asks=("income",))
    assert open_reply(answer, waiting(answered=(REPLY,), follows_reply=True), LIMITS) is None


def test_who_answers_one_of_her_mails_is_not_stopped_by_the_others() -> None:
    five = [reply(id=f"01J{n}", seq=n, message_id=f"wrote-{n}@people.example") for n in range(5)]
    answer = outgoing("wrote-2@people.example", ASKED)
    assert open_reply(answer, waiting(*five, answered=(five[2],), follows_reply=True), LIMITS) is None


def test_bulk_mail_that_answers_one_is_stopped_by_the_others() -> None:
    other = reply(id="other")
    finding = found(outgoing(WROTE, mail_class=MailClass.BULK), waiting(REPLY, other, answered=(REPLY,)))
    assert finding.refs == ("other",)


@pytest.mark.parametrize(("is_auto_replied", "is_found"), [(False, False), (True, True)])
def test_a_colleagues_follow_up_names_what_she_wrote(is_auto_replied: bool, *, is_found: bool) -> None:  # noqa: FBT001 - a parameter
    follow_up = outgoing("ours-2@bank.example", WROTE, ASKED, is_auto_replied=is_auto_replied)
    assert (open_reply(follow_up, waiting(follows_reply=True), LIMITS) is not None) is is_found


def test_a_mail_that_asks_is_stopped_even_if_it_names_what_she_wrote() -> None:
    assert "asks for" in found(outgoing("ours-2@bank.example", WROTE, asks=("income",)), waiting(follows_reply=True)).text


@pytest.mark.parametrize(
    ("is_auto_replied", "acknowledged", "is_found"),
    [(True, ASKED, True), (True, "another", False), (False, ASKED, False)],
)
def test_a_program_says_once_a_conversation_that_it_got_something(
    acknowledged: str, *, is_auto_replied: bool, is_found: bool
) -> None:
    answer = outgoing(WROTE, is_auto_replied=is_auto_replied, is_automatic=True)
    to = waiting(answered=(REPLY,), follows_reply=True, acknowledged=frozenset({acknowledged}))
    finding = open_reply(answer, to, LIMITS)
    assert (finding is not None) is is_found
    assert finding is None or (finding.refs == ("01JR",) and "second automatic acknowledgement" in finding.text)


def test_a_finding_names_a_few_of_many() -> None:
    many = [reply(id=f"01J{n}") for n in range(MOST_NAMED + 1)]
    assert len(found(outgoing(ASKED), waiting(*many)).refs) == MOST_NAMED


@pytest.mark.parametrize(("seq", "is_found"), [(6, True), (7, False), (8, False), (None, False)])
def test_a_reply_after_the_context_makes_it_stale(seq: int | None, *, is_found: bool) -> None:
    finding = stale_context(facts(context_seq=seq), recipient(newest_reply=7, newest_reply_id="01JR"), LIMITS)
    assert (finding is not None) is is_found
    assert finding is None or (finding.code is Code.STALE_CONTEXT and finding.refs == ("01JR",) and "01JR" not in finding.said)


def test_who_answers_the_newer_reply_knows_of_it() -> None:
    to = recipient(newest_reply=7, newest_reply_id="01JR", answered=(REPLY,))
    assert stale_context(facts(context_seq=6), to, LIMITS) is None


def test_a_context_of_an_empty_ledger_is_no_context_that_is_missing() -> None:
    assert stale_context(facts(context_seq=0), recipient(newest_reply=1, newest_reply_id="01JR"), LIMITS) is not None
    assert stale_context(facts(context_seq=0), recipient(), LIMITS) is None


IDS = st.sampled_from([ASKED, WROTE, "x@y", "z@y"])


@given(
    thread=st.frozensets(IDS),
    asks=st.sampled_from([(), ("income",)]),
    template=st.sampled_from(["", "card-request", "other"]),
    mail_class=st.sampled_from(MailClass),
    is_survey=st.booleans(),
)
def test_a_mail_that_answers_all_she_wrote_is_never_stopped(
    thread: frozenset[str], asks: tuple[str, ...], template: str, mail_class: MailClass, *, is_survey: bool
) -> None:
    message = facts(
        thread=thread | {WROTE}, answers=(WROTE,), asks=asks, template=template, mail_class=mail_class, is_survey=is_survey
    )
    assert open_reply(message, waiting(answered=(REPLY,), follows_reply=True), LIMITS) is None


@given(thread=st.frozensets(IDS), seqs=st.lists(st.integers(1, 9), unique=True, max_size=5))
def test_resolving_a_reply_never_stops_more(thread: frozenset[str], seqs: list[int]) -> None:
    replies = [reply(id=f"01J{seq}", seq=seq) for seq in sorted(seqs, reverse=True)]
    message = facts(thread=thread)
    before = open_reply(message, recipient(open_replies=tuple(replies)), LIMITS)
    after = open_reply(message, recipient(open_replies=tuple(replies[1:])), LIMITS)
    assert before is not None or after is None
