from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, update

from mailguard.mail.automation import AutoSubmitted
from mailguard.mail.control import ControlFields, MailClass
from mailguard.policy.facts import Audience, State, Suppression
from mailguard.policy.history import History, audience_of, reach_key
from mailguard.policy.limits import Limits
from mailguard.policy.reply import Kind
from mailguard.policy.submission import Submission
from mailguard.store import bounces, told
from mailguard.store.database import Database
from mailguard.store.recollection import LIFTED, MOST_EARLIER, gather
from mailguard.store.suppressions import Suppressed, suppress
from mailguard.store.tables import RECIPIENT, WORDING
from tests.builders import NOW, crowd, digest, known, message
from tests.customers import JANE, put
from tests.ledger import later, mail, take
from tests.unit.store.written import wrote

ALLOWED = Limits(fan_out_limit=LIFTED)


def recall(database: Database, *submissions: Submission, limits: Limits = ALLOWED) -> History:
    with database.read() as connection:
        return gather(connection, submissions, limits)


def remember(database: Database, *submissions: Submission, limits: Limits = ALLOWED) -> None:
    with database.write() as connection:
        take(connection, *submissions, limits=limits)


def in_state(connection: Connection, id: str, state: State) -> None:
    is_counted = state in {State.DELIVERED, State.DEFERRED}
    connection.execute(update(RECIPIENT).where(RECIPIENT.c.message == id).values(state=state, is_counted=is_counted))


def queries_of(folder: Path, submissions: Sequence[Submission], limits: Limits) -> int:
    database = Database.open(f"sqlite:///{folder}/ledger.db")
    queries: list[str] = []
    with closing(database), database.read() as connection:
        driver: Any = connection.connection.driver_connection
        driver.set_trace_callback(queries.append)
        gather(connection, submissions, limits)
    return sum(query.startswith("WITH") for query in queries)


def test_automatic_mail_that_was_taken_in_is_no_mail_to_answer_automatically(database: Database) -> None:
    robot = wrote(database, "robot", anchor="ann@people.example", kind=Kind.AUTOMATIC)
    wrote(database, "ann", anchor="ann@people.example")
    for name, found in (("robot", {"robot@people.example": robot}), ("ann", {})):
        answer = message(in_reply_to=(f"{name}@people.example",), auto_submitted=AutoSubmitted.REPLIED)
        assert recall(database, mail(answer, "ann@people.example")).automatic == found


def test_mailboxes_that_bounced_are_named_and_the_strongest_other_word(database: Database) -> None:
    with database.write() as connection:
        for suppression in (Suppression.BOUNCED, Suppression.UNSUBSCRIBED, Suppression.COMPLAINED):
            suppress(connection, Suppressed("ann@people.example", suppression, NOW, "test", ""))
        suppress(connection, Suppressed("bob@people.example", Suppression.BOUNCED, NOW, "test", ""))
        bounces.record(connection, [bounces.Bounce("eve@people.example", NOW, True, "5.1.1", "01JM", 0)])
    found = recall(database, mail(message(), *(f"{name}@people.example" for name in ("ann", "bob", "eve", "tom"))))
    assert found.bounced == {f"{name}@people.example" for name in ("ann", "bob", "eve")}
    assert found.suppressions == {"ann@people.example": Suppression.COMPLAINED}


def test_what_a_system_has_told_is_on_file_even_of_who_is_no_customer(database: Database) -> None:
    with database.write() as connection:
        told.tell(connection, "ann@people.example", {"income": None}, source="hotline", at=NOW)
    asking = mail(message(), "ann@people.example", "bob@people.example", asks=("income",))
    assert recall(database, asking).on_file == {"ann@people.example": {"income": ("told:hotline",)}}
    assert recall(database, mail(message(), "ann@people.example")).on_file == {}


def test_a_new_ledger_knows_nothing(database: Database) -> None:
    one = mail(message(), "ann@people.example")
    history = recall(database, one)
    assert history.place(one, ALLOWED).origin.sibling is None
    assert (history.earlier, history.reach, history.audiences, history.automatic) == ({}, {}, {}, {})


def test_sibling_has_the_states_and_the_answer_of_the_first_transaction(database: Database) -> None:
    one = mail(message(visible=crowd(3)), "p0@people.example", "p1@people.example")
    remember(database, one)
    with database.write() as connection:
        in_state(connection, one.id, State.DELIVERED)
    sibling = recall(database, later(one, NOW)).place(one, ALLOWED).origin.sibling
    assert sibling is not None
    assert (sibling.id, sibling.client, sibling.message_id, sibling.key) == (one.id, "shop", "m1@sender.example", "")
    assert sibling.recipients == {"p0@people.example": State.DELIVERED, "p1@people.example": State.DELIVERED}
    assert sibling.answer == f"250 2.0.0 {one.id} accepted"
    assert (sibling.digest, sibling.text, sibling.facts) == (one.message.digest, digest("hello"), digest(""))


@pytest.mark.parametrize(
    "change",
    [{"client": "other"}, {"message": message(message_id="other@sender.example")}, {"message": message("another text")}],
)
def test_other_client_message_id_or_content_is_no_sibling(database: Database, change: dict[str, object]) -> None:
    one = mail(message(), "ann@people.example")
    remember(database, one)
    other = later(one, NOW, **change)
    assert recall(database, other).place(other, ALLOWED).origin.sibling is None


def test_mail_without_a_message_id_has_no_siblings(database: Database) -> None:
    one = mail(message(message_id=""), "ann@people.example")
    remember(database, one)
    assert recall(database, later(one, NOW)).place(one, ALLOWED).origin.sibling is None


def test_a_replay_is_no_sibling_so_a_storm_of_them_costs_nothing(database: Database) -> None:
    one = mail(message(), "ann@people.example")
    remember(database, one)
    for _ in range(3):
        remember(database, later(one, NOW))
    assert [sibling.id for sibling in recall(database, one).siblings] == [one.id]


def test_key_finds_its_mail_whatever_the_content(database: Database) -> None:
    one = mail(message(control=ControlFields(key="k-1")), "ann@people.example")
    other = mail(message("else", message_id="m2@x.example", control=ControlFields(key="k-1")), "ann@people.example")
    foreign = later(other, NOW, client="other")
    remember(database, one)
    history = recall(database, other, foreign)
    assert history.place(other, ALLOWED).origin.is_conflict
    assert not history.place(foreign, ALLOWED).origin.is_conflict


def test_earlier_mail_to_the_person_about_the_same_facts_is_found_newest_first(database: Database) -> None:
    texts = ("one", "two", "three")
    mails = [
        mail(message(text, "order 1", message_id=f"{text}@x.example"), "ann@people.example", at=timedelta(hours=hour))
        for hour, text in enumerate(texts)
    ]
    other_facts = mail(message("one", "order 2", message_id="4@x.example"), "ann@people.example")
    other_person = mail(message("one", "order 1", message_id="5@x.example"), "bob@people.example")
    remember(database, *mails, other_facts, other_person)
    now = later(mails[0], NOW + timedelta(hours=3))
    earlier = recall(database, now).earlier
    assert list(earlier) == [("ann@people.example", digest("order 1"))]
    found = earlier["ann@people.example", digest("order 1")]
    assert [(one.id, one.at, one.text, one.core, one.state) for one in found] == [
        (one.id, one.received_at, digest(text), digest(text), State.QUEUED)
        for one, text in zip(reversed(mails), reversed(texts), strict=True)
    ]


@pytest.mark.parametrize(("seconds", "found"), [(-1, 1), (0, 0), (1, 0)])
def test_earlier_mail_is_looked_for_within_the_longest_window_of_the_batch(
    database: Database, seconds: int, found: int
) -> None:
    one = mail(message(), "ann@people.example")
    remember(database, one)
    at = timedelta(days=10, seconds=seconds)
    short = mail(message("else", "x"), "bob@people.example", at=at)
    long = mail(message(message_id="2@x.example"), "ann@people.example", at=at, repeat_window=timedelta(days=10))
    assert len(recall(database, short, long).earlier) == found


@pytest.mark.parametrize(
    ("state", "found"), [(state, state in {State.DEFERRED, State.DELIVERED}) for state in State if state is not State.HELD]
)
def test_only_what_was_sent_or_may_still_be_is_earlier_mail(database: Database, state: State, *, found: bool) -> None:
    one = mail(message(), "ann@people.example")
    remember(database, one)
    if state is State.QUEUED:
        return
    with database.write() as connection:
        in_state(connection, one.id, state)
    assert bool(recall(database, later(one, NOW)).earlier) is found


def test_earlier_mail_is_bounded_and_keeps_the_newest(database: Database) -> None:
    count = MOST_EARLIER + 1
    mails = [
        mail(message(f"text {n}", message_id=f"{n}@x.example"), "ann@people.example", at=timedelta(minutes=n))
        for n in range(count)
    ]
    remember(database, *mails)
    (found,) = recall(database, later(mails[0], NOW + timedelta(hours=1))).earlier.values()
    assert [one.id for one in found] == [one.id for one in mails[:0:-1]]


def test_no_earlier_mail_is_looked_for_where_repeats_are_allowed_or_the_mailbox_is_ones_own(database: Database) -> None:
    own = Limits(fan_out_limit=LIFTED, own_domains=frozenset({"people.example"}))
    one = mail(message(), "ann@people.example")
    remember(database, one)
    assert recall(database, replace(later(one, NOW)), limits=own).earlier == {}
    allowed = mail(message(), "ann@people.example", repeat_window=None)
    assert recall(database, allowed).earlier == {}


@pytest.mark.parametrize(("before", "persons"), [(2, None), (3, 3), (4, 4), (6, 4)])
def test_reach_is_exact_where_the_batch_could_pass_the_limit(database: Database, before: int, persons: int | None) -> None:
    limits = Limits(fan_out_limit=3)
    sent = [mail(message("offer", message_id=f"{n}@x.example"), f"p{n}@people.example") for n in range(before)]
    remember(database, *sent)
    one = mail(message("offer", message_id="new@x.example"), "ann@people.example", at=timedelta(minutes=1))
    (reach,) = recall(database, one, limits=limits).reach.values()
    assert reach.rows == min(before, 4)
    assert (None if reach.persons is None else len(reach.persons)) == persons
    if persons:
        assert (reach.first_seen, reach.was_released) == (NOW, False)


def test_reach_counts_persons_not_mails(database: Database) -> None:
    sent = [mail(message("offer", message_id=f"{n}@x.example"), "ann@people.example", repeat_window=None) for n in range(5)]
    remember(database, *sent)
    one = mail(message("offer", message_id="new@x.example"), "bob@people.example")
    (reach,) = recall(database, one, limits=Limits(fan_out_limit=1)).reach.values()
    assert reach.persons == frozenset({"ann@people.example"})


@pytest.mark.parametrize(("minutes", "rows"), [(9, 1), (10, None), (11, None)])
def test_reach_ends_with_the_window(database: Database, minutes: int, rows: int | None) -> None:
    remember(database, mail(message("offer"), "ann@people.example"))
    one = mail(message("offer", message_id="new@x.example"), "bob@people.example", at=timedelta(minutes=minutes))
    key = reach_key(MailClass.SERVICE, one.message.fingerprint)
    reach = recall(database, one, limits=Limits(fan_out_limit=10)).reach.get(key)
    assert (reach.rows if reach else None) == rows


def test_reach_of_a_big_batch_is_exact_though_nothing_was_sent_before(database: Database) -> None:
    batch = [mail(message("offer", message_id=f"{n}@x.example"), f"p{n}@people.example") for n in range(4)]
    (reach,) = recall(database, *batch, limits=Limits(fan_out_limit=3)).reach.values()
    assert (reach.rows, reach.persons, reach.first_seen) == (0, frozenset(), None)


def test_a_released_text_is_known_as_one(database: Database) -> None:
    remember(database, mail(message("offer", "item 1"), "ann@people.example"))
    with database.write() as connection:
        connection.execute(update(WORDING).values(released_at=NOW))
    one = mail(message("offer", "item 1", message_id="new@x.example"), "bob@people.example")
    (reach,) = recall(database, one, limits=Limits(fan_out_limit=1)).reach.values()
    assert reach.was_released


def test_a_lifted_limit_costs_no_query(tmp_path: Path) -> None:
    one = mail(message(), "ann@people.example")
    lifted = queries_of(tmp_path, [one], Limits(fan_out_limit=LIFTED))
    assert queries_of(tmp_path, [one], Limits(fan_out_limit=LIFTED - 1)) == lifted + 1


def test_queries_do_not_grow_with_the_batch(tmp_path: Path) -> None:
    batch = [mail(message(f"{n}", message_id=f"{n}@x.example"), f"p{n}@people.example") for n in range(100)]
    assert queries_of(tmp_path, batch, Limits()) == queries_of(tmp_path, batch[:1], Limits()) == 6


def test_more_keys_than_fit_into_one_query_are_all_looked_up(database: Database) -> None:
    people = [f"p{n}@people.example" for n in range(1100)]
    one = mail(message(), *people)
    remember(database, one)
    history = recall(database, later(one, NOW + timedelta(hours=1)))
    assert len(history.earlier) == 1100


def test_suppressed_persons_are_found(database: Database) -> None:
    with database.write() as connection:
        suppress(connection, Suppressed("ann@people.example", Suppression.UNSUBSCRIBED, NOW, "ann", "link"))
    history = recall(database, mail(message(), "ann@people.example", "bob@people.example"))
    assert history.suppressions == {"ann@people.example": Suppression.UNSUBSCRIBED}


def test_audience_is_found_from_six_visible_outside_mailboxes_on(database: Database) -> None:
    six, five = mail(message(visible=crowd(6)), "p0@people.example"), mail(message("b", visible=crowd(5)), "p0@people.example")
    remember(database, six, five)
    assert recall(database, five).audiences == {}
    assert recall(database, six).audiences == {audience_of(six, ALLOWED): Audience(NOW, "")}


def test_automatic_mail_that_an_automatic_reply_answers_is_found(database: Database) -> None:
    asked = mail(message("a", message_id="auto@x.example", auto_submitted=AutoSubmitted.GENERATED), "ann@people.example")
    by_hand = mail(message("b", message_id="hand@x.example"), "ann@people.example")
    remember(database, asked, by_hand)
    answers = ("hand@x.example", "auto@x.example", "gone@x.example")
    reply = mail(message("c", auto_submitted=AutoSubmitted.REPLIED, in_reply_to=answers), "ann@people.example")
    plain = mail(message("c", in_reply_to=answers), "ann@people.example")
    assert recall(database, reply).automatic == {"auto@x.example": asked.id}
    assert recall(database, plain).automatic == {}


def test_bulk_mail_is_counted_where_it_is_capped(database: Database) -> None:
    sent = [
        mail(message(f"{n}", message_id=f"{n}@x.example"), "ann@people.example", mail_class=mail_class, at=timedelta(days=n))
        for n, mail_class in enumerate((MailClass.BULK, MailClass.BULK, MailClass.SERVICE, MailClass.BULK))
    ]
    remember(database, *sent)
    at = timedelta(days=7)
    bulk = mail(message("new", message_id="n@x.example"), "ann@people.example", mail_class=MailClass.BULK, at=at)
    capped = Limits(fan_out_limit=LIFTED, bulk_per_person=1)
    assert recall(database, bulk, limits=capped).bulk_counts == {"ann@people.example": 2}
    assert recall(database, bulk).bulk_counts == {}
    service = replace(bulk, classification=replace(bulk.classification, mail_class=MailClass.SERVICE))
    assert recall(database, service, limits=capped).bulk_counts == {}


def test_what_is_on_file_is_looked_up_for_outside_persons_who_are_asked(database: Database) -> None:
    with database.write() as connection:
        (jane,) = put(connection, JANE)
    person = replace(known("j.doe@x.example", f"P{jane}", f"R{jane}"), record=jane)
    asking = mail(message(), "j.doe@x.example", asks=("income",), persons=[person])
    assert recall(database, asking).on_file[f"P{jane}"]["income"] == ("crm:4711",)
    assert recall(database, mail(message(), "j.doe@x.example", persons=[person])).on_file == {}
    own = Limits(own_domains=frozenset({"x.example"}))
    assert recall(database, asking, limits=own).on_file == {}
    assert recall(database, mail(message(), "a@x.example", asks=("income",))).on_file == {}


def test_history_is_looked_up_under_all_anchors_of_a_person(database: Database) -> None:
    first, second = (known(box, "P1", "R1", "a@x.example", "b@x.example") for box in ("a@x.example", "b@x.example"))
    sent = mail(message(), "a@x.example", persons=[first], mail_class=MailClass.BULK)
    remember(database, sent)
    with database.write() as connection:
        suppress(connection, Suppressed("R1", Suppression.UNSUBSCRIBED, NOW, "clerk", ""))
    again = mail(message(message_id="2@x"), "b@x.example", persons=[second], mail_class=MailClass.BULK, at=timedelta(days=1))
    found = recall(database, again, limits=Limits(bulk_per_person=5))
    assert [one.id for one in found.earlier["a@x.example", digest("")]] == [sent.id]
    assert found.suppressions == {"R1": Suppression.UNSUBSCRIBED}
    assert found.bulk_counts == {"a@x.example": 1}
