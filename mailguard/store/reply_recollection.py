"""What persons have written back, as far as it bears on a batch of submissions: a look-up or two, whatever its size.

Which of it matters is for `policy.reply_rules` to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection

from mailguard.mail.automation import AutoSubmitted
from mailguard.policy.limits import Limits
from mailguard.policy.reply import Answerable
from mailguard.policy.reply_history import ReplyHistory
from mailguard.policy.submission import Submission
from mailguard.store import reply_lookup
from mailguard.store.statement import Lookup

# By the person: a conversation that began with a mail to thousands has one name for all of them. The condition of the index
# word for word.
_ACKNOWLEDGED = Lookup(
    {"anchor": "text", "conversation": "text"},
    """SELECT k.anchor, k.conversation FROM k WHERE EXISTS (
        SELECT 1 FROM reply r
        WHERE r.anchor = k.anchor AND r.conversation = k.conversation AND r.acknowledged_by = 'auto-replied'
    )""",
)


def replies(connection: Connection, submissions: Sequence[Submission], limits: Limits) -> ReplyHistory:
    """The replies of the outside persons whom the batch is to, and those that its mails name."""
    if not submissions:
        return ReplyHistory()
    since = min(submission.received_at for submission in submissions) - limits.reply_window
    named = reply_lookup.by_message_id(connection, {id for one in submissions for id in _thread(one)})
    return ReplyHistory(
        owed=reply_lookup.open_replies(connection, _anchors(submissions, limits), since),
        newest=_newest(connection, submissions, limits),
        named=named,
        acknowledged=_acknowledged(connection, submissions, named),
    )


def _thread(submission: Submission) -> tuple[str, ...]:
    return submission.message.thread.in_reply_to + submission.message.thread.references


def _newest(connection: Connection, submissions: Sequence[Submission], limits: Limits) -> dict[str, tuple[int, str]]:
    """The newest reply of each person whose mail says what it was written with."""
    saying = [one for one in submissions if one.known_seq is not None]
    found = reply_lookup.newest(connection, _anchors(saying, limits))
    return {anchor: (newest.seq, newest.id) for anchor, newest in found.items()}


def _acknowledged(
    connection: Connection, submissions: Iterable[Submission], named: Mapping[str, Sequence[Answerable]]
) -> frozenset[tuple[str, str]]:
    """The anchors and conversations, of those that automatic replies answer, in which a program has given a sign of life."""
    asked = {
        (anchor, one.reply.conversation)
        for submission in submissions
        if submission.message.automation.auto_submitted is AutoSubmitted.REPLIED
        for id in submission.message.thread.answers
        for one in named.get(id, ())
        for resolution in submission.persons
        for anchor in resolution.anchors
    }
    return frozenset((anchor, conversation) for anchor, conversation in _ACKNOWLEDGED.fetch(connection, asked))


def _anchors(submissions: Iterable[Submission], limits: Limits) -> set[str]:
    """All under which replies of the persons may stand. Own mailboxes are left out: there no reply stops anything."""
    return {
        anchor
        for submission in submissions
        for resolution in submission.persons
        if not limits.is_own(resolution.mailbox.domain)
        for anchor in resolution.anchors
    }
