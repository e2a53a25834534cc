"""mailguard.store.reply_recollection: what persons wrote, as far as a batch asks."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from mailguard.mail.automation import AutoSubmitted
from mailguard.mail.control import ControlFields
from mailguard.policy.limits import Limits
from mailguard.policy.reply import AUTO_REPLIED, ReplyState
from mailguard.policy.submission import Submission
from mailguard.store.database import Database
from mailguard.store.reply_moves import move
from mailguard.store.reply_recollection import replies
from tests.builders import NOW, known, message
from tests.ledger import mail
from tests.unit.store.written import wrote

LIMITS = Limits(own_domains=frozenset({"corp.example"}))
ANN = "ann@people.example"


def recall(database: Database, *submissions: Submission) -> Any:
    with database.read() as connection:
        return replies(connection, submissions, LIMITS)


def test_no_batch_asks_nothing(database: Database) -> None:
    assert recall(database).is_empty


def test_what_is_owed_within_the_window_is_found_under_every_anchor(database: Database) -> None:
    first = wrote(database, "a", anchor="j.doe@x.example", at=NOW - timedelta(days=29))
    wrote(database, "b", anchor="j.doe@x.example", at=NOW - timedelta(days=31))
    wrote(database, "c", anchor="bob@people.example")
    jane = known("jane.doe@y.example", "P1", "j.doe@x.example")
    found = recall(database, mail(message(), "jane.doe@y.example", persons=[jane]))
    assert {anchor: [one.id for one in owed] for anchor, owed in found.owed.items()} == {"j.doe@x.example": [first]}


def test_own_mailboxes_are_not_asked_about(database: Database) -> None:
    wrote(database, "a", anchor="me@corp.example")
    assert recall(database, mail(message(), "me@corp.example")).is_empty


def test_what_the_mail_names_is_found_whatever_has_become_of_it(database: Database) -> None:
    id = wrote(database, "a", anchor=ANN)
    with database.write() as connection:
        move(connection, id, ReplyState.ACKNOWLEDGED, actor=AUTO_REPLIED, reason="", now=NOW)
        move(connection, id, ReplyState.RESOLVED, actor="desk", reason="", now=NOW)
    answer = message(in_reply_to=("ours@x",))
    answer = replace(answer, thread=replace(answer.thread, references=("a@people.example",)))
    found = recall(database, mail(answer, ANN))
    assert [one.reply.id for one in found.named["a@people.example"]] == [id]
    assert found.acknowledged == frozenset()
    assert found.owed == {}
    other = wrote(database, "b", anchor="bob@people.example")
    to_bob = recall(database, mail(message(in_reply_to=("b@people.example",)), "bob@people.example"))
    assert [one.reply.id for one in to_bob.named["b@people.example"]] == [other]
    assert to_bob.acknowledged == frozenset()


def test_an_auto_reply_is_told_of_the_acknowledgement_that_the_person_has_had(database: Database) -> None:
    wrote(database, "a", anchor=ANN)
    earlier = wrote(database, "b", anchor=ANN)
    wrote(database, "c", anchor="bob@people.example")
    with database.write() as connection:
        move(connection, earlier, ReplyState.ACKNOWLEDGED, actor=AUTO_REPLIED, reason="", now=NOW)
    for name, to, said in (("a", ANN, {(ANN, "began@corp.example")}), ("c", "bob@people.example", frozenset())):
        answer = message(in_reply_to=(f"{name}@people.example",), auto_submitted=AutoSubmitted.REPLIED)
        assert recall(database, mail(answer, to)).acknowledged == said
        assert recall(database, mail(replace(answer, automation=message().automation), to)).acknowledged == frozenset()


def test_the_newest_reply_is_asked_for_where_the_mail_says_what_it_was_written_with(database: Database) -> None:
    wrote(database, "a", anchor=ANN)
    newest = wrote(database, "b", anchor=ANN)
    plain = mail(message(), ANN)
    assert recall(database, plain).newest == {}
    for saying in (
        replace(plain, context_seq=1),
        mail(message(control=ControlFields(context="C1-01JD0000000000000000000000")), ANN),
    ):
        found = recall(database, saying).newest
        assert {anchor: id for anchor, (_, id) in found.items()} == {ANN: newest}


def test_look_ups_do_not_grow_with_the_batch(tmp_path: Path) -> None:
    queries: list[str] = []
    with closing(Database.open(f"sqlite:///{tmp_path}/ledger.db")) as database, database.read() as connection:
        driver: Any = connection.connection.driver_connection
        driver.set_trace_callback(queries.append)
        replies(connection, [mail(message(), f"p{n}@people.example") for n in range(50)], LIMITS)
    assert len([query for query in queries if query.startswith("WITH")]) == 1


def test_what_an_auto_reply_asks_is_found_by_an_index_of_its_own(tmp_path: Path) -> None:
    queries: list[str] = []
    with closing(Database.open(f"sqlite:///{tmp_path}/ledger.db")) as database:
        wrote(database, "a", anchor=ANN)
        with database.read() as connection:
            driver: Any = connection.connection.driver_connection
            driver.set_trace_callback(queries.append)
            answer = message(in_reply_to=("a@people.example",), auto_submitted=AutoSubmitted.REPLIED)
            replies(connection, [mail(answer, ANN)], LIMITS)
            driver.set_trace_callback(None)
            plans = [step[3] for sql in queries if "WITH" in sql for step in driver.execute(f"EXPLAIN QUERY PLAN {sql}")]
    assert any("reply_auto_replied (anchor=? AND conversation=?)" in step for step in plans)
    assert any("reply_owed (anchor=? AND is_tied=? AND received_at>?)" in step for step in plans)
