"""The client for asyncio. Every question has one deadline over all of it: name, connection, handshake and the last octet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from types import TracebackType
from typing import Any, Final, Self, TypeVar, Unpack

import httpx

from mailguard.client import exchange
from mailguard.client.check_result import Checked
from mailguard.client.error import UnavailableError
from mailguard.client.exchange import MOST_OCTETS, Answer, CheckValues, EventValues, Meant, Request
from mailguard.client.result import Context, TakenEvent, TakenReply, unknown

T = TypeVar("T")

TIMEOUT: Final = timedelta(milliseconds=500)
"""How long a question may take, all in all."""
HANDING_IN: Final = timedelta(seconds=10)
"""How long handing something in may take."""
CHECKING: Final = timedelta(minutes=6)
"""How long the check of a broadcast may take."""


class AsyncClient:
    """Asks one mailguard. Use it as an async context manager, or call `aclose`.

    `url` is where its HTTP stands, `token` one of `[[http.tokens]]`. Where mailguard cannot be asked, a context has
    `reply_aware` UNKNOWN; with `strict` UnavailableError is raised instead. A mistake of the caller's (the token, the address)
    raises RefusedError in either case. `transport` is httpx's, for a socket file or a proxy.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8025",
        *,
        token: str = "",
        timeout: timedelta = TIMEOUT,
        strict: bool = False,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._timeout = timeout
        self._strict = strict
        self._http = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            timeout=None,  # noqa: S113 - a deadline stands over the whole instead of one over each step
            transport=transport,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close what connections are open."""
        await self._http.aclose()

    async def context(
        self,
        address: str,
        *,
        template: str = "",
        mail_class: str = "",
        asks: Sequence[str] = (),
        within: timedelta | None = None,
    ) -> Context:
        """Return what is known of the person behind an address.

        `template`, `mail_class` (critical, service, bulk) and the fields it `asks` for are those of the mail that is to be
        written; `would` speaks of it.
        """
        request = exchange.ask_context(address, Meant(template=template, mail_class=mail_class, asks=asks))
        try:
            return await self._exchange(request, exchange.context_in, within=within or self._timeout)
        except UnavailableError as error:
            return self._unknown(error)

    async def contexts(
        self,
        addresses: Sequence[str],
        *,
        template: str = "",
        mail_class: str = "",
        asks: Sequence[str] = (),
        within: timedelta | None = None,
    ) -> list[Context]:
        """Return a context for each address, in that order, all with one question (1,000 addresses at most)."""
        if not addresses:
            return []
        request = exchange.ask_contexts(addresses, Meant(template=template, mail_class=mail_class, asks=asks))
        count = len(addresses)
        try:
            return await self._exchange(
                request, lambda answer: exchange.contexts_in(answer, count=count), within=within or self._timeout
            )
        except UnavailableError as error:
            return [self._unknown(error)] * count

    async def reply(self, octets: bytes, *, within: timedelta = HANDING_IN) -> TakenReply:
        """Hand in a customer's mail, as it came; the same mail twice is one. Raises UnavailableError: hand it in again."""
        return await self._exchange(exchange.hand_in_reply(octets), exchange.taken_reply_in, within=within)

    async def event(self, kind: str, *, within: timedelta = HANDING_IN, **values: Unpack[EventValues]) -> TakenEvent:
        """Tell what has become known or been done elsewhere: `await client.event("field_known", customer="crm:4711", …)`.

        Raises UnavailableError: tell it again, with the same `id`. ValueError for a time without zone.
        """
        return await self._exchange(exchange.tell_event(kind, values), exchange.taken_event_in, within=within)

    async def check(
        self,
        message: bytes,
        audience: Sequence[Mapping[str, Any]] | str,
        *,
        within: timedelta = CHECKING,
        **values: Unpack[CheckValues],
    ) -> Checked:
        """Return whether a message may go out to an audience (rows with a mailbox, or CSV), and what to mend.

        `sign` and `clean` need the scope context. Raises UnavailableError, also where the token has asked too often: later.
        """
        return await self._exchange(exchange.ask_check(message, audience, values), exchange.checked_in, within=within)

    def _unknown(self, error: UnavailableError) -> Context:
        if self._strict:
            raise error
        return unknown(error.problem)

    async def _exchange(self, request: Request, read: Callable[[Answer], T], *, within: timedelta) -> T:
        try:
            async with asyncio.timeout(within.total_seconds()):
                return read(await self._send(request))
        except TimeoutError as error:
            raise UnavailableError(f"no whole answer within {within.total_seconds():g} s") from error
        except httpx.HTTPError as error:
            raise UnavailableError(f"{type(error).__name__}: {error}") from error

    async def _send(self, request: Request) -> Answer:
        sent = self._http.stream(
            request.method, request.path, params=request.query, content=request.content or None, headers=request.headers
        )
        octets = bytearray()
        async with sent as response:
            async for piece in response.aiter_raw():
                octets += piece
                if len(octets) > MOST_OCTETS:
                    raise UnavailableError(f"the answer is longer than {MOST_OCTETS} octets")
        return Answer(response.status_code, bytes(octets))
