from __future__ import annotations

import socket
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import Any

import pytest

from mailguard.replies.imap import TRIES, ImapSource
from mailguard.replies.imap_client import ImapLimits
from mailguard.replies.source_settings import ImapAccount, ImapTls, Password
from mailguard.replies.watch import Watch
from mailguard.store.reply_cursors import Cursor
from tests.unit.replies.hostile_imap import Say, ScriptedImap, endlessly, refusing, sending, serving, then_hang_up
from tests.unit.replies.source_places import BOUNDS, PATIENCE, Remembered, Told

MAIL = b"Subject: one\r\n\r\nHello.\r\n"
LIMITS = ImapLimits(octets=100_000, literal=10_000, line=20_000, lines=2_000, wait=0.3, command=1.0)


def source(server: ScriptedImap, ledger: Remembered, **settings: Any) -> ImapSource:
    wanted = {"poll": timedelta(seconds=0.05), "idle": False, **settings}
    account = ImapAccount(
        name="support",
        host="127.0.0.1",
        port=server.port,
        tls=ImapTls.NONE,
        username="u",
        password=Password(text="p"),
        **wanted,
    )
    return ImapSource(account, ledger, limits=LIMITS, **BOUNDS)  # type: ignore[arg-type]


@contextmanager
def watched(server: ScriptedImap, ledger: Remembered, **settings: Any) -> Iterator[Told]:
    told = Told()
    watch = Watch([source(server, ledger, **settings)], told, first_delay=0.001)
    watch.start()
    try:
        yield told
    finally:
        assert watch.stop(PATIENCE)


def test_mails_are_taken_with_their_places_and_times() -> None:
    ledger = Remembered(wanted=2)
    with serving(ScriptedImap({3: MAIL, 7: MAIL + b"x"})) as server, watched(server, ledger):
        assert ledger.enough.wait(PATIENCE)
    assert ledger.octets == [MAIL, MAIL + b"x"]
    assert ledger.mails[0].received_at == datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
    assert ledger.mails[0].name == "INBOX;UIDVALIDITY=1;UID=3"
    assert ledger.cursors["imap:support", "INBOX"] == Cursor("1", "7")
    assert all(not command.startswith((b"SELECT", b"STORE")) for command in server.commands)
    assert any(b"BODY.PEEK[]" in command for command in server.commands)


def test_folder_is_read_on_from_where_it_was_left() -> None:
    ledger = Remembered(wanted=1)
    ledger.cursors["imap:support", "INBOX"] = Cursor("1", "3")
    with serving(ScriptedImap({3: MAIL, 7: MAIL + b"x"})) as server, watched(server, ledger):
        assert ledger.enough.wait(PATIENCE)
    assert ledger.octets == [MAIL + b"x"]
    assert not any(b"SINCE" in command for command in server.commands)


def test_another_uidvalidity_has_the_folder_read_anew_as_far_back_as_was_said() -> None:
    ledger = Remembered(wanted=2)
    ledger.cursors["imap:support", "INBOX"] = Cursor("1", "7")
    with serving(ScriptedImap({3: MAIL, 7: MAIL + b"x"}, validity=2)) as server, watched(server, ledger):
        assert ledger.enough.wait(PATIENCE)
    assert any(command.endswith(b"UID 1:7 SINCE 22-Oct-2026") for command in server.commands)
    assert ledger.cursors["imap:support", "INBOX"].validity == "2"


def test_too_large_a_mail_is_not_even_fetched() -> None:
    ledger = Remembered(wanted=2)
    with serving(ScriptedImap({1: b"x" * 10_001, 2: MAIL})) as server, watched(server, ledger):
        assert ledger.enough.wait(PATIENCE)
    assert ledger.octets == [MAIL]
    assert ledger.unreadable[0].reason == "10001 octets are more than 10000"
    assert not any(command.startswith(b"UID FETCH 1 ") and b"BODY" in command for command in server.commands)


def test_mail_that_the_server_refuses_is_put_aside_and_the_others_are_taken() -> None:
    ledger = Remembered(wanted=3)
    says: dict[bytes, Say] = {b"UID FETCH 1,2,3 (UID BODY": refusing, b"UID FETCH 2 (UID BODY": refusing}
    with serving(ScriptedImap({1: MAIL, 2: MAIL, 3: MAIL}, says)) as server, watched(server, ledger):
        assert ledger.enough.wait(PATIENCE)
    assert len(ledger.mails) == 2
    assert [one.name for one in ledger.unreadable] == ["INBOX;UIDVALIDITY=1;UID=2"]


def test_mail_without_content_is_put_aside() -> None:
    ledger = Remembered(wanted=1)
    says = {
        b"UID FETCH 1 (UID BODY": lambda peer, tag, _: peer.sendall(b"* 1 FETCH (UID 1 BODY[] NIL)\r\n" + tag + b" OK done\r\n")
    }
    with serving(ScriptedImap({1: MAIL}, says)) as server, watched(server, ledger):
        assert ledger.enough.wait(PATIENCE)
    assert ledger.unreadable[0].reason == "the server gives no content"


def test_mail_that_is_gone_when_it_is_fetched_is_passed_over() -> None:
    ledger = Remembered(wanted=1)
    says = {
        b"UID FETCH 1,2 (UID RFC": lambda peer, tag, _: peer.sendall(
            b"* 2 FETCH (RFC822.SIZE 9 UID 2)\r\n" + tag + b" OK done\r\n"
        )
    }
    with serving(ScriptedImap({1: MAIL, 2: MAIL}, says)) as server, watched(server, ledger):
        assert ledger.enough.wait(PATIENCE)
    assert len(ledger.mails) == 1
    assert not ledger.unreadable


def test_uid_may_stand_behind_the_literal() -> None:
    ledger = Remembered(wanted=1)
    answer = b"* 1 FETCH (BODY[] {%d}\r\n%b UID 1)\r\n" % (len(MAIL), MAIL)
    says = {b"UID FETCH 1 (UID BODY": lambda peer, tag, _: peer.sendall(answer + tag + b" OK done\r\n")}
    with serving(ScriptedImap({1: MAIL}, says)) as server, watched(server, ledger):
        assert ledger.enough.wait(PATIENCE)
    assert ledger.octets == [MAIL]


def refusing_with(words: bytes) -> Say:
    def say(connection: socket.socket, tag: bytes, _command: bytes) -> None:
        connection.sendall(tag + b" NO " + words + b"\r\n")

    return say


def test_folder_that_the_server_refuses_holds_up_no_other() -> None:
    ledger = Remembered(wanted=1)
    server = ScriptedImap({1: MAIL}, {b'STATUS "GONE"': refusing_with(b"not that (0.001 + 0.000 secs).")})
    with serving(server), watched(server, ledger, folders=("INBOX", "GONE")) as told:
        assert ledger.enough.wait(PATIENCE)
    assert told.troubles[0] == ("GONE", "the server does not open this folder: not that; mend folders")
    assert not told.failures


@pytest.mark.parametrize(
    ("words", "reason", "delay"),
    [
        (b"[AUTHENTICATIONFAILED] no", "the server refuses username or password: [AUTHENTICATIONFAILED] no; mend", 300.0),
        (b"[UNAVAILABLE] later", "the server takes no log-in now: [UNAVAILABLE] later", 0.001),
    ],
)
def test_refused_log_in_says_what_to_mend_and_waits(words: bytes, reason: str, delay: float) -> None:
    with serving(ScriptedImap({}, {b"LOGIN": refusing_with(words)})) as server, watched(server, Remembered(wanted=1)) as told:
        assert told.has_failed.wait(PATIENCE)
    assert told.failures[0][1].startswith(reason)
    assert told.failures[0][2] == delay


HOSTILE = {
    "a literal of ten gigabytes": sending(b"* 1 FETCH (UID 1 BODY[] {10000000000}\r\nxxx"),
    "a literal of a size that is no number for Python": sending(b"* 1 FETCH (UID 1 BODY[] {" + b"9" * 5_000 + b"}\r\n"),
    "an endless line": endlessly(b"x" * 4_096),
    "lines without end": endlessly(b"* 1 FETCH (UID 1)\r\n"),
    "garbage": sending(b"\0\xff\r\n+ what\r\nOK\r\n"),
    "no answer": sending(b""),
    "half of a literal, then nothing": sending(b"* 1 FETCH (UID 1 BODY[] {100}\r\nhalf"),
    "half of a literal, then the end": then_hang_up(b"* 1 FETCH (UID 1 BODY[] {100}\r\nhalf"),
    "good-bye": then_hang_up(b"* BYE enough\r\n"),
}


@pytest.mark.parametrize("said", HOSTILE.values(), ids=HOSTILE)
def test_mail_that_breaks_the_connection_is_put_aside_and_the_next_is_taken(said: Any) -> None:
    ledger = Remembered(wanted=2)
    says = {b"UID FETCH 1 (UID BODY": said, b"UID FETCH 1,2 (UID BODY": said}
    tracemalloc.start()
    try:
        with serving(ScriptedImap({1: MAIL, 2: MAIL + b"2"}, says)) as server, watched(server, ledger) as told:
            assert ledger.enough.wait(PATIENCE)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert ledger.octets == [MAIL + b"2"]
    assert len(ledger.unreadable) == 1
    assert len(told.failures) == TRIES
    assert most < 20_000_000


@pytest.mark.parametrize("said", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("command", [b"CAPABILITY", b"LOGIN", b"STATUS", b"EXAMINE", b"UID SEARCH"])
def test_hostile_server_makes_a_source_fail_within_its_time(command: bytes, said: Any) -> None:
    ledger = Remembered()
    with serving(ScriptedImap({1: MAIL}, {command: said})) as server, watched(server, ledger) as told:
        assert told.has_failed.wait(PATIENCE)
    assert not ledger.mails


def test_server_that_greets_with_nonsense_fails() -> None:
    with serving(ScriptedImap(greeting=b"220 this is SMTP\r\n")) as server, watched(server, Remembered()) as told:
        assert told.has_failed.wait(PATIENCE)


def test_ledger_that_fails_leaves_the_cursor_and_the_mail_is_read_again() -> None:
    ledger = Remembered()
    ledger.is_failing = True
    with serving(ScriptedImap({1: MAIL})) as server, watched(server, ledger) as told:
        assert told.has_failed.wait(PATIENCE)
        ledger.is_failing = False
        assert ledger.enough.wait(PATIENCE)
    assert ledger.octets == [MAIL]


def test_idle_is_left_when_the_server_tells_of_mail() -> None:
    server = ScriptedImap({1: MAIL}, capabilities=b"IMAP4rev1 IDLE")
    ledger = Remembered(wanted=2)
    tags: list[bytes] = []

    def idle(peer: Any, tag: bytes, _command: bytes) -> None:
        tags.append(tag)
        peer.sendall(b"+ idling\r\n")
        server.mails[2] = MAIL + b"2"
        peer.sendall(b"* 2 EXISTS\r\n")
        server.says[b""] = done  # what comes next is DONE, which has no tag

    def done(peer: Any, _tag: bytes, _command: bytes) -> None:
        del server.says[b""]
        peer.sendall(b"%b OK done\r\n" % tags[0])

    with serving(server):
        server.says[b"IDLE"] = idle
        with watched(server, ledger, idle=True, poll=timedelta(minutes=10)):
            assert ledger.enough.wait(PATIENCE)
    assert ledger.octets == [MAIL, MAIL + b"2"]


def test_source_that_is_told_to_stop_before_it_begins_does_not_log_in() -> None:
    stopping = Event()
    stopping.set()
    with serving(ScriptedImap({1: MAIL})) as server:
        one = source(server, Remembered())
        one.read(stopping, Told())
        one.interrupt()
    assert not any(command.startswith(b"LOGIN") for command in server.commands)


def test_interruption_ends_a_wait_for_the_server() -> None:
    stopping = Event()
    waits = Event()
    with serving(ScriptedImap({1: MAIL}, {b"STATUS": lambda *_: waits.set()})) as server:
        one = source(server, Remembered())

        def read() -> None:
            with pytest.raises(Exception, match=r"closed|descriptor"):
                one.read(stopping, Told())

        thread = Thread(target=read)
        thread.start()
        assert waits.wait(PATIENCE)
        stopping.set()
        one.interrupt()
        thread.join(PATIENCE)
        assert not thread.is_alive()
