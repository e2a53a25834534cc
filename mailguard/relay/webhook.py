"""Sends what a webhook is owed: one event at a time, signed, tried again with growing waits, given up after a day.

Stands beside the mail's way: an endpoint that is gone, slow or hostile costs a small transaction a try, and no mail any time.
"""

from __future__ import annotations

import asyncio
import ssl
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

import httpx
import structlog

from mailguard import __version__
from mailguard.errors import ConfigError
from mailguard.relay.clock import Clock
from mailguard.relay.settings import Webhook
from mailguard.relay.webhook_signature import key_of, signed_header
from mailguard.relay.writer import Writer
from mailguard.replies.imap_password import read_password
from mailguard.store import webhook_events
from mailguard.store.database import Database
from mailguard.store.webhook_events import DueEvent

POLL: Final = 1.0
"""Seconds between two looks for what is due."""

PATIENCE: Final = timedelta(seconds=15)
"""How long an endpoint may take for all of one event."""

FIRST_WAIT: Final = timedelta(seconds=2)
LONGEST_WAIT: Final = timedelta(hours=1)
GROWTH: Final = 4
"""The wait after the first try that failed, the longest one, and by how much each is longer than the one before."""

GIVEN_UP_AFTER: Final = timedelta(days=1)
"""After this time an event is old news."""

_log = structlog.get_logger(__name__)


class WebhookSender:
    """One worker's. Several may run: whoever takes an event has it alone for longer than a try may last."""

    def __init__(
        self,
        webhook: Webhook,
        *,
        database: Database,
        writer: Writer[Any, Any],
        clock: Clock,
        patience: timedelta = PATIENCE,
    ) -> None:
        self._webhook = webhook
        self._database = database
        self._writer = writer
        self._clock = clock
        self._patience = patience
        is_encrypted = webhook.url.startswith("https:")
        self._client = httpx.AsyncClient(
            verify=ssl.create_default_context() if is_encrypted else False,
            follow_redirects=False,  # whoever answers could otherwise have the event sent anywhere
            trust_env=is_encrypted,  # no proxy stands between this host and itself
            headers={"user-agent": f"mailguard/{__version__}", "content-type": "application/json"},
        )

    async def run(self) -> None:
        """Send until cancelled. What fails on our side is logged and tried again: the ledger may be away for a while."""
        async with self._client:
            while True:
                await asyncio.sleep(POLL)
                try:
                    await self.tick()
                except Exception:  # noqa: BLE001 - whatever went wrong, what is owed stands in the ledger
                    _log.exception("webhook_sender_failed")

    async def tick(self) -> None:
        """Send what is due now."""
        while await asyncio.to_thread(self._is_due) and (events := await self._take()):
            for event in events:
                await self._settle(event, *await self._send(event))

    def _is_due(self) -> bool:
        with self._database.read() as connection:
            return webhook_events.is_due(connection, self._clock())

    async def _take(self) -> list[DueEvent]:
        now, lease = self._clock(), 2 * self._patience
        return await self._writer.run(lambda connection: webhook_events.take_due(connection, now=now, lease=lease, limit=1))

    async def _send(self, event: DueEvent) -> tuple[bool, str]:
        """Return whether the event was taken, and what was answered, or what went wrong."""
        try:
            key = key_of(read_password(self._webhook.secret))
            header = signed_header(key, id=event.id, now=self._clock(), body=event.body)
            async with (
                asyncio.timeout(self._patience.total_seconds()),
                # The answer's body is nobody's concern, and may have no end.
                self._client.stream("POST", self._webhook.url, content=event.body, headers=dict(header)) as answer,
            ):
                return answer.is_success, f"{answer.status_code} {_phrase(answer.status_code)}".strip()
        except TimeoutError:
            return False, f"no answer within {self._patience.total_seconds():g} s"
        except (httpx.HTTPError, OSError) as error:
            return False, str(error) or type(error).__name__
        except (ConfigError, ValueError) as error:
            return False, f"the webhook's secret: {error}"

    async def _settle(self, event: DueEvent, is_taken: bool, answer: str) -> None:  # noqa: FBT001 - what `_send` returns
        now = self._clock()
        due_at = now + wait_after(event.attempts)
        if is_taken or due_at > event.at + GIVEN_UP_AFTER:
            await self._writer.run(lambda connection: webhook_events.done(connection, event.id, answer=answer, now=now))
        else:
            await self._writer.run(
                lambda connection: webhook_events.put_off(connection, event.id, answer=answer, due_at=due_at)
            )
        _tell(event, answer, due_at, is_taken=is_taken)


def wait_after(attempts: int) -> timedelta:
    """Return how long an event waits after that many tries."""
    growth: int = GROWTH ** min(attempts - 1, 10)
    return min(FIRST_WAIT * growth, LONGEST_WAIT)


def _tell(event: DueEvent, answer: str, due_at: datetime, *, is_taken: bool) -> None:
    if is_taken:
        _log.info("webhook_sent", event_id=event.id, attempts=event.attempts, answer=answer)
    elif due_at > event.at + GIVEN_UP_AFTER:
        _log.error("webhook_given_up", event_id=event.id, attempts=event.attempts, reason=answer)
    else:
        _log.warning("webhook_failed", event_id=event.id, attempts=event.attempts, reason=answer, due_at=due_at.isoformat())


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
