"""mailguard.policy.check_history: each member once, whatever the Message-ID, also within a batch."""

from __future__ import annotations

from mailguard.mail.check_token import member_key
from mailguard.policy.check import Check, Claim
from mailguard.policy.check_history import CheckHistory
from mailguard.policy.facts import Replay, State
from tests.builders import submission

SALT = b"s" * 16
CHECK = Check("B1", "", SALT)
ANN, BOB = (member_key(SALT, f"{name}@people.example") for name in ("ann", "bob"))
MAIL = submission(None, "ann@people.example", "Bob@People.example", "cy@people.example", id="M1")


def test_mail_without_a_token_has_no_members() -> None:
    history = CheckHistory(members={("B1", ANN): None})
    assert history.of(MAIL) == Check()
    assert dict(history.among(MAIL)) == {}
    assert history.named == frozenset()
    history.add(MAIL, {}, id="M1", states=(State.QUEUED,) * 3, answer="")
    assert history.members == {("B1", ANN): None}


def test_members_are_found_by_canonical_mailbox_and_others_are_none() -> None:
    history = CheckHistory(checks={"M1": CHECK}, members={("B1", ANN): None, ("B1", BOB): None})
    assert dict(history.among(MAIL)) == {0: ANN, 1: BOB}


def test_a_token_that_does_not_hold_vouches_for_nobody_and_is_named_all_the_same() -> None:
    history = CheckHistory(checks={"M1": Check("B1", "expired", SALT), "M2": Check(failure="?")}, members={("B1", ANN): None})
    assert dict(history.among(MAIL)) == {}
    assert history.named == {"B1"}


def test_who_was_taken_is_a_replay_for_the_next_mail() -> None:
    history = CheckHistory(
        checks={"M1": CHECK}, members={("B1", ANN): None, ("B1", BOB): Claim("M0", State.REJECTED, "550 no")}
    )
    assert history.claimed(MAIL, ANN) is None
    assert history.claimed(MAIL, BOB) == Replay("M0", State.REJECTED, "550 no", "B1")
    states = (State.HELD, State.REPLAYED, State.QUEUED)
    history.add(MAIL, history.among(MAIL), id="M1", states=states, answer="250 ok")
    assert history.claimed(MAIL, ANN) == Replay("M1", State.HELD, "250 ok", "B1")
    assert history.claimed(MAIL, BOB) == Replay("M0", State.REJECTED, "550 no", "B1")
