"""Mail whose parts are templates: one rendering, one decision, one place in the ledger for each recipient.

It stands between a session and the writer. Each recipient's context is read in a snapshot, the parts are rendered with it in a
process of their own, and what comes of it is read and decided as any mail is. Where a reply came in between, the mail is
rendered anew. What cannot be rendered is held with the reason, and never leaves. Knows no template language.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from hashlib import blake2b
from typing import Any, Final

import structlog
from ulid import ULID

from mailguard.errors import ParameterError
from mailguard.identity.person import unknown
from mailguard.mail.control import DATA, LANGUAGES
from mailguard.mail.mailbox import Mailbox
from mailguard.mail.message import Message
from mailguard.mail.reader import read_message
from mailguard.mail.smtp_reply import SmtpReply
from mailguard.mail.token import sign
from mailguard.policy.context import Context
from mailguard.policy.foresight import Intent
from mailguard.policy.limits import Mode
from mailguard.policy.submission import Submission
from mailguard.relay.arrival import Arrival
from mailguard.relay.finishing import Finisher
from mailguard.relay.intake import LARGE, Pending, Taken
from mailguard.relay.rendered_answer import answer_for
from mailguard.relay.resolution import Directory
from mailguard.relay.settings import Policy, RelaySettings
from mailguard.replies.context import contexts
from mailguard.store import intake as ledger
from mailguard.store.database import Database
from mailguard.templates.message import Draft, read_draft
from mailguard.templates.renderer import Renderer
from mailguard.templates.template import Failure

_log = structlog.get_logger(__name__)

TRIES: Final = 3
"""How often a mail is rendered because a reply came meanwhile; after that it is decided as it is."""

MOST_EXHAUSTIONS: Final = 3
"""Recipients of one mail whose rendering may take too much; the others are not tried."""

GROUP: Final = 50
"""Most recipients of one mail that are looked up together."""

GROUP_OCTETS: Final = 33_554_432
"""Octets of one mail, over all of a group's recipients, from which on the groups are smaller."""

UNSUBSCRIBE_URL: Final = "unsubscribe_url"
RESERVED: Final = frozenset({*(field.name for field in fields(Context)), UNSUBSCRIBE_URL})
"""Names in a template that are not the sender's to give."""


@dataclass(slots=True)
class _Work:
    """One mail while it is rendered for its recipients: what is rendered (or why nothing can be), and what that has cost."""

    arrival: Arrival
    pending: Pending
    draft: Draft | Failure
    values: dict[str, Any]
    exhaustion: Failure | None = None
    exhaustions: int = 0


@dataclass(frozen=True, slots=True)
class _Letter:
    """One recipient of it. `context` None: not read, for the ledger knows the mail (`is_known`) or there is no draft."""

    index: int
    pending: Pending
    context: Context | None = None
    is_known: bool = False


class Rendering:
    """Renders what says of itself that it is a template. `put` has one mail decided and written."""

    def __init__(
        self,
        settings: RelaySettings,
        *,
        database: Database,
        clock: Callable[[], datetime],
        policy: Callable[[], Policy],
        put: Callable[[Pending], Awaitable[Taken]],
        trace: Callable[..., bytes],
        finisher: Finisher,
        token_key: bytes,
    ) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._policy = policy
        self._put = put
        self._trace = trace
        self._finisher = finisher
        self._token_key = token_key
        self._directory = Directory(settings.identity)
        self.renderer = Renderer(settings.rendering.limits)

    async def take(self, arrival: Arrival, pending: Pending) -> SmtpReply:
        """The answer for a mail whose control fields ask for rendering.

        Raises ParameterError where its data has a name of the context's, and TemporaryError where no process can be had.
        """
        work = await asyncio.to_thread(self._work, arrival, pending)
        taken: list[Taken] = []
        for group in self._groups(work):
            taken += await self._taken(work, group)
        return answer_for(taken)

    async def close(self) -> None:
        """End the processes that render."""
        await self.renderer.close()

    def _work(self, arrival: Arrival, pending: Pending) -> _Work:
        """Read what is to be rendered, once for all recipients."""
        control = pending.submission.message.control
        values: dict[str, Any] = json.loads(control.values) if control.values else {}
        clash = min(RESERVED & values.keys(), default="")
        if clash and self._policy().limits.mode is Mode.ENFORCE:
            raise ParameterError(f"{DATA} gives {clash}, which is the context's", code=550)
        draft: Draft | Failure
        if pending.submission.message.unreadable:
            draft = Failure("", 0, pending.submission.message.unreadable)
        elif control.render not in LANGUAGES or control.unusable:
            draft = Failure("", 0, f"{control.unusable or control.render} has a value that cannot be taken")
        elif clash:
            draft = Failure("", 0, f"{DATA} gives {clash}, which is the context's")
        else:
            draft = read_draft(arrival.octets)
        return _Work(arrival, pending, draft, values)

    def _groups(self, work: _Work) -> Iterator[list[_Letter]]:
        recipients = range(len(work.pending.submission.envelope.recipients))
        size = max(1, min(GROUP, GROUP_OCTETS // max(1, len(work.arrival.octets))))
        for start in recipients[::size]:
            yield [self._letter(work, index) for index in recipients[start : start + size]]

    def _letter(self, work: _Work, index: int) -> _Letter:
        """One recipient's mail before it is rendered: its own id, digest and key, so that a retry of it is known as one."""
        source, now = work.pending.submission, self._clock()
        path = source.envelope.recipients[index]
        identifier = str(ULID.from_datetime(now))
        submission = replace(
            source,
            id=identifier,
            received_at=now,
            envelope=replace(source.envelope, recipients=(path,)),
            message=_of_recipient(source.message, path.mailbox),
            persons=(unknown(path.mailbox),),
            source=source.message.fingerprint,
            is_unrendered=True,
        )
        trace = self._trace(work.arrival, identifier=identifier, now=now)
        hints = work.pending.hints[index : index + 1]
        return _Letter(index, replace(work.pending, submission=submission, trace=trace, hints=hints))

    async def _taken(self, work: _Work, group: Sequence[_Letter]) -> list[Taken]:
        """What became of each of a group's mails, in order."""
        taken: dict[int, Taken] = {}
        waiting = list(group)
        for tries_left in reversed(range(TRIES)):
            letters = await asyncio.to_thread(self._looked_up, work, waiting, expects_replays=tries_left == TRIES - 1)
            ready = [await self._rendered(work, letter, may_render_again=tries_left > 0) for letter in letters]
            results = await asyncio.gather(*(self._put(pending) for pending in ready))
            taken |= {letter.index: result for letter, result in zip(letters, results, strict=True)}
            waiting = [letter for letter in letters if taken[letter.index].is_outdated]
            if not waiting:
                break
        return [taken[letter.index] for letter in group]

    def _looked_up(self, work: _Work, letters: Sequence[_Letter], *, expects_replays: bool) -> list[_Letter]:
        """The same with what the ledger says: which were taken before, and the context of each of the others."""
        if isinstance(work.draft, Failure):
            return list(letters)
        limits = self._policy().limits
        submissions = [letter.pending.submission for letter in letters]
        with self._database.read() as connection:
            known: frozenset[int] = frozenset()
            if expects_replays:
                history = ledger.gather(connection, submissions, limits)
                known = frozenset(
                    letter.index for letter in letters if history.place(letter.pending.submission, limits).origin.sibling
                )
            fresh = [letter for letter in letters if letter.index not in known]
            persons = self._directory.resolve_hints(connection, [hint for letter in fresh for hint in letter.pending.hints])
            found = contexts(connection, persons, _intent(submissions[0]), limits=limits, now=self._clock())
        by_index = {letter.index: context for letter, context in zip(fresh, found, strict=True)}
        return [replace(letter, context=by_index.get(letter.index), is_known=letter.index in known) for letter in letters]

    async def _rendered(self, work: _Work, letter: _Letter, *, may_render_again: bool) -> Pending:
        """The mail as it is to be decided: rendered, or known before, or with the reason why it could not be rendered."""
        if letter.is_known:
            return letter.pending
        octets = await self._octets(work, letter)
        if isinstance(octets, Failure):
            _log.warning("render_failed", id=letter.pending.submission.id, where=octets.said)
            failed = replace(letter.pending.submission, render_failure=str(octets), is_unrendered=False)
            return replace(letter.pending, submission=failed)
        message = await self._message(letter, octets)
        context = letter.context
        submission = replace(
            letter.pending.submission,
            message=message,
            context_seq=context.context_id.seq if context else None,
            is_unrendered=False,
        )
        return replace(letter.pending, submission=submission, may_render_again=may_render_again)

    async def _octets(self, work: _Work, letter: _Letter) -> bytes | Failure:
        """The mail with its parts rendered for this recipient."""
        if isinstance(work.draft, Failure):
            return work.draft
        if work.exhaustion is not None and work.exhaustions >= MOST_EXHAUSTIONS:
            return work.exhaustion
        texts = await self.renderer.render(work.draft.sources, self._names(work, letter))
        if isinstance(texts, Failure):
            if texts.is_exhaustion:
                work.exhaustion, work.exhaustions = texts, work.exhaustions + 1
            return texts
        return work.draft.filled(texts)

    def _names(self, work: _Work, letter: _Letter) -> dict[str, Any]:
        """What the template may name: the sender's data, the recipient's context, and where to unsubscribe."""
        names = work.values | (letter.context.as_document() if letter.context else {})
        if url := self._finisher.unsubscribe_url(self._token(letter.pending.submission)):
            names[UNSUBSCRIBE_URL] = url
        return names

    async def _message(self, letter: _Letter, octets: bytes) -> Message:
        """What leaves, read as any mail is; but it is known by what was sent in, and its fields are the sender's."""
        submission = letter.pending.submission
        is_large = len(octets) >= LARGE
        read = await asyncio.to_thread(self._read, submission, octets) if is_large else self._read(submission, octets)
        source = submission.message
        message = replace(read, digest=source.digest, control=source.control, seal=source.seal)
        return await self._finisher.finished(
            message, token=self._token(submission), mail_class=submission.classification.mail_class
        )

    def _token(self, submission: Submission) -> str:
        return sign(self._token_key, submission.id, 0) if self._token_key else ""

    def _read(self, submission: Submission, octets: bytes) -> Message:
        return read_message(
            octets,
            received_at=submission.received_at,
            fallback_message_id=f"{submission.id}@{self._settings.listen.hostname}",
            trusts_fields=False,
            reverse_path=submission.envelope.reverse_path,
        )


def _intent(submission: Submission) -> Intent:
    """What is foreseen of the mail: its class, its template and what it asks for are the same for all recipients."""
    kind = submission.classification
    return Intent(template=kind.template, mail_class=kind.mail_class, asks=kind.asks, is_survey=kind.is_survey)


def _of_recipient(message: Message, mailbox: Mailbox) -> Message:
    """The message as one recipient's: what a retry to them is known by, whatever it renders to then.

    With a key, that is the text and the data; without one, all octets that are not control or trace fields, and the data.
    """
    control, digest = message.control, blake2b(digest_size=32)
    what = message.fingerprint.text + message.fingerprint.facts if control.key else message.digest
    for piece in (what, control.values, mailbox.wire.encode("utf-8", "surrogatepass")):
        digest.update(len(piece).to_bytes(8, "big") + piece)
    key = f"{control.key} {mailbox.wire}" if control.key else ""
    return replace(message, digest=digest.digest(), control=replace(control, key=key, values=b""))
