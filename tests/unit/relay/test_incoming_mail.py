"""mailguard.relay.incoming_mail: what MAIL and RCPT said becomes an envelope."""

from __future__ import annotations

from mailguard.mail.envelope import BodyType, Envelope, ForwardPath
from mailguard.mail.mailbox import parse_mailbox
from mailguard.relay.incoming_mail import IncomingMail
from mailguard.relay.offer import MailParameters


def test_envelope_holds_what_was_said() -> None:
    mail = IncomingMail("a@x.test", MailParameters(size=10, body=BodyType.EIGHT_BIT, smtputf8=True, ret="HDRS", envid="e1"))
    path = ForwardPath(parse_mailbox("b@y.test"), notify="NEVER", orcpt="rfc822;b@y.test")
    mail.recipients.append(path)
    assert mail.envelope() == Envelope("a@x.test", (path,), body=BodyType.EIGHT_BIT, smtputf8=True, ret="HDRS", envid="e1")


def test_envelope_does_not_change_with_the_mail() -> None:
    mail = IncomingMail("", MailParameters())
    envelope = mail.envelope()
    mail.recipients.append(ForwardPath(parse_mailbox("b@y.test")))
    assert envelope == Envelope("", ())
