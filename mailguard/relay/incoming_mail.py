"""One mail on its way in (RFC 5321 3.3): from MAIL to the final dot or RSET. Knows no connection."""

from __future__ import annotations

from mailguard.mail.envelope import Envelope, ForwardPath
from mailguard.relay.offer import MailParameters


class IncomingMail:
    """Grows recipient by recipient. `refused` counts the RCPT commands that were not taken."""

    __slots__ = ("parameters", "recipients", "refused", "reverse_path")

    def __init__(self, reverse_path: str, parameters: MailParameters) -> None:
        self.reverse_path = reverse_path
        self.parameters = parameters
        self.recipients: list[ForwardPath] = []
        self.refused = 0

    def envelope(self) -> Envelope:
        """Return what has been said so far, as a value."""
        parameters = self.parameters
        # Named twice, it gets one mail; and the ledger numbers recipients by mailbox.
        distinct = {path.mailbox.wire: path for path in reversed(self.recipients)}
        return Envelope(
            self.reverse_path,
            tuple(reversed(distinct.values())),
            body=parameters.body,
            smtputf8=parameters.smtputf8,
            ret=parameters.ret,
            envid=parameters.envid,
        )
