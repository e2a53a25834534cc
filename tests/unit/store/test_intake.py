from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from mailguard.mail.control import ControlFields, MailClass
from mailguard.policy.answer import Answers
from mailguard.policy.facts import State
from mailguard.policy.finding import Action, Code
from mailguard.policy.limits import Limits, Mode
from mailguard.store.database import Database
from mailguard.store.intake import ordinals
from mailguard.store.tables import AUDIENCE, CONTENT, MESSAGE, REACH, RECIPIENT, WORDING
from tests.builders import NOW, crowd, message
from tests.ledger import EXPIRE, OWNER, TRACE, later, mail, take


def test_message_and_its_content_and_recipient_are_written(database: Database) -> None:
    one = mail(message("hello", "order 1"), "Ann+news@people.example")
    with database.write() as connection:
        take(connection, one)
    with database.read() as connection:
        row = connection.execute(select(MESSAGE)).one()
        assert (row.id, row.received_at, row.client, row.reverse_path) == (one.id, NOW, "shop", "shop@sender.example")
        assert (row.message_id, row.subject, row.mail_class, row.action) == ("m1@sender.example", "hello", "service", "deliver")
        assert (row.answer, row.findings, row.key) == (f"250 2.0.0 {one.id} accepted", None, None)
        assert bytes(row.digest) == one.message.digest
        assert (row.is_replay, row.is_shadow, row.is_automatic, row.smtputf8) == (False, False, False, False)
        assert row.size == len(TRACE + one.message.content)
        content = connection.execute(select(CONTENT)).one()
        assert (content.message, bytes(content.octets)) == (one.id, TRACE + one.message.content)
        recipient = connection.execute(select(RECIPIENT)).one()
        assert (recipient.message, recipient.n, recipient.mailbox) == (one.id, 0, "Ann+news@people.example")
        assert (recipient.anchor, recipient.person) == (one.persons[0].person, None)
        assert (recipient.state, recipient.owner, recipient.due_at) == ("queued", OWNER, NOW)
        assert (recipient.expires_at, recipient.is_counted, recipient.attempts) == (NOW + EXPIRE, True, None)


def test_repeat_in_a_later_batch_is_rejected_and_its_content_kept(database: Database) -> None:
    first = mail(message("reminder", "invoice 7"), "ann@people.example")
    again = mail(message("reminder", "invoice 7", message_id="m2@sender.example"), "ann@people.example", at=timedelta(days=5))
    with database.write() as connection:
        take(connection, first)
    with database.write() as connection:
        (entry,) = take(connection, again)
    assert entry.states == (State.REJECTED,)
    assert entry.decision.findings[0].refs == (first.id,)
    with database.read() as connection:
        row = connection.execute(select(RECIPIENT).where(RECIPIENT.c.message == again.id)).one()
        assert (row.state, row.owner, row.due_at, row.expires_at, row.is_counted) == ("rejected", "", None, None, False)
        assert connection.execute(select(CONTENT.c.message)).scalars().all() == [first.id, again.id]


def test_rejected_repeats_extend_nothing(database: Database) -> None:
    first = mail(message("reminder", "invoice 7"), "ann@people.example")
    outcomes = []
    for day in (0, 5, 7):
        with database.write() as connection:
            changed = replace(first.message, message_id=f"{day}@sender.example", digest=bytes([day]) * 32)
            (entry,) = take(connection, later(first, NOW + timedelta(days=day), message=changed))
            outcomes.append(entry.states[0])
    assert outcomes == [State.QUEUED, State.REJECTED, State.QUEUED]


def test_repeat_of_a_held_mail_joins_its_hold(database: Database) -> None:
    held = mail(message("news", visible=crowd(11)), "ann@people.example")
    again = later(held, NOW + timedelta(hours=1), message=replace(held.message, message_id="other@x.example", visible=()))
    with database.write() as connection:
        take(connection, held)
    with database.write() as connection:
        (entry,) = take(connection, again)
    assert entry.states == (State.HELD,)
    with database.read() as connection:
        row = connection.execute(select(RECIPIENT).where(RECIPIENT.c.message == again.id)).one()
        assert (row.joins, row.is_counted, row.expires_at) == (held.id, False, again.received_at + EXPIRE)


def test_parts_of_one_message_share_its_row_and_its_ordinals_go_on(database: Database) -> None:
    text = message("hello all", visible=crowd(4))
    first = mail(text, "p0@people.example", "p1@people.example")
    second = mail(text, "p1@people.example", "p2@people.example", "p3@people.example", reverse_path="bounce+2@sender.example")
    with database.write() as connection:
        take(connection, first)
    with database.write() as connection:
        (entry,) = take(connection, second)
    assert list(ordinals(entry)) == [(2, 1), (3, 2)]
    with database.read() as connection:
        assert connection.execute(select(MESSAGE.c.id)).scalars().all() == [first.id]
        assert len(connection.execute(select(CONTENT)).all()) == 1
        rows = connection.execute(select(RECIPIENT).order_by(RECIPIENT.c.n)).all()
        assert [(row.n, row.mailbox, row.reverse_path) for row in rows] == [
            (0, "p0@people.example", None),
            (1, "p1@people.example", None),
            (2, "p2@people.example", "bounce+2@sender.example"),
            (3, "p3@people.example", "bounce+2@sender.example"),
        ]


def test_parts_in_one_batch_are_one_message_and_the_strongest_action_is_its(database: Database) -> None:
    limits = Limits(max_hidden_recipients=10)
    text = message("hello all")
    parts = [mail(text, *(box.wire for box in crowd(30)[begin : begin + 6])) for begin in (0, 6, 12)]
    with database.write() as connection:
        entries = take(connection, *parts, limits=limits)
    assert [entry.decision.action for entry in entries] == [Action.DELIVER, Action.HOLD, Action.HOLD]
    with database.read() as connection:
        row = connection.execute(select(MESSAGE)).one()
        assert (row.id, row.action, row.hidden_outside) == (parts[0].id, "hold", 18)
        assert row.answer.startswith(f"250 2.0.0 {parts[0].id} held: hidden_recipients")
        held = connection.execute(select(RECIPIENT.c.n).where(RECIPIENT.c.state == "held").order_by(RECIPIENT.c.n))
        assert held.scalars().all() == list(range(6, 18))


def test_a_clean_part_keeps_the_stronger_action_of_one_before(database: Database) -> None:
    text = message("hello", "order 3")
    with database.write() as connection:
        take(connection, mail(text, "ann@people.example"))
        take(connection, mail(replace(text, message_id="two@x.example", digest=b"2" * 32), "ann@people.example"))
        take(connection, mail(replace(text, message_id="two@x.example", digest=b"2" * 32), "bob@people.example"))
    with database.read() as connection:
        row = connection.execute(select(MESSAGE).where(MESSAGE.c.message_id == "two@x.example")).one()
        assert row.action == "reject"
        found = connection.execute(select(RECIPIENT.c.state, RECIPIENT.c.findings).where(RECIPIENT.c.message == row.id))
        assert [(state, findings is None, findings == "[]") for state, findings in found] == [
            ("rejected", True, False),
            ("queued", False, True),
        ]


def test_a_replay_has_a_row_without_content_and_is_not_sent(database: Database) -> None:
    one = mail(message("hello", control=ControlFields(key="k-1")), "ann@people.example")
    again = later(one, NOW + timedelta(minutes=5))
    with database.write() as connection:
        take(connection, one)
    with database.write() as connection:
        (entry,) = take(connection, again)
    assert str(entry.answer) == f"250 2.0.0 {one.id} replay"
    with database.read() as connection:
        row = connection.execute(select(MESSAGE).where(MESSAGE.c.id == again.id)).one()
        assert (row.is_replay, row.key, row.size) == (True, None, len(one.message.content))
        recipient = connection.execute(select(RECIPIENT).where(RECIPIENT.c.message == again.id)).one()
        assert (recipient.state, recipient.owner, recipient.is_counted) == ("replayed", "", False)
        assert connection.execute(select(CONTENT.c.message)).scalars().all() == [one.id]


def test_shadow_delivers_and_remembers_that_it_would_not_have(database: Database) -> None:
    one = mail(message("news", visible=crowd(11)), "ann@people.example")
    with database.write() as connection:
        take(connection, one, limits=Limits(mode=Mode.SHADOW))
    with database.read() as connection:
        row = connection.execute(select(MESSAGE.c.is_shadow, MESSAGE.c.action)).one()
        assert (row.is_shadow, row.action) == (True, "hold")
        assert connection.execute(select(RECIPIENT.c.state, RECIPIENT.c.owner)).one() == ("queued", OWNER)


def test_without_an_owner_mail_is_left_in_the_spool(database: Database) -> None:
    with database.write() as connection:
        take(connection, mail(message(), "ann@people.example"), owner="")
    with database.read() as connection:
        assert connection.execute(select(RECIPIENT.c.state, RECIPIENT.c.owner, RECIPIENT.c.due_at)).one() == ("queued", "", NOW)


def test_findings_of_all_stand_once_and_findings_of_some_with_them(database: Database) -> None:
    everyone = mail(message("news", visible=crowd(11)), "ann@people.example", "bob@people.example")
    repeated = mail(message("hello", "order 3", message_id="m3@x.example"), "ann@people.example")
    mixed = mail(message("hello", "order 3", message_id="m4@x.example"), "ann@people.example", "bob@people.example")
    with database.write() as connection:
        take(connection, everyone, repeated, mixed)
    with database.read() as connection:
        rows = connection.execute(select(MESSAGE.c.id, MESSAGE.c.findings).order_by(MESSAGE.c.seq)).all()
        assert [row.findings is None for row in rows] == [False, True, True]
        assert '"code":"mass_cc"' in rows[0].findings
        own = connection.execute(select(RECIPIENT.c.message, RECIPIENT.c.findings).order_by(RECIPIENT.c.message, RECIPIENT.c.n))
        found: dict[str, list[str | None]] = {everyone.id: [], repeated.id: [], mixed.id: []}
        for id, findings in own:
            found[id].append(findings)
        assert found[everyone.id] == [None, None]
        assert found[repeated.id] == [None]
        first, second = found[mixed.id]
        assert first is not None
        assert '"code":"repeat"' in first
        assert second is None


def test_polite_answers_hold_what_would_be_rejected(database: Database) -> None:
    text = message("hello", "order 3")
    with database.write() as connection:
        take(connection, mail(text, "ann@people.example"))
        (entry,) = take(
            connection,
            mail(replace(text, message_id="two@x.example", digest=b"2" * 32), "ann@people.example"),
            answers=Answers.POLITE,
        )
    assert entry.states == (State.HELD,)


def test_reach_and_wording_are_remembered_but_not_for_rejected_mail(database: Database) -> None:
    one = mail(message("offer", "item 1"), "ann@people.example", "bob@people.example", mail_class=MailClass.BULK)
    again = later(one, NOW + timedelta(hours=1), message=replace(one.message, message_id="two@x.example", digest=b"2" * 32))
    with database.write() as connection:
        take(connection, one)
        take(connection, again)
    with database.read() as connection:
        rows = connection.execute(select(REACH).order_by(REACH.c.person)).all()
        assert [(bytes(row.key), row.person, row.at) for row in rows] == [
            (one.message.fingerprint.text, "ann@people.example", NOW),
            (one.message.fingerprint.text, "bob@people.example", NOW),
        ]
        assert connection.execute(select(WORDING.c.first_seen, WORDING.c.last_seen)).one() == (NOW, NOW)


def test_mailboxes_of_ones_own_do_not_count_as_reached(database: Database) -> None:
    limits = Limits(own_domains=frozenset({"own.example"}))
    with database.write() as connection:
        take(connection, mail(message("offer"), "team@own.example", "ann@people.example"), limits=limits)
        assert connection.execute(select(REACH.c.person)).scalars().all() == ["ann@people.example"]


def test_a_part_that_comes_after_retention_brings_the_content_again(database: Database) -> None:
    text = message("hello all")
    with database.write() as connection:
        take(connection, mail(text, "ann@people.example"))
        connection.execute(delete(CONTENT))
        (part,) = take(connection, mail(text, "bob@people.example"))
        take(connection, mail(text, "eve@people.example"))
        assert connection.execute(select(CONTENT.c.message)).scalars().all() == [part.id]


@pytest.mark.parametrize(("hours", "moves"), [(24, False), (25, True)])
def test_wording_notes_the_day_it_was_seen_last(database: Database, *, hours: int, moves: bool) -> None:
    at = NOW + timedelta(hours=hours)
    with database.write() as connection:
        take(connection, mail(message("offer", "item 1"), "ann@people.example"))
        take(connection, mail(message("offer", "item 2", message_id="2@x.example"), "ann@people.example", at=at - NOW))
    with database.read() as connection:
        assert connection.execute(select(WORDING.c.first_seen, WORDING.c.last_seen)).one() == (NOW, at if moves else NOW)


def test_audience_is_written_to_when_something_goes_out_and_stays_stale_once_found_so(database: Database) -> None:
    people = crowd(6)
    fresh = mail(message("minutes", visible=people), "p0@people.example")
    old = timedelta(days=200)
    stale = mail(message("re", visible=people, is_reply=True, message_id="2@x.example"), "p0@people.example", at=old)
    after = mail(message("re 2", visible=people, is_reply=True, message_id="3@x.example"), "p0@people.example", at=old)
    with database.write() as connection:
        take(connection, fresh)
        first = connection.execute(select(AUDIENCE.c.last_written_at, AUDIENCE.c.stale_id)).one()
        take(connection, stale)
        (entry,) = take(connection, after)
        last = connection.execute(select(AUDIENCE.c.last_written_at, AUDIENCE.c.stale_id)).one()
    assert first == (NOW, "")
    assert last == (NOW, stale.id)
    assert [finding.refs for finding in entry.decision.findings if finding.code is Code.STALE_AUDIENCE] == [(stale.id,)]


def test_text_that_no_column_takes_is_made_fit(database: Database) -> None:
    odd = replace(message(message_id="a\0b@x.example"), subject="nul \0 and surrogate \udcff")
    with database.write() as connection:
        take(connection, mail(odd, "ann@people.example"))
        (entry,) = take(connection, mail(odd, "ann@people.example"))
    assert entry.decision.is_replay
    with database.read() as connection:
        assert connection.execute(select(MESSAGE.c.subject)).scalars().first() == "nul \ufffd and surrogate ?"


def test_an_empty_batch_writes_nothing(database: Database) -> None:
    with database.write() as connection:
        assert take(connection) == []
        assert connection.execute(select(MESSAGE)).all() == []
