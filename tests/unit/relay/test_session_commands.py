"""mailguard.relay.session_commands: greeting, TLS, authentication and the small commands, over real sockets."""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64encode
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import structlog
import uvloop
from argon2 import PasswordHasher

from mailguard.relay.refusal import Refusal
from mailguard.relay.settings import Client
from tests.harness_smtp import LOOPBACK, Peer, connected, front_door, self_signed, trusting_context

Run = Callable[[Coroutine[Any, Any, None]], None]
on_both_loops = pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])

APP = Client(name="app", username="app", password_hash=PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("right"))


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    certificate, key = self_signed(tmp_path_factory.mktemp("tls"))
    return {"tls_cert": str(certificate), "tls_key": str(key)}


def plain(username: str, password: str, *, as_whom: str = "") -> str:
    return b64encode(f"{as_whom}\0{username}\0{password}".encode()).decode()


async def test_ehlo_offers_what_there_is() -> None:
    async with front_door(extensions=frozenset({"8BITMIME"}), max_size=1000) as door, connected(door) as peer:
        said = await peer.say("ehlo again.test")
        assert said.split("\n")[:3] == ["250-relay.test", "250-8BITMIME", "250-DSN"]
        assert said.split("\n")[3:] == ["250-ENHANCEDSTATUSCODES", "250-PIPELINING", "250 SIZE 1000"]


async def test_helo_offers_nothing() -> None:
    async with front_door() as door, connected(door) as peer:
        assert await peer.say("HELO peer.test") == "250 relay.test"
        assert (await peer.say("MAIL FROM:<a@x.test> SIZE=10")).startswith("555 5.5.4")
        assert (await peer.mail_dialogue()).startswith("250 2.0.0")
        assert door.intake.arrivals[0].protocol == "SMTP"


@pytest.mark.parametrize("name", ["", "a b", "a\tb", "ä.test", "<a>", "(x)", "a\0b", "a\x7f", "x" * 256])
async def test_name_that_is_none_is_refused(name: str) -> None:
    async with front_door() as door, connected(door, greeted=False) as peer:
        await peer.answer()
        assert (await peer.say(f"EHLO {name}")).startswith("501 5.5.4")
        assert (await peer.say(f"HELO {name}")).startswith("501 5.5.4")
        assert (await peer.say("MAIL FROM:<a@x.test>")).startswith("503 5.5.1")


@pytest.mark.parametrize("name", ["x", "host_1.x.test", "[127.0.0.1]", "[IPv6:::1]", "PC$", "x" * 255])
async def test_name_in_use_is_taken_as_it_is(name: str) -> None:
    async with front_door() as door, connected(door) as peer:
        assert (await peer.say(f"EHLO {name}")).startswith("250-relay.test")
        await peer.mail_dialogue()
        assert door.intake.arrivals[0].helo == name


async def test_ehlo_forgets_the_mail_under_way() -> None:
    async with front_door() as door, connected(door) as peer:
        await peer.say("MAIL FROM:<a@x.test>")
        await peer.say("EHLO peer.test")
        assert (await peer.say("RCPT TO:<b@y.test>")).startswith("503 5.5.1")


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("NOOP", "250 2.0.0"),
        ("noop anything", "250 2.0.0"),
        ("RSET", "250 2.0.0"),
        ("RSET now", "501 5.5.4"),
        ("QUIT now", "501 5.5.4"),
        ("VRFY b@y.test", "252 2.1.5"),
        ("EXPN list", "502 5.5.1"),
        ("HELP", "214 2.0.0"),
        ("ETRN x.test", "500 5.5.2"),
        ("BDAT 10 LAST", "500 5.5.2"),
        ("XCLIENT ADDR=127.0.0.1", "500 5.5.2"),
        ("", "500 5.5.2"),
        ("STARTTLS", "502 5.5.1"),
        ("AUTH PLAIN AGEAYg==", "502 5.5.1"),
    ],
)
async def test_small_commands(command: str, answer: str) -> None:
    async with front_door() as door, connected(door) as peer:
        assert (await peer.say(command)).startswith(answer)
        assert (await peer.mail_dialogue()).startswith("250 2.0.0")


async def test_rset_forgets_the_mail_under_way() -> None:
    async with front_door() as door, connected(door) as peer:
        await peer.say("MAIL FROM:<a@x.test>")
        await peer.say("RCPT TO:<b@y.test>")
        await peer.say("RSET")
        assert (await peer.say("DATA")).startswith("503 5.5.1")
        await peer.mail_dialogue("<c@y.test>")
        assert [str(path.mailbox) for path in door.intake.arrivals[0].envelope.recipients] == ["c@y.test"]


async def test_quit_ends_the_session() -> None:
    async with front_door() as door, connected(door) as peer:
        assert (await peer.say("QUIT")).startswith("221 2.0.0")
        assert await peer.is_hung_up_on()


@on_both_loops
def test_mail_over_tls(tls: dict[str, Any], run: Run) -> None:
    async def scenario() -> None:
        async with front_door(**tls) as door, connected(door) as peer:
            context = ssl.create_default_context(cafile=tls["tls_cert"])
            await peer.start_tls(context)
            assert (await peer.say("STARTTLS")).startswith("503 5.5.1")
            assert (await peer.mail_dialogue()).startswith("250 2.0.0")
            assert door.intake.arrivals[0].protocol == "ESMTPS"
            big = b"x" * 78 + b"\r\n"
            assert (await peer.mail(big * 20_000 + b".\r\n")).startswith("250")
            assert door.octets[1] == big * 20_000
            assert (await peer.say("QUIT")).startswith("221")
            assert await peer.is_hung_up_on()

    run(scenario())


@on_both_loops
def test_tls_forgets_what_was_said_before(tls: dict[str, Any], run: Run) -> None:
    async def scenario() -> None:
        async with front_door(**tls) as door, connected(door) as peer:
            assert "STARTTLS" in await peer.say("EHLO before.test")
            await peer.say("MAIL FROM:<a@x.test>")
            assert (await peer.say("STARTTLS")).startswith("220")
            await peer.writer.start_tls(trusting_context(), server_hostname="localhost")
            assert (await peer.say("MAIL FROM:<a@x.test>")).startswith("503 5.5.1 send EHLO")
            assert "STARTTLS" not in await peer.say("EHLO after.test")
            assert (await peer.say("RCPT TO:<b@y.test>")).startswith("503 5.5.1")

    run(scenario())


@on_both_loops
@pytest.mark.parametrize(
    "injected", ["EHLO evil.test\r\n", "RSET\r\nNOOP\r\n", "MAIL FROM:<evil@x.test>\r\nRCPT TO:<b@y.test>\r\n"]
)
def test_what_is_sent_in_the_clear_after_starttls_is_dropped(tls: dict[str, Any], run: Run, injected: str) -> None:
    async def scenario() -> None:
        async with front_door(**tls) as door, connected(door) as peer:
            await peer.send(f"STARTTLS\r\n{injected}".encode())
            assert (await peer.answer()).startswith("220")
            await peer.writer.start_tls(trusting_context(), server_hostname="localhost")
            # Any answer to what was injected would come first.
            assert (await peer.say("HELP")).startswith("214")
            assert (await peer.say("MAIL FROM:<a@x.test>")).startswith("503 5.5.1 send EHLO")
            await peer.greet()
            assert (await peer.say("RCPT TO:<b@y.test>")).startswith("503 5.5.1")

    run(scenario())


@on_both_loops
def test_peer_that_speaks_no_tls_is_let_go(tls: dict[str, Any], run: Run) -> None:
    async def scenario() -> None:
        async with front_door(**tls) as door:
            async with connected(door) as peer:
                await peer.say("STARTTLS")
                await peer.send(b"EHLO peer.test\r\n" * 100)
                await peer.reader.read()
            assert await door.is_left()
            async with connected(door) as peer:
                await peer.start_tls()

    run(scenario())


@on_both_loops
def test_peer_that_leaves_in_the_handshake_is_let_go(tls: dict[str, Any], run: Run) -> None:
    async def scenario() -> None:
        async with front_door(**tls) as door:
            async with connected(door) as peer:
                await peer.say("STARTTLS")
            assert await door.is_left()

    run(scenario())


@on_both_loops
def test_tls_peer_that_leaves_is_let_go(tls: dict[str, Any], run: Run) -> None:
    async def scenario() -> None:
        async with front_door(**tls) as door, connected(door) as peer:
            await peer.start_tls()
            peer.writer.close()
            assert await door.is_left()

    run(scenario())


async def test_starttls_takes_no_argument(tls: dict[str, Any]) -> None:
    async with front_door(**tls) as door, connected(door) as peer:
        assert (await peer.say("STARTTLS now")).startswith("501 5.5.4")
        await peer.start_tls()


async def authenticated(peer: Peer, line: str, *responses: str) -> str:
    answer = await peer.say(line)
    for response in responses:
        assert answer.startswith("334 ")
        answer = await peer.say(response)
    return answer


RIGHT = plain("app", "right")
LOGIN = [b64encode(part).decode() for part in (b"app", b"right")]


@pytest.mark.parametrize(
    "dialogue",
    [
        (f"AUTH PLAIN {RIGHT}",),
        (f"auth plain {plain('app', 'right', as_whom='app')}",),
        ("AUTH PLAIN", RIGHT),
        ("AUTH LOGIN", *LOGIN),
        (f"AUTH LOGIN {LOGIN[0]}", LOGIN[1]),
    ],
)
@on_both_loops
def test_stranger_with_credentials_may_relay(tls: dict[str, Any], dialogue: tuple[str, ...], run: Run) -> None:
    async def scenario() -> None:
        async with front_door(clients=(APP,), **tls) as door, connected(door) as peer:
            await peer.start_tls()
            assert (await peer.say("MAIL FROM:<a@x.test>")).startswith("530 5.7.0")
            assert (await authenticated(peer, *dialogue)).startswith("235 2.7.0")
            assert (await peer.mail_dialogue()).startswith("250 2.0.0")
            arrival = door.intake.arrivals[0]
            assert (arrival.client, arrival.protocol) == (APP, "ESMTPSA")

    run(scenario())


async def test_authentication_is_offered_under_tls_only(tls: dict[str, Any]) -> None:
    async with front_door(clients=(APP,), **tls) as door, connected(door) as peer:
        assert "AUTH" not in await peer.say("EHLO peer.test")
        assert (await peer.say(f"AUTH PLAIN {RIGHT}")).startswith("538 5.7.11")
        assert (await peer.say("MAIL FROM:<a@x.test>")).startswith("530 5.7.0")
        await peer.start_tls()
        assert "250-AUTH PLAIN LOGIN" in await peer.say("EHLO peer.test")


async def test_credentials_count_for_more_than_the_network(tls: dict[str, Any]) -> None:
    async with front_door(clients=(LOOPBACK, APP), **tls) as door, connected(door) as peer:
        await peer.start_tls()
        await peer.mail_dialogue()
        assert (await peer.say(f"AUTH PLAIN {RIGHT}")).startswith("235")
        await peer.mail_dialogue()
        assert [arrival.client for arrival in door.intake.arrivals] == [LOOPBACK, APP]


@pytest.mark.parametrize(
    ("dialogue", "answer"),
    [
        ((f"AUTH PLAIN {plain('app', 'wrong')}",), "535 5.7.8"),
        ((f"AUTH PLAIN {plain('nobody', 'right')}",), "535 5.7.8"),
        ((f"AUTH PLAIN {plain('app', 'right', as_whom='root')}",), "535 5.7.8"),
        (("AUTH PLAIN", "*"), "501 5.7.0"),
        (("AUTH PLAIN", "="), "501 5.5.2"),
        (("AUTH PLAIN", "!"), "501 5.5.2"),
        (("AUTH PLAIN ä",), "501 5.5.2"),
        (("AUTH LOGIN", "*"), "501 5.7.0"),
        (("AUTH LOGIN", LOGIN[0], "*"), "501 5.7.0"),
        (("AUTH LOGIN", "A" * 20_000), "500 5.5.6"),
        (("AUTH CRAM-MD5",), "504 5.5.4"),
        (("AUTH",), "504 5.5.4"),
    ],
)
async def test_failed_authentication_proves_nothing(tls: dict[str, Any], dialogue: tuple[str, ...], answer: str) -> None:
    async with front_door(clients=(APP,), **tls) as door, connected(door) as peer:
        await peer.start_tls()
        assert (await authenticated(peer, *dialogue)).startswith(answer)
        assert (await peer.say("MAIL FROM:<a@x.test>")).startswith("530 5.7.0")
        assert (await authenticated(peer, f"AUTH PLAIN {RIGHT}")).startswith("235")


async def test_authentication_has_its_place(tls: dict[str, Any]) -> None:
    async with front_door(clients=(APP, LOOPBACK), **tls) as door, connected(door) as peer:
        assert (await peer.say("STARTTLS")).startswith("220")
        await peer.writer.start_tls(trusting_context(), server_hostname="localhost")
        assert (await peer.say(f"AUTH PLAIN {RIGHT}")).startswith("503 5.5.1")
        await peer.greet()
        await peer.say("MAIL FROM:<a@x.test>")
        assert (await peer.say(f"AUTH PLAIN {RIGHT}")).startswith("503 5.5.1")
        await peer.say("RSET")
        assert (await peer.say(f"AUTH PLAIN {RIGHT}")).startswith("235")
        assert (await peer.say(f"AUTH PLAIN {RIGHT}")).startswith("503 5.5.1")


@pytest.mark.parametrize("most", [1, 3])
async def test_one_try_too_many_ends_the_session(tls: dict[str, Any], most: int) -> None:
    async with front_door(clients=(APP,), max_auth_tries=most, **tls) as door, connected(door) as peer:
        await peer.start_tls()
        for _ in range(most):
            assert (await peer.say(f"AUTH PLAIN {plain('app', 'wrong')}")).startswith("535")
        assert (await peer.say(f"AUTH PLAIN {RIGHT}")).startswith("421 4.7.0")
        assert await peer.is_hung_up_on()
        assert door.refusals == [Refusal.AUTHENTICATION] * (most + 1)


async def test_last_try_allowed_may_be_right(tls: dict[str, Any]) -> None:
    async with front_door(clients=(APP,), max_auth_tries=2, **tls) as door, connected(door) as peer:
        await peer.start_tls()
        await peer.say(f"AUTH PLAIN {plain('app', 'wrong')}")
        assert (await peer.say(f"AUTH PLAIN {RIGHT}")).startswith("235")


async def test_peer_that_leaves_in_the_challenge_is_let_go(tls: dict[str, Any]) -> None:
    async with front_door(clients=(APP,), **tls) as door:
        async with connected(door) as peer:
            await peer.start_tls()
            assert (await peer.say("AUTH LOGIN")).startswith("334")
        assert await door.is_left()
        assert door.refusals == []


async def test_failed_try_is_logged_without_the_name(tls: dict[str, Any]) -> None:
    with structlog.testing.capture_logs() as logged:
        async with front_door(clients=(APP,), **tls) as door, connected(door) as peer:
            await peer.start_tls()
            await peer.say(f"AUTH PLAIN {plain('jane.doe@x.test', 'secret')}")
    (line,) = logged
    assert (line["event"], line["peer"]) == ("smtp.authentication_failed", "127.0.0.1")
    assert line["username"].endswith("@x.test")
    assert "jane.doe" not in str(line)
    assert "secret" not in str(line)
