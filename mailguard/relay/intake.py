"""Intake, every stage in order on one page: read, classify, resolve, history, decide, write, answer, hand to delivery.

A batch is decided in one transaction by one writer; each decision sees those before it in its own batch.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from time import perf_counter

from sqlalchemy import Connection
from ulid import ULID

from mailguard.errors import ParameterError
from mailguard.identity.person import unknown
from mailguard.mail.reader import read_message
from mailguard.mail.smtp_reply import SmtpReply
from mailguard.mail.trace import received_field
from mailguard.policy.answer import KEY_CONFLICT, TEMPORARILY_UNABLE, adapted, answer_to, replay_answer, states_of
from mailguard.policy.classify import Sender, classify
from mailguard.policy.decide import decide
from mailguard.policy.decision import Decision
from mailguard.policy.entry import Entry
from mailguard.policy.facts import Facts, State
from mailguard.policy.history import History
from mailguard.policy.limits import Mode
from mailguard.policy.parcel import Destination, Outcome, Parcel
from mailguard.policy.reply_aware import reply_aware
from mailguard.policy.submission import Submission
from mailguard.relay.arrival import Arrival
from mailguard.relay.bounce import notices, rejection_notices
from mailguard.relay.hints import Hint, hints_of, unaddressed_field
from mailguard.relay.hop_bounces import record_unknown
from mailguard.relay.metrics import Metrics, Stage
from mailguard.relay.overriding import Overriding
from mailguard.relay.resolution import Directory
from mailguard.relay.settings import Client, Policy, RelaySettings
from mailguard.store import holds, pauses, queue, stops
from mailguard.store import intake as ledger
from mailguard.store.answers import answer_replies
from mailguard.store.pauses import Pauses
from mailguard.store.waiting_replies import Terms, stop_overlooked

LARGE = 262_144
"""Octets from which on a message is read in a thread, so that it stalls no other session."""


_TOLD = frozenset({State.FAILED, State.EXPIRED})
"""States that a sender is told of by a DSN."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A submission on its way into a batch, with what its session knows of it and its mail tells of each recipient.

    `may_render_again`: it is a rendered template; where a reply came since its context was taken, it is to be rendered anew.
    """

    submission: Submission
    client: Client
    trace: bytes
    hints: tuple[Hint, ...] = ()
    may_render_again: bool = False

    @property
    def octets(self) -> bytes:
        """What would leave: the trace field, then the content."""
        return self.trace + self.submission.message.content


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one submission: the answer, what was written (None for a refusal), and what may leave at once.

    `is_outdated`: nothing was decided, for it has to be rendered (again) first.
    """

    answer: SmtpReply
    entry: Entry | None = None
    parcel: Parcel | None = None
    is_outdated: bool = False


class Intake:
    """Reads arrivals and decides batches of them; holds no state of its own but the current policy."""

    def __init__(
        self,
        settings: RelaySettings,
        *,
        owner: str,
        clock: Callable[[], datetime],
        has_room: Callable[[], bool],
        metrics: Metrics,
        directory: Directory,
        look: Callable[[Connection], stops.Version] = stops.version,
    ) -> None:
        self.policy: Policy = settings.policy
        self._settings = settings
        self._owner = owner
        self._clock = clock
        self._has_room = has_room
        self._metrics = metrics
        self._directory = directory
        self._look = look
        self._stops = stops.Version()
        self._tells_hops = any(hop.reply_aware for hop in settings.delivery.next_hops)

    async def read(self, arrival: Arrival) -> Pending:
        """Parse and classify one arrival, and read what it tells of its recipients: everything that needs no ledger.

        Raises ParameterError where a trusted client's control field has a value that cannot be taken.
        """
        begun = perf_counter()
        is_large = len(arrival.octets) >= LARGE
        pending = await asyncio.to_thread(self._read, arrival) if is_large else self._read(arrival)
        self._metrics.took(Stage.PARSE, perf_counter() - begun)
        unusable = self._unusable(pending.submission)
        if unusable and self.policy.limits.mode is Mode.ENFORCE:
            raise ParameterError(f"{unusable} has a value that cannot be taken", code=550)
        return pending

    def decide_batch(self, connection: Connection, pending: Sequence[Pending], outcomes: Sequence[Outcome]) -> list[Taken]:
        """One transaction: record what delivery reported, resolve, gather the history, decide in order, write it all."""
        self._stops = self._look(connection)
        if outcomes:
            self._finish(connection, outcomes)
        if not pending:
            return []
        begun = perf_counter()
        policy, owner = self.policy, self._owner if self._has_room() else ""
        resolved = self._resolve(connection, pending)
        identified = perf_counter()
        submissions = [item.submission for item in resolved]
        history = ledger.gather(connection, submissions, policy.limits, newest_recall=self._stops.recall)
        paused = pauses.active(connection) if self._stops.pauses else Pauses()
        overriding = Overriding(connection, submissions, now=self._clock())
        taken = [self._decide(item, history=history, policy=policy, paused=paused, overriding=overriding) for item in resolved]
        decided = perf_counter()
        self._record(connection, [one.entry for one in taken if one.entry is not None], owner=owner)
        overriding.record(connection, now=self._clock())
        answer_replies(connection, history.replies.moves, now=self._clock())
        self._metrics.took(Stage.RESOLVE, identified - begun)
        self._metrics.took(Stage.DECIDE, decided - identified)
        self._metrics.took(Stage.WRITE, perf_counter() - decided)
        return taken if owner else [replace(one, parcel=None) for one in taken]

    def lease(self, connection: Connection, *, now: datetime, limit: int, only_expired: bool) -> list[Parcel]:
        """What is due and nobody's becomes ours; what passes over a reply that came while a worker had it is held."""
        parcels = queue.lease(connection, owner=self._owner, now=now, limit=limit, only_expired=only_expired)
        parcels = stops.without_stopped(connection, parcels, owner=self._owner)
        stopped = stop_overlooked(connection, queue.places(parcels), self._terms(), owner=self._owner)
        return without(parcels, {(one.message, one.n) for one in stopped}) if stopped else parcels

    def _finish(self, connection: Connection, outcomes: Sequence[Outcome]) -> None:
        """Record what became of mail on its way out, and tell the senders of what failed."""
        told = [outcome for outcome in outcomes if outcome.state in _TOLD or outcome.is_relayed]
        if told:
            told = queue.still_open(connection, told, owner=self._owner)
        queue.finish(connection, outcomes, owner=self._owner)
        self._learn(connection, outcomes)
        if told:
            parcels = queue.parcels_of(connection, ((outcome.message, outcome.n) for outcome in told))
            self._put(connection, notices(parcels, told, hostname=self._settings.listen.hostname, now=self._clock()))

    def _learn(self, connection: Connection, outcomes: Sequence[Outcome]) -> None:
        """What deliveries tell of persons: mailboxes that are none, and replies that came while a mail was under way."""
        record_unknown(connection, outcomes, limits=self.policy.limits, now=self._clock())
        deferred = [(outcome.message, outcome.n) for outcome in outcomes if outcome.state is State.DEFERRED]
        stop_overlooked(connection, deferred, self._terms())
        if deferred and not self._stops.is_nothing:
            stops.settle(connection, {message for message, _ in deferred})

    def _terms(self) -> Terms:
        """By what mail is judged that waits."""
        policy, now = self.policy, self._clock()
        times = self._settings.holding.times
        return Terms(limits=policy.limits, now=now, hold_times=times, templates=policy.templates)

    def _put(self, connection: Connection, mails: Sequence[queue.OwnMail]) -> None:
        """Queue mail that mailguard itself writes."""
        now = self._clock()
        queue.put_own(connection, mails, now=now, expires_at=now + self._settings.delivery.expire)

    def _read(self, arrival: Arrival) -> Pending:
        now = self._clock()
        identifier = str(ULID.from_datetime(now))
        client = arrival.client
        message = read_message(
            arrival.octets,
            received_at=now,
            fallback_message_id=f"{identifier}@{self._settings.listen.hostname}",
            trusts_fields=client.trusts_fields,
            reverse_path=arrival.envelope.reverse_path,
        )
        sender = Sender(client.name, arrival.envelope.reverse_path, client.mail_class, client.classes)
        submission = Submission(
            id=identifier,
            received_at=now,
            client=client.name,
            envelope=arrival.envelope,
            message=message,
            classification=classify(
                message, sender, rules=self.policy.rules, limits=self.policy.limits, templates=self.policy.templates
            ),
            persons=tuple(unknown(path.mailbox) for path in arrival.envelope.recipients),
        )
        hints = hints_of(
            message,
            arrival.envelope,
            limits=self.policy.limits,
            is_trusted=client.trusts_fields,
            region=self._directory.region,
        )
        return Pending(submission, client, self.trace(arrival, identifier=identifier, now=now), hints)

    def _unusable(self, submission: Submission) -> str:
        """The control field that cannot be taken, "" where there is none."""
        message = submission.message
        return message.control.unusable or unaddressed_field(message, submission.envelope, self.policy.limits)

    def _resolve(self, connection: Connection, pending: Sequence[Pending]) -> list[Pending]:
        """Say whose each recipient is: of the whole batch at once."""
        hints = [hint for item in pending for hint in item.hints]
        resolutions = self._directory.resolve(connection, hints, now=self._clock())
        if resolutions is None:
            return list(pending)
        found = iter(resolutions)
        return [
            replace(item, submission=replace(item.submission, persons=tuple(islice(found, len(item.hints)))))
            for item in pending
        ]

    def trace(self, arrival: Arrival, *, identifier: str, now: datetime) -> bytes:
        """The trace field that the mail leaves with."""
        return received_field(
            helo=arrival.helo,
            peer=arrival.peer,
            protocol=arrival.protocol,
            hostname=self._settings.listen.hostname,
            id=identifier,
            now=now,
        )

    def _decide(self, item: Pending, *, history: History, policy: Policy, paused: Pauses, overriding: Overriding) -> Taken:
        submission, limits = item.submission, policy.limits
        place = history.place(submission, limits)
        if place.origin.is_conflict and limits.mode is Mode.ENFORCE:
            return Taken(KEY_CONFLICT)
        if place.origin.is_conflict:
            submission = _without_key(submission)
            place = history.place(submission, limits)
        facts = overriding.granted(history.facts_for(submission, place), submission, id=place.id)
        decision = adapted(decide(facts, limits), item.client.answers)
        is_replay = decision.is_replay
        if not is_replay and _is_outdated(item, facts):
            return Taken(TEMPORARILY_UNABLE, is_outdated=True)
        states = states_of(decision, limits.mode)
        sibling, broadcast = place.origin.sibling, place.check.broadcast
        if is_replay:
            answer = replay_answer(decision)
            return Taken(answer, _replay_entry(submission, decision, states=states, answer=answer, broadcast=broadcast))
        entry = Entry(
            submission=submission,
            decision=decision,
            id=place.id,
            first_ordinal=len(sibling.recipients) if sibling is not None else 0,
            answer=answer_to(place.id, decision, states=states, submission=submission, limits=limits),
            octets=item.octets,
            states=states,
            skip=frozenset(index for index, one in enumerate(decision.recipients) if one.replay and one.replay.id == place.id),
            own=place.own,
            hidden_outside=place.hidden_outside,
            audience=place.audience,
            reply_aware=tuple(map(reply_aware, facts.recipients)) if self._tells_hops else (),
            broadcast=broadcast,
            members={index: key for index, key in place.members.items() if states[index] is not State.REPLAYED},
            brand=item.client.brand,
            is_paused=paused.covers(
                client=submission.client, mail_class=submission.classification.mail_class, brand=item.client.brand
            ),
            leaves_at=policy.leaves_at(submission, item.client),
        )
        history.add(submission, decision, place=place, states=states, answer=str(entry.answer))
        overriding.note(entry)
        parcel = None if entry.is_paused or entry.leaves_at else parcel_of(entry, expire=self._settings.delivery.expire)
        return Taken(entry.answer, entry, parcel)

    def _record(self, connection: Connection, entries: Sequence[Entry], *, owner: str) -> None:
        """Write the batch. Without an owner what may leave stays in the spool, for delivery has its hands full."""
        now = self._clock()
        ledger.record(
            connection,
            entries,
            owner=owner,
            expires_at=now + self._settings.delivery.expire,
            hold_times=self._settings.holding.times,
        )
        holds.supersede(connection, (entry for entry in entries if entry.members), now=now)
        rejected = [mail for entry in entries for mail in rejection_notices(entry, self._settings.listen.hostname)]
        if rejected:
            self._put(connection, rejected)


def _is_outdated(item: Pending, facts: Facts) -> bool:
    """Whether the mail has to be rendered before it is decided: it was not yet, or a reply came since."""
    seq = item.submission.context_seq
    if item.submission.is_unrendered:
        return True
    return item.may_render_again and seq is not None and any(one.newest_reply > seq for one in facts.recipients)


def parcel_of(entry: Entry, *, expire: timedelta) -> Parcel | None:
    """What may leave at once of `entry`, None where nothing may. `expire`: how long delivery may try."""
    submission = entry.submission
    envelope = submission.envelope
    destinations = tuple(
        Destination(
            n,
            path.mailbox.wire,
            path.notify,
            path.orcpt,
            (),
            submission.received_at + expire,
            reply_aware=entry.reply_aware[index] if entry.reply_aware else "",
        )
        for n, index in ledger.ordinals(entry)
        if entry.states[index] is State.QUEUED and (path := envelope.recipients[index])
    )
    if not destinations:
        return None
    return Parcel(
        message=entry.id,
        octets=entry.octets,
        reverse_path=envelope.reverse_path,
        body=envelope.body,
        smtputf8=envelope.smtputf8,
        ret=envelope.ret,
        envid=envelope.envid,
        destinations=destinations,
    )


def without(parcels: Sequence[Parcel], places: Collection[tuple[str, int]]) -> list[Parcel]:
    """The parcels without these of their recipients (message, ordinal)."""
    left = [
        replace(parcel, destinations=tuple(one for one in parcel.destinations if (parcel.message, one.n) not in places))
        for parcel in parcels
    ]
    return [parcel for parcel in left if parcel.destinations]


def undecided_parcel(pending: Pending, *, expire: timedelta) -> Parcel:
    """What leaves of a mail for which nothing could be decided: all of it, to everybody."""
    submission = pending.submission
    envelope = submission.envelope
    expires_at = submission.received_at + expire
    return Parcel(
        message=submission.id,
        octets=pending.octets,
        reverse_path=envelope.reverse_path,
        body=envelope.body,
        smtputf8=envelope.smtputf8,
        ret=envelope.ret,
        envid=envelope.envid,
        destinations=tuple(
            Destination(n, path.mailbox.wire, path.notify, path.orcpt, (), expires_at)
            for n, path in enumerate(envelope.recipients)
        ),
    )


def _without_key(submission: Submission) -> Submission:
    """The mail as if it had no key: in shadow mode nothing is refused."""
    message = submission.message
    return replace(submission, message=replace(message, control=replace(message.control, key="")))


def _replay_entry(
    submission: Submission, decision: Decision, *, states: tuple[State, ...], answer: SmtpReply, broadcast: str
) -> Entry:
    """A retry is written down by itself, without content: the log shows that it came, and nothing is sent again."""
    return Entry(
        submission=submission,
        decision=decision,
        id=submission.id,
        first_ordinal=0,
        answer=answer,
        octets=b"",
        states=states,
        skip=frozenset(),
        hidden_outside=0,
        audience=b"",
        broadcast=broadcast,
    )
