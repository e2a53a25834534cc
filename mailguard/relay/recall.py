"""Taking mail back: stop and cancel it at once, wait for what is under way, say who got it, draft apologies.

For the command and for HTTP. Once the first transaction ends nothing of it begins to leave; the second cancels all that waits;
everything after it may be interrupted, and is done by the same recall again. Waits in the thread that it is called in.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from sqlalchemy import Connection

from mailguard.mail.mailbox import parse_mailbox
from mailguard.policy.facts import State
from mailguard.relay.clock import Clock, system_clock
from mailguard.relay.recall_apology import DEFAULT, Wording, draft, group_of, key_of, original
from mailguard.relay.recall_document import ApologyDocument, RecallDocument, reached, spared
from mailguard.store import recall_report, recalls
from mailguard.store.database import Database
from mailguard.store.own_mail import OWN_CLIENT, put_own
from mailguard.store.recall_report import Drafted, Recalled, Recipient
from mailguard.store.recalls import Begun, Order, Target
from mailguard.store.workers import adopt_orphans

LOOK: Final = 0.1
"""Seconds between two looks for what is under way."""

ADOPT: Final = 10
"""Looks after which it is asked again whether the workers are alive that have it."""

DRAFTS_AT_ONCE: Final = 200
"""Apologies written in one transaction, so that mail has its turn in between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How a recall is done.

    `hostname`: in the Message-IDs of the drafts. `draft_expire`: how long these wait for a person. `wording` None: there are to
    be none. `wait`: how long what is under way is waited for. `names_spared`: the report is to name who did not get it, too.
    """

    hostname: str
    draft_expire: timedelta
    wording: Wording | None = DEFAULT
    wait: timedelta = timedelta(seconds=30)
    names_spared: bool = False


def recall(
    database: Database,
    target: Target,
    order: Order,
    terms: Terms,
    *,
    clock: Clock = system_clock,
    progress: Callable[[int], None] = lambda _: None,
) -> RecallDocument | None:
    """What came of taking `target` back; None where there is no such mail. The same again changes nothing and says the same.

    `progress` is called with the number of recipients that are under way still.
    """
    with database.write() as connection:
        begun = _begin(connection, target, order)
    if begun is None:
        return None
    _cancel(database, begun, clock())
    under_way = _wait(database, begun, terms.wait, clock=clock, progress=progress)
    _uncount(database, begun)
    with database.read() as connection:
        found = recall_report.recalled(connection, begun.ids)
        not_delivered = spared(recall_report.did_not_get(connection, begun.ids)) if terms.names_spared else None
    drafts = _drafts(database, begun, [*found.got, *found.may_have], terms, clock=clock)
    document = _document(found, begun, target, under_way=under_way, drafts=drafts)
    document = document.model_copy(update={"not_delivered": not_delivered})
    with database.write() as connection:
        first = drafts[0].id if drafts else ""
        recalls.finish(connection, begun.id, cancelled=document.cancelled, apology=first, report=_counts(document))
    return document


def rehearse(database: Database, target: Target, order: Order) -> RecallDocument | None:
    """What would come of it; nothing is changed. None where there is no such mail."""
    document = None
    with suppress(_RehearsedError), database.write() as connection:
        begun = _begin(connection, target, order)
        if begun is not None:
            recalls.cancel(connection, begun.ids)
            found = recall_report.recalled(connection, begun.ids)
            under_way, _ = recalls.under_way(connection, begun.ids)
            document = _document(found, begun, target, under_way=under_way, drafts=())
            document = document.model_copy(update={"recall": None})
        raise _RehearsedError
    return document


class _RehearsedError(Exception):
    """The transaction of a rehearsal is rolled back."""


def _begin(connection: Connection, target: Target, order: Order) -> Begun | None:
    adopt_orphans(connection, now=order.at)
    return recalls.begin(connection, target, order)


def _wait(database: Database, begun: Begun, patience: timedelta, *, clock: Clock, progress: Callable[[int], None]) -> int:
    """Cancel what workers give up, until nothing is under way or patience ends; how many recipients are under way still."""
    until = time.monotonic() + patience.total_seconds()
    looks = 0
    while True:
        with database.read() as connection:
            under_way, waiting = recalls.under_way(connection, begun.ids)
        looks += 1
        if waiting or (under_way and looks % ADOPT == 0):
            _cancel(database, begun, clock())
        elif not under_way or time.monotonic() >= until:
            return under_way
        else:
            progress(under_way)
            time.sleep(LOOK)


def _cancel(database: Database, begun: Begun, now: datetime) -> None:
    with database.write() as connection:
        adopt_orphans(connection, now=now)
        recalls.cancel(connection, begun.ids)


def _uncount(database: Database, begun: Begun) -> None:
    with database.read() as connection:
        pieces = recalls.counted(connection, begun.ids)
    for piece in pieces:
        with database.write() as connection:
            recalls.uncount(connection, piece)


def _drafts(
    database: Database, begun: Begun, recipients: Iterable[Recipient], terms: Terms, *, clock: Clock
) -> tuple[Drafted, ...]:
    """The apologies: one for each person who got any of it or may have, whoever was first to write it."""
    if terms.wording is None:
        return ()
    first: dict[str, Recipient] = {}
    for one in sorted(recipients, key=lambda one: (one.message, one.n)):
        first.setdefault(one.anchor, one)
    persons = iter(first.values())
    drafts: list[Drafted] = []
    while piece := list(islice(persons, DRAFTS_AT_ONCE)):
        with database.write() as connection:
            drafts += _draft(connection, piece, terms, terms.wording, recall=begun.id, now=clock())
    return tuple(drafts)


def _draft(
    connection: Connection, persons: Sequence[Recipient], terms: Terms, wording: Wording, *, recall: str, now: datetime
) -> list[Drafted]:
    keys = {one: key_of(one.message, one.anchor) for one in persons}
    there = recall_report.drafted(connection, set(keys.values()))
    new = [one for one in persons if keys[one] not in there]
    sent = recall_report.sent(connection, {one.message for one in new})
    abouts = {
        id: original(
            one.octets,
            id=id,
            message_id=one.message_id,
            subject=one.subject,
            received_at=one.received_at,
            reverse_path=one.reverse_path,
        )
        for id, one in sent.items()
        if one.client != OWN_CLIENT
    }
    mails = [
        draft(about, parse_mailbox(one.mailbox), wording, recall=recall, key=keys[one], hostname=terms.hostname, now=now)
        for one in new
        if (about := abouts.get(one.message)) is not None
    ]
    put_own(connection, mails, now=now, expires_at=now + terms.draft_expire)
    there.update((mail.key, Drafted(mail.id, mail.template)) for mail in mails)
    return [there[key] for key in keys.values() if key in there]


def _document(found: Recalled, begun: Begun, target: Target, *, under_way: int, drafts: Sequence[Drafted]) -> RecallDocument:
    return RecallDocument(
        recall=found.id,
        at=found.at,
        actor=found.actor,
        reason=found.reason,
        targets=target.words,
        unknown=begun.unknown,
        messages=found.messages,
        recipients=sum(found.states.values()),
        states=found.states,
        cancelled=found.states.get(State.CANCELLED, 0),
        delivered=reached(found.got),
        uncertain=reached(found.may_have),
        not_delivered=None,
        under_way=under_way,
        apology=ApologyDocument(
            messages=len(drafts),
            ids=tuple(one.id for one in drafts),
            groups=tuple(dict.fromkeys(group_of(one.template) for one in drafts)),
        ),
        earlier=begun.ids[1:],
    )


def _counts(document: RecallDocument) -> str:
    """The numbers alone: who they are stands in the ledger, and is erased there."""
    return json.dumps(
        {
            "messages": document.messages,
            "recipients": document.recipients,
            "delivered": len(document.delivered),
            "uncertain": len(document.uncertain),
            "under_way": document.under_way,
            "apology": document.apology.messages,
        }
    )
