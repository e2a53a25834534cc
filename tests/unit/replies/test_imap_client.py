from __future__ import annotations

from base64 import b64encode
from imaplib import IMAP4
from pathlib import Path
from typing import Any

import pytest

from mailguard.errors import ConfigError
from mailguard.replies.imap_client import BoundedMailbox, ImapLimits, ImapServerError
from mailguard.replies.source_settings import ImapAccount, ImapTls
from tests.unit.replies.hostile_imap import ScriptedImap, sending, serving

LIMITS = ImapLimits(octets=10_000, literal=1_000, wait=2.0, command=5.0)


def account(server: ScriptedImap, **settings: Any) -> ImapAccount:
    return ImapAccount(
        **{"name": "a", "host": "127.0.0.1", "port": server.port, "username": "u", "tls": ImapTls.NONE, **settings}
    )


def test_password_that_login_cannot_say_is_sent_by_sasl() -> None:
    said: list[bytes] = []

    def challenge(peer: Any, tag: bytes, _command: bytes) -> None:
        peer.sendall(b"+ \r\n")
        # The answer to a challenge has no tag: the whole line is the response.
        server.says[b""] = lambda peer, line, _: (said.append(line), server.says.clear(), peer.sendall(tag + b" OK in\r\n"))[0]  # type: ignore[func-returns-value]

    with serving(ScriptedImap()) as server:
        server.says[b"AUTHENTICATE PLAIN"] = challenge
        mailbox = BoundedMailbox(account(server), LIMITS)
        mailbox.log_in("pässword")
        mailbox.client.shutdown()
    assert said == [b64encode("\0u\0pässword".encode())]


def test_capabilities_are_asked_for_again_after_the_login() -> None:
    with serving(ScriptedImap(capabilities=b"IMAP4rev1 IDLE")) as server:
        mailbox = BoundedMailbox(account(server), LIMITS)
        mailbox.log_in("p")
        assert mailbox.can("IDLE")
        assert not mailbox.can("MOVE")
        mailbox.client.shutdown()
    assert server.commands.count(b"CAPABILITY") == 2


@pytest.mark.parametrize("answer", [b"x NO never\r\n", b""])
def test_server_that_will_not_have_starttls_hears_no_password(answer: bytes) -> None:
    def refuse(peer: Any, tag: bytes, _command: bytes) -> None:
        peer.sendall(tag + b" NO never\r\n" if answer else b"* BYE\r\n")

    with serving(ScriptedImap(says={b"STARTTLS": refuse})) as server, pytest.raises(Exception, match=r"STARTTLS|BYE|socket"):
        BoundedMailbox(account(server, tls=ImapTls.STARTTLS), LIMITS)
    assert not any(command.startswith((b"LOGIN", b"AUTH")) for command in server.commands)


def test_server_that_says_we_are_in_already_gets_no_further_in_the_clear() -> None:
    with serving(ScriptedImap(greeting=b"* PREAUTH in\r\n")) as server, pytest.raises(Exception, match="STARTTLS"):
        BoundedMailbox(account(server, tls=ImapTls.STARTTLS), LIMITS)


def test_certificates_that_are_not_there_are_said() -> None:
    with serving(ScriptedImap()) as server, pytest.raises(ConfigError, match="cannot be used as a file of certificates"):
        BoundedMailbox(account(server, ca=str(Path("/nowhere.pem"))), LIMITS)


def test_idle_that_is_refused_is_an_error() -> None:
    with serving(ScriptedImap(says={b"IDLE": lambda peer, tag, _: peer.sendall(tag + b" BAD what\r\n")})) as server:
        mailbox = BoundedMailbox(account(server), LIMITS)
        mailbox.log_in("p")
        with pytest.raises(ImapServerError, match="refused IDLE"):
            mailbox.idle.start()  # type: ignore[no-untyped-call]
        mailbox.client.shutdown()


def test_idle_ends_without_a_word_when_its_time_is_over() -> None:
    with serving(ScriptedImap(says={b"IDLE": sending(b"+ go on\r\n")})) as server:
        mailbox = BoundedMailbox(account(server), LIMITS)
        mailbox.log_in("p")
        mailbox.idle.start()  # type: ignore[no-untyped-call]
        assert mailbox.idle.poll(0.01) == []
        mailbox.client.shutdown()
        mailbox.client.interrupt()  # a second time does no harm


@pytest.mark.parametrize("size", [999, 1_000, 1_001])
def test_largest_literal_is_read_and_one_octet_more_is_not(size: int) -> None:
    said = b"* 1 FETCH (BODY[] {%d}\r\n%b)\r\n" % (size, b"x" * size)
    with serving(ScriptedImap(says={b"NOOP": lambda peer, tag, _: peer.sendall(said + tag + b" OK done\r\n")})) as server:
        client = BoundedMailbox(account(server), LIMITS).client
        if size > 1_000:
            with pytest.raises(IMAP4.abort, match="literal of 1001 octets"):
                client.noop()
        else:
            assert client.noop()[0] == "OK"
        client.shutdown()
