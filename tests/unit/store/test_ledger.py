from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

from mailguard.policy.facts import State
from mailguard.policy.finding import Action, Code
from mailguard.policy.limits import Limits, Mode
from mailguard.policy.parcel import Attempt, Outcome
from mailguard.policy.reply import ReplyState
from mailguard.store.database import Database
from mailguard.store.holds import Act, Filter, release
from mailguard.store.ledger import FIRST_WORDS, log, message_id_of, why
from mailguard.store.queue import finish
from tests.builders import NOW, crowd, message
from tests.ledger import EXPIRE, OWNER, later, mail, take
from tests.unit.store.written import wrote


def test_why_is_one_decision_in_full_as_the_contract_names_it(database: Database) -> None:
    first = mail(message("hello", "order 1"), "ann@people.example")
    one = mail(
        message("hello", "order 1", message_id="m2@sender.example"), "ann@people.example", "bob@people.example", template="hi"
    )
    with database.write() as connection:
        take(connection, first, one)
        attempts = (Attempt(NOW, "mail.example:25", "250 2.0.0 Ok"),)
        finish(connection, [Outcome(one.id, 1, State.DELIVERED, attempts, None)], owner=OWNER)
    with database.read() as connection:
        document = why(connection, one.id.lower())
    assert document is not None
    finding = {"code": "repeat", "text": f"repeat of {first.id} of 2026-11-16", "refs": [first.id]}
    assert json.loads(document.as_json()) == {
        "id": one.id,
        "received_at": "2026-11-16T09:00:00Z",
        "client": "shop",
        "reverse_path": "shop@sender.example",
        "message_id": "m2@sender.example",
        "subject": "hello",
        "class": "service",
        "template": "hi",
        "action": "reject",
        "answer": f"250 2.0.0 {one.id} accepted, 1 of 2 recipients rejected",
        "shadow": False,
        "size": document.size,
        "findings": [finding],
        "recipients": [
            {
                "n": 0,
                "mailbox": "ann@people.example",
                "person": "ann@people.example",
                "probability": 1.0,
                "action": "reject",
                "state": "rejected",
                "findings": [finding],
                "attempts": [],
            },
            {
                "n": 1,
                "mailbox": "bob@people.example",
                "person": "bob@people.example",
                "probability": 1.0,
                "action": "deliver",
                "state": "delivered",
                "findings": [],
                "attempts": [{"at": "2026-11-16T09:00:00Z", "next_hop": "mail.example:25", "answer": "250 2.0.0 Ok"}],
            },
        ],
        "events": [],
        "has_content": True,
    }


def test_why_of_a_message_id_is_the_newest_and_names_the_others(database: Database) -> None:
    mails = [mail(replace(message(f"{n}", f"{n}"), digest=bytes([n]) * 32), "ann@people.example") for n in range(3)]
    with database.write() as connection:
        take(connection, *mails)
        document = why(connection, "<m1@sender.example>")
        assert document is not None
        assert (document.id, document.others) == (mails[2].id, (mails[1].id, mails[0].id))
        assert why(connection, "<gone@sender.example>") is None
        assert why(connection, "01JA0000000000000000000000") is None


def test_why_shows_what_a_person_did(database: Database) -> None:
    one = mail(message("news", visible=crowd(11)), "ann@people.example")
    with database.write() as connection:
        take(connection, one)
        held = why(connection, one.id)
        release(connection, Filter(ids=(one.id,)), Act(NOW, "ann", "by phone"), expires_at=NOW + EXPIRE)
        released = why(connection, one.id)
    assert held is not None
    assert held.recipients[0].expires_at == NOW + EXPIRE
    assert held.recipients[0].due_at is None
    assert released is not None
    assert released.events is not None
    assert [(event.actor, event.verb, event.reason, event.n) for event in released.events] == [
        ("ann", "released", "by phone", 0)
    ]
    assert released.recipients[0].due_at == NOW


def test_why_of_a_part_shows_all_recipients_with_their_own_findings(database: Database) -> None:
    people = [box.wire for box in crowd(12)]
    parts = [mail(message("all"), *people[:8]), mail(message("all"), *people[8:])]
    with database.write() as connection:
        take(connection, *parts)
        document = why(connection, parts[0].id)
    assert document is not None
    assert document.action is Action.HOLD
    assert [one.action for one in document.recipients] == [Action.DELIVER] * 8 + [Action.HOLD] * 4
    assert [len(one.findings) for one in document.recipients] == [0] * 8 + [1] * 4
    assert [finding.code for finding in document.findings] == ["hidden_recipients"]


def test_log_is_in_the_order_of_decisions_without_attempts(database: Database) -> None:
    mails = [mail(message(f"{n}", f"{n}", message_id=f"{n}@x.example"), f"p{n}@people.example") for n in range(4)]
    with database.write() as connection:
        take(connection, *reversed(mails))
        found = log(connection)
        assert [one.id for one in found.messages] == [one.id for one in reversed(mails)]
        assert "attempts" not in found.messages[0].as_json()
        assert [one.id for one in log(connection, last=2).messages] == [mails[1].id, mails[0].id]


def test_log_goes_on_where_it_ended(database: Database) -> None:
    mails = [mail(message(f"{n}", f"{n}", message_id=f"{n}@x.example"), "ann@people.example") for n in range(5)]
    with database.write() as connection:
        start = log(connection)
        take(connection, *mails[:3])
        first = log(connection, after=start.cursor, limit=2)
        second = log(connection, after=first.cursor, limit=2)
        none = log(connection, after=second.cursor, limit=2)
        take(connection, *mails[3:])
        last = log(connection, after=none.cursor, limit=2)
    assert [[one.id for one in piece.messages] for piece in (start, first, second, none, last)] == [
        [],
        [mails[0].id, mails[1].id],
        [mails[2].id],
        [],
        [mails[3].id, mails[4].id],
    ]


def test_log_passes_over_what_was_not_asked_about(database: Database) -> None:
    held = mail(message("h", visible=crowd(11)), "ann@people.example")
    plain = mail(message("p", message_id="p@x.example"), "bob@people.example", at=timedelta(hours=1))
    with database.write() as connection:
        take(connection, held, plain)
        assert [one.id for one in log(connection, action=Action.HOLD).messages] == [held.id]
        assert [one.id for one in log(connection, anchors=["R1", "bob@people.example"]).messages] == [plain.id]
        assert [one.id for one in log(connection, since=NOW + timedelta(seconds=1)).messages] == [plain.id]
        assert log(connection, action=Action.REJECT).cursor == log(connection).cursor > 0


def test_log_is_asked_for_by_client_and_finding_of_all_or_of_one_recipient(database: Database) -> None:
    first = mail(message("a", "1"), "ann@people.example", client="crm")
    mixed = mail(message("a", "1", message_id="m2@x.example"), "ann@people.example", "bob@people.example")
    crowded = mail(message("b", visible=crowd(11), message_id="m3@x.example"), "kim@people.example")
    with database.write() as connection:
        take(connection, first, mixed, crowded)
        connection.exec_driver_sql("UPDATE message SET broadcast = 'B1' WHERE client = 'crm'")
        asked = [
            log(connection, client="crm"),
            log(connection, finding=Code.REPEAT),
            log(connection, finding=Code.MASS_CC),
            log(connection, broadcast="B1"),
        ]
        assert message_id_of(connection, mixed.id.lower()) == "m2@x.example"
        assert message_id_of(connection, "01JX") is None
    assert [[one.id for one in found.messages] for found in asked] == [[first.id], [mixed.id], [crowded.id], [first.id]]


def test_log_shows_replays_and_shadows(database: Database) -> None:
    one = mail(message("news", visible=crowd(11)), "ann@people.example")
    with database.write() as connection:
        take(connection, one, limits=Limits(mode=Mode.SHADOW))
        take(connection, later(one, NOW))
        first, second = log(connection).messages
    assert (first.shadow, first.action, first.recipients[0].state) == (True, Action.HOLD, State.QUEUED)
    assert second.recipients[0].state is State.REPLAYED
    assert second.findings[0].refs == (one.id,)


def test_why_shows_what_the_recipient_wrote_that_the_mail_passes_over(database: Database) -> None:
    first = wrote(database, "a", anchor="ann@people.example", text="Here   they\nare.", language="")
    second = wrote(database, "b", anchor="ann@people.example", text="x" * (FIRST_WORDS + 1))
    asking, plain = (mail(message(text), "ann@people.example", asks=asks) for text, asks in (("a", ("income",)), ("b", ())))
    with database.write() as connection:
        take(connection, asking, plain)
    with database.read() as connection:
        held, passed = why(connection, asking.id), why(connection, plain.id)
    assert held is not None
    shown = [(one.id, one.state, one.text) for one in held.open_replies or ()]
    assert shown == [(second, ReplyState.OPEN, "x" * FIRST_WORDS), (first, ReplyState.OPEN, "Here they are.")]
    assert passed is not None
    assert passed.open_replies is None
