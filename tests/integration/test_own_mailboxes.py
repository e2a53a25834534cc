"""Own mailboxes on a real Dovecot with a master user: unread copies go, everything else stays as it was."""

from __future__ import annotations

import socket
import socketserver
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Thread
from typing import Any

import pytest

from mailguard.mail.mailbox import parse_mailbox
from mailguard.mail.trace import received_field
from mailguard.relay.mail_copy import original_of
from mailguard.relay.master_account import AUTHZID, MasterAccount
from mailguard.relay.own_mailboxes import Found, MailboxMode, MailboxReport, Standing, Wanted, search_mailboxes
from mailguard.relay.recall_imap import Copy, CopyState
from mailguard.replies.source_settings import ImapTls, Password
from tests.builders import NOW
from tests.harness_dovecot import MASTER, MASTER_PASSWORD, OTHER_USERS, USER, Dovecot, running_dovecot

BILLING, ORDERS = OTHER_USERS
SENT = "01JA0000000000000000000SNT"


def letter(*, transaction: str = SENT, relay: str = "relay.example", **fields: str) -> bytes:
    """A mail as the relay hands it on, with these header fields in place of its own."""
    trace = received_field(helo="app", peer="192.0.2.1", protocol="ESMTP", hostname=relay, id=transaction, now=NOW)
    header = {
        "From": "agent@corp.example",
        "To": "undisclosed-recipients:;",
        "Date": "Mon, 16 Nov 2026 09:00:00 +0000",
        "Subject": "You know who you are",
        "Message-ID": "<scolding@corp.example>",
    } | {name.replace("_", "-"): value for name, value in fields.items()}
    return trace + "".join(f"{name}: {value}\r\n" for name, value in header.items()).encode() + b"\r\nShame.\r\n"


def delivered(octets: bytes) -> bytes:
    """A mail as a mailbox has it: other servers' trace fields in front."""
    return b"Return-Path: <agent@corp.example>\r\nReceived: from relay.example by mx with LMTP id xyz;\r\n\tnow\r\n" + octets


MAIL = letter()


@pytest.fixture(scope="module")
def one_dovecot() -> Iterator[Dovecot]:
    with running_dovecot() as server:
        yield server


@pytest.fixture
def dovecot(one_dovecot: Dovecot) -> Dovecot:
    one_dovecot.empty()
    return one_dovecot


def account(dovecot: Dovecot, **changes: Any) -> MasterAccount:
    values: dict[str, Any] = {
        "name": "dovecot",
        "domains": frozenset({"corp.example"}),
        "host": "127.0.0.1",
        "port": dovecot.port,
        "tls": ImapTls.NONE,
        "ca": "",
        "master": MASTER,
        "password": Password(text=MASTER_PASSWORD),
    } | changes
    return MasterAccount(**values)


def wanted(*mailboxes: str, octets: bytes = MAIL) -> list[Wanted]:
    return [Wanted(SENT, parse_mailbox(box), original_of(octets)) for box in mailboxes]


def search(
    dovecot: Dovecot, *mailboxes: str, mode: MailboxMode = MailboxMode.REMOVE, octets: bytes = MAIL, **changes: Any
) -> MailboxReport:
    return search_mailboxes(wanted(*mailboxes, octets=octets), [account(dovecot, **changes)], mode=mode)


def states(report: MailboxReport) -> dict[str, str]:
    return {one.mailbox: one.state.value for one in report.mailboxes}


def uids(dovecot: Dovecot, *, folder: str = "INBOX", user: str = USER) -> list[str]:
    """What a folder has, by UID."""
    return dovecot.doveadm("search", "-u", user, "mailbox", folder).split()[1::2]


def flag(dovecot: Dovecot, *flags: str, user: str = USER, folder: str = "INBOX") -> None:
    dovecot.doveadm("flags", "add", "-u", user, " ".join(flags), "mailbox", folder, "all")


@pytest.mark.dovecot
@pytest.mark.parametrize(
    ("login", "tls"),
    list(zip(("{mailbox}*{master}", "{local_part}@{domain}*{master}", AUTHZID), ImapTls, strict=True)),
)
def test_unread_copies_are_removed_and_read_ones_named(dovecot: Dovecot, login: str, tls: ImapTls) -> None:
    for user in (USER, BILLING):
        dovecot.save(delivered(MAIL), user=user)
    flag(dovecot, r"\Seen", user=BILLING)
    port = dovecot.tls_port if tls is ImapTls.IMPLICIT else dovecot.port
    report = search(dovecot, USER, BILLING, ORDERS, login=login, tls=tls, port=port, ca=str(dovecot.certificate))
    assert states(report) == {USER: "removed", BILLING: "read", ORDERS: "absent"}
    assert not uids(dovecot)
    assert len(uids(dovecot, user=BILLING)) == 1


@pytest.mark.dovecot
def test_looking_changes_nothing(dovecot: Dovecot) -> None:
    dovecot.save(delivered(MAIL))
    before = dovecot.flags()
    report = search(dovecot, USER, mode=MailboxMode.LOOK)
    assert report.mailboxes == (Found(SENT, USER, Standing.UNREAD, (Copy("INBOX", CopyState.UNREAD),)),)
    assert dovecot.flags() == before
    assert r"\Seen" not in before


@pytest.mark.dovecot
def test_what_its_owner_has_done_something_with_stays(dovecot: Dovecot) -> None:
    for number, touched in enumerate((r"\Seen", r"\Answered", r"\Flagged", "$Forwarded"), 1):
        dovecot.save(delivered(MAIL))
        dovecot.doveadm("flags", "add", "-u", USER, touched, "mailbox", "INBOX", "uid", str(number))
    before = dovecot.flags()
    (found,) = search(dovecot, USER).mailboxes
    assert [copy.state for copy in found.copies] == [CopyState.READ] * 4
    assert dovecot.flags() == before


@pytest.mark.dovecot
def test_copies_are_found_in_every_folder(dovecot: Dovecot) -> None:
    for folder in ("INBOX", "Archive", "Archive/2026", "Später"):
        if folder != "INBOX":
            dovecot.doveadm("mailbox", "create", "-u", USER, folder)
        dovecot.save(delivered(MAIL), folder=folder)
    flag(dovecot, r"\Seen", folder="Archive")
    (found,) = search(dovecot, USER).mailboxes
    assert found.state is Standing.READ
    assert {copy.folder: copy.state for copy in found.copies} == {
        "INBOX": CopyState.REMOVED,
        "Archive": CopyState.READ,
        "Archive/2026": CopyState.REMOVED,
        "Später": CopyState.REMOVED,
    }
    assert [len(uids(dovecot, folder=folder)) for folder in ("INBOX", "Archive", "Archive/2026", "Später")] == [0, 1, 0, 0]


@pytest.mark.dovecot
def test_only_the_folders_that_are_named_are_looked_through(dovecot: Dovecot) -> None:
    dovecot.doveadm("mailbox", "create", "-u", USER, "Archive")
    dovecot.save(delivered(MAIL), folder="Archive")
    assert states(search(dovecot, USER, folders=("INBOX",))) == {USER: "absent"}
    assert len(uids(dovecot, folder="Archive")) == 1


OTHERS = (
    letter(Message_ID="<another@corp.example>"),
    letter(Message_ID="<not-scolding@corp.example>", References="<scolding@corp.example>"),
    letter(Message_ID="<scolding@corp.example>.old"),
    MAIL[MAIL.index(b"From:") :],  # the sender's own copy, which never passed the relay
    letter(relay="relay.other.example"),
    letter(transaction="01JB0000000000000000000SNT", Subject="Something else"),
    letter(transaction="01JB0000000000000000000SNT", Date="Tue, 17 Nov 2026 09:00:00 +0000"),
)


@pytest.mark.dovecot
def test_another_message_is_never_touched(dovecot: Dovecot) -> None:
    for octets in (MAIL, *OTHERS):
        dovecot.save(delivered(octets))
    (found,) = search(dovecot, USER).mailboxes
    assert (found.state, [copy.state for copy in found.copies]) == (
        Standing.REMOVED,
        [CopyState.REMOVED, *[CopyState.OTHER] * 4],
    )
    assert uids(dovecot) == [str(uid) for uid in range(2, 2 + len(OTHERS))]
    assert r"\Deleted" not in dovecot.flags()


@pytest.mark.dovecot
def test_a_message_that_its_owner_has_marked_for_removal_is_not_expunged_with_it(dovecot: Dovecot) -> None:
    dovecot.save(b"Subject: mine\r\n\r\nmine\r\n")
    flag(dovecot, r"\Deleted")
    dovecot.save(delivered(MAIL))
    assert states(search(dovecot, USER)) == {USER: "removed"}
    assert uids(dovecot) == ["1"]


@pytest.mark.dovecot
def test_another_transaction_of_the_message_is_a_copy_of_it(dovecot: Dovecot) -> None:
    dovecot.save(delivered(letter(transaction="01JB0000000000000000000SNT")))
    assert states(search(dovecot, USER)) == {USER: "removed"}


@pytest.mark.dovecot
def test_a_mailbox_that_fails_stops_no_other(dovecot: Dovecot) -> None:
    dovecot.save(delivered(MAIL), user=ORDERS)
    dovecot.save(delivered(MAIL), user=USER)
    report = search(dovecot, USER, "gone@corp.example", f"Orders+lists@{ORDERS.partition('@')[2]}")
    assert states(report) == {USER: "removed", "gone@corp.example": "failed", "Orders+lists@corp.example": "removed"}
    assert report.mailboxes[1].reason.startswith("127.0.0.1 does not let recall in as gone@corp.example: ")
    assert not uids(dovecot, user=ORDERS)
    assert report.document()["failed"] == 1


@pytest.mark.dovecot
def test_a_folder_that_cannot_be_opened_stops_no_other(dovecot: Dovecot) -> None:
    dovecot.save(delivered(MAIL))
    (found,) = search(dovecot, USER, folders=("Nowhere", "INBOX")).mailboxes
    assert (found.state, [copy.state for copy in found.copies]) == (Standing.FAILED, [CopyState.REMOVED])
    assert found.reason.startswith("Nowhere: ")


@pytest.mark.dovecot
def test_a_message_that_is_read_between_look_and_removal_stays(dovecot: Dovecot) -> None:
    dovecot.save(delivered(MAIL))
    with passing(dovecot.port, b" STORE ", lambda: flag(dovecot, r"\Seen")) as port:
        assert states(search(dovecot, USER, port=port)) == {USER: "read"}
    assert uids(dovecot) == ["1"]
    assert r"\Deleted" not in dovecot.flags()


@pytest.mark.dovecot
def test_a_message_that_is_read_before_it_is_expunged_stays(dovecot: Dovecot) -> None:
    dovecot.save(delivered(MAIL))
    with passing(dovecot.port, b"UID FETCH", lambda: flag(dovecot, r"\Seen"), nth=2) as port:
        assert states(search(dovecot, USER, port=port)) == {USER: "read"}
    assert uids(dovecot) == ["1"]
    assert r"\Deleted" not in dovecot.flags()


@pytest.mark.dovecot
def test_a_message_that_changes_otherwise_is_looked_at_again_and_removed(dovecot: Dovecot) -> None:
    dovecot.save(delivered(MAIL))
    with passing(dovecot.port, b" STORE ", lambda: flag(dovecot, "sorted")) as port:
        assert states(search(dovecot, USER, port=port)) == {USER: "removed"}
    assert not uids(dovecot)


@pytest.mark.dovecot
def test_a_message_that_its_owner_removes_first_is_gone(dovecot: Dovecot) -> None:
    dovecot.save(delivered(MAIL))
    away = lambda: dovecot.doveadm("expunge", "-u", USER, "mailbox", "INBOX", "all")  # noqa: E731
    with passing(dovecot.port, b" STORE ", away) as port:
        assert states(search(dovecot, USER, port=port)) == {USER: "removed"}


@pytest.mark.dovecot
def test_a_master_user_who_is_let_in_nowhere_is_not_locked_out(dovecot: Dovecot) -> None:
    wrong = replace(account(dovecot), password=Password(text="wrong"))
    boxes = [f"rep{n}@corp.example" for n in range(4)]
    dovecot.add_users(*boxes)
    report = search_mailboxes(wanted(*boxes), [wrong], mode=MailboxMode.LOOK)
    assert [one.reason.startswith("not tried: ") for one in report.mailboxes] == [False, False, False, True]
    assert set(states(report).values()) == {"failed"}


@contextmanager
def passing(server: int, pattern: bytes, act: Callable[[], object], *, nth: int = 1) -> Iterator[int]:
    """A port before an IMAP server; `act` is done before the `nth` line with `pattern` in it is passed on."""
    seen = 0

    class Connection(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            nonlocal seen
            with socket.create_connection(("127.0.0.1", server)) as behind:
                back = Thread(target=self._pass_back, args=(behind,))
                back.start()
                for line in self.rfile:
                    seen += pattern in line
                    if pattern in line and seen == nth:
                        act()
                    behind.sendall(line)
                behind.shutdown(socket.SHUT_WR)
                back.join()

        def _pass_back(self, behind: socket.socket) -> None:
            while octets := behind.recv(65_536):
                self.wfile.write(octets)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Connection) as gate:
        thread = Thread(target=gate.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield gate.server_address[1]
        finally:
            gate.shutdown()
            thread.join()
