"""What persons have written back, as one batch of mail sees it: what the ledger knows, and what the batch itself has answered.

Part of `policy.history`, which asks it of each recipient. Knows nothing of where its contents came from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from mailguard.identity.person import Resolution
from mailguard.policy.facts import RecipientFacts
from mailguard.policy.reply import AUTO_REPLIED, Answerable, Reply, ReplyState


@dataclass(frozen=True, slots=True)
class Move:
    """A reply that a mail has answered: the state that it is in now, by whom, and why."""

    reply: str
    state: ReplyState
    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class Answering:
    """What a mail answers: the Message-IDs, all that its thread names, and how a mail like it moves a reply.

    `id` is the ledger's. `is_automatic`: no person wrote it; `is_auto_replied`: a program says that it got something.
    """

    id: str
    client: str
    answers: Sequence[str]
    thread: Sequence[str]
    is_automatic: bool
    is_auto_replied: bool


@dataclass(slots=True, kw_only=True)
class ReplyHistory:
    """Replies that the decisions of one batch may rest on. Mutable, and of one thread.

    `owed`: anchor → what nobody has resolved, newest first. `newest`: anchor → number and id of the newest reply that counts.
    `named`: Message-ID → the replies with it. `acknowledged`: anchor and conversation, where a program has sent a sign of life;
    one mail to many begins as many conversations, by one name.
    """

    owed: Mapping[str, Sequence[Reply]] = field(default_factory=dict)
    newest: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    named: Mapping[str, Sequence[Answerable]] = field(default_factory=dict)
    acknowledged: frozenset[tuple[str, str]] = frozenset()
    moves: list[Move] = field(init=False, default_factory=list)
    _moved: dict[str, ReplyState] = field(init=False, default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nobody whom the batch is to has written anything."""
        return not (self.owed or self.newest or self.named)

    def added(self, facts: RecipientFacts, resolution: Resolution, answering: Answering) -> RecipientFacts:
        """`facts` with what the recipient has written back; the same where that is nothing."""
        newest, id = max((self.newest.get(anchor, (0, "")) for anchor in resolution.anchors), default=(0, ""))
        owed = self._owed(resolution.anchors)
        answered = tuple(self._answered(resolution, answering.answers))
        follows = any(True for _ in self._answered(resolution, answering.thread))
        acknowledged = frozenset(name for anchor, name in self.acknowledged if anchor in resolution.anchors)
        if not (owed or answered or follows or acknowledged or newest):
            return facts
        return replace(
            facts,
            open_replies=owed,
            answered=answered,
            follows_reply=follows,
            acknowledged=acknowledged,
            newest_reply=newest,
            newest_reply_id=id,
        )

    def answer(self, resolution: Resolution, answering: Answering) -> None:
        """Remember that the mail goes out to the person: what a person wrote resolves, what a program wrote acknowledges."""
        for reply in tuple(self._answered(resolution, answering.answers)):
            moved = move_of(reply, answering)
            if moved is not None:
                self.moves.append(moved)
                self._moved[reply.id] = moved.state
            if answering.is_auto_replied:
                self.acknowledged |= {(resolution.anchor, reply.conversation)}

    def _owed(self, anchors: Iterable[str]) -> tuple[Reply, ...]:
        """What nobody has resolved, the batch's own answers included, newest first and each once."""
        found = {reply.id: reply for reply in chain.from_iterable(self.owed.get(anchor, ()) for anchor in anchors)}
        now = map(self._now, found.values())
        return tuple(sorted((reply for reply in now if reply.is_owed), key=lambda reply: reply.seq, reverse=True))

    def _now(self, reply: Reply) -> Reply:
        """The reply as the batch's own answers have left it."""
        state = self._moved.get(reply.id)
        return reply if state is None else replace(reply, state=state)

    def _answered(self, resolution: Resolution, message_ids: Iterable[str]) -> Iterator[Reply]:
        """The person's replies among those with these Message-IDs."""
        for one in chain.from_iterable(self.named.get(id, ()) for id in dict.fromkeys(message_ids)):
            if is_of(one, resolution):
                yield self._now(one.reply)


def is_of(one: Answerable, resolution: Resolution) -> bool:
    """Whether a reply is the person's: it hangs on one of their anchors, or came from this mailbox."""
    return one.anchor in resolution.anchors or one.mailbox == resolution.mailbox.canonical


def move_of(reply: Reply, answering: Answering) -> Move | None:
    """What becomes of `reply` once the mail that answers it goes out, None where nothing changes."""
    if not answering.is_automatic:
        state, actor = ReplyState.RESOLVED, answering.client
    else:
        state, actor = ReplyState.ACKNOWLEDGED, AUTO_REPLIED if answering.is_auto_replied else answering.client
    if reply.state is state or not reply.is_owed:
        return None
    return Move(reply.id, state, actor, f"answered by {answering.id}")
