from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect, select

from mailguard.errors import DatabaseVersionError, UsageError
from mailguard.policy.facts import State, Suppression
from mailguard.policy.hold_times import HoldTimes
from mailguard.policy.limits import Limits
from mailguard.policy.parcel import Outcome
from mailguard.policy.reply import Reply
from mailguard.store import ledger, migration, reply_lookup
from mailguard.store.database import Database
from mailguard.store.migration import BASE, SCRIPTS, Status
from mailguard.store.queue import finish
from mailguard.store.suppressions import Suppressed, suppress, suppressed
from mailguard.store.tables import CONTENT, MEMBER, MESSAGE, NOTICE, RECIPIENT
from mailguard.store.version import HEAD, version_of
from mailguard.store.waiting_replies import Terms, stop_waiting
from tests.builders import NOW, crowd, message
from tests.ledger import OWNER, mail, take
from tests.records import arrive, customer
from tests.replies import put_reply
from tests.unit.store.written import wrote

NEXT = '''
"""A step as a later program may have one: a column that SQLite can only change by copying the table."""
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "HEAD"
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table("message") as table:
        table.add_column(sa.Column("colour", sa.Text, nullable=False, server_default="red"))
        table.alter_column("subject", existing_type=sa.Text, nullable=True)


def downgrade():
    op.execute("UPDATE message SET subject = '' WHERE subject IS NULL")
    with op.batch_alter_table("message") as table:
        table.alter_column("subject", existing_type=sa.Text, nullable=False)
        table.drop_column("colour")
'''


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """The steps of a later program: ours, and one more."""
    copied = tmp_path / "migrations"
    shutil.copytree(SCRIPTS, copied, ignore=shutil.ignore_patterns("__pycache__"))
    (copied / "versions" / "9999_colour.py").write_text(NEXT.replace("HEAD", HEAD))
    return copied


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    with closing(Database.open(f"sqlite:///{tmp_path}/ledger.db")) as database:
        yield database


def deliver(database: Database, count: int) -> list[str]:
    mails = [mail(message(f"{n}", message_id=f"{n}@x.example"), f"p{n}@people.example") for n in range(count)]
    with database.write() as connection:
        take(connection, *mails)
        finish(connection, [Outcome(one.id, 0, State.DELIVERED, (), None) for one in mails], owner=OWNER)
    return [one.id for one in mails]


def ids(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.execute(select(MESSAGE.c.id).order_by(MESSAGE.c.seq)).scalars())


def test_a_new_database_is_of_this_programs_version(database: Database) -> None:
    assert migration.status(database) == Status(HEAD, HEAD, ())
    assert migration.upgrade(database) == Status(HEAD, HEAD, ())


def test_upgrade_and_downgrade_keep_every_row(database: Database, scripts: Path) -> None:
    sent = deliver(database, 50)
    assert migration.status(database, scripts=scripts) == Status(HEAD, "9999", ("9999",))
    try:
        assert migration.upgrade(database, scripts=scripts) == Status("9999", "9999", ())
        with database.read() as connection:
            assert connection.exec_driver_sql("SELECT DISTINCT colour FROM message").scalars().all() == ["red"]
        with pytest.raises(DatabaseVersionError, match=f"mailguard db downgrade {HEAD}"):
            database.check()
        with pytest.raises(UsageError, match="does not know"):
            migration.status(database)
    finally:
        assert migration.downgrade(database, HEAD, scripts=scripts).version == HEAD
    assert ids(database) == sent
    with database.read() as connection:
        assert "colour" not in {column["name"] for column in inspect(connection).get_columns("message")}
        assert {index["name"] for index in inspect(connection).get_indexes("message")} == {
            "message_by_id",
            "message_by_message_id",
            "message_by_key",
            "message_by_time",
            "message_by_broadcast",
        }
    database.check()


@pytest.mark.parametrize("version", [HEAD, "0009", "head", ""])
def test_only_an_earlier_version_is_back(sqlite: Database, version: str) -> None:
    with pytest.raises(UsageError, match="possible: base, 0001"):
        migration.downgrade(sqlite, version)


def test_the_way_back_to_nothing_is_closed_while_mail_waits(sqlite: Database) -> None:
    with sqlite.write() as connection:
        take(connection, mail(message(), "ann@people.example", "bob@people.example"))
    with pytest.raises(UsageError, match="mail to 2 recipients still waits"):
        migration.downgrade(sqlite, BASE)
    sqlite.check()


def test_the_way_back_to_nothing_and_forth(sqlite: Database) -> None:
    deliver(sqlite, 3)
    assert migration.downgrade(sqlite, BASE) == Status(None, HEAD, ("0001", "0002", "0003", HEAD))
    with pytest.raises(UsageError, match="cannot go back from None to base; possible: none"):
        migration.downgrade(sqlite, BASE)
    assert migration.upgrade(sqlite) == Status(HEAD, HEAD, ())
    assert ids(sqlite) == []


PLACE = "SELECT mailbox, {}, facts, is_counted, state FROM recipient ORDER BY message, n"


def rows(database: Database, sql: str) -> list[tuple[object, ...]]:
    with database.read() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(sql)]


def test_history_hangs_on_anchors_from_0002_on_and_on_persons_before(database: Database) -> None:
    deliver(database, 20)
    with database.write() as connection:
        arrive(connection, customer(1, "ann", "lee", "p3@people.example"))
        of = RECIPIENT.update().where(RECIPIENT.c.mailbox == "p3@people.example")
        connection.execute(of.values(mailbox="P3@People.example", anchor="R1", person="P1"))
        suppress(connection, *(Suppressed(one, Suppression.UNSUBSCRIBED, NOW, "ann", "") for one in ("R1", "z@z.example")))
    new = rows(database, PLACE.format("anchor"))
    assert ("P3@People.example", "R1") in {row[:2] for row in new}
    try:
        assert migration.downgrade(database, "0001").version == "0001"
        old = rows(database, PLACE.format("person"))
        assert old == [(row[0], "p3@people.example" if row[1] == "R1" else row[1], *row[2:]) for row in new]
        with database.read() as connection:
            columns = {column["name"] for column in inspect(connection).get_columns("recipient")}
            assert not columns & {"anchor"}
            assert [one.person for one in suppressed(connection)] == ["p3@people.example", "z@z.example"]
            assert "record" not in inspect(connection).get_table_names()
            indexes = {index["name"] for index in inspect(connection).get_indexes("recipient")}
            assert indexes == {"recipient_by_person", "recipient_open", "recipient_held", "recipient_joined"}
    finally:
        assert migration.upgrade(database).version == HEAD
    assert rows(database, PLACE.format("anchor")) == old
    assert rows(database, "SELECT DISTINCT person FROM recipient") == [(None,)]
    database.check()
    with database.write() as connection:
        assert arrive(connection, customer(1)) == (1,)


def test_replies_come_with_0003_and_go_with_it_and_the_strongest_suppression_stays(database: Database) -> None:
    deliver(database, 3)
    said = [
        ("ann@people.example", "unsubscribed"),
        ("ann@people.example", "complained"),
        ("bob@people.example", "complained"),
        ("cy@people.example", "erased"),
        ("cy@people.example", "unsubscribed"),
        ("dee@people.example", "unsubscribed"),
        ("eve@people.example", "bounced"),
    ]
    with database.write() as connection:
        suppress(connection, *(Suppressed(who, Suppression(why), NOW, "ann", why) for who, why in said))
        put_reply(connection)
    listed = "SELECT person, suppression, reason FROM suppression ORDER BY person, suppression"
    both = rows(database, "SELECT id, message_id FROM message ORDER BY seq")
    try:
        assert migration.downgrade(database, "0002").version == "0002"
        assert rows(database, listed) == [
            ("ann@people.example", "unsubscribed", "complained"),
            ("bob@people.example", "unsubscribed", "complained"),
            ("cy@people.example", "erased", "erased"),
            ("dee@people.example", "unsubscribed", "unsubscribed"),
        ]
        with database.read() as connection:
            found = inspect(connection)
            assert not set(found.get_table_names()) & {"reply", "bounce", "told", "secret", "suppression_kept"}
            assert found.get_pk_constraint("suppression")["constrained_columns"] == ["person"]
            assert not {column["name"] for column in found.get_columns("message")} & {"asks", "answers", "thread"}
            assert "recipient_by_time" not in {index["name"] for index in found.get_indexes("recipient")}
        former = rows(database, listed)
    finally:
        assert migration.upgrade(database).version == HEAD
    assert rows(database, listed) == former
    assert rows(database, "SELECT id, message_id FROM message ORDER BY seq") == both
    with database.write() as connection:
        suppress(connection, Suppressed("dee@people.example", Suppression.ERASED, NOW, "ann", ""))
        assert len(suppressed(connection)) == 5
        assert put_reply(connection).seq == 1
    database.check()


def test_the_way_back_from_0003_leaves_nothing_that_0002_cannot_read_or_must_not_let_out(database: Database) -> None:
    visible = message("a", visible=crowd(11), in_reply_to=("began@corp.example",), message_id="a@x.example")
    half = replace(mail(message("c", message_id="c@x.example"), "eve@people.example"), render_failure="subject, line 1: no")
    with database.write() as connection:
        take(connection, mail(visible, "ann@people.example"), mail(message("b"), "bob@people.example", asks=("income",)), half)
        connection.exec_driver_sql("UPDATE recipient SET owner = ''")
    for name, anchor in (("one", "ann@people.example"), ("two", "bob@people.example")):
        wrote(database, name, anchor=anchor)
        with database.write() as connection:
            reply = newest_of(connection, anchor)
            stop_waiting(connection, [anchor], [reply], Terms(limits=Limits(), now=NOW, hold_times=HoldTimes()))
    shown = "SELECT r.mailbox, r.state, coalesce(r.findings, m.findings) FROM recipient r JOIN message m ON m.id = r.message"
    before = {mailbox: (state, findings) for mailbox, state, findings in rows(database, shown)}
    assert {state for state, _ in before.values()} == {"held"}
    assert all("open_reply" in str(before[who][1]) for who in ("ann@people.example", "bob@people.example"))
    try:
        migration.downgrade(database, "0002")
        after = {mailbox: (state, findings) for mailbox, state, findings in rows(database, shown)}
        contents = rows(database, "SELECT count(*) FROM content")
    finally:
        migration.upgrade(database)
    assert after["ann@people.example"][0] == after["bob@people.example"][0] == "held"
    assert [one["code"] for one in json.loads(str(after["ann@people.example"][1]))] == ["mass_cc"]
    assert (after["bob@people.example"][1], after["eve@people.example"]) == ("[]", ("dropped", None))
    assert contents == [(2,)]
    with database.read() as connection:
        found = ledger.why(connection, half.id)
    assert found is not None
    assert [(event.verb, event.actor) for event in found.events or ()] == [("dropped", "mailguard")]


def test_broadcasts_come_with_0004_and_go_with_it_and_what_waited_waits_on(database: Database) -> None:
    sent = deliver(database, 3)
    with database.write() as connection:
        take(connection, mail(message("held", visible=crowd(11), message_id="h@x.example"), "ann@people.example"))
        take(connection, mail(message("paused", message_id="p@x.example"), "bob@people.example"))
        connection.execute(MESSAGE.update().where(MESSAGE.c.id == sent[0]).values(broadcast="B1", brand="red"))
        connection.execute(
            MESSAGE.update()
            .where(MESSAGE.c.message_id == "h@x.example")
            .values(findings='[{"code":"unchecked_broadcast","text":"no"},{"code":"mass_cc","text":"11"}]')
        )
        connection.execute(
            RECIPIENT.update()
            .where(RECIPIENT.c.mailbox == "bob@people.example")
            .values(owner="paused", findings='[{"code":"recalled","text":"no"}]')
        )
        connection.execute(MEMBER.insert().values(broadcast="B1", key=b"k" * 16, message=sent[0], n=0))
    shown = "SELECT r.mailbox, r.state, r.owner, coalesce(r.findings, m.findings) FROM recipient r JOIN message m ON m.id = r.message"
    try:
        assert migration.downgrade(database, "0003").version == "0003"
        after = {mailbox: tuple(rest) for mailbox, *rest in rows(database, shown)}
        with database.read() as connection:
            found = inspect(connection)
            assert not set(found.get_table_names()) & {"broadcast", "member", "recall", "pause", "override", "webhook_event"}
            assert not {column["name"] for column in found.get_columns("message")} & {"broadcast", "brand"}
            assert "message_by_broadcast" not in {index["name"] for index in found.get_indexes("message")}
    finally:
        assert migration.upgrade(database).version == HEAD
    assert after["ann@people.example"] == ("held", "", '[{"code":"mass_cc","text":"11"}]')
    assert after["bob@people.example"] == ("queued", "", "[]")
    assert rows(database, "SELECT DISTINCT broadcast, brand FROM message") == [(None, None)]
    assert rows(database, "SELECT count(*) FROM member") == [(0,)]
    assert len(ids(database)) == 5
    database.check()


def newest_of(connection: Connection, anchor: str) -> Reply:
    return reply_lookup.open_replies(connection, [anchor], NOW - timedelta(days=1))[anchor][0]


def test_a_step_that_fails_leaves_nothing_behind(sqlite: Database, scripts: Path) -> None:
    sent = deliver(sqlite, 3)
    broken = (
        (scripts / "versions" / "9999_colour.py")
        .read_text()
        .replace("def downgrade", '    op.execute("nonsense")\n\n\ndef downgrade')
    )
    (scripts / "versions" / "9999_colour.py").write_text(broken)
    with pytest.raises(Exception, match="nonsense"):
        migration.upgrade(sqlite, scripts=scripts)
    assert ids(sqlite) == sent
    with sqlite.read() as connection:
        assert version_of(connection) == HEAD
        assert not [name for name in inspect(connection).get_table_names() if name.startswith("_alembic")]


UPGRADE = """
import sys
from pathlib import Path
from mailguard.store import migration
from mailguard.store.database import Database

database = Database.open_unchecked(sys.argv[1])
print("go", flush=True)
migration.upgrade(database, scripts=Path(sys.argv[2]))
"""


def test_an_upgrade_that_is_killed_leaves_the_old_version_or_the_new(tmp_path: Path, scripts: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    with closing(Database.open(url)) as database:
        sent = deliver(database, 2_000)
        migration.downgrade(database, "0001")
    seen = set()
    for milliseconds in (0, 250, 350, 400, 500, 2_000):
        process = subprocess.Popen([sys.executable, "-c", UPGRADE, url, str(scripts)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        try:
            process.wait(milliseconds / 1000)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
        process.stdout.close()
        with closing(Database.open_unchecked(url)) as database:
            status = migration.status(database, scripts=scripts)
            seen.add(status.version)
            assert status.version in {"0001", "9999"}
            assert ids(database) == sent
            with database.read() as connection:
                names = inspect(connection).get_table_names()
                assert not [name for name in names if name.startswith("_alembic")]
                assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
            if status.version == "9999":
                migration.downgrade(database, "0001", scripts=scripts)
    assert "0001" in seen


def test_a_backup_is_one_moment_of_a_database_in_use(sqlite: Database, tmp_path: Path) -> None:
    enough = threading.Event()

    def write_on() -> None:
        n = 200  # a replay of what was delivered has no content
        while not enough.is_set():
            with sqlite.write() as connection:
                take(connection, mail(message(f"{n}", message_id=f"{n}@x.example"), f"p{n}@people.example"))
            n += 1

    deliver(sqlite, 200)
    writer = threading.Thread(target=write_on)
    writer.start()
    try:
        migration.backup(sqlite, tmp_path / "copy.db")
    finally:
        enough.set()
        writer.join()
    assert sorted(file.name for file in tmp_path.glob("copy*")) == ["copy.db"]
    with closing(Database.open(f"sqlite:///{tmp_path}/copy.db")) as copy, copy.read() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
        messages = set(connection.execute(select(MESSAGE.c.id)).scalars())
        assert len(messages) >= 200
        assert messages == set(connection.execute(select(CONTENT.c.message)).scalars())


def test_a_backup_overwrites_nothing(sqlite: Database, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("precious")
    with pytest.raises(UsageError, match="exists"):
        migration.backup(sqlite, tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "precious"


def test_postgresql_has_its_own_backups(database: Database, tmp_path: Path) -> None:
    if database.file is None:
        with pytest.raises(UsageError, match="pg_dump"):
            migration.backup(database, tmp_path / "copy")


def test_a_backup_is_private_and_a_whole_file_by_itself(sqlite: Database, tmp_path: Path) -> None:
    with sqlite.write() as connection:
        connection.execute(NOTICE.insert().values(cause="x", at=NOW))
    migration.backup(sqlite, tmp_path / "copy.db")
    assert (tmp_path / "copy.db").stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert copy.execute("SELECT count(*) FROM notice").fetchone() == (1,)
