"""mailguard.relay.recall_document: recipients as they are told of."""

from __future__ import annotations

from mailguard.policy.facts import State
from mailguard.policy.parcel import Attempt
from mailguard.relay.recall_document import reached, spared
from mailguard.store.recall_report import Recipient
from tests.builders import NOW

GOT = Recipient("01J", 0, "ann@x.example", "ann@x.example", State.DELIVERED, Attempt(NOW, "mx:25", "250 Ok"))
SPARED = Recipient("01J", 1, "bob@x.example", "bob@x.example", State.CANCELLED)


def test_who_was_reached_is_told_with_the_answer_of_the_hop() -> None:
    (one,) = reached([GOT, SPARED])
    assert one.model_dump() == {
        "mailbox": "ann@x.example",
        "message": "01J",
        "n": 0,
        "at": NOW,
        "next_hop": "mx:25",
        "answer": "250 Ok",
    }


def test_who_was_spared_is_told_with_the_state() -> None:
    (one,) = spared([SPARED])
    assert one.model_dump() == {"mailbox": "bob@x.example", "message": "01J", "state": State.CANCELLED}
