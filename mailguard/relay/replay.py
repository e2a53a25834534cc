"""The recorded mail judged again under a policy: recorded time passes once more in a ledger of its own.

Every decision is made by the relay's own rules from what had happened before it *as it was recorded*: what became of the mail,
what was answered, bounced, said. What the policy that is tried would have decided of earlier mail changes nothing of that, so
each decision can be held against the recorded one. Nothing is written to the ledger that is read.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from mailguard.identity.person import Resolution
from mailguard.mail.control import MailClass
from mailguard.mail.smtp_reply import SmtpReply
from mailguard.policy.answer import adapted
from mailguard.policy.decide import decide
from mailguard.policy.entry import Entry
from mailguard.policy.finding import Action, Code, Finding
from mailguard.policy.history import REPLAY_WINDOW, History, Place
from mailguard.policy.hold_times import HoldTimes
from mailguard.policy.limits import Limits
from mailguard.policy.rules import action_for
from mailguard.policy.submission import Submission
from mailguard.relay.replay_mail import Clients, Transaction, Unjudged, judgeable, kept
from mailguard.relay.replay_persons import persons_then, records_of
from mailguard.relay.replay_time import RecordedTime
from mailguard.relay.settings import Client, Policy
from mailguard.store import intake as ledger
from mailguard.store.answers import answer_replies
from mailguard.store.database import Database
from mailguard.store.recorded import Extent, contents, extent
from mailguard.store.recorded_standing import put_audiences, put_deliveries, put_persons, put_wordings


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """A policy that is tried and its clients; and the current ones, which say where a mail's class came from."""

    policy: Policy
    clients: tuple[Client, ...]
    current: Policy
    current_clients: tuple[Client, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What is judged: the `messages` that came from `since` on. Reading begins at `begin`, for what was before."""

    begin: datetime
    since: datetime
    of: Extent
    messages: int


@dataclass(frozen=True, slots=True)
class JudgedRecipient:
    """What is decided of one recipient. `finding`: the first that led to it, None where nothing stops the mail."""

    mailbox: str
    action: Action
    codes: frozenset[Code]
    finding: Finding | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One transaction judged again: `recipients`, or in `unjudged` why not. `recorded`: what had been decided of each."""

    message: str
    at: datetime
    client: str
    sender: str
    subject: str
    mail_class: MailClass
    template: str
    recorded: tuple[JudgedRecipient, ...]
    recipients: tuple[JudgedRecipient, ...] = ()
    unjudged: Unjudged | None = None


@dataclass(frozen=True, slots=True)
class _Met:
    """A transaction and what is known of it; `reason`: why it cannot be judged, None where it can."""

    transaction: Transaction
    submission: Submission
    reason: Unjudged | None


_WINDOWED: Final = frozenset({Code.FAN_OUT, Code.UNCHECKED_BROADCAST, Code.FREQUENCY_CAP})
"""Findings that rest on how much there was in a window before the mail, and on nothing that tells when."""

_SHORT: Final = timedelta(seconds=1)
"""How long a batch of the relay's own takes to come in, at most."""


def span(connection: Connection, since: datetime, policies: Sequence[Policy]) -> Span:
    """What there is to judge since then, and from when on it has to be read for these policies."""
    begin = since - max(map(_longest_window, policies))
    return Span(begin=begin, since=since, of=extent(connection, begin), messages=extent(connection, since).messages)


def judged(source: Database, scratch: Database, terms: Terms, over: Span) -> Generator[Judged]:
    """Every transaction of the span under `terms`, in the order of the record. `scratch`: an empty ledger to do it in."""
    yield from _Replay(source, scratch, terms, over).judged()


def _longest_window(policy: Policy) -> timedelta:
    """How long mail that was sent before bears on a decision. Replies, bounces and texts are known from before that, too."""
    limits = policy.limits
    repeats = (rule.repeat for rule in policy.rules if rule.repeat)
    return max(REPLAY_WINDOW, limits.repeat_window, limits.bulk_window, limits.fan_out_window, *repeats)


class _Replay:
    """One pass over the record."""

    def __init__(self, source: Database, scratch: Database, terms: Terms, over: Span) -> None:
        self._source = source
        self._scratch = scratch
        self._terms = terms
        self._span = over
        self._limits = terms.policy.limits
        self._clients = Clients(_by_name(terms.clients), _by_name(terms.current_clients))
        self._time = RecordedTime(source, over.of, over.since)

    def judged(self) -> Iterator[Judged]:
        with self._scratch.write() as connection:
            put_audiences(self._source, connection, self._span.begin)
            put_deliveries(self._source, connection, self._span.begin)
        for batch in self._time.batches():
            with self._source.read() as source, self._scratch.write() as scratch:
                self._time.pass_until(scratch, batch[0].at)
                put_wordings(source, scratch, {one.mail.fingerprint.text for one in batch}, batch[0].at)
                found = self._take(source, scratch, batch)
            yield from found

    def _take(self, source: Connection, scratch: Connection, batch: Sequence[Transaction]) -> list[Judged]:
        """Judge one batch, if it is to be judged, and write it down as it was recorded."""
        persons = persons_then(source, batch)
        if batch[0].at < self._span.since:
            _record(scratch, [self._known(one, own) for one, own in zip(batch, persons, strict=True)])
            return []
        met = self._meet(source, batch, persons)
        asked = (own for one in met if one.submission.classification.asks for own in one.submission.persons)
        put_persons(source, scratch, records_of(asked))
        return self._judge(scratch, met)

    def _judge(self, scratch: Connection, batch: Sequence[_Met]) -> list[Judged]:
        """Judge a batch, each mail seeing those before it.

        A window reaches back from the beginning of a batch: in a long one it sees too much, which can only find too much. Then
        it is judged again in pieces as short as the relay's own.
        """
        history = ledger.gather(scratch, [one.submission for one in batch], self._limits)
        entries, found = [], []
        for one in batch:
            place = history.place(one.submission, self._limits) if one.reason is None else self._place(one, history)
            found.append(self._judged(one, place, history))
            if one.reason is not Unjudged.REPLAY:
                answer = one.transaction.mail.answer
                history.add(one.submission, one.transaction.decision, place=place, states=one.transaction.states, answer=answer)
                entries.append(_entry(one.transaction, one.submission, place))
        pieces = list(_short(batch))
        if len(pieces) > 1 and any(recipient.codes & _WINDOWED for one in found for recipient in one.recipients):
            return [one for piece in pieces for one in self._judge(scratch, piece)]
        _record(scratch, entries)
        answer_replies(scratch, history.replies.moves, now=batch[-1].transaction.at)
        return found

    def _known(self, one: Transaction, persons: Sequence[Resolution]) -> Entry:
        """What is written down of a transaction that is not judged, only known."""
        submission = kept(one, persons)
        return _entry(one, submission, self._place(_Met(one, submission, None), History()))

    def _place(self, one: _Met, history: History) -> Place:
        """Where a transaction stands whose content is not at hand: who saw whom is told by its row."""
        mail = one.transaction.mail
        place = history.place(one.submission, self._limits)
        return replace(place, audience=mail.audience, hidden_outside=mail.hidden_outside)

    def _meet(self, source: Connection, batch: Sequence[Transaction], persons: Sequence[tuple[Resolution, ...]]) -> list[_Met]:
        """Each transaction as the policy would meet it, or why it cannot be told."""
        reasons = [one.unjudged() for one in batch]
        octets = contents(source, [one.mail.id for one, reason in zip(batch, reasons, strict=True) if reason is None])
        return [
            self._met(one, own, reason, octets.get(one.mail.id))
            for one, own, reason in zip(batch, persons, reasons, strict=True)
        ]

    def _met(self, one: Transaction, persons: tuple[Resolution, ...], reason: Unjudged | None, octets: bytes | None) -> _Met:
        if reason is not None or octets is None:
            return _Met(one, kept(one, persons), reason or Unjudged.CONTENT_GONE)
        terms = self._terms
        met = judgeable(one, octets, persons, policy=terms.policy, current=terms.current, clients=self._clients)
        return _Met(one, kept(one, persons), met) if isinstance(met, Unjudged) else _Met(one, met, None)

    def _judged(self, one: _Met, place: Place, history: History) -> Judged:
        mail, kind = one.transaction.mail, one.submission.classification
        return Judged(
            message=mail.id,
            at=one.transaction.at,
            client=mail.client,
            sender=one.submission.envelope.reverse_path,
            subject=mail.subject,
            mail_class=kind.mail_class,
            template=kind.template,
            recorded=tuple(
                JudgedRecipient(each.mailbox, each.action, frozenset(found.code for found in each.findings))
                for each in one.transaction.recipients
            ),
            recipients=tuple(self._recipients(one.submission, place, history)) if one.reason is None else (),
            unjudged=one.reason,
        )

    def _recipients(self, submission: Submission, place: Place, history: History) -> Iterator[JudgedRecipient]:
        """What the relay would decide, recipient by recipient."""
        facts = history.facts_for(submission, place)
        decision = adapted(decide(facts, self._limits), self._clients.tried[submission.client].answers)
        mail_class = submission.classification.mail_class
        for facts_of, found in zip(facts.recipients, decision.recipients, strict=True):
            codes = frozenset(finding.code for finding in found.findings)
            cause = _cause(found.action, found.findings, mail_class, self._limits)
            yield JudgedRecipient(facts_of.mailbox.wire, found.action, codes, cause)


def _short(batch: Sequence[_Met]) -> Iterator[list[_Met]]:
    """The batch in pieces, each of mail that came at about the same time."""
    piece: list[_Met] = []
    for one in batch:
        if piece and one.transaction.at - piece[0].transaction.at >= _SHORT:
            yield piece
            piece = []
        piece.append(one)
    yield piece


def _cause(action: Action, findings: Sequence[Finding], mail_class: MailClass, limits: Limits) -> Finding | None:
    """The finding that led to `action`: the first that leads to just this, else the first that leads to anything."""
    if action is Action.DELIVER:
        return None
    stopping = [one for one in findings if action_for(one.code, mail_class, limits) is not Action.DELIVER]
    exact = (one for one in stopping if action_for(one.code, mail_class, limits) is action)
    return next(exact, stopping[0] if stopping else None)


def _entry(one: Transaction, submission: Submission, place: Place) -> Entry:
    """What is written down of a transaction: what was decided then."""
    return Entry(
        submission=submission,
        decision=one.decision,
        id=one.mail.id,
        first_ordinal=one.recipients[0].n,
        answer=SmtpReply(250, "2.0.0", ""),
        octets=b"",
        states=one.states,
        skip=frozenset(),
        own=place.own,
        hidden_outside=place.hidden_outside,
        audience=place.audience,
    )


def _record(scratch: Connection, entries: Sequence[Entry]) -> None:
    """Write entries down. When what waits expires is no matter: nobody delivers it, and time alone ends nothing here."""
    if entries:
        at = entries[0].submission.received_at
        ledger.record(scratch, entries, owner="", expires_at=at, hold_times=HoldTimes())


def _by_name(clients: Sequence[Client]) -> dict[str, Client]:
    return {client.name: client for client in clients}
