from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, delete, select, update

from mailguard.identity.person import Resolution, person_id
from mailguard.mail.mailbox import parse_mailbox
from mailguard.policy.facts import State
from mailguard.policy.finding import Code
from mailguard.policy.limits import Limits
from mailguard.policy.parcel import Attempt, Outcome
from mailguard.policy.submission import Submission
from mailguard.store import pauses
from mailguard.store.database import Database
from mailguard.store.holds import Act, Changed, Filter, drop, expire, release, retry, supersede
from mailguard.store.queue import finish, lease
from mailguard.store.recollection import gather
from mailguard.store.tables import AUDIENCE, CONTENT, EVENT, RECIPIENT, WORDING
from tests.builders import NOW, crowd, message
from tests.ledger import EXPIRE, OWNER, later, mail, take
from tests.records import arrive, customer, join

LATER = NOW + timedelta(hours=2)
ACT = Act(LATER, "ann", "checked by phone")
EVERYTHING = Filter(everything=True)
PAUSE = pauses.Pause(pauses.Scope.ALL, "", NOW, "ann", "")


def held_mail(name: str = "news", *recipients: str) -> Submission:
    text = message(name, name, message_id=f"{name}@x.example", visible=crowd(11))
    return mail(text, *(recipients or ("ann@people.example",)))


def states(connection: Connection, *mails: Submission) -> list[str]:
    rows = select(RECIPIENT.c.message, RECIPIENT.c.state).order_by(RECIPIENT.c.message, RECIPIENT.c.n)
    found = connection.execute(rows).all()
    return [row.state for one in mails for row in found if row.message == one.id]


def events(connection: Connection) -> list[tuple[str, int, str, str, str]]:
    rows = connection.execute(select(EVENT).order_by(EVENT.c.seq))
    return [(row.message, row.n, row.actor, row.verb, row.reason) for row in rows]


def release_now(connection: Connection, chosen: Filter, **options: int) -> Changed:
    return release(connection, chosen, ACT, expires_at=LATER + EXPIRE, **options)


def retry_now(connection: Connection, chosen: Filter) -> Changed:
    return retry(connection, chosen, ACT, expires_at=LATER + EXPIRE)


def repeat_of(one: Submission, name: str = "again") -> Submission:
    again = replace(one.message, message_id=f"{name}@x.example", visible=(), digest=name.encode().ljust(32))
    return later(one, NOW + timedelta(minutes=5), message=again)


def test_released_mail_is_due_at_once_and_says_who_let_it_out(database: Database) -> None:
    one = held_mail()
    with database.write() as connection:
        take(connection, one)
        assert release_now(connection, Filter(ids=(one.id,))) == Changed((one.id,), 1, 0, (), is_complete=True)
        (parcel,) = lease(connection, owner="w", now=LATER, limit=10)
        assert parcel.destinations[0].expires_at == LATER + EXPIRE
        assert events(connection) == [(one.id, 0, "ann", "released", "checked by phone")]


def test_release_by_message_id_and_by_id_in_any_case(database: Database) -> None:
    one, two = held_mail("one"), held_mail("two")
    with database.write() as connection:
        take(connection, one, two)
        assert release_now(
            connection, Filter(ids=("<one@x.example>", two.id.lower(), "<gone@x.example>", "nothing"))
        ) == Changed((one.id, two.id), 2, 0, ("<gone@x.example>", "nothing"), is_complete=True)


def test_release_of_everything_takes_only_what_is_held(database: Database) -> None:
    held, rejected = held_mail(), mail(message("a", "order 1", message_id="r@x.example"), "eve@people.example")
    queued = mail(message("a", "order 1"), "eve@people.example")
    with database.write() as connection:
        take(connection, queued, held, rejected)
        assert release_now(connection, EVERYTHING).messages == (held.id,)
        assert states(connection, queued, held, rejected) == ["queued", "queued", "rejected"]


def test_a_filter_that_says_nothing_changes_nothing(database: Database) -> None:
    one = held_mail()
    with database.write() as connection:
        take(connection, one)
        for act in (release_now, retry_now, lambda connection, chosen: drop(connection, chosen, ACT)):
            assert act(connection, Filter()) == Changed((), 0, 0, (), is_complete=True)
        assert states(connection, one) == ["held"]


@pytest.mark.parametrize("state", ["rejected", "dropped", "expired"])
def test_stopped_mail_is_released_by_its_id_while_its_content_is_kept(database: Database, state: str) -> None:
    one = held_mail()
    with database.write() as connection:
        take(connection, one)
        connection.execute(update(RECIPIENT).values(state=state, is_counted=False))
        assert release_now(connection, EVERYTHING).recipients == 0
        connection.execute(update(RECIPIENT).values(attempts=None))
        assert release_now(connection, Filter(ids=(one.id,))).messages == (one.id,)
        assert states(connection, one) == ["queued"]
        connection.execute(update(RECIPIENT).values(state=state))
        connection.execute(delete(CONTENT))
        assert release_now(connection, Filter(ids=(one.id,))).left == (one.id,)


@pytest.mark.parametrize("state", [state for state in State if state not in {"held", "rejected", "dropped", "expired"}])
def test_what_went_its_way_cannot_be_released(database: Database, state: State) -> None:
    one = held_mail()
    with database.write() as connection:
        take(connection, one)
        connection.execute(update(RECIPIENT).values(state=state))
        assert release_now(connection, Filter(ids=(one.id,))).left == (one.id,)
        assert states(connection, one) == [state]


def test_release_leaves_rejected_recipients_of_a_message_that_is_held_for_others(database: Database) -> None:
    one = held_mail("news", "ann@people.example", "bob@people.example")
    with database.write() as connection:
        take(connection, one)
        connection.execute(update(RECIPIENT).where(RECIPIENT.c.n == 1).values(state="rejected"))
        assert release_now(connection, Filter(ids=(one.id,))).recipients == 1
        assert states(connection, one) == ["queued", "rejected"]


def test_a_repeat_is_dropped_when_what_it_repeats_is_released(database: Database) -> None:
    one = held_mail()
    again = repeat_of(one)
    with database.write() as connection:
        take(connection, one)
        take(connection, again)
        changed = release_now(connection, Filter(ids=(one.id,)))
        assert (changed.messages, changed.joined) == ((one.id,), 1)
        assert states(connection, one, again) == ["queued", "dropped"]
        assert events(connection)[1] == (again.id, 0, "ann", "dropped", f"repeat of {one.id}, which was released")


def test_a_repeat_is_dropped_with_what_it_repeats_and_so_on(database: Database) -> None:
    one, other = held_mail("news", "ann@people.example", "bob@people.example"), held_mail("other", "eve@people.example")
    again, third = repeat_of(one, "again"), repeat_of(one, "third")
    with database.write() as connection:
        take(connection, one, again, other)
        take(connection, third)
        connection.execute(update(RECIPIENT).where(RECIPIENT.c.message == third.id).values(joins=again.id))
        changed = drop(connection, Filter(ids=(one.id,)), ACT)
        assert (changed.messages, changed.recipients, changed.joined) == ((one.id,), 2, 4)
        assert states(connection, one, again, third, other) == ["dropped"] * 6 + ["held"]
        assert events(connection)[-1] == (third.id, 1, "ann", "dropped", f"repeat of {again.id}, which was dropped")


def test_a_repeat_is_dropped_where_its_person_was_joined_to_that_of_the_first(database: Database) -> None:
    one = held_mail()
    with database.write() as connection:
        take(connection, one)
        a, b = arrive(connection, customer(1), customer(2, "bo", "ray", "ann@people.example"))
        join(connection, a, b)
        again = repeat_of(one)
        take(connection, replace(again, persons=(replace(again.persons[0], person=person_id(a)),)))
        assert states(connection, one, again) == ["held", "held"]
        assert release_now(connection, Filter(ids=(one.id,))).joined == 1
        assert states(connection, one, again) == ["queued", "dropped"]


def test_a_repeat_of_whom_the_first_is_not_any_more_waits_on(database: Database) -> None:
    one = held_mail()
    here, there = "ann@people.example", "ann@home.example"
    with database.write() as connection:
        take(connection, one)
        a, b = arrive(connection, customer(1, "ann", "lee", here), customer(2, "ann", "lee", there))
        again = repeat_of(one)
        take(connection, replace(again, persons=(Resolution(parse_mailbox(there), person_id(a), 1.0, anchors=(there, here)),)))
        join(connection, b)
        assert release_now(connection, Filter(ids=(one.id,))).joined == 0
        assert states(connection, one, again) == ["queued", "held"]
        assert release_now(connection, EVERYTHING).recipients == 0
        assert release_now(connection, Filter(ids=(again.id,))).recipients == 1


def test_releasing_everything_sends_a_mail_and_not_its_repeats(database: Database) -> None:
    one = held_mail()
    again = repeat_of(one)
    with database.write() as connection:
        take(connection, one, again)
        assert release_now(connection, Filter(finding=Code.REPEAT)).recipients == 0
        assert release_now(connection, Filter(ids=(one.id, again.id))).messages == (one.id,)
        assert states(connection, one, again) == ["queued", "dropped"]


def test_a_repeat_that_is_named_goes_out_by_itself(database: Database) -> None:
    one = held_mail()
    again = repeat_of(one)
    with database.write() as connection:
        take(connection, one, again)
        assert release_now(connection, Filter(ids=(again.id,))).messages == (again.id,)
        assert states(connection, one, again) == ["held", "queued"]
        assert connection.execute(select(RECIPIENT.c.joins).where(RECIPIENT.c.message == again.id)).scalar_one() is None


def test_a_released_text_may_go_on_and_its_audience_was_written_to(database: Database) -> None:
    people = crowd(7)
    fresh = mail(message("minutes", visible=people, message_id="0@x.example"), "p0@people.example")
    stale = mail(message("re", visible=people, is_reply=True), "p0@people.example", at=timedelta(days=200))
    with database.write() as connection:
        take(connection, fresh)
        take(connection, stale)
        release_now(connection, EVERYTHING)
        assert connection.execute(select(AUDIENCE.c.last_written_at, AUDIENCE.c.stale_id)).one() == (LATER, "")
        released = connection.execute(select(WORDING.c.released_at)).scalars().all()
        assert sorted(at is None for at in released) == [False, True]


def test_released_mail_counts_for_repeats_and_dropped_mail_does_not(database: Database) -> None:
    one, two = held_mail("one"), held_mail("two", "bob@people.example")
    with database.write() as connection:
        take(connection, one, two)
        release_now(connection, Filter(ids=(one.id,)))
        drop(connection, Filter(ids=(two.id,)), ACT)
        history = gather(connection, [later(one, LATER), later(two, LATER)], Limits())
    assert [person for person, _ in history.earlier] == ["ann@people.example"]


def test_drop_ends_what_waits_but_not_what_is_under_way(database: Database) -> None:
    held, waits, under_way = held_mail(), mail(message("w"), "bob@people.example"), mail(message("u"), "eve@people.example")
    under_way = later(under_way, NOW, message=replace(under_way.message, message_id="u@x.example"))
    with database.write() as connection:
        take(connection, held, under_way)
        take(connection, waits, owner="")
        changed = drop(connection, EVERYTHING, ACT)
        assert changed.messages == (held.id, waits.id)
        assert states(connection, held, waits, under_way) == ["dropped", "dropped", "queued"]
        assert drop(connection, Filter(ids=(under_way.id,)), ACT).left == (under_way.id,)
        assert lease(connection, owner="w", now=LATER + EXPIRE, limit=10) == []


def deferred(connection: Connection, one: Submission, state: State = State.DEFERRED) -> None:
    take(connection, one)
    attempts = (Attempt(NOW, "mail:25", "451 busy"),)
    finish(connection, [Outcome(one.id, 0, state, attempts, NOW + timedelta(hours=9))], owner=OWNER)


def test_deferred_mail_is_tried_at_once(database: Database) -> None:
    one = mail(message(), "ann@people.example")
    with database.write() as connection:
        deferred(connection, one)
        assert lease(connection, owner="w", now=LATER, limit=10) == []
        assert retry_now(connection, EVERYTHING).messages == (one.id,)
        (parcel,) = lease(connection, owner="w", now=LATER, limit=10)
        assert parcel.destinations[0].expires_at == NOW + EXPIRE
        assert events(connection) == [(one.id, 0, "ann", "retried", "checked by phone")]


def test_retrying_everything_comes_to_an_end(database: Database) -> None:
    mails = [mail(message(f"{n}", message_id=f"{n}@x.example"), f"p{n}@people.example") for n in range(3)]
    with database.write() as connection:
        for one in mails:
            deferred(connection, one)
        retried = [retry(connection, EVERYTHING, ACT, expires_at=LATER + EXPIRE, limit=2) for _ in range(2)]
        assert [(changed.recipients, changed.is_complete) for changed in retried] == [(2, False), (1, True)]


@pytest.mark.parametrize("state", [State.FAILED, State.EXPIRED])
def test_failed_mail_is_tried_again_by_its_id_only(database: Database, state: State) -> None:
    one = mail(message(), "ann@people.example")
    with database.write() as connection:
        deferred(connection, one, state)
        assert retry_now(connection, EVERYTHING).recipients == 0
        assert retry_now(connection, Filter(ids=(one.id,))).recipients == 1
        (parcel,) = lease(connection, owner="w", now=LATER, limit=10)
        assert parcel.destinations[0].expires_at == LATER + EXPIRE
        assert len(parcel.destinations[0].attempts) == 1


def test_what_was_not_released_in_time_is_not_tried_by_retry(database: Database) -> None:
    one = held_mail()
    with database.write() as connection:
        take(connection, one)
        expire(connection, now=NOW + EXPIRE)
        assert retry_now(connection, Filter(ids=(one.id,))).left == (one.id,)


def test_what_was_given_up_after_tries_is_not_released(database: Database) -> None:
    one = mail(message(), "ann@people.example")
    with database.write() as connection:
        deferred(connection, one, State.EXPIRED)
        assert release_now(connection, Filter(ids=(one.id,))).left == (one.id,)


def test_held_mail_expires_when_its_time_is_over_and_its_senders_are_to_be_told(database: Database) -> None:
    one = held_mail("news", "ann@people.example", "bob@people.example")
    with database.write() as connection:
        take(connection, one, mail(message("q"), "ann@people.example"))
        assert expire(connection, now=NOW + EXPIRE - timedelta(microseconds=1)) == []
        (parcel,) = expire(connection, now=NOW + EXPIRE)
        assert (parcel.message, [to.mailbox for to in parcel.destinations]) == (
            one.id,
            ["ann@people.example", "bob@people.example"],
        )
        assert expire(connection, now=NOW + EXPIRE) == []
        assert states(connection, one) == ["expired", "expired"]
        assert events(connection)[1] == (one.id, 1, "mailguard", "expired", "nobody released it in time")


def test_repeats_of_what_was_not_released_in_time_end_with_it_and_are_not_told_of(database: Database) -> None:
    one = held_mail()
    again = repeat_of(one)
    with database.write() as connection:
        take(connection, one, again)
        assert [parcel.message for parcel in expire(connection, now=NOW + 2 * EXPIRE, limit=1)] == [one.id]
        assert states(connection, one, again) == ["expired", "dropped"]
        assert expire(connection, now=NOW + 2 * EXPIRE) == []


def test_an_act_is_bounded_and_says_that_it_is_not_done(database: Database) -> None:
    mails = [held_mail(f"{n}", f"p{n}@people.example") for n in range(3)]
    with database.write() as connection:
        take(connection, *mails)
        assert release_now(connection, EVERYTHING, limit=2) == Changed((mails[0].id, mails[1].id), 2, 0, (), is_complete=False)
        assert release_now(connection, EVERYTHING, limit=2).is_complete
        assert [len(expire(connection, now=NOW + EXPIRE, limit=2)), states(connection, *mails)] == [0, ["queued"] * 3]


def test_what_is_released_while_it_is_paused_waits_on(database: Database) -> None:
    one = held_mail()
    with database.write() as connection:
        take(connection, one)
        pauses.begin(connection, PAUSE)
        assert release_now(connection, Filter(ids=(one.id,))).recipients == 1
        assert lease(connection, owner="w", now=LATER, limit=10) == []
        assert pauses.end(connection, PAUSE.scope, PAUSE.key, now=LATER).recipients == 1
        assert len(lease(connection, owner="w", now=LATER, limit=10)) == 1


def test_paused_mail_is_hastened_and_dropped(database: Database) -> None:
    one, two = mail(message("a", "one"), "ann@people.example"), mail(message("b", "two"), "ann@people.example")
    with database.write() as connection:
        take(connection, one, two, owner="")
        pauses.begin(connection, PAUSE)
        assert retry_now(connection, Filter(ids=(one.id,))).recipients == 1
        assert lease(connection, owner="w", now=LATER, limit=10) == []
        assert drop(connection, Filter(ids=(one.id,)), ACT).recipients == 1
        assert states(connection, one, two) == ["dropped", "queued"]
        assert pauses.end(connection, PAUSE.scope, PAUSE.key, now=LATER).recipients == 1


def test_what_waited_for_a_check_is_dropped_with_its_repeats_when_it_comes_again_with_one(database: Database) -> None:
    two = held_mail("news", "ann@people.example", "bob@people.example")
    again = repeat_of(two)
    with database.write() as connection:
        take(connection, two)
        take(connection, again)
        checked = mail(message("news", message_id="checked@x.example"), "ann@people.example")
        (entry,) = take(connection, checked)
        (taken,) = entry.decision.recipients
        decided = replace(entry.decision, recipients=(replace(taken, supersedes=(two.id,)),))
        supersede(connection, [replace(entry, decision=decided, states=(State.REJECTED,))], now=LATER)
        assert states(connection, two, again) == ["held"] * 4
        supersede(connection, [replace(entry, decision=decided, states=(State.QUEUED,))], now=LATER)
        assert states(connection, two, again) == ["dropped", "held", "dropped", "held"]
        assert events(connection) == [
            (two.id, 0, "mailguard", "dropped", f"came again with a check, as {checked.id}"),
            (again.id, 0, "mailguard", "dropped", f"repeat of {two.id}, which was dropped"),
        ]
