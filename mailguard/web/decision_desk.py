"""What the routes of decisions ask of the ledger and have done to it. Blocks; knows no HTTP."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from mailguard.mail.control import MailClass
from mailguard.mail.mailbox import Mailbox
from mailguard.policy.finding import Action, Code
from mailguard.relay.recall import Terms, recall
from mailguard.relay.recall_document import RecallDocument
from mailguard.store import hold_groups, holds, ledger
from mailguard.store.document import MessageDocument
from mailguard.store.filter import Filter, HeldFor
from mailguard.store.hold_groups import HoldGroup
from mailguard.store.holds import Act, Changed, Verb
from mailguard.store.ledger import Log, message_id_of
from mailguard.store.overrides import NewOverride, make
from mailguard.store.recalls import Order, Target
from mailguard.web.desk import Desk

WAIT: Final = timedelta(seconds=2)
"""How long a recall waits for what is under way; asked again, it says what has become of that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which decisions are wanted; all that is given must be true."""

    since: datetime | None
    action: Action | None
    client: str
    finding: Code | None
    broadcast: str
    after: int
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideWish:
    """A token that is asked for: for a recipient (None: any), or for a mail by its id or Message-ID in angle brackets."""

    mailbox: Mailbox | None
    message: str
    reason: str
    lasts: timedelta


class DecisionDesk:
    """Asks and tells the ledger through the process's one `Desk`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._ask = desk.read

    def decisions(self, wanted: Wanted) -> Log:
        """Return what was decided, oldest first."""
        return self._ask(
            lambda connection: ledger.log(
                connection,
                since=wanted.since,
                action=wanted.action,
                client=wanted.client,
                finding=wanted.finding,
                broadcast=wanted.broadcast,
                after=wanted.after,
                limit=wanted.limit,
            )
        )

    def decision(self, id: str) -> MessageDocument | None:
        """Return one decision in full, None where there is none."""
        return self._ask(lambda connection: ledger.why(connection, id))

    def holds(self) -> list[HoldGroup]:
        """Return what is held, by causes."""
        return self._ask(lambda connection: hold_groups.hold_groups(connection, self._desk.settings.policy.limits))

    def hold(self, id: str) -> HeldFor | None:
        """Return the cause with this id, None where nothing is held for it."""
        limits = self._desk.settings.policy.limits
        return self._ask(lambda connection: hold_groups.causes_named(connection, [id], limits)).get(id)

    def release(self, chosen: Filter, *, actor: str, reason: str) -> Changed:
        """Let held mail go out, a few thousand recipients a transaction."""
        act = self._act(actor, reason)
        expires_at = act.at + self._desk.settings.delivery.expire
        return self._all(lambda connection: holds.release(connection, chosen, act, expires_at=expires_at))

    def drop(self, chosen: Filter, *, actor: str, reason: str) -> Changed:
        """Give mail up that waits, in the same way."""
        act = self._act(actor, reason)
        return self._all(lambda connection: holds.drop(connection, chosen, act))

    def settle(self, verb: Verb, chosen: Filter, *, actor: str, reason: str) -> Changed:
        """Release or drop."""
        do = self.release if verb is Verb.RELEASED else self.drop
        return do(chosen, actor=actor, reason=reason)

    def assign(self, id: str, assignee: str, *, actor: str) -> None:
        """Write down who looks after a group."""
        act = self._act(actor, "")
        self._desk.write(lambda connection: hold_groups.assign(connection, [id], assignee, act))

    def note(self, id: str, text: str, *, actor: str) -> None:
        """Write a note down beside a group."""
        act = self._act(actor, text)
        self._desk.write(lambda connection: hold_groups.note(connection, [id], act))

    def group(self, cause: HeldFor, before: datetime | None) -> Filter:
        """Return what is meant by the group of a cause: what comes while it is being settled was seen by nobody."""
        return Filter(causes=(cause,), older_than=before or self._desk.now())

    def recall(self, id: str, *, actor: str, reason: str) -> RecallDocument | None:
        """Take a mail back; None where there is none."""
        settings, now = self._desk.settings, self._desk.now()
        terms = Terms(hostname=settings.listen.hostname, draft_expire=settings.holding.times.of(MailClass.SERVICE), wait=WAIT)
        order = Order(now, actor, reason)
        return self._desk.work(lambda database: recall(database, Target(names=(id,)), order, terms, clock=self._desk.now))

    def override(self, wish: OverrideWish, *, actor: str) -> tuple[str, str, datetime] | None:
        """Return a new token, its id and when it ends; None where it is for a mail that is in no ledger."""
        now = self._desk.now()

        def made(connection: Connection) -> tuple[str, str, datetime] | None:
            message = _message_id(connection, wish.message)
            if message is None:
                return None
            mailbox = wish.mailbox.canonical if wish.mailbox is not None else ""
            until = now + wish.lasts
            new = NewOverride(actor=actor, reason=wish.reason, expires_at=until, mailbox=mailbox, message=message)
            return *make(connection, new, now=now), until

        return self._desk.write(made)

    def _act(self, actor: str, reason: str) -> Act:
        return Act(self._desk.now(), actor, reason)

    def _all(self, step: Callable[[Connection], Changed]) -> Changed:
        """Repeat a step until nothing is left of what is meant; mail has its turn in between."""
        steps = [self._desk.write(step)]
        while not steps[-1].is_complete:
            steps.append(self._desk.write(step))
        return Changed(
            messages=tuple(dict.fromkeys(message for one in steps for message in one.messages)),
            recipients=sum(one.recipients for one in steps),
            joined=sum(one.joined for one in steps),
            left=(),
            is_complete=True,
        )


def _message_id(connection: Connection, name: str) -> str | None:
    """Return the Message-ID of what `name` names; "" for nothing, None for what is in no ledger."""
    if not name or (name.startswith("<") and name.endswith(">")):
        return name[1:-1]
    return message_id_of(connection, name)
