"""Which delivery status notifications an outcome asks for, and those notifications as mail of our own.

One a message, to its reverse-path, for recipients whose mail failed, expired or was rejected beside others that were taken,
and for those of whose success the next hop was to tell and cannot.
NOTIFY is honoured (RFC 3461 4.1), and mail from the null reverse-path is told of to nobody (RFC 5321 4.5.5), so that no
notification ever asks for another. How a notification is written is for `mail.dsn`; it is sent like any other mail.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from ulid import ULID

from mailguard.errors import AddressError
from mailguard.mail.dsn import Dsn, DsnAction, DsnRecipient, build_dsn
from mailguard.mail.envelope import BodyType
from mailguard.mail.header import UnreadableError, scan
from mailguard.mail.mailbox import Mailbox, parse_mailbox
from mailguard.policy.entry import Entry
from mailguard.policy.facts import State
from mailguard.policy.parcel import Destination, Outcome, Parcel
from mailguard.relay.hop_answer import enhanced_status
from mailguard.store.queue import OwnMail

TEMPLATE = "dsn"
"""The template of these mails in the ledger."""

_EXPIRED_STATUS = "5.4.7"  # RFC 3463 3.5: delivery time expired
_REJECTED_STATUS = "5.7.1"  # RFC 3463 3.8: delivery not authorised, message refused
_REPLY = re.compile(r"[2-5][0-9]{2} ")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Original:
    """The mail that is told of."""

    reverse_path: str
    arrived_at: datetime
    octets: bytes
    message_id: str
    envid: str
    ret: str


def notices(parcels: Iterable[Parcel], outcomes: Sequence[Outcome], *, hostname: str, now: datetime) -> list[OwnMail]:
    """Return the notifications for these outcomes, one a parcel at most.

    `parcels` are those the outcomes are of. A held mail that nobody released is an `expired` outcome without attempts.
    """
    found: list[OwnMail] = []
    for parcel in parcels:
        known = {outcome.n: outcome for outcome in outcomes if outcome.message == parcel.message}
        recipients = [
            told
            for destination in parcel.destinations
            if destination.n in known and (told := _told(destination, known[destination.n])) is not None
        ]
        found += _notices(_original(parcel), recipients, hostname=hostname, now=now)
    return found


def rejection_notices(entry: Entry, hostname: str) -> list[OwnMail]:
    """Return the notification for the recipients that were rejected while the message was taken for others: one, or none.

    Where everybody was rejected the answer in the dialogue has said so.
    """
    if not entry.answer.is_positive:
        return []
    submission = entry.submission
    original = _Original(
        reverse_path=submission.envelope.reverse_path,
        arrived_at=submission.received_at,
        octets=entry.octets,
        message_id=submission.message.message_id,
        envid=submission.envelope.envid,
        ret=submission.envelope.ret,
    )
    return list(_notices(original, list(_rejected(entry)), hostname=hostname, now=submission.received_at))


def _rejected(entry: Entry) -> Iterator[DsnRecipient]:
    paths = entry.submission.envelope.recipients
    for path, state, decided in zip(paths, entry.states, entry.decision.recipients, strict=True):
        if state is State.REJECTED and path.wants_failure_dsn:
            causes = "; ".join(f"{finding.code}: {finding.text}" for finding in decided.findings)
            yield DsnRecipient(
                mailbox=path.mailbox.wire,
                orcpt=path.orcpt,
                action=DsnAction.FAILED,
                status=_REJECTED_STATUS,
                reason=f"This mail was rejected for this recipient: {causes}.",
            )


def _told(destination: Destination, outcome: Outcome) -> DsnRecipient | None:
    """Return what is told of one recipient, None where nothing is."""
    if outcome.is_relayed and _asks_for(destination, "SUCCESS", by_default=False):
        return _relayed(destination, outcome)
    if outcome.state not in {State.FAILED, State.EXPIRED} or not _asks_for(destination, "FAILURE", by_default=True):
        return None
    last = outcome.attempts[-1] if outcome.attempts else None
    answer = last.answer if last else ""
    is_reply = _REPLY.match(answer) is not None
    return DsnRecipient(
        mailbox=destination.mailbox,
        orcpt=destination.orcpt,
        action=DsnAction.FAILED,
        status=_status(outcome),
        reason=_reason(outcome, "" if is_reply else answer),
        next_hop=last.next_hop if last and is_reply else "",
        diagnostic=answer if is_reply else "",
        last_attempt=last.at if last else None,
    )


def _relayed(destination: Destination, outcome: Outcome) -> DsnRecipient:
    """Return what is told of a success that the next hop will not report (RFC 3461 5.2.2)."""
    last = outcome.attempts[-1]
    return DsnRecipient(
        mailbox=destination.mailbox,
        orcpt=destination.orcpt,
        action=DsnAction.RELAYED,
        status=enhanced_status(last.answer) or "2.0.0",
        reason="This mail was passed on to a mail server that does not report deliveries.",
        next_hop=last.next_hop,
        diagnostic=last.answer,
        last_attempt=last.at,
    )


def _asks_for(destination: Destination, condition: str, *, by_default: bool) -> bool:
    asked = destination.notify.upper()
    return condition in asked.split(",") if asked else by_default


def _status(outcome: Outcome) -> str:
    """Return a permanent status: the hop's own where it has given one."""
    if not outcome.attempts:
        return _REJECTED_STATUS
    if outcome.state is State.EXPIRED:
        return _EXPIRED_STATUS
    status = enhanced_status(outcome.attempts[-1].answer)
    return f"5{status[1:]}" if status else "5.0.0"


def _reason(outcome: Outcome, own_words: str) -> str:
    if not outcome.attempts:
        return "This mail was held for review, and nobody has released it in time."
    if outcome.state is State.EXPIRED:
        sentence = "This mail could not be handed on in time, and is tried no more."
    else:
        sentence = "This mail was refused." if not own_words else "This mail cannot be handed on."
    return f"{sentence} The last try: {own_words}." if own_words else sentence


def _original(parcel: Parcel) -> _Original:
    try:
        message_id = scan(parcel.octets).first("message-id").strip("<> ")
    except UnreadableError:
        message_id = ""
    return _Original(
        reverse_path=parcel.reverse_path,
        arrived_at=ULID.from_str(parcel.message).datetime,
        octets=parcel.octets,
        message_id=message_id,
        envid=parcel.envid,
        ret=parcel.ret,
    )


def _notices(original: _Original, recipients: Sequence[DsnRecipient], *, hostname: str, now: datetime) -> Iterator[OwnMail]:
    if not recipients or not original.reverse_path:
        return
    try:
        sender = parse_mailbox(original.reverse_path)
    except AddressError:  # from a ledger of old: what cannot be written to is not written to
        return
    yield _notice(original, recipients, sender=sender, hostname=hostname, now=now)


def _notice(
    original: _Original, recipients: Sequence[DsnRecipient], *, sender: Mailbox, hostname: str, now: datetime
) -> OwnMail:
    identifier = str(ULID())
    dsn = Dsn(
        to=sender.wire,
        hostname=hostname,
        message_id=f"{identifier}@{hostname}",
        boundary=f"{ULID()}",
        now=now,
        arrived_at=original.arrived_at,
        recipients=tuple(recipients),
        original=original.octets,
        original_message_id=original.message_id,
        envid=original.envid,
        ret=original.ret,
    )
    octets = build_dsn(dsn)
    return OwnMail(
        id=identifier,
        message_id=dsn.message_id,
        subject=scan(octets).first("subject"),
        template=TEMPLATE,
        recipients=(sender,),
        octets=octets,
        body=BodyType.SEVEN_BIT if octets.isascii() else BodyType.EIGHT_BIT,
        smtputf8=not sender.wire.isascii(),
    )
