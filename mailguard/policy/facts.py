"""All that a rule may see, the clock included. Gathered before anything is decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Required, Self, TypedDict, Unpack

from mailguard.mail.control import MailClass
from mailguard.mail.mailbox import Mailbox
from mailguard.policy.finding import Code
from mailguard.policy.reply import Reply


class State(StrEnum):
    """The state of one recipient's mail in the ledger."""

    QUEUED = "queued"
    HELD = "held"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    REJECTED = "rejected"
    REPLAYED = "replayed"
    FAILED = "failed"
    DROPPED = "dropped"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Suppression(StrEnum):
    """Why a person gets no mail (of some classes), the strongest first.

    `bounced`: mail to the mailbox does not arrive; it means that mailbox alone and mail of every class, the others mean the
    person and bulk mail.
    """

    BOUNCED = "bounced"
    ERASED = "erased"
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"


@dataclass(frozen=True, slots=True)
class Earlier:
    """A mail with the same facts that this person was sent before: what `repeat` and `near_repeat` rest on.

    `state` is what became of it; only queued, deferred, delivered and held ones are gathered. `held_for`: what was found of a
    held one.
    """

    id: str
    at: datetime
    text: bytes
    core: bytes
    state: State
    held_for: frozenset[Code] = frozenset()


@dataclass(frozen=True, slots=True)
class OnFile:
    """What is on file for a person: field → the records that have it, the oldest first; a record is "source:source_key".

    `here` is the record that the recipient's mailbox stands in, "" where it stands in none.
    """

    fields: Mapping[str, Sequence[str]]
    here: str = ""


@dataclass(frozen=True, slots=True)
class Audience:
    """What is known of exactly this set of outside mailboxes. `stale_since` names the message that was found stale with it."""

    last_written_at: datetime
    stale_id: str


@dataclass(frozen=True, slots=True)
class FanOut:
    """How far a text has gone. `persons`: distinct other persons who got it within the window (counted up to the limit).

    For bulk the text alone counts, for the others text and facts. `first_seen` None: never before. `was_released`: a clerk
    once released a mail with this text.
    """

    persons: int
    first_seen: datetime | None
    was_released: bool


@dataclass(frozen=True, slots=True)
class Replay:
    """The sender's own retry of a recipient that was taken before: the first id, what became of it, and how it was answered.

    `broadcast`: the one that it is a member of and that has reached it, "" where the mail itself is known.
    """

    id: str
    state: State
    answer: str = ""
    broadcast: str = ""


class Known(TypedDict, total=False):
    """What is known of a mail without its text; as in `MessageFacts`."""

    now: Required[datetime]
    mail_class: Required[MailClass]
    asks: tuple[str, ...]
    template: str
    facts: bytes
    answers: tuple[str, ...]
    thread: frozenset[str]
    is_automatic: bool
    is_survey: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFacts:
    """What holds for all recipients of a message.

    `visible_outside`: mailboxes outside own_domains in all recipient fields together. `hidden_outside`: envelope recipients
    outside own_domains that no field shows, over all transactions of the message, this one included. `asks`: the fields that
    the mail asks for.
    `answers_automatic`: id of the automatic mail that this auto-replied mail answers, else "".
    `facts`: the fingerprint of what makes two mails of one template two. `answers`: the Message-IDs that it answers; `thread`:
    all that it names, its own included. `is_automatic`: it says of itself that no person wrote it. `context_seq`: the number of
    the newest reply that its text was written with (0: there was none), None where it does not say. `render_failure`: why the
    template that it is could not be rendered, else "". `recalled`: the recall that it came too late for, else "".
    `check`: the broadcast whose token it brought and that holds; `check_failure`: why its token does not; "" where not so.
    """

    now: datetime
    mail_class: MailClass
    repeat_window: timedelta | None
    text: bytes
    core: bytes
    visible_outside: int
    hidden_outside: int
    greets: str
    is_reply_or_forward: bool
    audience: Audience | None
    received_count: int
    is_auto_replied: bool
    is_dsn: bool
    answers_automatic: str
    unreadable: str
    asks: tuple[str, ...] = ()
    template: str = ""
    facts: bytes = b""
    answers: tuple[str, ...] = ()
    thread: frozenset[str] = frozenset()
    is_automatic: bool = False
    is_survey: bool = False
    context_seq: int | None = None
    render_failure: str = ""
    recalled: str = ""
    check: str = ""
    check_failure: str = ""

    @classmethod
    def without_text(cls, **known: Unpack[Known]) -> Self:
        """The facts of a mail that is not written yet, or whose text was judged before: as if it said nothing."""
        return cls(
            repeat_window=None,
            text=b"",
            core=b"",
            visible_outside=0,
            hidden_outside=0,
            greets="",
            is_reply_or_forward=False,
            audience=None,
            received_count=0,
            is_auto_replied=False,
            is_dsn=False,
            answers_automatic="",
            unreadable="",
            **known,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientFacts:
    """What holds for one recipient.

    `earlier` is newest first. `bulk_count` counts bulk mail within `bulk_window`. `is_again`: the same message goes to the same
    person at another mailbox already. `on_file` None: nothing was asked for, or nothing is known of whose the mailbox is.
    `suppression`: the strongest word against writing to the person; `is_bounced` speaks of this mailbox.
    `open_replies`: what the person wrote and nobody has resolved, newest first. `answered`: those of the person's replies that
    the mail answers, whatever has become of them; `follows_reply`: it names one of them among its references at least.
    `acknowledged`: the conversations in which a program has sent a sign of life already. `newest_reply`: the number of the
    newest reply of the person that counts, whatever has become of it (0: none), and its id. `is_checked`: in the audience of
    the broadcast that vouches for the mail. `override`: what lets it out that would be stopped, "" for none.
    """

    mailbox: Mailbox
    person: str
    is_own: bool
    replay: Replay | None
    earlier: tuple[Earlier, ...]
    fan_out: FanOut
    suppression: Suppression | None
    bulk_count: int
    is_again: bool = False
    on_file: OnFile | None = None
    is_bounced: bool = False
    open_replies: tuple[Reply, ...] = ()
    answered: tuple[Reply, ...] = ()
    follows_reply: bool = False
    acknowledged: frozenset[str] = frozenset()
    newest_reply: int = 0
    newest_reply_id: str = ""
    is_checked: bool = False
    override: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """The message and its recipients, in the order of the envelope."""

    message: MessageFacts
    recipients: tuple[RecipientFacts, ...]
