"""`fail = "open"`: while the ledger cannot be written, mail is handed on undecided, and answered only as the next hop answers.

Nothing is durable here, so nothing is promised: the sender hears `250` after the next hop has said so for every recipient.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from mailguard.mail.smtp_reply import SmtpReply
from mailguard.policy.answer import TEMPORARILY_UNABLE
from mailguard.policy.facts import State
from mailguard.policy.parcel import Outcome, Parcel


@dataclass(slots=True)
class _Waiting:
    """A parcel on its way: what its recipients have come to so far."""

    recipients: int
    answer: asyncio.Future[SmtpReply]
    states: list[State] = field(default_factory=list)


class Undecided:
    """Parcels that went out without a decision, and the sessions that wait for them."""

    def __init__(self, submit: Callable[[Parcel], None]) -> None:
        self._submit = submit
        self._waiting: dict[str, _Waiting] = {}

    async def pass_on(self, parcel: Parcel) -> SmtpReply:
        """The answer once the next hop has answered for all recipients: 250 where it took them all, else 451."""
        answer: asyncio.Future[SmtpReply] = asyncio.get_running_loop().create_future()
        self._waiting[parcel.message] = _Waiting(len(parcel.destinations), answer)
        self._submit(parcel)
        return await answer

    def take(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """Keep the outcomes of parcels that are waited for here; return the others."""
        return [outcome for outcome in outcomes if not self._is_ours(outcome)]

    def _is_ours(self, outcome: Outcome) -> bool:
        waiting = self._waiting.get(outcome.message)
        if waiting is None:
            return False
        waiting.states.append(outcome.state)
        if len(waiting.states) == waiting.recipients:
            del self._waiting[outcome.message]
            if not waiting.answer.done():
                waiting.answer.set_result(_answer(outcome.message, waiting.states))
        return True


def _answer(id: str, states: list[State]) -> SmtpReply:
    if all(state is State.DELIVERED for state in states):
        return SmtpReply(250, "2.0.0", f"{id} handed on undecided")
    return TEMPORARILY_UNABLE
