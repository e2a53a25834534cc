"""mailguard.store.hold_groups: held mail as groups, one a cause, and what people say of them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from mailguard.mail.control import MailClass
from mailguard.policy.finding import Action, Code
from mailguard.policy.limits import Limits
from mailguard.policy.submission import Submission
from mailguard.store.database import Database
from mailguard.store.filter import Filter
from mailguard.store.hold_groups import (
    HoldGroup,
    Note,
    assign,
    causes_named,
    causes_of,
    forget,
    hold_detail,
    hold_groups,
    is_group,
    note,
)
from mailguard.store.holds import Act, drop, release
from mailguard.store.waiting import waiting
from tests.builders import NOW, crowd, message
from tests.ledger import EXPIRE, mail, take

LIMITS = Limits()
ACT = Act(NOW, "bob", "known: the script of the sales team")


def mass(number: int, *recipients: str, client: str = "crm", **options: object) -> Submission:
    text = message("news", f"{number}", message_id=f"mass{number}@x.example", visible=crowd(11), subject=f"News {number}")
    to = recipients or (f"r{number}@people.example",)
    return mail(text, *to, at=timedelta(minutes=number), client=client, template="news", **options)


def greeting(number: int) -> Submission:
    text = message("dear ann", f"{number}", message_id=f"g{number}@x.example", visible=crowd(4), greets="Ann")
    return mail(text, f"g{number}@other.example", at=timedelta(minutes=number), client="crm", template="dear")


def groups(connection: Connection, chosen: Filter | None = None) -> list[HoldGroup]:
    return hold_groups(connection, LIMITS, chosen or Filter(everything=True))


def test_mails_of_one_cause_are_one_group_oldest_first(database: Database) -> None:
    with database.write() as connection:
        take(connection, greeting(0), *(mass(number, "a@x.example", "b@y.example") for number in range(1, 4)))
        take(connection, mass(9, client="shop"), mass(10, mail_class=MailClass.BULK))
        found = groups(connection)
    assert [(one.finding, one.client, one.mail_class, one.messages, one.recipients) for one in found] == [
        (Code.ADDRESSEE_MISMATCH, "crm", MailClass.SERVICE, 1, 1),
        (Code.MASS_CC, "crm", MailClass.SERVICE, 3, 6),
        (Code.MASS_CC, "shop", MailClass.SERVICE, 1, 1),
        (Code.MASS_CC, "crm", MailClass.BULK, 1, 1),
    ]
    assert len({one.id for one in found}) == 4
    assert (found[1].subject, found[1].template) == ("News 1", "news")
    assert (found[1].since, found[1].newest_at) == (NOW + timedelta(minutes=1), NOW + timedelta(minutes=3))
    assert found[1].expires_at == NOW + EXPIRE + timedelta(minutes=1)
    assert all(is_group(one.id) for one in found)


def test_repeats_count_where_the_mail_is_that_they_wait_with(database: Database) -> None:
    again = mail(message("news", "1", message_id="again@x.example"), "a@x.example", at=timedelta(minutes=5))
    with database.write() as connection:
        take(connection, mass(1, "a@x.example"), again)
        (found,) = groups(connection)
    assert (found.messages, found.recipients, found.repeats) == (1, 1, 1)


def test_what_the_operator_lets_pass_is_no_cause(database: Database) -> None:
    both = message("dear ann", "1", visible=crowd(11), greets="Ann")
    lets_crowds_pass = Limits(actions={(MailClass.SERVICE, Code.MASS_CC): Action.DELIVER})
    with database.write() as connection:
        take(connection, mail(both, "a@x.example"))
        (first,) = groups(connection)
        (second,) = hold_groups(connection, lets_crowds_pass)
        assert (first.finding, second.finding) == (Code.MASS_CC, Code.ADDRESSEE_MISMATCH)
        (cause,) = causes_named(connection, [second.id], lets_crowds_pass).values()
        assert drop(connection, Filter(causes=(cause,)), ACT).recipients == 1


def test_group_is_released_with_nothing_else(database: Database) -> None:
    other, again = greeting(0), mail(message("news", "1", message_id="again@x.example"), "r1@people.example")
    rejected = mail(message("news", "9", message_id="r@x.example"), "z@x.example", client="crm", template="news")
    with database.write() as connection:
        take(connection, rejected, mail(message("news", "9", message_id="r2@x.example"), "z@x.example", client="crm"))
        take(connection, other, mass(1), mass(2), again)
        group = groups(connection)[1]
        assert (group.messages, group.repeats) == (2, 1)
        causes = causes_named(connection, [group.id.lower(), "G00000000", other.id], LIMITS)
        assert list(causes) == [group.id.lower()]
        chosen = Filter(causes=tuple(causes.values()))
        changed = release(connection, chosen, ACT, expires_at=NOW + EXPIRE)
        assert (changed.recipients, changed.joined, changed.left) == (2, 1, ())
        assert [one.finding for one in groups(connection)] == [Code.ADDRESSEE_MISMATCH]


def test_ids_and_groups_are_meant_together(database: Database) -> None:
    one = greeting(0)
    with database.write() as connection:
        take(connection, one, mass(1), mass(2))
        (cause,) = causes_named(connection, [groups(connection)[1].id], LIMITS).values()
        chosen = Filter(ids=(one.id,), causes=(cause,))
        assert [found.id for found in waiting(connection, Filter(causes=(cause,), but=(cause,)), limit=9)] == []
        assert [found.id for found in waiting(connection, Filter(everything=True, but=(cause,)), limit=9)] == [one.id]
        assert release(connection, chosen, ACT, expires_at=NOW + EXPIRE).recipients == 3


def test_mail_without_a_finding_is_a_group_of_its_own(database: Database) -> None:
    with database.write() as connection:
        take(connection, mass(1), mail(message(), "a@x.example"))
        connection.exec_driver_sql("UPDATE recipient SET state = 'held'")
        found = groups(connection)
        assert [one.finding for one in found] == [Code.MASS_CC, None]
        (cause,) = causes_named(connection, [found[1].id], LIMITS).values()
        assert drop(connection, Filter(causes=(cause,)), ACT).recipients == 1


def test_names_lead_to_causes(database: Database) -> None:
    one, two = greeting(0), mass(1)
    with database.write() as connection:
        take(connection, one, two)
        first, second = (group.id for group in groups(connection))
        found = causes_of(connection, [second, one.id, "<mass1@x.example>", "01JX", "G00000000"], LIMITS)
        assert causes_of(connection, [], LIMITS) == {}
    assert {name: [cause.id for cause in causes] for name, causes in found.items()} == {
        second: [second],
        one.id: [first],
        "<mass1@x.example>": [second],
        "01JX": [],
        "G00000000": [],
    }


def test_group_in_full_says_what_was_found_and_to_whom(database: Database) -> None:
    with database.write() as connection:
        mails = [mass(number, f"a{number}@x.example", "b@y.example") for number in range(1, 6)]
        take(connection, *mails)
        (group,) = groups(connection)
        note(connection, [group.id], ACT)
        detail = hold_detail(connection, group.id, LIMITS)
        assert hold_detail(connection, "G00000000", LIMITS) is None
    assert detail is not None
    assert [count for _, count in detail.sentences] == [10]
    assert "11" in detail.sentences[0][0]
    assert (detail.domains, detail.domain_count) == ((("x.example", 5), ("y.example", 5)), 2)
    assert detail.senders == (("shop@sender.example", 10),)
    assert detail.samples == (mails[0].id, mails[2].id, mails[4].id)
    assert detail.notes == (Note(NOW, "bob", ACT.reason),)
    assert detail.group.notes == 1


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_mails_are_all_samples(database: Database, count: int) -> None:
    with database.write() as connection:
        mails = [mass(number) for number in range(1, count + 1)]
        take(connection, *mails)
        detail = hold_detail(connection, groups(connection)[0].id, LIMITS)
    assert detail is not None
    assert detail.samples == tuple(one.id for one in mails)


def test_group_is_looked_after_by_one_person_until_it_is_another_or_nobody(database: Database) -> None:
    with database.write() as connection:
        take(connection, mass(1))
        (group,) = groups(connection)
        seen = []
        for name in ("ann", "bob", ""):
            assign(connection, [group.id], name, ACT)
            seen.append(groups(connection)[0].assignee)
    assert seen == ["ann", "bob", ""]


def test_what_was_said_is_forgotten_in_time(database: Database) -> None:
    with database.write() as connection:
        take(connection, mass(1))
        (group,) = groups(connection)
        assign(connection, [group.id], "ann", ACT)
        note(connection, [group.id], ACT)
        forget(connection, NOW)
        assert (groups(connection)[0].assignee, groups(connection)[0].notes) == ("ann", 1)
        forget(connection, NOW + timedelta(seconds=1))
        assert (groups(connection)[0].assignee, groups(connection)[0].notes) == ("", 0)
