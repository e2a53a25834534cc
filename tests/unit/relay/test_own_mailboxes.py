"""mailguard.relay.own_mailboxes: whose mailbox is looked through, what is made of it, and that no failure stops the others."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from sqlalchemy import delete

from mailguard.mail.mailbox import parse_mailbox
from mailguard.relay.mail_copy import original_of
from mailguard.relay.master_account import MasterAccount
from mailguard.relay.own_mailboxes import (
    Found,
    MailboxMode,
    MailboxReport,
    Standing,
    Wanted,
    search_mailboxes,
    wanted_copies,
)
from mailguard.relay.recall_imap import Copy, CopyState
from mailguard.replies.source_settings import ImapTls
from mailguard.store.tables import CONTENT
from tests.builders import NOW, crowd
from tests.builders import message as text
from tests.harness import FrozenClock, running_relay
from tests.ledger import mail as submission
from tests.ledger import open_ledger, take
from tests.unit.relay.test_mail_copy import ID, mail
from tests.unit.relay.test_master_account import account
from tests.unit.relay.test_recall_imap import answering, fetched, in_turn, server
from tests.unit.replies.hostile_imap import ScriptedImap, refusing, serving

BOXES = ("ann@corp.example", "bob@corp.example", "cy@corp.example", "dee@corp.example")


def wanted(*mailboxes: str) -> list[Wanted]:
    return [Wanted(ID, parse_mailbox(box), original_of(mail())) for box in mailboxes]


def at(scripted: ScriptedImap, **changes: object) -> MasterAccount:
    return account(host="127.0.0.1", port=scripted.port, tls=ImapTls.NONE, **changes)


async def test_recipients_in_the_domains_of_a_server_are_looked_for() -> None:
    async with running_relay(clock=FrozenClock(NOW), own_domains=["corp.example"]) as relay:
        octets = b"Message-ID: <a@x.example>\r\nSubject: Hello\r\n\r\nHello.\r\n"
        said = await relay.send(octets, "shop@x.example", ["eve@people.example", "Ann@Corp.example", "bob@corp.example"])
        id = said.text.split()[1]
        with relay.worker.database.read() as connection:
            found = wanted_copies(connection, [(id, 0), (id, 1)], [account()])
    (one,) = found
    assert (one.message, one.mailbox.wire, one.reason) == (id, "Ann@Corp.example", "")
    assert one.original is not None
    assert (one.original.message_id, one.original.transaction) == ("a@x.example", id)


def test_mail_whose_content_is_gone_or_has_no_trace_is_named(tmp_path: Path) -> None:
    one, two = (submission(text(name, name, visible=crowd(2)), "ann@corp.example") for name in ("one", "two"))
    with closing(open_ledger(f"sqlite:///{tmp_path}/ledger.db")) as database, database.write() as connection:
        take(connection, one, two)
        connection.execute(delete(CONTENT).where(CONTENT.c.message == one.id))
        found = wanted_copies(connection, [(one.id, 0), (two.id, 0)], [account()])
    assert [one.original for one in found] == [None, None]
    reasons = [one.reason for one in search_mailboxes(found, [account()], mode=MailboxMode.LOOK).mailboxes]
    assert reasons[0] == "the content of the mail is no longer kept"
    assert "to be found by" in reasons[1]


def test_each_mailbox_is_opened_once_and_told_of_in_order() -> None:
    heard: list[tuple[int, int]] = []
    with serving(server()) as scripted:
        report = search_mailboxes(
            wanted(BOXES[1], BOXES[0], f"Bob+x@{BOXES[1].partition('@')[2]}", "eve@people.example"),
            [at(scripted)],
            mode=MailboxMode.LOOK,
            progress=lambda done, of: heard.append((done, of)),
        )
    assert [one.mailbox for one in report.mailboxes] == [BOXES[1], BOXES[0], "Bob+x@corp.example"]
    assert {one.state for one in report.mailboxes} == {Standing.UNREAD}
    assert all(one.has_unread for one in report.mailboxes)
    assert sum(command.startswith(b"LOGIN") for command in scripted.commands) == 2
    assert heard == [(2, 4), (3, 4)]


def test_the_copy_that_matters_most_is_how_it_stands() -> None:
    with serving(
        server(UID_SEARCH=answering(b"SEARCH 4 5"), UID_FETCH=answering(fetched(), fetched(uid=5, flags=b"\\Seen")))
    ) as one:
        (found,) = search_mailboxes(wanted(BOXES[0]), [at(one)], mode=MailboxMode.LOOK).mailboxes
    assert found == Found(ID, BOXES[0], Standing.READ, (Copy("INBOX", CopyState.UNREAD), Copy("INBOX", CopyState.READ)))
    with serving(server(UID_SEARCH=answering(b"SEARCH"))) as one:
        (found,) = search_mailboxes(wanted(BOXES[0]), [at(one)], mode=MailboxMode.LOOK).mailboxes
    assert found == Found(ID, BOXES[0], Standing.ABSENT)


def test_after_three_refusals_and_no_success_a_server_is_left_alone() -> None:
    with serving(server(LOGIN=refusing)) as scripted:
        report = search_mailboxes(wanted(*BOXES), [at(scripted)], mode=MailboxMode.REMOVE)
    assert [one.reason.startswith("not tried") for one in report.mailboxes] == [False, False, False, True]
    assert sum(command.startswith(b"LOGIN") for command in scripted.commands) == 3


def test_a_server_that_cannot_remove_safely_is_named() -> None:
    with serving(server()) as scripted:
        scripted.capabilities = b"IMAP4rev1"
        report = search_mailboxes(wanted(*BOXES[:2]), [at(scripted)], mode=MailboxMode.REMOVE)
    assert [one.state for one in report.mailboxes] == [Standing.FAILED] * 2
    assert all("lacks UIDPLUS and CONDSTORE" in one.reason for one in report.mailboxes)


def test_report_as_a_document_and_after_a_removal() -> None:
    unread, read = (Copy("INBOX", state) for state in (CopyState.UNREAD, CopyState.READ))
    look = MailboxReport(
        MailboxMode.LOOK,
        (
            Found(ID, BOXES[0], Standing.UNREAD, (unread,)),
            Found(ID, BOXES[1], Standing.READ, (read,)),
            Found(ID, BOXES[2], Standing.FAILED, reason="away"),
        ),
    )
    removed = Found(ID, BOXES[0], Standing.REMOVED, (Copy("INBOX", CopyState.REMOVED),))
    after = look.with_removal(MailboxReport(MailboxMode.REMOVE, (removed,)))
    assert after.document() == {
        "mode": "remove",
        "removed": 1,
        "unread": 0,
        "read": 1,
        "absent": 0,
        "failed": 1,
        "mailboxes": [
            {"message": ID, "mailbox": BOXES[0], "state": "removed", "copies": [{"folder": "INBOX", "state": "removed"}]},
            {"message": ID, "mailbox": BOXES[1], "state": "read", "copies": [{"folder": "INBOX", "state": "read"}]},
            {"message": ID, "mailbox": BOXES[2], "state": "failed", "copies": [], "reason": "away"},
        ],
    }


def test_a_server_that_is_not_there_is_asked_three_times() -> None:
    away = account(host="127.0.0.1", port=9, tls=ImapTls.NONE)
    report = search_mailboxes(wanted(*BOXES), [away], mode=MailboxMode.LOOK)
    assert [one.reason.startswith("not tried: 127.0.0.1 cannot be reached") for one in report.mailboxes] == [False] * 3 + [True]


def test_after_a_success_each_refusal_is_that_mailbox_s_own() -> None:
    with serving(server(LOGIN=in_turn(answering(), refusing))) as scripted:
        report = search_mailboxes(wanted(*BOXES, "eve@corp.example"), [at(scripted)], mode=MailboxMode.LOOK)
    assert [one.state for one in report.mailboxes] == [Standing.UNREAD] + [Standing.FAILED] * 4
    assert not any(one.reason.startswith("not tried") for one in report.mailboxes)
