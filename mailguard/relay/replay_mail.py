"""A recorded transaction as it stood before the decision: what the ledger keeps of it, with its content read again.

Says of what cannot be judged again why. Its control fields never left and are in no ledger: what they said stands on the row as
far as it does. What kind of mail it is comes from the rules of the policy that is tried, where it came from rules before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from typing import Final

from mailguard.identity.person import Resolution
from mailguard.mail.automation import Automation, AutoSubmitted
from mailguard.mail.control import ControlFields
from mailguard.mail.date_field import format_date
from mailguard.mail.envelope import Envelope, ForwardPath
from mailguard.mail.header import UnreadableError, scan
from mailguard.mail.mailbox import parse_mailbox
from mailguard.mail.message import Message
from mailguard.mail.reader import read_message
from mailguard.mail.thread import Thread
from mailguard.policy.classify import Sender, classify
from mailguard.policy.decision import Decision, RecipientDecision
from mailguard.policy.facts import State
from mailguard.policy.finding import Code
from mailguard.policy.submission import Classification, Submission
from mailguard.relay.settings import Client, Policy
from mailguard.store.own_mail import OWN_CLIENT
from mailguard.store.recorded import RecordedMail, RecordedRecipient


class Unjudged(StrEnum):
    """Why a recorded decision cannot be made again."""

    OWN = "own"
    REPLAY = "replay"
    CONTENT_GONE = "content_gone"
    RENDERED = "rendered"
    CHECKED = "checked"
    OVERRIDDEN = "overridden"
    RECALLED = "recalled"
    UNKNOWN_CLIENT = "unknown_client"

    @property
    def sentence(self) -> str:
        """The reason as a person reads it."""
        return _SENTENCES[self]


_SENTENCES: Final = {
    Unjudged.OWN: "mailguard wrote it itself: nobody decides of that",
    Unjudged.REPLAY: "the sender's own retry, which is answered as before under any policy",
    Unjudged.CONTENT_GONE: "its content is kept no more ([retention] content)",
    Unjudged.RENDERED: "the relay rendered it; by which template and context it was judged is not kept",
    Unjudged.CHECKED: "it brought the token of a check, which is not kept",
    Unjudged.OVERRIDDEN: "somebody had set the decision aside beforehand",
    Unjudged.RECALLED: "it was recalled before it came in, which stops it under any policy",
    Unjudged.UNKNOWN_CLIENT: "its client is in one of the configurations only",
}


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction of a recorded message, with the recipients that it added."""

    mail: RecordedMail
    at: datetime
    recipients: tuple[RecordedRecipient, ...]

    @property
    def envelope(self) -> Envelope:
        """From whom and to whom it was."""
        paths = tuple(ForwardPath(parse_mailbox(one.mailbox)) for one in self.recipients)
        return Envelope(self.recipients[0].reverse_path, paths)

    @property
    def states(self) -> tuple[State, ...]:
        """The states that its recipients came in with. Mailguard's own mail is never one that a later mail repeats."""
        is_own = self.mail.client == OWN_CLIENT
        return tuple(State.REPLAYED if is_own else one.state for one in self.recipients)

    @property
    def decision(self) -> Decision:
        """What was decided."""
        recipients = tuple(RecipientDecision(one.action, one.findings, joins=one.joins) for one in self.recipients)
        return Decision(max((one.action for one in recipients), key=lambda action: action.strength), recipients)

    def found(self, code: Code) -> str:
        """The sentence of a finding with this code, "" where nobody has one."""
        return next((one.text for recipient in self.recipients for one in recipient.findings if one.code is code), "")

    def unjudged(self) -> Unjudged | None:
        """Why its row alone says that it cannot be judged again, None where it does not."""
        if self.mail.client == OWN_CLIENT:
            return Unjudged.OWN
        if self.mail.is_replay:
            return Unjudged.REPLAY
        if any(one.is_overridden for one in self.recipients):
            return Unjudged.OVERRIDDEN
        if self.found(Code.RECALLED):
            return Unjudged.RECALLED
        is_checked = self.mail.broadcast or (self.found(Code.UNCHECKED_BROADCAST) and not self.found(Code.FAN_OUT))
        return Unjudged.CHECKED if is_checked else None


def transactions(mail: RecordedMail) -> Iterator[Transaction]:
    """The transactions that a message came in, in their order: their recipients came at one time each."""
    for at, recipients in groupby(mail.recipients, key=lambda one: one.at):
        yield Transaction(mail, at, tuple(recipients))


def kept(transaction: Transaction, persons: Sequence[Resolution]) -> Submission:
    """What its row keeps of a transaction: enough for what comes after it, not for judging it."""
    mail = transaction.mail
    kind = Classification(mail.mail_class, mail.template, None, mail.asks)
    return _submission(transaction, _unread(mail), kind, persons)


def judgeable(
    transaction: Transaction, octets: bytes, persons: Sequence[Resolution], *, policy: Policy, current: Policy, clients: Clients
) -> Submission | Unjudged:
    """The transaction as `policy` would meet it; or why it cannot be told. `octets`: what left, trace field included."""
    mail = transaction.mail
    client, before = clients.tried.get(mail.client), clients.current.get(mail.client)
    if client is None or before is None:
        return Unjudged.UNKNOWN_CLIENT
    message = _read(transaction, _without_trace(octets))
    render_failure = transaction.found(Code.RENDER_FAILED)
    if not (render_failure or before.reply_token or _is_as_sent(transaction, message)):
        return Unjudged.RENDERED
    message = replace(message, digest=mail.digest, fingerprint=mail.fingerprint, control=ControlFields(key=mail.key))
    kind = _classification(transaction, message, (client, policy), (before, current))
    # Of the context that the text was written with, the ledger keeps no more than that it was found too old.
    context_seq = 0 if transaction.found(Code.STALE_CONTEXT) else None
    submission = _submission(transaction, message, kind, persons)
    return replace(submission, render_failure=render_failure, context_seq=context_seq)


@dataclass(frozen=True, slots=True)
class Clients:
    """Who may relay, by name: under the policy that is tried, and under the current one."""

    tried: dict[str, Client]
    current: dict[str, Client]


def _submission(transaction: Transaction, message: Message, kind: Classification, persons: Sequence[Resolution]) -> Submission:
    return Submission(
        id=transaction.mail.id,
        received_at=transaction.at,
        client=transaction.mail.client,
        envelope=transaction.envelope,
        message=message,
        classification=kind,
        persons=tuple(persons),
    )


def _classification(
    transaction: Transaction, message: Message, tried: tuple[Client, Policy], current: tuple[Client, Policy]
) -> Classification:
    """What kind of mail it is under the policy that is tried.

    What the current rules do not explain, a trusted client's control field had said, and says again.
    """
    mail, reverse_path = transaction.mail, transaction.recipients[0].reverse_path
    now = _classified(message, reverse_path, mail.client, *current)
    then = _classified(message, reverse_path, mail.client, *tried)
    if not current[0].trusts_fields:
        return then
    is_said = message.control
    if now.mail_class is not mail.mail_class:
        is_said = replace(is_said, mail_class=mail.mail_class)
    if now.template != mail.template:
        is_said = replace(is_said, template=mail.template)
    if now.asks != mail.asks:
        is_said = replace(is_said, asks=mail.asks)
    return _classified(replace(message, control=is_said), reverse_path, mail.client, *tried)


def _classified(message: Message, reverse_path: str, name: str, client: Client, policy: Policy) -> Classification:
    sender = Sender(name, reverse_path, client.mail_class, client.classes)
    return classify(message, sender, rules=policy.rules, limits=policy.limits, templates=policy.templates)


def _read(transaction: Transaction, octets: bytes) -> Message:
    """The content as it was read when it came."""
    return read_message(
        octets,
        received_at=transaction.at,
        fallback_message_id=f"{transaction.mail.id}@localhost",
        trusts_fields=False,
        reverse_path=transaction.recipients[0].reverse_path,
    )


def _without_trace(octets: bytes) -> bytes:
    """What left, less the trace field that mailguard put before it."""
    try:
        first = next(iter(scan(octets).fields), None)
    except UnreadableError:
        # The trace field is three lines (mail.trace); the header after it is beyond what is read.
        return octets.split(b"\r\n", 3)[3] if octets.startswith(b"Received:") else octets
    return octets[first.end :] if first is not None and first.name == "received" else octets


def _is_as_sent(transaction: Transaction, message: Message) -> bool:
    """Whether the content is the sender's, but for the fields that a mail without them is given (RFC 6409 8)."""
    mail = transaction.mail
    if message.digest == mail.digest:
        return True
    bare = message.content
    if mail.message_id.startswith(f"{mail.id}@"):
        bare = bare.replace(f"Message-ID: <{mail.message_id}>\r\n".encode(), b"", 1)
    bare = bare.replace(f"Date: {format_date(mail.received_at)}\r\n".encode(), b"", 1)
    return len(bare) < len(message.content) and _read(transaction, bare).digest == mail.digest


def _unread(mail: RecordedMail) -> Message:
    """The message as its row has it."""
    rest = tuple(id for id in reversed(mail.thread) if id not in mail.answers)
    kind = AutoSubmitted.GENERATED if mail.is_automatic else AutoSubmitted.NO
    return Message(
        content=b"",
        digest=mail.digest,
        message_id=mail.message_id,
        subject=mail.subject,
        date=None,
        originator=None,
        visible=(),
        thread=Thread(mail.answers, rest, is_reply=False, is_forward=False),
        automation=Automation(kind, "", is_list=False, is_dsn=False),
        control=ControlFields(key=mail.key),
        received_count=0,
        fingerprint=mail.fingerprint,
        greets="",
        unreadable="",
        is_eight_bit=False,
    )
