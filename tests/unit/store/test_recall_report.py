"""mailguard.store.recall_report: who got recalled mail, who may have, who did not."""

from __future__ import annotations

from mailguard.mail.header import MAX_HEADER_OCTETS
from mailguard.policy.facts import State
from mailguard.policy.parcel import Attempt, Outcome
from mailguard.store import queue, recalls
from mailguard.store.database import Database
from mailguard.store.recall_report import did_not_get, drafted, recalled, sent
from mailguard.store.recalls import Order, Target
from tests.builders import NOW, message
from tests.ledger import OWNER, TRACE, mail, take

HOP = "mx.corp.example:25"
TAKEN = Attempt(NOW, HOP, "250 Ok")
LOST = Attempt(NOW, HOP, "connection lost after the last dot", is_uncertain=True)
LATER = Attempt(NOW, HOP, '451 later ",1]')


def test_each_recipient_got_it_or_may_have_or_did_not(database: Database) -> None:
    to = [f"{name}@people.example" for name in ("ann", "bob", "cid", "dot", "eve")]
    with database.write() as connection:
        (entry,) = take(connection, mail(message(), *to))
        ends = [
            (State.DELIVERED, (LOST, TAKEN)),
            (State.DEFERRED, (LOST,)),
            (State.DEFERRED, (LATER,)),
            (State.FAILED, (LOST, LATER)),
        ]
        queue.finish(
            connection,
            [Outcome(entry.id, n, state, attempts, NOW) for n, (state, attempts) in enumerate(ends)],
            owner=OWNER,
        )
        begun = recalls.begin(connection, Target(names=(entry.id,)), Order(NOW, "bob", "oops"))
        assert begun is not None
        recalls.cancel(connection, begun.ids)
        found = recalled(connection, begun.ids)
        others = list(did_not_get(connection, begun.ids))
    assert [(one.mailbox, one.attempt) for one in found.got] == [(to[0], TAKEN)]
    assert [(one.mailbox, one.attempt) for one in found.may_have] == [(to[1], LOST), (to[3], LOST)]
    assert [(one.mailbox, one.state) for one in others] == [(to[2], State.CANCELLED)]
    assert found.states == {State.DELIVERED: 1, State.CANCELLED: 2, State.FAILED: 1, State.QUEUED: 1}
    assert (found.messages, found.actor, found.reason, found.target) == (1, "bob", "oops", entry.id)


def test_mail_is_found_as_it_was_sent(database: Database) -> None:
    with database.write() as connection:
        (entry,) = take(connection, mail(message(subject="Hello all"), "ann@people.example"))
        (found,) = sent(connection, [entry.id, "nobody"]).values()
        assert drafted(connection, ["apology:1"]) == {}
    assert (found.id, found.client, found.subject, found.received_at) == (entry.id, "shop", "Hello all", NOW)
    assert found.octets.startswith(TRACE)


def test_of_a_large_mail_no_more_is_read_than_a_header_may_have(database: Database) -> None:
    large = message(content=b"Subject: plans\r\n\r\n" + b"x" * (2 * MAX_HEADER_OCTETS))
    with database.write() as connection:
        (entry,) = take(connection, mail(large, "ann@people.example"))
        assert len(sent(connection, [entry.id])[entry.id].octets) == MAX_HEADER_OCTETS + 1
