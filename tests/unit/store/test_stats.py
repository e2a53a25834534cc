from __future__ import annotations

from datetime import timedelta

from mailguard.mail.control import MailClass
from mailguard.policy.limits import Limits, Mode
from mailguard.store.database import Database
from mailguard.store.stats import stats
from tests.builders import NOW, crowd, message
from tests.ledger import TRACE, later, mail, take


def test_counts_by_action_state_class_finding_sender_and_day(database: Database) -> None:
    first = mail(message("a", "1"), "ann@people.example", "bob@people.example")
    repeat = mail(message("a", "1", message_id="2@x.example"), "ann@people.example", at=timedelta(days=1), reverse_path="")
    held = mail(
        message("h", visible=crowd(11), message_id="3@x.example"),
        "ann@people.example",
        "bob@people.example",
        at=timedelta(days=1),
        mail_class=MailClass.BULK,
        client="crm",
    )
    old = mail(message("old", message_id="4@x.example"), "ann@people.example", at=timedelta(seconds=-1))
    with database.write() as connection:
        take(connection, old, first)
        take(connection, repeat, held, later(first, NOW + timedelta(minutes=5)))
        found = stats(connection, since=NOW)
    assert (found.messages, found.replays, found.recipients) == (3, 1, 7)
    assert found.octets == 3 * len(TRACE + first.message.content)
    assert found.actions == {"deliver": 1, "reject": 1, "hold": 1}
    assert found.states == {"queued": 2, "rejected": 1, "held": 2, "replayed": 2}
    assert found.classes == {"service": 2, "bulk": 1}
    assert found.findings == {"mass_cc": 2, "replay": 2, "repeat": 1}
    assert found.would_stop == {}
    assert found.clients == {"shop": 2, "crm": 1}
    assert found.senders == {"shop@sender.example": 2, "": 1}
    assert [(day.day, day.messages, day.actions) for day in found.days] == [
        ("2026-11-16", 1, {"deliver": 1}),
        ("2026-11-17", 2, {"hold": 1, "reject": 1}),
    ]


def test_shadow_counts_what_would_have_been_stopped(database: Database) -> None:
    shadow = Limits(mode=Mode.SHADOW)
    one = mail(message("h", visible=crowd(11)), "ann@people.example", "bob@people.example")
    fine = mail(message("f", message_id="2@x.example"), "ann@people.example")
    with database.write() as connection:
        take(connection, one, fine, limits=shadow)
        found = stats(connection, since=NOW)
    assert found.would_stop == {"mass_cc": 2}
    assert found.states == {"queued": 3}


def test_an_empty_ledger_counts_nothing(database: Database) -> None:
    with database.read() as connection:
        found = stats(connection, since=NOW)
    assert (found.messages, found.recipients, found.octets, found.actions, found.days) == (0, 0, 0, {}, ())
    assert '"since":"2026-11-16T09:00:00Z"' in found.as_json()
