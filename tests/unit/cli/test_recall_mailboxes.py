"""mailguard.cli.recall_mailboxes: own mailboxes are looked through after a recall, and emptied only of what is agreed to."""

from __future__ import annotations

import os
import pty
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from mailguard.cli.recall_mailboxes import show
from mailguard.mail.reader import read_message
from mailguard.policy.parcel import Attempt
from mailguard.relay.own_mailboxes import Found, MailboxMode, MailboxReport, Standing
from mailguard.relay.recall_imap import Copy, CopyState
from mailguard.store.database import Database
from mailguard.store.plain_text import attempts_to_json
from mailguard.store.tables import RECIPIENT
from tests.builders import NOW, submission
from tests.ledger import later, open_ledger, take
from tests.unit.cli.conftest import Mailguard
from tests.unit.relay.test_mail_copy import mail
from tests.unit.relay.test_recall_imap import answering, fetched, in_turn, server
from tests.unit.replies.hostile_imap import ScriptedImap, serving

OCTETS = mail()
ATTEMPT = Attempt(NOW, "mx.example:25", "250 2.0.0 taken")


@pytest.fixture
def sent(here: Path) -> str:
    """A mail that ann has got, and bob, who has no mailbox of ours; its id."""
    raw = OCTETS[OCTETS.index(b"From") :]
    message = read_message(raw, received_at=NOW, fallback_message_id="", trusts_fields=False, reverse_path="shop@x.example")
    one = later(submission(message, "ann@corp.example", "bob@people.example"), NOW)
    with closing(open_ledger(f"sqlite:///{here}/mailguard.db")) as database, database.write() as connection:
        take(connection, one)
        values = {"state": "delivered", "due_at": None, "owner": "", "attempts": attempts_to_json((ATTEMPT,))}
        connection.execute(update(RECIPIENT).values(values))
        trace = OCTETS[: OCTETS.index(b"From")].replace(b"01JA0000000000000000000SNT", one.id.encode())
        connection.exec_driver_sql("UPDATE content SET octets = ?", (trace + raw,))
    return one.id


def configure(here: Path, scripted: ScriptedImap) -> None:
    (here / "mailguard.toml").write_text(
        f'[[recall.imap]]\ndomains = "corp.example"\nhost = "127.0.0.1"\nport = {scripted.port}\ntls = "none"\n'
        'master = "recall"\npassword = "secret"\n',
        encoding="utf-8",
    )


@contextmanager
def mailbox(here: Path, **says: Any) -> Iterator[ScriptedImap]:
    with serving(server(**says)) as scripted:
        configure(here, scripted)
        yield scripted


def removable() -> Any:
    """A copy that is looked at four times, and is gone after it was removed."""
    return in_turn(*[answering(fetched())] * 3, answering(fetched(flags=b"\\Deleted")), answering())


@contextmanager
def at_a_terminal(monkeypatch: pytest.MonkeyPatch, said: str) -> Iterator[None]:
    """Somebody types this."""
    inside, outside = pty.openpty()
    with os.fdopen(outside, encoding="utf-8") as typed, os.fdopen(inside, "w", encoding="utf-8") as keyboard:
        keyboard.write(said)
        keyboard.flush()
        monkeypatch.setattr(sys, "stdin", typed)
        yield


def test_without_a_server_nothing_is_looked_through(mailguard: Mailguard, sent: str) -> None:
    ran = mailguard("recall", sent, "--no-apology", "--json")
    assert ran.status == 0
    assert "own_mailboxes" not in ran.document
    asked = mailguard("recall", sent, "--mailboxes", "look")
    assert (asked.status, "add [[recall.imap]] with its master user" in asked.err) == (2, True)


def test_own_mailboxes_are_looked_through_and_nothing_is_removed(mailguard: Mailguard, here: Path, sent: str) -> None:
    with mailbox(here) as scripted:
        ran = mailguard("recall", sent, "--no-apology")
        document = mailguard("recall", sent, "--no-apology", "--json").document
        rehearsed = mailguard("recall", sent, "--dry-run", "--mailboxes", "remove")
    assert "own mailboxes: 1 unread" in ran.out
    assert "ann@corp.example  unread  INBOX: unread" in ran.out
    assert "to remove the unread copies: the same command with --mailboxes remove" in ran.out
    assert rehearsed.status == 0
    own = document["own_mailboxes"]
    assert (own["mode"], own["unread"], [one["mailbox"] for one in own["mailboxes"]]) == ("look", 1, ["ann@corp.example"])
    assert not any(b"STORE" in command or command.startswith(b"SELECT") for command in scripted.commands)


def test_unread_copies_are_removed_with_yes(mailguard: Mailguard, here: Path, sent: str) -> None:
    with mailbox(here, UID_FETCH=removable()):
        document = mailguard("recall", sent, "--no-apology", "--mailboxes", "remove", "--yes", "--json").document
    own = document["own_mailboxes"]
    assert (own["mode"], own["removed"], own["unread"]) == ("remove", 1, 0)
    with closing(Database.open(f"sqlite:///{here}/mailguard.db")) as database, database.read() as connection:
        report = connection.exec_driver_sql("SELECT report FROM recall").scalar_one()
    assert '"removed_from_own_mailboxes": {"mode": "remove", "removed": 1, "unread": 0' in report
    assert "ann@corp.example" not in report


def test_a_server_that_is_away_is_no_success(mailguard: Mailguard, here: Path, sent: str) -> None:
    with mailbox(here):
        pass
    ran = mailguard("recall", sent, "--no-apology", "--mailboxes", "remove", "--yes")
    assert ran.status == 1
    assert "own mailboxes: 1 failed" in ran.out
    assert "the same command tries them again" in ran.err


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_without_somebody_to_ask_nothing_is_begun(mailguard: Mailguard, here: Path, sent: str, more: tuple[str, ...]) -> None:
    with mailbox(here) as scripted:
        ran = mailguard("recall", sent, "--mailboxes", "remove", *more)
    assert (ran.status, ran.out) == (2, "")
    assert "say --yes" in ran.err
    assert not scripted.commands


@pytest.mark.parametrize(("said", "removed"), [("y\n", True), ("n\n", False)])
def test_somebody_at_a_terminal_is_asked(
    mailguard: Mailguard, here: Path, sent: str, monkeypatch: pytest.MonkeyPatch, *, said: str, removed: bool
) -> None:
    with mailbox(here, UID_FETCH=removable()) as scripted, at_a_terminal(monkeypatch, said):
        ran = mailguard("recall", sent, "--no-apology", "--mailboxes", "remove")
    assert ran.status == 0
    assert "Remove the unread copies of 1 recipient? [y/N]" in ran.err
    assert ("own mailboxes: 1 removed" in ran.out) is removed
    assert any(b"EXPUNGE" in command for command in scripted.commands) is removed


def test_where_there_is_nothing_to_remove_nobody_is_asked(
    mailguard: Mailguard, here: Path, sent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = answering(fetched(flags=b"\\Seen"))
    with mailbox(here, UID_FETCH=read), at_a_terminal(monkeypatch, ""):
        ran = mailguard("recall", sent, "--no-apology", "--mailboxes", "remove")
    assert "there is no unread copy to remove" in ran.err
    assert "own mailboxes: 1 read" in ran.out


def test_nobody_with_an_own_mailbox(mailguard: Mailguard, here: Path, sent: str) -> None:
    with mailbox(here) as scripted:
        configure(here, scripted)
        file = here / "mailguard.toml"
        file.write_text(file.read_text().replace("corp.example", "other.example"), encoding="utf-8")
        ran = mailguard("recall", sent, "--no-apology")
    assert "own mailboxes: none of those who got it has one" in ran.out


def test_another_mail_of_the_same_message_id_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    found = Found("01J", "ann@corp.example", Standing.ABSENT, (Copy("Sent", CopyState.OTHER),))
    show(MailboxReport(MailboxMode.LOOK, (found, Found("01J", "bob@corp.example", Standing.ABSENT))))
    out = capsys.readouterr().out
    assert "own mailboxes: 2 absent" in out
    assert "Sent: other" in out
    assert "bob@corp.example" not in out
