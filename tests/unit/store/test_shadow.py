"""mailguard.store.shadow: what mode shadow let pass, by sender and finding and day by day."""

from __future__ import annotations

from datetime import timedelta

from mailguard.policy.finding import Action, Code
from mailguard.policy.limits import Limits, Mode
from mailguard.store.database import Database
from mailguard.store.shadow import MOST_EXAMPLES, shadow
from tests.builders import NOW, crowd, message
from tests.ledger import later, mail, take

SHADOW = Limits(mode=Mode.SHADOW)
DAY = timedelta(days=1)


def test_what_would_have_been_stopped_is_counted_by_sender_and_finding(database: Database) -> None:
    crowded = mail(message("h", visible=crowd(11), greets="Ada"), "ann@people.example", "bob@people.example")
    first = mail(message("r", message_id="2@x.example"), "ann@people.example", client="crm", reverse_path="")
    again = mail(message("r", message_id="3@x.example"), "ann@people.example", at=DAY, client="crm", reverse_path="")
    with database.write() as connection:
        take(connection, crowded, first, limits=SHADOW)
        take(connection, again, limits=SHADOW)
        take(connection, later(again, NOW + DAY), limits=SHADOW)  # a replay counts for nothing
        found = shadow(connection, since=NOW)
    assert (found.messages, found.recipients, found.would_stop) == (3, 4, 3)
    assert found.actions == {Action.HOLD: 1, Action.REJECT: 1}
    assert [(one.client, one.domain, one.finding, one.recipients, one.messages) for one in found.senders] == [
        ("shop", "sender.example", Code.MASS_CC, 2, 1),
        ("shop", "sender.example", Code.ADDRESSEE_MISMATCH, 2, 1),
        ("crm", "", Code.REPEAT, 1, 1),
    ]
    assert found.senders[0].examples == (crowded.id,)
    assert [(day.day, day.findings) for day in found.days] == [
        ("2026-11-16", {Code.MASS_CC: 2, Code.ADDRESSEE_MISMATCH: 2}),
        ("2026-11-17", {Code.REPEAT: 1}),
    ]


def test_the_newest_mails_are_the_examples(database: Database) -> None:
    mails = [mail(message(f"{n}", visible=crowd(11), message_id=f"{n}@x.example"), "ann@people.example") for n in range(5)]
    with database.write() as connection:
        take(connection, *mails, limits=SHADOW)
        found = shadow(connection, since=NOW)
    assert found.senders[0].examples == tuple(one.id for one in mails[: -MOST_EXAMPLES - 1 : -1])


def test_what_was_stopped_indeed_is_not_shadowed(database: Database) -> None:
    with database.write() as connection:
        take(connection, mail(message("h", visible=crowd(11)), "ann@people.example"))
        found = shadow(connection, since=NOW)
    assert (found.messages, found.would_stop, found.actions, found.senders, found.days) == (1, 0, {}, (), ())
