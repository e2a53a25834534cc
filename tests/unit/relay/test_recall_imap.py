"""mailguard.relay.recall_imap: against servers that lack something, refuse, or fail; a real one is in the integration tests."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from mailguard.relay.mail_copy import Original, original_of
from mailguard.relay.master_account import AUTHZID
from mailguard.relay.recall_imap import MOST_FOLDERS, Copy, CopyState, LogInError, MailboxError, MasterSession, Search
from mailguard.replies.imap_client import ImapLimits
from mailguard.replies.source_settings import ImapTls
from tests.unit.relay.test_mail_copy import mail
from tests.unit.relay.test_master_account import account
from tests.unit.replies.hostile_imap import Say, ScriptedImap, refusing, sending, serving, then_hang_up

LIMITS = ImapLimits(octets=1_000_000, literal=100_000, wait=2.0, command=5.0)
SAFE = b"IMAP4rev1 UIDPLUS CONDSTORE"
HEADER = mail().partition(b"body")[0]
UNREAD = Copy("INBOX", CopyState.UNREAD)


def answering(*lines: bytes) -> Say:
    def say(connection: socket.socket, tag: bytes, _command: bytes) -> None:
        connection.sendall(b"".join(b"* %b\r\n" % line for line in lines) + b"%b OK done\r\n" % tag)

    return say


def fetched(*, flags: bytes = b"", modseq: bytes = b" MODSEQ (7)", header: bytes = HEADER, uid: int = 4) -> bytes:
    return b"1 FETCH (UID %d FLAGS (%b)%b BODY[HEADER] {%d}\r\n%b)" % (uid, flags, modseq, len(header), header)


def in_turn(*says: Say) -> Say:
    """Say the first, then the next, and the last for ever."""
    waiting = list(says)

    def say(connection: socket.socket, tag: bytes, command: bytes) -> None:
        (waiting.pop(0) if len(waiting) > 1 else waiting[0])(connection, tag, command)

    return say


def server(**says: Say) -> ScriptedImap:
    """A mailbox with one copy, unread; `says` by command, `_` for a space."""
    plain: dict[str, Say] = {
        "LIST": answering(b'LIST (\\HasNoChildren) "/" "INBOX"', b'LIST (\\Noselect) "/" "Shared"'),
        "UID_SEARCH": answering(b"SEARCH 4"),
        "UID_FETCH": answering(fetched()),
    }
    return ScriptedImap(
        says={
            name.replace("_", " ").encode(): say
            for name, say in (says | {k: v for k, v in plain.items() if k not in says}).items()
        },
        capabilities=SAFE,
    )


@contextmanager
def session(scripted: ScriptedImap, **changes: Any) -> Iterator[MasterSession]:
    with serving(scripted):
        one = account(host="127.0.0.1", port=scripted.port, tls=ImapTls.NONE, **changes)
        with closing(MasterSession(one, "ann@corp.example", limits=LIMITS)) as opened:
            yield opened


def search(scripted: ScriptedImap, *, remove: bool = True, wanted: Original | None = None, **changes: Any) -> Search:
    with session(scripted, **changes) as opened:
        return opened.search([wanted or original_of(mail())], remove=remove)


def commands(scripted: ScriptedImap, name: bytes) -> list[bytes]:
    return [command for command in scripted.commands if re.match(name, command)]


@pytest.mark.parametrize("capabilities", [b"IMAP4rev1 UIDPLUS", b"IMAP4rev1 CONDSTORE", b"IMAP4rev1"])
def test_a_server_that_cannot_remove_safely_is_left_as_it_is(capabilities: bytes) -> None:
    scripted = server()
    scripted.capabilities = capabilities
    with pytest.raises(MailboxError, match="without which one message cannot be removed safely"):
        search(scripted)
    assert not commands(scripted, rb"UID STORE|UID EXPUNGE|SELECT")


def test_looking_asks_nothing_of_a_server_that_it_has_not() -> None:
    scripted = server(UID_FETCH=answering(fetched(modseq=b"")))
    scripted.capabilities = b"IMAP4rev1"
    assert search(scripted, remove=False) == Search(((UNREAD,),), "")
    assert not commands(scripted, rb"UID STORE|UID EXPUNGE|SELECT")
    assert commands(scripted, rb"UID FETCH") == [b"UID FETCH 4 (UID FLAGS BODY.PEEK[HEADER])"]


def test_a_copy_is_removed_by_its_uid_alone_if_nothing_has_changed() -> None:
    gone = in_turn(*[answering(fetched())] * 2, answering(fetched(flags=b"\\Deleted")), answering())
    scripted = server(UID_FETCH=gone)
    assert search(scripted) == Search(((Copy("INBOX", CopyState.REMOVED),),), "")
    assert commands(scripted, rb"UID (STORE|EXPUNGE)") == [
        b"UID STORE 4 (UNCHANGEDSINCE 7) +FLAGS.SILENT (\\Deleted)",
        b"UID EXPUNGE 4",
    ]


def test_a_copy_that_goes_on_changing_stays() -> None:
    scripted = server()
    assert search(scripted) == Search(((UNREAD,),), "")
    assert len(commands(scripted, rb"UID STORE")) == 3
    assert not commands(scripted, rb"UID EXPUNGE")


def test_a_mark_that_its_owner_had_set_is_not_taken_off() -> None:
    seen = answering(fetched(flags=b"\\Deleted \\Seen"))
    scripted = server(UID_FETCH=in_turn(*[answering(fetched(flags=b"\\Deleted"))] * 2, seen))
    assert search(scripted) == Search(((Copy("INBOX", CopyState.READ),),), "")
    assert len(commands(scripted, rb"UID STORE")) == 1


@pytest.mark.parametrize(
    ("says", "trouble"),
    [
        ({"UID_FETCH": answering(fetched(modseq=b""))}, "INBOX: INBOX keeps no MODSEQ"),
        ({"UID_STORE": refusing}, "INBOX: 127.0.0.1 refused STORE"),
        ({"UID_SEARCH": refusing}, "INBOX: 127.0.0.1 refused SEARCH"),
        ({"EXAMINE": refusing}, "INBOX: not that"),
        ({"LIST": refusing}, "127.0.0.1 failed: it lists 0 folders"),
        ({"UID_SEARCH": then_hang_up(b"")}, "127.0.0.1 failed: "),
        ({"UID_SEARCH": sending(b"* " + b"x" * 2_000_000)}, "127.0.0.1 failed: "),
        (
            {"LIST": answering(*(b'LIST () "/" "f%d"' % number for number in range(MOST_FOLDERS + 1)))},
            "127.0.0.1 failed: it lists 2001 folders",
        ),
    ],
)
def test_trouble_is_told(says: dict[str, Say], trouble: str) -> None:
    found = search(server(**says))
    assert found.trouble.startswith(trouble), found
    assert not [copy for copy in found.copies[0] if copy.state is CopyState.REMOVED]


def test_what_is_gone_or_not_what_was_asked_for_counts_for_nothing() -> None:
    for said in (answering(), answering(fetched(uid=5)), answering(fetched(header=b"Subject: other\r\n\r\n"))):
        assert search(server(UID_FETCH=said)) == Search(((),), "")


def test_flags_that_the_server_does_not_tell_count_as_read() -> None:
    octets = b"1 FETCH (UID 4 BODY[HEADER] {%d}\r\n%b)" % (len(HEADER), HEADER)
    assert search(server(UID_FETCH=answering(octets))).copies == ((Copy("INBOX", CopyState.READ),),)


def test_a_message_id_is_quoted_and_one_beyond_ascii_is_not_asked_for() -> None:
    scripted = server(UID_SEARCH=answering(b"SEARCH"))
    search(scripted, wanted=original_of(mail(message_id='<"a\\b"@x.example>')))
    assert commands(scripted, rb"UID SEARCH") == [b'UID SEARCH HEADER Message-ID "\\"a\\\\b\\"@x.example"']
    assert "characters that IMAP cannot" in search(server(), wanted=original_of(mail(message_id="<ä@x.example>"))).trouble


@pytest.mark.parametrize("login", ["{mailbox}*{master}", AUTHZID])
def test_a_login_that_is_refused_is_named(login: str) -> None:
    with pytest.raises(LogInError, match=r"127\.0\.0\.1 does not let recall in as ann@corp\.example: .*not that"):
        search(server(LOGIN=refusing, AUTHENTICATE=refusing), login=login)


def test_a_server_that_is_not_there_is_named() -> None:
    with pytest.raises(MailboxError, match=r"127\.0\.0\.1 cannot be reached: "):
        MasterSession(account(host="127.0.0.1", port=9, tls=ImapTls.NONE), "ann@corp.example", limits=LIMITS)
