"""The working memory of one batch: what the ledger knows, plus what the batch itself has decided so far.

The store fills it once a batch; every decision is added to it, so that the next mail of the batch sees it. Knows nothing of
where its contents came from. It is long because all that a decision rests on is put together here, in one order.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from itertools import chain

from mailguard.identity.person import Resolution
from mailguard.mail.automation import AutoSubmitted
from mailguard.mail.control import MailClass
from mailguard.mail.fingerprint import Fingerprint
from mailguard.mail.mailbox import Mailbox
from mailguard.policy.broadcast_rules import waits_for_check
from mailguard.policy.check import NO_CHECK, Check
from mailguard.policy.check_history import CheckHistory
from mailguard.policy.decision import Decision
from mailguard.policy.facts import (
    Audience,
    Earlier,
    Facts,
    FanOut,
    MessageFacts,
    OnFile,
    RecipientFacts,
    Replay,
    State,
    Suppression,
)
from mailguard.policy.finding import Action, Code, Finding
from mailguard.policy.limits import Limits
from mailguard.policy.recall_key import RecallKey, recall_keys
from mailguard.policy.reply_history import Answering, ReplyHistory
from mailguard.policy.submission import Submission

SMALLEST_AUDIENCE = 6
"""Outside visible mailboxes from which on a set of them is remembered as an audience."""

REPLAY_WINDOW = timedelta(days=10)
"""How long the same Message-ID and content are the sender's own retry: twice the five days that mail servers try."""

COUNTED = frozenset({State.QUEUED, State.DEFERRED, State.DELIVERED, State.HELD})
"""States of earlier mail that a repeat can rest on; a rejected one extends nothing."""


_STOPPED = frozenset({State.REJECTED, State.DROPPED})
"""States of mail that was taken from its sender, or refused, and never left."""


@dataclass(frozen=True, slots=True)
class Sibling:
    """An earlier message of the same client with the same Message-ID or key.

    `recipients`: wire mailbox → state. `answer`: the answer that its sender got. `broadcast`: the one whose check it brought.
    """

    id: str
    client: str
    message_id: str
    key: str
    digest: bytes
    text: bytes
    facts: bytes
    hidden_outside: int
    recipients: Mapping[str, State]
    answer: str = ""
    broadcast: str = ""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a text (bulk) or a text with its facts (else) has gone within the fan-out window.

    `rows` is an upper bound: recipients, not persons. `persons` holds the distinct persons, at most one more than the limit;
    it is gathered only where `rows` could pass the limit, else None. `first_seen` and `was_released` speak of the text and
    are gathered together with `persons`.
    """

    rows: int = 0
    persons: frozenset[str] | None = None
    first_seen: datetime | None = None
    was_released: bool = False


@dataclass(frozen=True, slots=True)
class Origin:
    """What a submission is to the messages before it.

    `sibling` is the message that it is a part or a replay of, else None. `is_conflict`: its key was used for other content.
    `unchecked`: the same mail as it came before, without the check that it brings now: a message of its own, of which those
    who had it already are a replay all the same.
    """

    sibling: Sibling | None = None
    is_conflict: bool = False
    unchecked: Sibling | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a submission stands among the messages before it, worked out once.

    `id`: the ledger's, that of the message whose part it is, else its own. `own`: the indexes of recipients in own_domains.
    `audience`: as of `audience_of`. `visible_outside` and `hidden_outside`: as in `MessageFacts`. `members`: the indexes of
    recipients that the mail's check vouches for → their keys; `check`: what it comes to.
    """

    id: str
    origin: Origin
    own: frozenset[int]
    audience: bytes
    visible_outside: int
    hidden_outside: int
    members: Mapping[int, bytes] = field(default_factory=dict)
    check: Check = NO_CHECK


def is_automatic(submission: Submission) -> bool:
    """Whether the mail says of itself that no person wrote it (RFC 3834 5, RFC 5321 4.5.5, List-*, Precedence)."""
    automation = submission.message.automation
    return (
        not submission.envelope.reverse_path
        or automation.auto_submitted is not AutoSubmitted.NO
        or automation.is_list
        or automation.precedence in {"bulk", "list", "junk", "auto_reply"}
    )


def answering_of(submission: Submission, id: str) -> Answering:
    """What the mail answers, as the ledger's message `id`."""
    thread = submission.message.thread
    return Answering(
        id=id,
        client=submission.client,
        answers=thread.answers,
        thread=thread.in_reply_to + thread.references,
        is_automatic=is_automatic(submission),
        is_auto_replied=submission.message.automation.auto_submitted is AutoSubmitted.REPLIED,
    )


def reach_key(mail_class: MailClass, fingerprint: Fingerprint) -> bytes:
    """The 16 octets under which fan-out is counted: the text alone for bulk, text and facts for the other classes."""
    if mail_class is MailClass.BULK:
        return fingerprint.text
    return blake2b(fingerprint.text + fingerprint.facts, digest_size=16).digest()


def outside(mailboxes: Iterable[Mailbox], limits: Limits) -> list[Mailbox]:
    """Those of `mailboxes` that are in none of the operator's own domains."""
    return [mailbox for mailbox in mailboxes if not limits.is_own(mailbox.domain)]


def audience_of(submission: Submission, limits: Limits) -> bytes:
    """The 16-octet hash of the set of outside visible mailboxes, b"" where it has fewer than six."""
    visible = submission.message.visible
    if len(visible) < SMALLEST_AUDIENCE:
        return b""
    names = sorted(mailbox.canonical for mailbox in outside(visible, limits))
    if len(names) < SMALLEST_AUDIENCE:
        return b""
    return blake2b("\n".join(names).encode("utf-8", "surrogatepass"), digest_size=16).digest()


@dataclass(slots=True, kw_only=True)
class History:
    """What the decisions of one batch may rest on. Mutable, and of one thread.

    What was sent stands under the anchor that it was sent to, and is looked for under all anchors of a person. `earlier`:
    (anchor, facts) → mails newest first. `reach`: by `reach_key`. `suppressions`: by anchor. `audiences`: by `audience_of`.
    `automatic`: Message-ID → id of automatic mail that was taken in. `bulk_counts`: anchor → bulk mails within `bulk_window`.
    `on_file`: by person, for those whom the batch asks for something. `bounced`: canonical mailboxes to which mail does not
    arrive. `replies`: what persons have written back. `recalled`: what was taken back lately → the recall. `checked`: what
    tokens come to, and for whom mail was taken.
    """

    siblings: Iterable[Sibling] = ()
    earlier: dict[tuple[str, bytes], list[Earlier]] = field(default_factory=dict)
    reach: dict[bytes, Reach] = field(default_factory=dict)
    suppressions: Mapping[str, Suppression] = field(default_factory=dict)
    audiences: dict[bytes, Audience] = field(default_factory=dict)
    automatic: dict[str, str] = field(default_factory=dict)
    bulk_counts: dict[str, int] = field(default_factory=dict)
    on_file: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    bounced: frozenset[str] = frozenset()
    replies: ReplyHistory = field(default_factory=ReplyHistory)
    recalled: Mapping[RecallKey, str] = field(default_factory=dict)
    checked: CheckHistory = field(default_factory=CheckHistory)
    _by_message_id: dict[tuple[str, str, bytes], Sibling] = field(init=False, default_factory=dict)
    _by_key: dict[tuple[str, str], Sibling] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for sibling in self.siblings:
            self._remember(sibling)

    def place(self, submission: Submission, limits: Limits) -> Place:
        """Where `submission` stands among the messages before it."""
        check = self.checked.of(submission)
        origin = self._origin_of(submission, check.broadcast)
        paths = submission.envelope.recipients
        members = self.checked.among(submission)
        return Place(
            origin.sibling.id if origin.sibling else submission.id,
            origin,
            frozenset(index for index, path in enumerate(paths) if limits.is_own(path.mailbox.domain)),
            audience_of(submission, limits),
            len(outside(submission.message.visible, limits)),
            _hidden_outside(submission, origin.sibling, limits, checked=members),
            members,
            check,
        )

    def facts_for(self, submission: Submission, place: Place) -> Facts:
        """All that the rules may see of `submission`, which stands at `place`."""
        reach = self.reach.get(reach_key(submission.classification.mail_class, submission.wording), Reach())
        reached = set(reach.persons or ())
        counted = reach.rows if reach.persons is None else 0
        outside_before: set[str] = set()
        recipients = []
        for index, resolution in enumerate(submission.persons):
            persons = counted + len(reached) - (resolution.person in reached)
            fan_out = FanOut(persons, reach.first_seen, reach.was_released)
            is_again = resolution.person in outside_before
            recipients.append(self._recipient_facts(submission, index, place=place, fan_out=fan_out, is_again=is_again))
            if index not in place.own:
                outside_before.add(resolution.person)
                reached.add(resolution.person)
        if not self.replies.is_empty:
            recipients = self._with_replies(submission, recipients, place=place)
        return Facts(self._message_facts(submission, place), tuple(recipients))

    def add(self, submission: Submission, decision: Decision, *, place: Place, states: Sequence[State], answer: str) -> None:
        """Remember what was decided, for the mails that come after it in the batch."""
        self._add_message(submission, place=place, states=states, answer=answer)
        for index, state in enumerate(states):
            decided = decision.recipients[index]
            if state in COUNTED and not decided.joins:
                self._add_recipient(submission, index, place=place, state=state, findings=decided.findings)
        if place.audience:
            self._add_audience(submission, decision, place=place, states=states)
        if self.replies.named:
            self._add_answers(submission, place=place, states=states)
        if place.members:
            self.checked.add(submission, place.members, id=place.id, states=states, answer=answer)

    def _origin_of(self, submission: Submission, broadcast: str) -> Origin:
        """What `submission` is to the messages before it (CONTRACT: `replay`, and parts of one message)."""
        message = submission.message
        keyed = self._by_key.get((submission.client, message.control.key)) if message.control.key else None
        if keyed is not None:
            return _keyed_origin(submission, keyed)
        known = self._by_message_id.get((submission.client, message.message_id, message.digest))
        return Origin(unchecked=known) if known and broadcast not in {"", known.broadcast} else Origin(known)

    def _message_facts(self, submission: Submission, place: Place) -> MessageFacts:
        message, check = submission.message, place.check
        recalled = self._recall(submission, place)
        return MessageFacts(
            now=submission.received_at,
            mail_class=submission.classification.mail_class,
            repeat_window=submission.classification.repeat_window,
            text=message.fingerprint.text,
            core=message.fingerprint.core,
            visible_outside=place.visible_outside,
            hidden_outside=place.hidden_outside,
            greets=message.greets,
            is_reply_or_forward=message.thread.is_reply or message.thread.is_forward,
            audience=self._audience(place),
            received_count=message.received_count,
            is_auto_replied=message.automation.auto_submitted is AutoSubmitted.REPLIED,
            is_dsn=message.automation.is_dsn,
            answers_automatic=self._answered_automatic(submission),
            unreadable=message.unreadable,
            asks=submission.classification.asks,
            template=submission.classification.template,
            facts=message.fingerprint.facts,
            answers=message.thread.answers,
            thread=frozenset(message.thread.in_reply_to + message.thread.references + (message.message_id,)),
            is_automatic=is_automatic(submission),
            is_survey=submission.classification.is_survey,
            context_seq=submission.known_seq,
            render_failure=submission.render_failure,
            recalled=recalled,
            check=check.broadcast,
            # A mail that was taken back is said to be that.
            check_failure="" if recalled else check.failure,
        )

    def _recall(self, submission: Submission, place: Place) -> str:
        """The recall of what the mail is a late part of, "" for none."""
        if not self.recalled:
            return ""
        named = place.check.named
        keys = recall_keys(place.id, client=submission.client, message_id=submission.message.message_id, broadcast=named)
        return next((found for key in keys if (found := self.recalled.get(key))), "")

    def _audience(self, place: Place) -> Audience | None:
        """What is known of the audience; a message is not itself the stale one that its later parts are known from."""
        known = self.audiences.get(place.audience)
        if known is None or place.origin.sibling is None or known.stale_id != place.origin.sibling.id:
            return known
        return replace(known, stale_id="")

    def _answered_automatic(self, submission: Submission) -> str:
        answered = (self.automatic.get(message_id, "") for message_id in submission.message.thread.answers)
        return next((found for found in answered if found), "")

    def _recipient_facts(
        self, submission: Submission, index: int, *, place: Place, fan_out: FanOut, is_again: bool
    ) -> RecipientFacts:
        """What holds for one recipient. `is_again`: the same transaction goes to the person at a mailbox before this one."""
        resolution = submission.persons[index]
        mailbox = submission.envelope.recipients[index].mailbox
        earlier = self._earlier(resolution, submission.message.fingerprint.facts)
        is_here = any(mail.id == place.id for mail in earlier)
        is_member = index in place.members
        return RecipientFacts(
            mailbox=mailbox,
            person=resolution.person,
            is_own=index in place.own,
            replay=_taken(mailbox, place.origin, earlier if is_member else ())
            or (self.checked.claimed(submission, place.members[index]) if is_member else None),
            earlier=tuple(mail for mail in earlier if mail.id != place.id) if is_here else tuple(earlier),
            fan_out=fan_out,
            suppression=self._suppression(resolution),
            bulk_count=sum(self.bulk_counts.get(anchor, 0) for anchor in resolution.anchors),
            is_again=is_here or is_again,
            on_file=self._on_file(resolution),
            is_bounced=mailbox.canonical in self.bounced,
            is_checked=is_member,
        )

    def _with_replies(
        self, submission: Submission, recipients: Sequence[RecipientFacts], *, place: Place
    ) -> list[RecipientFacts]:
        """The same with what each person has written back."""
        answering = answering_of(submission, place.id)
        return [
            self.replies.added(facts, resolution, answering)
            for facts, resolution in zip(recipients, submission.persons, strict=True)
        ]

    def _earlier(self, resolution: Resolution, facts: bytes) -> Sequence[Earlier]:
        """What the person was sent about the same facts, at whichever anchor, newest first."""
        found = [mails for anchor in resolution.anchors if (mails := self.earlier.get((anchor, facts)))]
        if len(found) > 1:
            return sorted(chain.from_iterable(found), key=lambda mail: mail.at, reverse=True)
        return found[0] if found else ()

    def _suppression(self, resolution: Resolution) -> Suppression | None:
        """The strongest word against writing to the person, or to this mailbox, whoever else reads it."""
        found = {self.suppressions.get(anchor) for anchor in (*resolution.anchors, resolution.mailbox.canonical)}
        return next((suppression for suppression in Suppression if suppression in found), None)

    def _on_file(self, resolution: Resolution) -> OnFile | None:
        fields = self.on_file.get(resolution.person)
        return OnFile(fields, "".join(resolution.refs[:1])) if fields else None

    def _add_answers(self, submission: Submission, *, place: Place, states: Sequence[State]) -> None:
        """What may leave answers what it is an answer to."""
        answering = answering_of(submission, place.id)
        for resolution, state in zip(submission.persons, states, strict=True):
            if state is State.QUEUED:
                self.replies.answer(resolution, answering)

    def _remember(self, sibling: Sibling) -> None:
        if sibling.message_id:
            self._by_message_id[sibling.client, sibling.message_id, sibling.digest] = sibling
        if sibling.key:
            self._by_key[sibling.client, sibling.key] = sibling

    def _add_message(self, submission: Submission, *, place: Place, states: Sequence[State], answer: str) -> None:
        message, origin = submission.message, place.origin.sibling
        recipients = {path.mailbox.wire: state for path, state in zip(submission.envelope.recipients, states, strict=True)}
        sibling = Sibling(
            place.id,
            submission.client,
            message.message_id,
            message.control.key,
            message.digest,
            message.fingerprint.text,
            message.fingerprint.facts,
            place.hidden_outside,
            {**recipients, **origin.recipients} if origin else recipients,
            answer,
            place.check.broadcast,
        )
        self._remember(sibling)
        if is_automatic(submission) and message.message_id:
            self.automatic.setdefault(message.message_id, sibling.id)

    def _add_recipient(
        self, submission: Submission, index: int, *, place: Place, state: State, findings: Iterable[Finding]
    ) -> None:
        held_for = frozenset(finding.code for finding in findings) if state is State.HELD else frozenset()
        fingerprint = submission.message.fingerprint
        anchor, person = submission.persons[index].anchor, submission.persons[index].person
        mail = Earlier(place.id, submission.received_at, fingerprint.text, fingerprint.core, state, held_for)
        self.earlier.setdefault((anchor, fingerprint.facts), []).insert(0, mail)
        if submission.classification.mail_class is MailClass.BULK:
            self.bulk_counts[anchor] = self.bulk_counts.get(anchor, 0) + 1
        if index in place.own:
            return
        key = reach_key(submission.classification.mail_class, submission.wording)
        reach = self.reach.get(key, Reach())
        persons = None if reach.persons is None else reach.persons | {person}
        first_seen = reach.first_seen or submission.received_at
        self.reach[key] = replace(reach, rows=reach.rows + 1, persons=persons, first_seen=first_seen)

    def _add_audience(self, submission: Submission, decision: Decision, *, place: Place, states: Sequence[State]) -> None:
        known = self.audiences.get(place.audience)
        if known is not None and any(finding.code is Code.STALE_AUDIENCE for finding in decision.findings):
            self.audiences[place.audience] = replace(known, stale_id=known.stale_id or place.id)
        elif decision.action is Action.DELIVER or State.QUEUED in states:
            self.audiences[place.audience] = Audience(submission.received_at, "")


def _hidden_outside(submission: Submission, sibling: Sibling | None, limits: Limits, *, checked: Collection[int]) -> int:
    """Outside envelope recipients that no field shows, over all transactions of the message, this one included.

    Those that a check vouches for are meant to be hidden from each other.
    """
    shown = {mailbox.canonical for mailbox in submission.message.visible}
    taken = sibling.recipients if sibling else {}
    paths = (path for index, path in enumerate(submission.envelope.recipients) if index not in checked)
    fresh = (path.mailbox for path in paths if path.mailbox.wire not in taken)
    hidden = sum(1 for mailbox in fresh if mailbox.canonical not in shown and not limits.is_own(mailbox.domain))
    return hidden + (sibling.hidden_outside if sibling else 0)


def _taken(mailbox: Mailbox, origin: Origin, earlier: Iterable[Earlier]) -> Replay | None:
    """The same mail as this mailbox had it before; without its check it may have been stopped, or wait for that (`earlier`)."""
    before = origin.sibling or origin.unchecked
    state = before.recipients.get(mailbox.wire) if before else None
    if before is None or state is None:
        return None
    is_waiting = any(mail.id == before.id and waits_for_check(mail) for mail in earlier)
    if origin.unchecked and (is_waiting or state in _STOPPED):
        return None
    return Replay(before.id, state, before.answer)


def _keyed_origin(submission: Submission, keyed: Sibling) -> Origin:
    """The same key: a replay if body and recipients are the same, a part if the octets are, else a conflict."""
    message = submission.message
    if keyed.digest == message.digest:
        return Origin(keyed)
    same_body = (keyed.text, keyed.facts) == (message.fingerprint.text, message.fingerprint.facts)
    known = all(path.mailbox.wire in keyed.recipients for path in submission.envelope.recipients)
    return Origin(keyed) if same_body and known else Origin(is_conflict=True)
