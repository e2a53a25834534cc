from __future__ import annotations

import asyncio
import socket
import ssl
from datetime import timedelta
from pathlib import Path

import pytest

from mailguard.relay.extensions import Extensions
from mailguard.relay.hop_opening import HopRefusedError, HopUnreachableError, Opened, Opener, client_context
from mailguard.relay.settings import NextHop, TlsMode
from tests.harness_sink import HangUp, Silence, Sink, running_sink, server_tls

ALL = Extensions(pipelining=True, eight_bit_mime=True, smtputf8=True, dsn=True, size=True)


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    return server_tls(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def trusted(tls: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """The server's context, whose certificate the system's authorities know."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tls[1]))
    return tls[0]


async def opened(
    sink: Sink, mode: TlsMode = TlsMode.NONE, *, username: str = "", password: str = "", patience: float = 20
) -> Opened:
    hop = NextHop(host="localhost", port=sink.port, tls=mode, username=username, password=password)
    found = await Opener(hop, hostname="relay.example", timeout=timedelta(seconds=patience)).open()
    found.transport.abort()
    return found


def is_encrypted(found: Opened) -> bool:
    return found.transport.get_extra_info("sslcontext") is not None


async def test_connection_is_ready_for_mail_and_knows_what_is_offered() -> None:
    async with running_sink() as sink:
        found = await opened(sink)
        assert found.offered == ALL
        assert sink.commands == ["EHLO relay.example"]
        assert not is_encrypted(found)


async def test_hop_that_does_not_know_ehlo_is_greeted_with_helo() -> None:
    async with running_sink() as sink:
        sink.on("EHLO", "502 5.5.1 what?")
        assert (await opened(sink)).offered == Extensions()
        assert sink.commands == ["EHLO relay.example", "HELO relay.example"]


@pytest.mark.parametrize(
    ("stage", "answer"), [("CONNECT", "554 5.7.1 no"), ("CONNECT", "421 4.7.0 too many"), ("EHLO", "421 no")]
)
async def test_hop_that_does_not_want_to_talk_has_refused(stage: str, answer: str) -> None:
    async with running_sink() as sink:
        sink.on(stage, answer)
        with pytest.raises(HopRefusedError, match=answer):
            await opened(sink)


@pytest.mark.parametrize("stage", ["CONNECT", "EHLO"])
async def test_hop_that_hangs_up_is_unreachable(stage: str) -> None:
    async with running_sink() as sink:
        sink.on(stage, HangUp())
        with pytest.raises(HopUnreachableError):
            await opened(sink)


@pytest.mark.parametrize("stage", ["CONNECT", "EHLO"])
async def test_hop_that_says_nothing_is_unreachable(stage: str) -> None:
    async with running_sink() as sink:
        sink.on(stage, Silence())
        with pytest.raises(HopUnreachableError):
            await opened(sink, patience=0.05)


async def test_closed_port_is_unreachable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        hop = NextHop(host="127.0.0.1", port=taken.getsockname()[1], tls=TlsMode.NONE)
        with pytest.raises(HopUnreachableError, match="Connect call failed"):
            await Opener(hop, hostname="a", timeout=timedelta(seconds=5)).open()


async def test_name_that_does_not_resolve_is_unreachable() -> None:
    hop = NextHop(host="does-not-resolve.invalid", tls=TlsMode.NONE)
    with pytest.raises(HopUnreachableError):
        await Opener(hop, hostname="a", timeout=timedelta(seconds=20)).open()


async def test_required_tls_with_a_good_certificate(trusted: ssl.SSLContext) -> None:
    async with running_sink(tls=trusted) as sink:
        found = await opened(sink, TlsMode.REQUIRED)
        assert is_encrypted(found)
        assert found.offered == ALL
        assert sink.commands == ["EHLO relay.example", "STARTTLS", "EHLO relay.example"]


async def test_required_tls_with_a_certificate_that_nobody_vouches_for(tls: tuple[ssl.SSLContext, Path]) -> None:
    async with running_sink(tls=tls[0]) as sink:
        with pytest.raises(HopRefusedError, match="certificate verify failed"):
            await opened(sink, TlsMode.REQUIRED)


async def test_required_tls_that_is_not_offered() -> None:
    async with running_sink() as sink:
        with pytest.raises(HopRefusedError, match="STARTTLS"):
            await opened(sink, TlsMode.REQUIRED)


async def test_implicit_tls(trusted: ssl.SSLContext) -> None:
    async with running_sink(tls=trusted, is_implicit_tls=True) as sink:
        found = await opened(sink, TlsMode.IMPLICIT)
        assert is_encrypted(found)
        assert sink.commands == ["EHLO relay.example"]


async def test_implicit_tls_with_a_certificate_that_nobody_vouches_for(tls: tuple[ssl.SSLContext, Path]) -> None:
    async with running_sink(tls=tls[0], is_implicit_tls=True) as sink:
        with pytest.raises(HopRefusedError, match="certificate verify failed"):
            await opened(sink, TlsMode.IMPLICIT)


async def test_opportunistic_tls_takes_any_certificate(tls: tuple[ssl.SSLContext, Path]) -> None:
    async with running_sink(tls=tls[0]) as sink:
        assert is_encrypted(await opened(sink, TlsMode.OPPORTUNISTIC))


async def test_opportunistic_tls_that_is_not_offered_is_done_without() -> None:
    async with running_sink() as sink:
        assert not is_encrypted(await opened(sink, TlsMode.OPPORTUNISTIC))
        assert sink.sessions == 1


@pytest.mark.parametrize("action", ["454 4.7.0 TLS not available", HangUp(), HangUp(after="220 go ahead")])
async def test_opportunistic_tls_that_fails_is_done_without(tls: tuple[ssl.SSLContext, Path], action: str | HangUp) -> None:
    async with running_sink(tls=tls[0]) as sink:
        sink.on("STARTTLS", action)
        assert not is_encrypted(await opened(sink, TlsMode.OPPORTUNISTIC))
        assert sink.sessions == 2


async def test_login() -> None:
    async with running_sink(credentials=("ada", "secret")) as sink:
        await opened(sink, username="ada", password="secret")
        assert sink.commands[-1].startswith("AUTH PLAIN ")


async def test_login_over_required_tls(trusted: ssl.SSLContext) -> None:
    async with running_sink(tls=trusted, credentials=("ada", "secret")) as sink:
        assert is_encrypted(await opened(sink, TlsMode.REQUIRED, username="ada", password="secret"))


async def test_wrong_password_is_refused() -> None:
    async with running_sink(credentials=("ada", "secret")) as sink:
        with pytest.raises(HopRefusedError, match=r"535 5\.7\.8"):
            await opened(sink, username="ada", password="guess")


async def test_hop_that_offers_no_auth_has_refused() -> None:
    async with running_sink() as sink:
        with pytest.raises(HopRefusedError, match="AUTH"):
            await opened(sink, username="ada", password="secret")


async def test_password_is_not_sent_in_clear_where_tls_was_hoped_for() -> None:
    async with running_sink(credentials=("ada", "secret")) as sink:
        with pytest.raises(HopRefusedError, match="STARTTLS"):
            await opened(sink, TlsMode.OPPORTUNISTIC, username="ada", password="secret")
        assert not any(command.startswith("AUTH") for command in sink.commands)


async def test_opening_that_is_cancelled_leaves_no_connection() -> None:
    async with running_sink() as sink:
        sink.on("EHLO", Silence())
        task = asyncio.create_task(opened(sink))
        await sink.heard("EHLO")
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        while sink.open_sessions:
            await sink.change()


def test_context_verifies_or_does_not_look() -> None:
    assert client_context(verifies=True).verify_mode is ssl.CERT_REQUIRED
    assert client_context(verifies=True).check_hostname
    assert client_context(verifies=False).verify_mode is ssl.CERT_NONE
