"""The client for code that waits: an AsyncClient on an event loop in a thread of its own.

Only so does one deadline hold for all of a question: what blocks in a system call cannot be given up, what awaits can.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from datetime import timedelta
from types import TracebackType
from typing import Any, Final, Self, TypeVar, Unpack

import httpx

from mailguard.client.async_client import CHECKING, HANDING_IN, TIMEOUT, AsyncClient
from mailguard.client.check_result import Checked
from mailguard.client.error import UnavailableError
from mailguard.client.exchange import CheckValues, EventValues
from mailguard.client.result import Context, TakenEvent, TakenReply

T = TypeVar("T")

_CLOSING: Final = 2.0  # seconds that open connections are given to close


class Client:
    """Asks one mailguard. Use it as a context manager, or call `close`. May be shared by threads, and outlives a fork.

    The parameters are those of AsyncClient.
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
        self._url = url
        self._options: dict[str, Any] = {"token": token, "timeout": timeout, "strict": strict, "transport": transport}
        self._lock = threading.Lock()
        self._runner: _Runner | None = None
        self._pid = os.getpid()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close what connections are open, and end the thread. The next question begins anew.

        One that another thread has under way raises UnavailableError there.
        """
        with self._lock:
            runner, self._runner = self._runner, None
        if runner is not None and self._pid == os.getpid():
            runner.close()

    def context(
        self,
        address: str,
        *,
        template: str = "",
        mail_class: str = "",
        asks: Sequence[str] = (),
        within: timedelta | None = None,
    ) -> Context:
        """Return what is known of the person behind an address; see AsyncClient.context."""
        return self._run(
            lambda client: client.context(address, template=template, mail_class=mail_class, asks=asks, within=within)
        )

    def contexts(
        self,
        addresses: Sequence[str],
        *,
        template: str = "",
        mail_class: str = "",
        asks: Sequence[str] = (),
        within: timedelta | None = None,
    ) -> list[Context]:
        """Return a context for each address, in that order, all with one question."""
        return self._run(
            lambda client: client.contexts(addresses, template=template, mail_class=mail_class, asks=asks, within=within)
        )

    def reply(self, octets: bytes, *, within: timedelta = HANDING_IN) -> TakenReply:
        """Hand in a customer's mail, as it came; see AsyncClient.reply."""
        return self._run(lambda client: client.reply(octets, within=within))

    def event(self, kind: str, *, within: timedelta = HANDING_IN, **values: Unpack[EventValues]) -> TakenEvent:
        """Tell what has become known or been done elsewhere; see AsyncClient.event."""
        return self._run(lambda client: client.event(kind, within=within, **values))

    def check(
        self,
        message: bytes,
        audience: Sequence[Mapping[str, Any]] | str,
        *,
        within: timedelta = CHECKING,
        **values: Unpack[CheckValues],
    ) -> Checked:
        """Return whether a message may go out to an audience; see AsyncClient.check."""
        return self._run(lambda client: client.check(message, audience, within=within, **values))

    def _run(self, ask: Callable[[AsyncClient], Coroutine[Any, Any, T]]) -> T:
        """Return what is answered, asked in the thread; in a new one after a fork, for no thread goes through it."""
        if self._pid != os.getpid():
            self._lock, self._runner, self._pid = threading.Lock(), None, os.getpid()
        with self._lock:  # so that nobody closes it before it has been asked
            if self._runner is None:
                self._runner = _Runner(AsyncClient(self._url, **self._options))
            future = self._runner.begin(ask(self._runner.client))
        return _result(future)


def _result(future: Future[T]) -> T:
    """Return the result, once there is one. Raises UnavailableError where the client was closed meanwhile."""
    try:
        return future.result()
    except CancelledError as error:
        raise UnavailableError("the client was closed") from error
    except (KeyboardInterrupt, SystemExit):
        future.cancel()
        raise


class _Runner:
    """A thread that runs an event loop, and the client whose connections belong to it."""

    def __init__(self, client: AsyncClient) -> None:
        self.client = client
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mailguard-client", daemon=True)
        self._thread.start()

    def begin(self, wanted: Coroutine[Any, Any, T]) -> Future[T]:
        """Return the promise of what the coroutine does."""
        return asyncio.run_coroutine_threadsafe(wanted, self._loop)

    def close(self) -> None:
        """Give up what is under way, close the connections, and end the thread."""
        closing = self.begin(self._end())
        try:
            closing.result(_CLOSING)
        except (TimeoutError, CancelledError, httpx.HTTPError, OSError):
            closing.cancel()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_CLOSING)
        self._loop.close()

    async def _end(self) -> None:
        under_way = asyncio.all_tasks() - {asyncio.current_task()}
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        await self.client.aclose()
