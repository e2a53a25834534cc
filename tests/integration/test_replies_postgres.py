"""Replies on both engines: two processes that take the same mails, and the whole way of a reply on PostgreSQL."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from mailguard.mail.control import MailClass
from mailguard.mail.token import sign
from mailguard.policy.facts import State, Suppression
from mailguard.policy.reply import Kind, ReplyState, Tie
from mailguard.policy.template_rule import TemplateRule
from mailguard.replies.events import Event, EventKind, take_event
from mailguard.replies.settings import ReplySettings
from mailguard.store.bounces import standing
from mailguard.store.database import Database
from mailguard.store.replies import Filter, count, find, show
from mailguard.store.reply_lookup import newest, open_replies
from mailguard.store.reply_retention import erase_replies, purge_replies
from mailguard.store.secrets import REPLY_KEY, key_of
from mailguard.store.suppressions import suppressed
from mailguard.store.tables import RECIPIENT
from mailguard.store.told import told
from tests.builders import NOW, message
from tests.integration.reply_taker import mails
from tests.ledger import OWNER, mail, take
from tests.postgres_server import PostgresServer, postgres
from tests.records import arrive, customer
from tests.replies import ingest, written
from tests.unit.replies.test_tying import bounce, complaint

__all__ = ["postgres"]

ROOT = Path(__file__).parents[2]
COUNT = 60
ANN, BOB, EVE = "ann@people.example", "bob@people.example", "eve@evil.example"
HOUR = timedelta(hours=1)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A ledger, empty."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.db"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.clean_database()


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """An open database, empty."""
    with closing(Database.open(url)) as opened:
        yield opened


def start(url: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.integration.reply_taker", url, str(COUNT)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_of_two_processes_that_take_the_same_mails_one_wins_each(database: Database, url: str) -> None:
    with database.write() as connection:
        for n in range(COUNT):
            take(connection, mail(message(f"{n}", f"{n}", message_id=f"{n}@x.example"), f"p{n}@people.example"))
    processes = [start(url) for _ in range(2)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    new = [process.communicate()[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert max(Counter(id for ids in new for id in ids).values()) == 1
    with database.read() as connection:
        found = find(connection, Filter())
    assert {one.id for one in found} == {id for ids in new for id in ids}
    assert len(found) == len(mails(COUNT)) == COUNT
    assert {(one.tie, one.state) for one in found} == {(Tie.THREAD, ReplyState.OPEN)}


def send(database: Database, name: str, *recipients: str, owner: str = OWNER, **fields: Any) -> str:
    one = mail(message(name, name, message_id=f"{name}@x.example"), *recipients, **fields)
    with database.write() as connection:
        take(connection, one, owner=owner)
    return one.id


def test_a_reply_and_all_that_follows_from_it(database: Database) -> None:
    settings = ReplySettings(templates=(TemplateRule(name="survey", is_survey=True),))
    with database.write() as connection:
        arrive(connection, customer(4711, "ann", "lee", ANN))
        key = key_of(connection, REPLY_KEY, now=NOW)
    card = send(database, "card", ANN, template="card")
    send(database, "survey", BOB, template="survey")
    waiting = send(database, "promotion", ANN, owner="", mail_class=MailClass.BULK)
    token = f"reply+{sign(key, card, 0)}@x.example"
    with database.write() as connection:
        taken = ingest(
            connection,
            written("You know that.", to=token, sender=EVE),
            written("9", answers="survey@x.example", sender=BOB),
            written("Spam", sender=EVE, subject="Hi"),
            bounce("cy@people.example", answers="card@x.example"),
            complaint(BOB, answers="survey@x.example"),
            settings=settings,
        )
        first = show(connection, taken[0].id)
        assert first is not None
        assert (first.tie, first.anchor, first.answers) == (Tie.TOKEN, ANN, card)
        assert open_replies(connection, [ANN, BOB, EVE], NOW)[ANN][0].id == first.id
        assert newest(connection, [BOB, EVE])[BOB].state is ReplyState.RESOLVED
        assert standing(connection, [ANN], NOW + HOUR) == {ANN}
        assert [(one.person, one.suppression) for one in suppressed(connection)] == [(BOB, Suppression.COMPLAINED)]
        held = connection.execute(RECIPIENT.select().where(RECIPIENT.c.message == waiting)).one()
        assert held.state == State.HELD
        assert count(connection, Filter(kinds=[Kind.HUMAN], is_tied=False)) == 1
        assert [one.id for one in find(connection, Filter(overdue_at=NOW + 100 * HOUR, is_tied=True))] == [first.id]
    with database.write() as connection:
        closing_event = Event(kind=EventKind.TICKET_CLOSED, id="e1", source="desk", at=NOW, reply=first.id)
        assert take_event(connection, closing_event, settings, now=NOW).moved == (first.id,)
        assert not take_event(connection, closing_event, settings, now=NOW).is_new
        known = Event(
            kind=EventKind.FIELD_KNOWN, id="e2", source="ivr", at=NOW, customer="crm:4711", fields={"income": "48050"}
        )
        take_event(connection, known, settings, now=NOW)
        assert told(connection, ["R1"]) == {"R1": {"income": "ivr"}}
    with database.write() as connection:
        assert erase_replies(connection, anchors=[ANN, "R1"], mailboxes=[ANN]) == 2
        purged = purge_replies(connection, content=NOW + 9 * HOUR, ledger=NOW + 9 * HOUR, limit=100)
        assert purged.replies == len(taken)
        assert count(connection, Filter()) == 0
