"""What a mail gains once its text stands: an address that answers come back to, a way to unsubscribe, a signature.

All mail that the relay renders; of other mail only what a client is configured for, since it costs the sender's octets.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from mailguard.mail.control import MailClass
from mailguard.mail.message import Message
from mailguard.mail.token import sign, tagged_address
from mailguard.policy.submission import Submission
from mailguard.relay.settings import Rendering
from mailguard.relay.signing import Signer
from mailguard.templates.reply_fields import unsubscribe_url, with_reply_to, with_unsubscription


class Finisher:
    """Adds to mail what `settings` name. `token_key` signs what is added, b"" where nothing is."""

    def __init__(self, settings: Rendering, *, signer: Signer, token_key: bytes) -> None:
        self._settings = settings
        self._signer = signer
        self._token_key = token_key

    def unsubscribe_url(self, token: str) -> str:
        """Where the recipient that the token was signed for unsubscribes, "" where that is nowhere."""
        return unsubscribe_url(self._settings.unsubscribe_url, token) if self._settings.unsubscribe_url else ""

    async def finished(self, message: Message, *, token: str, mail_class: MailClass) -> Message:
        """The rendered message as it leaves."""
        content, address = message.content, self._settings.address
        if message.unreadable:
            return message
        if address:
            content = with_reply_to(content, address=address, token=token)
        if mail_class is MailClass.BULK and (url := self.unsubscribe_url(token)):
            content = with_unsubscription(content, url=url, mailbox=tagged_address(address, token) if address else "")
        return await self._signed(message, content)

    async def with_reply_token(self, submission: Submission) -> Submission:
        """The same with a signed address for answers, where it has but one recipient, to whom alone it is addressed.

        The parts of a larger mail would become one message, in which the token of the second part means nobody.
        """
        message, recipients = submission.message, submission.envelope.recipients
        visible = {mailbox.canonical for mailbox in message.visible}
        if not self._settings.address or message.unreadable or len(recipients) > 1:
            return submission
        if visible != {recipients[0].mailbox.canonical}:
            return submission
        token = sign(self._token_key, submission.id, 0)
        content = with_reply_to(message.content, address=self._settings.address, token=token)
        if content is message.content:
            return submission
        return replace(submission, message=await self._signed(message, content))

    async def _signed(self, message: Message, content: bytes) -> Message:
        """The message with this content, signed where there is a key for the domain in From."""
        domain = message.originator.domain if message.originator else ""
        if self._signer.has(domain):
            content = await asyncio.to_thread(self._signer.signed, content, domain)
        return replace(message, content=content, is_eight_bit=not content.isascii())
