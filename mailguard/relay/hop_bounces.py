"""What a next hop's refusals tell of mailboxes: one that it does not know has bounced.

What follows from that is for `store.bounces` to say.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from mailguard.mail.mailbox import parse_mailbox
from mailguard.policy.limits import Limits
from mailguard.policy.parcel import Outcome
from mailguard.relay.hop_answer import enhanced_status
from mailguard.store import bounces, queue


def record_unknown(connection: Connection, outcomes: Sequence[Outcome], *, limits: Limits, now: datetime) -> None:
    """Write down the mailboxes that the next hop said it does not know.

    Not those in own_domains: there a directory that is away for an hour would silence every alert for months.
    """
    unknown = {(one.message, one.n): one.attempts[-1].answer for one in outcomes if one.is_unknown}
    if not unknown:
        return
    boxes = {place: parse_mailbox(wire) for place, wire in queue.mailboxes_of(connection, unknown).items()}
    bounces.record(
        connection,
        [
            bounces.Bounce(
                mailbox=box.canonical,
                at=now,
                is_hard=True,
                status=enhanced_status(unknown[message, n]),
                message=message,
                n=n,
            )
            for (message, n), box in boxes.items()
            if not limits.is_own(box.domain)
        ],
    )
