from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect
from sqlmodel import SQLModel

from mailguard.mail.automation import AutoSubmitted
from mailguard.mail.control import MailClass
from mailguard.policy.facts import State
from mailguard.policy.limits import Limits
from mailguard.policy.parcel import Outcome
from mailguard.store import holds, ledger, queue, tables
from mailguard.store.database import Database
from mailguard.store.notices import take_untold
from tests.builders import NOW, crowd, message
from tests.ledger import OWNER, later, mail, take


def conditions(connection: Connection) -> dict[str, str]:
    """The WHERE of each partial index, as the engine keeps it, without what it adds by itself."""
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
    else:
        rows = connection.exec_driver_sql("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'")
    return {name: condition for name, sql in rows if (condition := sql.partition(" WHERE ")[2])}


def test_migrations_make_exactly_these_tables(database: Database) -> None:
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_small_indexes_hold_only_what_waits(database: Database) -> None:
    with database.read() as connection:
        found = conditions(connection)
    assert set(found) == {
        "message_by_key",
        "recipient_open",
        "recipient_held",
        "recipient_joined",
        "recipient_by_time",
        "reply_owed",
        "reply_due",
        "reply_auto_replied",
        "record_forgotten",
        "question_claimed",
        "message_by_broadcast",
        "webhook_event_due",
    }
    assert "queued" in found["recipient_open"]
    assert "held" in found["recipient_held"]


def test_nothing_that_the_relay_asks_reads_a_whole_table(tmp_path: Path) -> None:
    asked: list[str] = []
    with closing(Database.open(f"sqlite:///{tmp_path}/ledger.db")) as database, database.write() as connection:
        driver: Any = connection.connection.driver_connection
        driver.set_trace_callback(asked.append)
        _ask_everything(connection)
        driver.set_trace_callback(None)
        plans = {
            sql: list(driver.execute(f"EXPLAIN QUERY PLAN {sql}"))
            for sql in asked
            if sql.startswith(("SELECT", "WITH", "UPDATE"))
        }
    steps = {step[3] for plan in plans.values() for step in plan}
    scanned = {
        step
        for step in steps
        if step.startswith("SCAN") and step.split()[1] in {"message", "m", "content", "recipient", "r", "i"}
    }
    assert scanned == {"SCAN recipient USING INDEX recipient_open", "SCAN recipient USING INDEX recipient_held"}
    assert len(plans) > 25


def _ask_everything(connection: Connection) -> None:
    one = mail(
        message("a", visible=crowd(11), auto_submitted=AutoSubmitted.REPLIED, in_reply_to=("x@x.example",)),
        "ann@people.example",
        mail_class=MailClass.BULK,
    )
    take(connection, one, later(one, NOW), limits=Limits(fan_out_limit=1, bulk_per_person=1))
    queue.finish(connection, [Outcome(one.id, 0, State.FAILED, (), None)], owner=OWNER)
    queue.next_due(connection)
    queue.usage(connection)
    queue.parcels_of(connection, [(one.id, 0)])
    for only_expired in (False, True):
        queue.lease(connection, owner=OWNER, now=NOW, limit=10, only_expired=only_expired)
    queue.adopt_orphans(connection, now=NOW, dead=["nobody"])
    holds.waiting(connection, holds.Filter(everything=True), limit=10)
    holds.release(connection, holds.Filter(ids=(one.id, "<x@x.example>")), holds.Act(NOW, "", ""), expires_at=NOW)
    holds.drop(connection, holds.Filter(everything=True), holds.Act(NOW, "", ""))
    holds.expire(connection, now=NOW)
    take_untold(connection, Limits(), now=NOW, pause=timedelta())
    ledger.why(connection, one.id)
    ledger.why(connection, "<x@x.example>")
    ledger.log(connection, last=10)


def test_every_table_has_a_name_here(database: Database) -> None:
    with database.read() as connection:
        names = set(inspect(connection).get_table_names()) - {"alembic_version"}
    named = {tables.MESSAGE, tables.CONTENT, tables.RECIPIENT, tables.REACH, tables.WORDING, tables.AUDIENCE}
    named |= {tables.SUPPRESSION, tables.WORKER, tables.EVENT, tables.NOTICE}
    named |= {tables.RECORD, tables.ORIGINAL, tables.MAILBOX, tables.BLOCKING_KEY, tables.UNLINKED}
    named |= {tables.LINK, tables.VERDICT, tables.QUESTION, tables.PARAMETERS}
    named |= {tables.REPLY, tables.REPLY_CONTENT, tables.REPLY_EVENT, tables.SET_ASIDE, tables.REPLY_CURSOR}
    named |= {tables.BOUNCE, tables.TOLD, tables.TAKEN_EVENT, tables.SECRET}
    named |= {tables.BROADCAST, tables.BROADCAST_TEXT, tables.MEMBER, tables.RECALL, tables.RECALLED, tables.PAUSE}
    named |= {tables.OVERRIDE, tables.HOLD_GROUP, tables.HOLD_NOTE, tables.WEBHOOK_EVENT}
    assert {table.name for table in named} == names
