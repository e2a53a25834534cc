"""mailguard.policy.history: a batch sees the ledger, and each mail sees those before it in its batch.

One file for one notion: what a batch remembers, kind by kind, with the same few builders.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mailguard.identity.person import Resolution
from mailguard.mail.automation import AutoSubmitted
from mailguard.mail.check_token import member_key
from mailguard.mail.control import ControlFields, MailClass
from mailguard.mail.message import Message
from mailguard.policy.answer import answer_to, states_of
from mailguard.policy.check import Check, Claim
from mailguard.policy.check_history import CheckHistory
from mailguard.policy.decide import decide
from mailguard.policy.decision import Decision
from mailguard.policy.facts import Audience, Earlier, State, Suppression
from mailguard.policy.finding import Action, Code
from mailguard.policy.history import History, Origin, Reach, Sibling, audience_of, is_automatic, reach_key
from mailguard.policy.limits import Limits, Mode
from mailguard.policy.recall_key import RecallScope
from mailguard.policy.reply import ReplyState
from mailguard.policy.reply_history import ReplyHistory
from mailguard.policy.submission import Submission
from tests.builders import NOW, crowd, digest, known, mailboxes, message, submission
from tests.unit.policy.test_reply_history import history as replies
from tests.unit.policy.test_reply_rules import reply

LIMITS = Limits(fan_out_limit=2)


def take(history: History, mail: Submission, limits: Limits = LIMITS) -> Decision:
    """Decide `mail` and remember it, as intake does."""
    place = history.place(mail, limits)
    decision = decide(history.facts_for(mail, place), limits)
    states = states_of(decision, limits.mode)
    answer = answer_to(mail.id, decision, states=states, submission=mail, limits=limits)
    history.add(mail, decision, place=place, states=states, answer=str(answer))
    return decision


def is_replay(history: History, mail: Submission) -> bool:
    return decide(history.facts_for(mail, history.place(mail, LIMITS)), LIMITS).is_replay


def origin(history: History, mail: Submission) -> Origin:
    return history.place(mail, LIMITS).origin


def codes(decision: Decision) -> list[Code]:
    return [finding.code for finding in decision.findings]


def sibling(mail: Message, **changes: Any) -> Sibling:
    values = {
        "id": "first",
        "client": "shop",
        "message_id": mail.message_id,
        "key": mail.control.key,
        "digest": mail.digest,
        "text": mail.fingerprint.text,
        "facts": mail.fingerprint.facts,
        "hidden_outside": 0,
        "recipients": {"ann@people.example": State.DELIVERED},
    }
    return Sibling(**{**values, **changes})


def test_second_of_two_equal_mails_in_one_batch_is_a_repeat() -> None:
    history = History()
    assert take(history, submission(message(message_id="a@x"))).action is Action.DELIVER
    assert take(history, submission(message(message_id="b@x"), id="01JB")).action is Action.REJECT


def test_a_rejected_mail_extends_nothing() -> None:
    key = ("ann@people.example", digest(""))
    history = History(
        earlier={key: [Earlier("01J", NOW - timedelta(days=5), digest("hello"), digest("hello"), State.DELIVERED)]}
    )
    take(history, submission(message(message_id="b@x")))
    assert [mail.id for mail in history.earlier[key]] == ["01J"]


def test_repeat_of_what_the_batch_held_joins_its_hold() -> None:
    history = History()
    mass = crowd(11)
    take(history, submission(message(message_id="a@x", visible=mass)))
    joined = take(history, submission(message(message_id="b@x"), id="01JB"))
    assert joined.recipients[0].joins == "01JA0000000000000000000000"


def test_retry_with_the_same_message_id_and_content_is_a_replay() -> None:
    history = History(siblings=[sibling(message())])
    assert is_replay(history, submission(message()))


@pytest.mark.parametrize("change", [{"client": "other"}, {"digest": b"other"}, {"message_id": ""}])
def test_other_client_or_content_is_no_replay(change: dict[str, Any]) -> None:
    history = History(siblings=[sibling(message(), **change)])
    assert not is_replay(history, submission(message()))


def test_other_recipients_of_a_message_are_a_part_of_it() -> None:
    history = History(siblings=[sibling(message())])
    part = submission(message(), "bob@people.example")
    assert origin(history, part).sibling == sibling(message())
    assert take(history, part).action is Action.DELIVER
    grown = origin(history, part).sibling
    assert grown is not None
    assert set(grown.recipients) == {"ann@people.example", "bob@people.example"}


def test_same_key_and_body_with_a_new_message_id_is_a_replay() -> None:
    keyed = ControlFields(key="order-7")
    history = History(siblings=[sibling(message(control=keyed))])
    again = message(message_id="b@x", control=keyed, content=b"other octets")
    assert is_replay(history, submission(again))


@pytest.mark.parametrize(("text", "recipient"), [("another body", "ann@people.example"), ("hello", "bob@people.example")])
def test_same_key_with_another_body_or_recipient_is_a_conflict(text: str, recipient: str) -> None:
    keyed = ControlFields(key="order-7")
    history = History(siblings=[sibling(message(control=keyed))])
    mail = submission(message(text, message_id="b@x", control=keyed, content=b"other octets"), recipient)
    assert origin(history, mail).is_conflict


def test_key_of_the_same_batch_is_remembered() -> None:
    history = History()
    keyed = message(control=ControlFields(key="order-7"), message_id="")
    take(history, submission(keyed))
    assert origin(history, submission(keyed, id="01JB")).sibling is not None


def test_hidden_recipients_add_up_over_transactions() -> None:
    history = History()
    limits = Limits()
    shown = mailboxes("list@people.example")
    for number in range(10):
        mail = submission(message(visible=shown), f"h{number}@people.example", id=f"01J{number}")
        assert take(history, mail, limits).action is Action.DELIVER
    eleventh = submission(message(visible=shown), "h10@people.example", id="01JZ")
    assert codes(take(history, eleventh, limits)) == [Code.HIDDEN_RECIPIENTS]


def test_shown_and_own_recipients_are_not_hidden() -> None:
    limits = Limits(own_domains=frozenset({"corp.example"}))
    mail = submission(message(visible=crowd(3)), "p0@people.example", "me@corp.example", "x@people.example")
    assert History().place(mail, limits).hidden_outside == 1


def test_third_person_of_one_batch_is_beyond_a_fan_out_of_two() -> None:
    history = History()
    actions = [take(history, submission(message(message_id=f"{n}@x"), f"p{n}@people.example")).action for n in range(3)]
    assert actions == [Action.DELIVER, Action.DELIVER, Action.HOLD]


def test_exact_persons_win_over_counted_rows() -> None:
    mail = submission(message(), "new@people.example", mail_class=MailClass.BULK)
    key = reach_key(MailClass.BULK, mail.message.fingerprint)
    history = History(reach={key: Reach(rows=9, persons=frozenset({"one@people.example"}), first_seen=NOW)})
    assert take(history, mail).action is Action.DELIVER
    assert history.reach[key].persons == frozenset({"one@people.example", "new@people.example"})
    assert (
        take(history, submission(message(message_id="b@x"), "third@people.example", mail_class=MailClass.BULK)).action
        is Action.HOLD
    )


def test_service_counts_text_with_facts_and_bulk_the_text_alone() -> None:
    one, other = message("t", "1").fingerprint, message("t", "2").fingerprint
    assert reach_key(MailClass.SERVICE, one) != reach_key(MailClass.SERVICE, other)
    assert reach_key(MailClass.BULK, one) == reach_key(MailClass.BULK, other)


def test_bulk_is_counted_for_the_cap() -> None:
    limits = Limits(bulk_per_person=1)
    history = History()
    first = submission(message("a", message_id="a@x"), mail_class=MailClass.BULK)
    second = submission(message("b", message_id="b@x"), mail_class=MailClass.BULK, id="01JB")
    assert take(history, first, limits).action is Action.DELIVER
    assert codes(take(history, second, limits)) == [Code.FREQUENCY_CAP]


def test_suppression_is_found_by_person() -> None:
    history = History(suppressions={"ann@people.example": Suppression.UNSUBSCRIBED})
    assert codes(take(history, submission(mail_class=MailClass.BULK))) == [Code.SUPPRESSED]


def test_automatic_reply_to_automatic_mail_of_the_same_batch_is_a_loop() -> None:
    history = History()
    take(history, submission(message(auto_submitted=AutoSubmitted.GENERATED)))
    answer = message("re", message_id="b@x", auto_submitted=AutoSubmitted.REPLIED, in_reply_to=("m1@sender.example",))
    assert codes(take(history, submission(answer, "bob@people.example", id="01JB"))) == [Code.LOOP]


@pytest.mark.parametrize(
    ("mail", "automatic"),
    [
        (submission(), False),
        (submission(reverse_path=""), True),
        (submission(message(auto_submitted=AutoSubmitted.GENERATED)), True),
        (submission(message(is_list=True)), True),
        (submission(message(precedence="bulk")), True),
        (submission(message(precedence="first-class")), False),
    ],
)
def test_what_says_of_itself_that_no_person_wrote_it(mail: Submission, *, automatic: bool) -> None:
    assert is_automatic(mail) is automatic


@pytest.mark.parametrize(("count", "remembered"), [(5, False), (6, True), (7, True)])
def test_six_outside_mailboxes_are_an_audience(count: int, *, remembered: bool) -> None:
    assert bool(audience_of(submission(message(visible=crowd(count))), LIMITS)) is remembered


def test_own_mailboxes_are_no_audience_and_order_does_not_matter() -> None:
    limits = Limits(own_domains=frozenset({"corp.example"}))
    people = crowd(6)
    with_own = submission(message(visible=(*reversed(people), *crowd(3, "corp.example"))))
    assert audience_of(with_own, limits) == audience_of(submission(message(visible=people)), limits)
    assert audience_of(submission(message(visible=crowd(9, "corp.example"))), limits) == b""


def test_stale_audience_stays_stale_until_it_is_written_to_anew() -> None:
    people = crowd(6)
    old = submission(message("old", message_id="a@x", visible=people, is_reply=True), id="01JB")
    key = audience_of(old, LIMITS)
    history = History(audiences={key: Audience(NOW - timedelta(days=700), "")})
    assert codes(take(history, old)) == [Code.STALE_AUDIENCE]
    again = submission(message("again", message_id="b@x", visible=people, is_reply=True), id="01JC")
    assert codes(take(history, again)) == [Code.STALE_AUDIENCE]
    assert history.audiences[key].stale_id == "01JB"
    fresh = submission(message("fresh", message_id="c@x", visible=people), id="01JD")
    assert take(history, fresh).action is Action.DELIVER
    reply = submission(message("reply", message_id="d@x", visible=people, is_reply=True), id="01JE")
    assert take(history, reply).action is Action.DELIVER


def test_parts_of_a_stale_message_are_not_told_of_themselves() -> None:
    people = crowd(6)
    mail = message("old", visible=people, is_reply=True)
    history = History(audiences={audience_of(submission(mail), LIMITS): Audience(NOW - timedelta(days=700), "")})
    first = take(history, submission(mail, "p0@people.example", id="01JB"))
    part = take(history, submission(mail, "p1@people.example", id="01JC"))
    assert part.findings == first.findings


def test_held_mail_does_not_refresh_its_audience() -> None:
    people = crowd(11)
    mail = submission(message(visible=people))
    history = History()
    take(history, mail)
    assert audience_of(mail, LIMITS) not in history.audiences


def test_repeat_of_a_part_names_the_message_it_is_a_part_of() -> None:
    history = History(siblings=[sibling(message())])
    take(history, submission(message(), "bob@people.example", id="part"))
    again = take(history, submission(message(message_id="b@x"), "bob@people.example", id="01JB"))
    assert again.findings[0].refs == ("first",)


def test_another_mailbox_of_one_person_in_another_part_is_a_repeat_of_the_same_message() -> None:
    history = History()
    first = take(history, submission(message(), "a.b@gmail.com"))
    part = take(history, submission(message(), "ab@gmail.com", id="01JB"))
    assert (first.action, part.action) == (Action.DELIVER, Action.REJECT)
    assert "repeat of itself" in part.findings[0].text


JANE = ("jane@x.example", "jane.doe@y.example")


def jane(mailbox: str) -> Resolution:
    return known(mailbox, "P1", *JANE)


def test_second_mailbox_of_one_person_in_one_envelope_is_a_repeat() -> None:
    both = submission(message(), *JANE, "john@y.example", persons=[*map(jane, JANE), known("john@y.example", "P2")])
    decision = take(History(), both)
    assert [one.action for one in decision.recipients] == [Action.DELIVER, Action.REJECT, Action.DELIVER]


def test_own_person_may_have_two_mailboxes_in_one_envelope() -> None:
    limits = Limits(own_domains=frozenset({"x.example", "y.example"}))
    assert take(History(), submission(message(), *JANE, persons=[*map(jane, JANE)]), limits).action is Action.DELIVER


def test_repeat_is_found_at_another_mailbox_of_the_person() -> None:
    history = History()
    take(history, submission(message(message_id="a@x"), JANE[0], persons=[jane(JANE[0])]))
    again = take(history, submission(message(message_id="b@x"), JANE[1], persons=[jane(JANE[1])], id="01JB"))
    assert again.findings[0].refs == ("01JA0000000000000000000000",)


def test_what_was_sent_to_several_anchors_is_looked_at_newest_first() -> None:
    old, new = (Earlier(f"01J{n}", NOW - timedelta(days=n), digest("hello"), digest("hello"), State.DELIVERED) for n in (3, 1))
    history = History(earlier={(JANE[0], digest("")): [old], (JANE[1], digest("")): [new]})
    found = take(history, submission(persons=[jane(JANE[0])]))
    assert found.findings[0].refs == ("01J1",)


def test_mail_to_one_of_two_who_share_a_mailbox_is_none_to_the_other() -> None:
    history = History()
    home = "home@y.example"
    ann, bob = known(home, "P1", anchor="R1"), known(home, "P2", anchor="R2")
    assert take(history, submission(message(message_id="a@x"), home, persons=[ann])).action is Action.DELIVER
    assert take(history, submission(message(message_id="b@x"), home, persons=[bob], id="01JB")).action is Action.DELIVER
    assert take(history, submission(message(message_id="c@x"), home, persons=[ann], id="01JC")).action is Action.REJECT


def test_bulk_is_counted_over_all_mailboxes_of_a_person() -> None:
    limits = Limits(bulk_per_person=2)
    history = History(bulk_counts={JANE[0]: 1, JANE[1]: 1})
    assert codes(take(history, submission(persons=[jane(JANE[0])], mail_class=MailClass.BULK), limits)) == [Code.FREQUENCY_CAP]


@pytest.mark.parametrize("suppressed", [*JANE, "R1"])
def test_suppression_of_any_mailbox_means_the_person(suppressed: str) -> None:
    history = History(suppressions={suppressed: Suppression.UNSUBSCRIBED})
    to = known(JANE[0], "P1", JANE[1], anchor="R1")
    assert codes(take(history, submission(persons=[to], mail_class=MailClass.BULK))) == [Code.SUPPRESSED]


def test_erased_is_said_before_unsubscribed() -> None:
    history = History(suppressions={JANE[0]: Suppression.UNSUBSCRIBED, JANE[1]: Suppression.ERASED})
    found = take(history, submission(persons=[jane(JANE[0])], mail_class=MailClass.BULK))
    assert "erased" in found.findings[0].text


def test_two_mailboxes_of_one_person_are_one_of_a_fan_out() -> None:
    people = [known(f"p{n}@people.example", f"P{n // 2}") for n in range(4)]
    limits = Limits(fan_out_limit=1, actions={(MailClass.SERVICE, Code.REPEAT): Action.DELIVER})
    decision = take(History(), submission(message(), *(one.mailbox.wire for one in people), persons=people), limits)
    assert [Code.FAN_OUT in {finding.code for finding in one.findings} for one in decision.recipients] == [
        False,
        False,
        True,
        True,
    ]


def test_what_is_on_file_for_the_person_is_known_data() -> None:
    history = History(on_file={"P1": {"income": ("crm:1",)}})
    asking = submission(persons=[known(JANE[1], "P1", here="mail:jane")], asks=("income",))
    assert codes(take(history, asking)) == [Code.KNOWN_DATA]
    assert codes(take(History(), replace(asking, id="01JB"))) == []


def test_joined_hold_is_not_counted_beside_the_one_it_joins() -> None:
    history = History()
    take(history, submission(message(message_id="a@x", visible=crowd(11))))
    take(history, submission(message(message_id="b@x"), id="01JB"))
    assert len(history.earlier["ann@people.example", digest("")]) == 1


def test_recipients_of_one_transaction_count_for_its_own_fan_out() -> None:
    people = [f"p{number}@people.example" for number in range(4)]
    decision = take(History(), submission(message(visible=mailboxes(*people)), *people))
    assert [one.action for one in decision.recipients] == [Action.DELIVER, Action.DELIVER, Action.HOLD, Action.HOLD]


def test_own_mailboxes_do_not_use_up_the_fan_out() -> None:
    limits = Limits(fan_out_limit=2, own_domains=frozenset({"corp.example"}))
    history = History()
    for number in range(3):
        take(history, submission(message(message_id=f"{number}@x"), f"p{number}@corp.example", id=f"01J{number}"), limits)
    mixed = submission(message(message_id="m@x"), "me@corp.example", "ann@people.example", "bob@people.example", id="01JM")
    assert take(history, mixed, limits).action is Action.DELIVER


def test_acknowledgement_that_answers_a_customer_is_no_loop() -> None:
    history = History(automatic={"order1@x": "01JA"})
    answer = message("re", auto_submitted=AutoSubmitted.REPLIED, in_reply_to=("c1@people.example",))
    answer = replace(answer, thread=replace(answer.thread, references=("order1@x", "c1@people.example")))
    assert take(history, submission(answer)).action is Action.DELIVER


def test_bounces_are_of_the_mailbox() -> None:
    history = History(bounced=frozenset({JANE[0]}))
    both = submission(message(), *JANE, persons=[*map(jane, JANE)])
    first, second = take(history, both).recipients
    assert [finding.code for finding in first.findings] == [Code.SUPPRESSED]
    assert Code.SUPPRESSED not in {finding.code for finding in second.findings}


WROTE = "c1@people.example"


def answered(**changes: Any) -> ReplyHistory:
    """Ann has answered, and waits."""
    return replies(reply(message_id=WROTE, conversation="m0@sender.example"), anchor="ann@people.example", **changes)


def test_an_open_reply_stops_what_asks_until_somebody_answers() -> None:
    history = History(replies=answered())
    asking = submission(message("ask"), asks=("income",))
    assert codes(take(history, asking)) == [Code.OPEN_REPLY]
    answer = submission(message("Dear Ann", message_id="b@x", in_reply_to=(WROTE,)), id="01JB")
    assert take(history, answer).action is Action.DELIVER
    assert [move.state for move in history.replies.moves] == [ReplyState.RESOLVED]
    again = submission(message("ask", message_id="c@x"), asks=("income",), id="01JC")
    assert Code.OPEN_REPLY not in codes(take(history, again))


def test_an_answer_that_is_held_answers_nothing() -> None:
    history = History(replies=answered())
    held = submission(message("Dear Ann", in_reply_to=(WROTE,), visible=crowd(11)))
    assert take(history, held).action is Action.HOLD
    assert history.replies.moves == []


def test_a_second_acknowledgement_in_one_batch_is_held() -> None:
    history = History(replies=answered())
    auto = message("We got it", in_reply_to=(WROTE,), auto_submitted=AutoSubmitted.REPLIED)
    assert take(history, submission(auto)).action is Action.DELIVER
    second = replace(auto, message_id="b@x", fingerprint=message("We got it, too").fingerprint)
    assert codes(take(history, submission(second, id="01JB"))) == [Code.OPEN_REPLY]


def test_what_the_mail_says_of_its_context_is_compared_with_the_newest_reply() -> None:
    newest = ReplyHistory(newest={"ann@people.example": (7, "01JR")})
    stale = message(control=ControlFields(context="C6-01JD0000000000000000000000"))
    assert codes(take(History(replies=newest), submission(stale))) == [Code.STALE_CONTEXT]
    fresh = replace(submission(stale), context_seq=7)
    assert codes(take(History(replies=newest), fresh)) == []


def test_a_template_that_was_not_rendered_is_held_in_every_mode() -> None:
    failed = replace(submission(), render_failure="line 3: 'nmae' is undefined")
    decision = take(History(), failed)
    assert codes(decision) == [Code.RENDER_FAILED]
    assert states_of(decision, Mode.SHADOW) == (State.HELD,)


def test_how_far_a_rendered_text_goes_is_counted_by_its_template() -> None:
    history = History()
    source = message("Dear {{ name }}").fingerprint
    mails = [
        replace(
            submission(message(f"Dear {n}", message_id=f"{n}@x"), f"p{n}@people.example", mail_class=MailClass.BULK),
            source=source,
        )
        for n in range(3)
    ]
    assert [take(history, mail).action for mail in mails] == [Action.DELIVER, Action.DELIVER, Action.HOLD]


SALT = b"s" * 16
HOLDING = Check("B1", "", SALT)


def checked(*taken: str, fresh: tuple[str, ...] = (), check: Check = HOLDING, ids: tuple[str, ...] = ("M1", "M2")) -> History:
    """A history in which the mails `ids` bring the token of B1, whose members are `taken` and `fresh`."""
    members: dict[tuple[str, bytes], Claim | None] = {("B1", member_key(SALT, name)): None for name in fresh}
    members |= {("B1", member_key(SALT, name)): Claim("first", State.DELIVERED, "250 ok") for name in taken}
    return History(checked=CheckHistory(checks=dict.fromkeys(ids, check), members=members))


def test_a_member_is_taken_once_in_a_batch_whatever_the_message_id() -> None:
    history = checked(fresh=("ann@people.example",))
    first = submission(message(message_id="a@x"), id="M1", mail_class=MailClass.BULK)
    again = submission(message("another text", message_id="b@x"), id="M2", mail_class=MailClass.BULK)
    assert take(history, first).action is Action.DELIVER
    assert is_replay(history, again)
    place = history.place(again, LIMITS)
    replay = history.facts_for(again, place).recipients[0].replay
    assert replay is not None
    assert (replay.id, replay.broadcast, replay.answer) == ("M1", "B1", "250 2.0.0 M1 accepted")


def test_the_same_mail_with_its_check_is_a_message_of_its_own_for_those_whose_mail_waits() -> None:
    names = ("ann@people.example", "bob@people.example", "cy@people.example")
    history = checked(fresh=names[1:], ids=("M2", "M3"))
    mail = submission(message(message_id="a@x"), *names, id="M1", mail_class=MailClass.BULK)
    assert [one.action for one in take(history, mail).recipients] == [Action.DELIVER, Action.DELIVER, Action.HOLD]
    again = replace(mail, id="M2")
    assert history.place(again, LIMITS).id == "M2"
    ann, bob, cy = take(history, again).recipients
    assert [one.replay.id for one in (ann, bob) if one.replay] == ["M1", "M1"]
    assert (cy.action, cy.replay, cy.supersedes) == (Action.DELIVER, None, ("M1",))
    third = replace(mail, id="M3")
    assert origin(history, third).sibling is not None
    assert {one.replay.id for one in take(history, third).recipients if one.replay} == {"M2"}


@pytest.mark.parametrize(
    ("state", "had"), [(State.REJECTED, False), (State.DROPPED, False), (State.DELIVERED, True), (State.EXPIRED, True)]
)
def test_the_same_mail_with_its_check_is_new_to_those_for_whom_it_was_stopped_before(state: State, *, had: bool) -> None:
    mail = submission(message(message_id="a@x"), id="M1", mail_class=MailClass.BULK)
    before = sibling(mail.message, recipients={"ann@people.example": state})
    history = History(siblings=[before], checked=checked(fresh=("ann@people.example",)).checked)
    assert is_replay(history, mail) is had


def test_members_may_be_hidden_from_one_another_and_others_may_not() -> None:
    names = [f"p{n}@people.example" for n in range(12)]
    limits = Limits(max_hidden_recipients=2)
    mail = submission(message(), *names, id="M1", mail_class=MailClass.BULK)
    for members, hidden in ((12, 0), (10, 2), (9, 3)):
        history = checked(fresh=tuple(names[:members]))
        place = history.place(mail, limits)
        assert place.hidden_outside == hidden
        found = codes(take(history, mail, limits))
        assert (Code.HIDDEN_RECIPIENTS in found) is (hidden > 2)


def test_what_a_token_comes_to_is_a_fact_of_the_mail() -> None:
    mail = submission(message(), id="M1", mail_class=MailClass.BULK)
    for check, expected in ((Check("B1", "", SALT), ("B1", "")), (Check("B1", "it expired", SALT), ("", "it expired"))):
        history = checked(fresh=("ann@people.example",), check=check)
        facts = history.facts_for(mail, history.place(mail, LIMITS))
        assert (facts.message.check, facts.message.check_failure) == expected
        assert facts.recipients[0].is_checked is bool(expected[0])


def test_late_mail_of_a_broadcast_that_was_taken_back_is_said_to_be_that() -> None:
    history = checked(check=Check("B1", "broadcast B1 was recalled", SALT))
    history.recalled = {(RecallScope.BROADCAST, "B1"): "R1"}
    mail = submission(message(), id="M1", mail_class=MailClass.BULK)
    facts = history.facts_for(mail, history.place(mail, LIMITS))
    assert (facts.message.recalled, facts.message.check_failure) == ("R1", "")
