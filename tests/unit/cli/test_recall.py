"""mailguard.cli.recall: what the command prints, and its exit status."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailguard.policy.facts import State
from mailguard.policy.parcel import Attempt, Outcome
from mailguard.store import queue
from mailguard.store.database import Database
from mailguard.store.queue import lease
from mailguard.store.workers import Worker, heartbeat
from tests.builders import NOW, message
from tests.ledger import OWNER, mail, open_ledger, take
from tests.unit.cli.conftest import Mailguard

TO = tuple(f"p{n}@people.example" for n in range(60))
CONTENT = b"From: shop@shop.example\r\nSubject: News\r\n\r\nhello\r\n"


@pytest.fixture
def sent(here: Path) -> str:
    """The id of a mail that fifty-two got, one may have, one was rejected for, and the others wait for."""
    database = open_ledger(f"sqlite:///{here}/mailguard.db")
    lost = Attempt(NOW, "mx:25", "connection lost after the last dot", is_uncertain=True)
    with database.write() as connection:
        (entry,) = take(connection, mail(message(message_id="n@shop.example", content=CONTENT), *TO[:50]))
        (more,) = take(connection, mail(message(message_id="n@shop.example", content=CONTENT), *TO[50:]))
        assert entry.id == more.id
        connection.exec_driver_sql(f"UPDATE recipient SET state = 'queued', due_at = 0, owner = '{OWNER}'")
        outcomes = [Outcome(entry.id, n, State.DELIVERED, (Attempt(NOW, "mx:25", "250 Ok"),), None) for n in range(52)]
        outcomes += [Outcome(entry.id, 52, State.DEFERRED, (lost,), NOW), Outcome(entry.id, 53, State.FAILED, (), None)]
        queue.finish(connection, outcomes, owner=OWNER)
        queue.disown(connection, [entry.id], owner=OWNER)
    database.close()
    return entry.id


def test_mail_is_taken_back_and_it_is_said_who_got_it(mailguard: Mailguard, sent: str) -> None:
    ran = mailguard("recall", sent, "nobody", "--reason", "oops")
    assert ran.status == 0
    assert "1 message, 60 recipients" in ran.out
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert {"cancelled 7", "got it 52", "may have 1", "did not 7", "before 1 failed", "and 2 more; see all with --json"} <= set(
        lines
    )
    assert "53 apologies drafted and held" in ran.out
    assert "there is no mail nobody" in ran.err
    shown = mailguard("why", sent)
    assert "oops" in shown.out
    (group,) = [line.split()[-1] for line in lines if line.startswith("mailguard queue release")]
    assert len(mailguard("queue", "list", "--group", group, "--json").document) == 53 - 3


def test_document_names_everybody(mailguard: Mailguard, sent: str) -> None:
    rehearsed = mailguard("recall", "<n@shop.example>", "--dry-run", "--json").document
    assert ("recall" in rehearsed, rehearsed["cancelled"]) == (False, 7)
    document = mailguard("recall", sent, "--full", "--no-apology", "--json").document
    assert document["states"] == {"delivered": 52, "cancelled": 7, "failed": 1}
    assert len(document["delivered"]) == 52
    assert [one["mailbox"] for one in document["uncertain"]] == ["p52@people.example"]
    assert len(document["not_delivered"]) == 7
    assert document["apology"] == {"messages": 0, "ids": [], "groups": []}
    assert mailguard("recall", sent, "--full", "--no-apology", "--json").document == document


def test_rehearsal_says_that_it_was_one(mailguard: Mailguard, sent: str) -> None:
    assert mailguard("recall", sent, "--dry-run").out.startswith("would be recalled: 1 message")
    assert mailguard("why", sent, "--json").document["recipients"][55]["state"] == "queued"


def test_file_gives_the_apology(mailguard: Mailguard, sent: str, here: Path) -> None:
    (here / "sorry.txt").write_text("Subject: Sorry\n\nSorry for {{ subject }}.\n", encoding="utf-8")
    document = mailguard("recall", sent, "--apology", "sorry.txt", "--json").document
    shown = mailguard("queue", "show", document["apology"]["ids"][0], "--raw")
    assert shown.status == 0


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ((), 2, "say which mail"),
        (("01J",), 1, "there is no mail 01J"),
        (("--client", "nobody"), 1, "there is no mail client nobody"),
        (("01J", "--apology", "gone.txt"), 2, "cannot read gone.txt"),
        (("01J", "--apology", "gone.txt", "--no-apology"), 2, "exclude each other"),
        (("01J", "--wait", "soon"), 2, "soon"),
    ],
)
def test_what_cannot_be_done_is_said(mailguard: Mailguard, arguments: tuple[str, ...], status: int, said: str) -> None:
    ran = mailguard("recall", *arguments)
    assert (ran.status, said in ran.err) == (status, True)


@pytest.fixture
def under_way(sent: str, here: Path) -> str:
    """The mail, of which a worker of another host has three recipients."""
    database = Database.open(f"sqlite:///{here}/mailguard.db")
    with database.write() as connection:
        heartbeat(connection, worker=Worker(OWNER, "another host", 1, 1), lease_until=NOW.replace(year=2100))
        assert lease(connection, owner=OWNER, now=NOW.replace(year=2100), limit=3)
    database.close()
    return sent


def test_what_stays_under_way_is_told(mailguard: Mailguard, under_way: str) -> None:
    rehearsed = mailguard("recall", under_way, "--dry-run")
    assert "3 recipients with a worker that delivers: what it has not begun would be withdrawn" in rehearsed.err
    ran = mailguard("recall", under_way, "--wait", "1s", "--since", "9999d")
    assert ran.status == 0
    assert "3 recipients under way; the same command again" in ran.err
    assert ran.err.count("3 recipients under way\n") == 1


def test_who_is_impatient_is_told_that_it_stands(mailguard: Mailguard, under_way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mailguard.relay.recall.time.sleep", interrupted)
    ran = mailguard("recall", under_way)
    assert ran.status == 130
    assert "interrupted; what is taken back stays so" in ran.err
    assert "recalled" in mailguard("why", under_way).out
