from __future__ import annotations

from datetime import timedelta

from mailguard.policy.finding import Code
from mailguard.policy.limits import Limits
from mailguard.policy.submission import Submission
from mailguard.store.database import Database
from mailguard.store.notices import Cause, forget, take_expiring, take_untold
from tests.builders import NOW, crowd, message
from tests.ledger import EXPIRE, mail, take

PAUSE = timedelta(minutes=15)


def mass(name: str, minutes: int, *recipients: str) -> Submission:
    text = message(name, name, message_id=f"{name}@x.example", visible=crowd(11))
    return mail(text, *(recipients or ("ann@people.example",)), at=timedelta(minutes=minutes))


def test_each_cause_is_told_of_once_in_a_while(database: Database) -> None:
    one, two, three = mass("one", 0, "ann@people.example", "bob@people.example"), mass("two", 1), mass("three", 16)
    greeting = mail(message("g", greets="Ann", visible=crowd(4)), "ann@people.example", at=timedelta(minutes=2))
    told = []
    with database.write() as connection:
        for minutes, mails in ((0, [one]), (1, [two]), (2, [greeting]), (14, []), (15, []), (16, [three]), (30, [])):
            take(connection, *mails)
            now = NOW + timedelta(minutes=minutes, seconds=1)
            told.append([(cause.code, cause.ids) for cause in take_untold(connection, Limits(), now=now, pause=PAUSE)])
    assert told == [
        [(Code.MASS_CC, (one.id,))],
        [],
        [(Code.ADDRESSEE_MISMATCH, (greeting.id,))],
        [],
        [(Code.MASS_CC, (two.id,))],
        [],
        [(Code.MASS_CC, (three.id,))],
    ]


def test_a_cause_counts_messages_and_recipients_and_names_the_oldest(database: Database) -> None:
    mails = [mass(f"{n}", n, "ann@people.example", "bob@people.example") for n in range(12)]
    with database.write() as connection:
        take(connection, *mails)
        (cause,) = take_untold(connection, Limits(), now=NOW + timedelta(hours=1), pause=PAUSE)
    assert cause == Cause(Code.MASS_CC, 12, 24, tuple(one.id for one in mails[:10]))


def test_repeats_that_wait_with_another_mail_are_not_told_of(database: Database) -> None:
    one = mass("one", 0)
    again = mail(message("one", "one", message_id="again@x.example"), "ann@people.example", at=timedelta(minutes=1))
    with database.write() as connection:
        take(connection, one, again)
        assert [cause.recipients for cause in take_untold(connection, Limits(), now=NOW + PAUSE, pause=PAUSE)] == [1]


def test_where_nothing_is_held_nothing_is_told(database: Database) -> None:
    with database.write() as connection:
        take(connection, mail(message(), "ann@people.example"))
        assert take_untold(connection, Limits(), now=NOW + PAUSE, pause=PAUSE) == []


def test_a_group_is_warned_of_once_before_its_mail_expires(database: Database) -> None:
    warn = timedelta(hours=12)
    told = []
    with database.write() as connection:
        take(connection, mass("one", 0, "ann@people.example", "bob@people.example"), mass("two", 60))
        for hours in (107, 108.5, 109.1, 119, 120.6, 121):
            groups = take_expiring(connection, Limits(), now=NOW + timedelta(hours=hours), warn=warn)
            told.append([(group.finding, group.messages, group.recipients, group.expires_at) for group in groups])
        assert told == [[], [(Code.MASS_CC, 1, 2, NOW + EXPIRE)], [], [], [(Code.MASS_CC, 2, 3, NOW + EXPIRE)], []]
        assert take_untold(connection, Limits(), now=NOW + EXPIRE, pause=PAUSE) != []
        forget(connection, NOW + EXPIRE + warn)
        assert take_expiring(connection, Limits(), now=NOW + EXPIRE, warn=warn) != []
