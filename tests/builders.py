"""Domain values for tests, with everything ordinary left to defaults."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from mailguard.identity.person import Resolution, unknown
from mailguard.mail.automation import Automation, AutoSubmitted
from mailguard.mail.control import ControlFields, MailClass
from mailguard.mail.envelope import Envelope, ForwardPath
from mailguard.mail.fingerprint import Fingerprint
from mailguard.mail.mailbox import Mailbox, parse_mailbox
from mailguard.mail.message import Message
from mailguard.mail.thread import Thread
from mailguard.policy.submission import Classification, Submission

NOW = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)


def digest(text: str) -> bytes:
    """16 octets that stand for `text`."""
    return sha256(text.encode()).digest()[:16]


def mailboxes(*names: str) -> tuple[Mailbox, ...]:
    """The mailboxes `names` stand for."""
    return tuple(parse_mailbox(name) for name in names)


def known(mailbox: str, person: str, *anchors: str, anchor: str = "", here: str = "") -> Resolution:
    """The resolution of a mailbox that is on file for `person`, whose mail stands under `anchors`."""
    box = parse_mailbox(mailbox)
    at = anchor or box.canonical
    refs = (here,) if here else ()
    return Resolution(box, person, 1.0, anchor=at, anchors=tuple(dict.fromkeys((at, *anchors))), refs=refs)


def crowd(count: int, domain: str = "people.example") -> tuple[Mailbox, ...]:
    """`count` different mailboxes of one domain."""
    return mailboxes(*(f"p{number}@{domain}" for number in range(count)))


def message(
    text: str = "hello",
    facts: str = "",
    *,
    core: str | None = None,
    message_id: str = "m1@sender.example",
    visible: Sequence[Mailbox] = (),
    control: ControlFields | None = None,
    auto_submitted: AutoSubmitted = AutoSubmitted.NO,
    precedence: str = "",
    is_list: bool = False,
    is_dsn: bool = False,
    in_reply_to: tuple[str, ...] = (),
    is_reply: bool = False,
    received_count: int = 1,
    greets: str = "",
    unreadable: str = "",
    content: bytes = b"Subject: hello\r\n\r\nhello\r\n",
    subject: str = "hello",
    originator: Mailbox | None = None,
) -> Message:
    """A message that says `text` about `facts`."""
    return Message(
        content=content,
        digest=sha256(content + text.encode() + facts.encode()).digest(),
        message_id=message_id,
        subject=subject,
        date=NOW,
        originator=originator,
        visible=tuple(visible),
        thread=Thread(in_reply_to, (), is_reply, is_forward=False),
        automation=Automation(auto_submitted, precedence, is_list, is_dsn),
        control=control or ControlFields(),
        received_count=received_count,
        fingerprint=Fingerprint(digest(text), digest(facts), digest(core or text), 3),
        greets=greets,
        unreadable=unreadable,
        is_eight_bit=False,
    )


def submission(
    mail: Message | None = None,
    *recipients: str,
    id: str = "01JA0000000000000000000000",
    at: timedelta = timedelta(),
    client: str = "shop",
    reverse_path: str = "shop@sender.example",
    mail_class: MailClass = MailClass.SERVICE,
    template: str = "",
    repeat_window: timedelta | None = timedelta(days=6),
    asks: tuple[str, ...] = (),
    persons: Sequence[Resolution] = (),
) -> Submission:
    """A submission of `mail` to `recipients`, `at` after the tests' beginning; without `persons` nobody is on file."""
    boxes = mailboxes(*(recipients or ("ann@people.example",)))
    return Submission(
        id=id,
        received_at=NOW + at,
        client=client,
        envelope=Envelope(reverse_path, tuple(ForwardPath(box) for box in boxes)),
        message=mail or message(),
        classification=Classification(mail_class, template, repeat_window, asks),
        persons=tuple(persons) or tuple(unknown(box) for box in boxes),
    )
