"""mailguard.linkage.teaching: clerks' answers teach, and what adopting the lesson would change is said first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailguard.errors import MailguardError, UsageError
from mailguard.identity.clerical import AUTOMATIC, Answer
from mailguard.linkage import learning
from mailguard.linkage.link import Plan, link_all
from mailguard.linkage.teaching import MOST_MOVED, Proposal, adopt, propose
from mailguard.store import parameters
from mailguard.store.database import Database
from mailguard.store.verdicts import put_verdict
from tests.builders import NOW
from tests.ledger import open_ledger
from tests.population import THRESHOLDS, Heard, arrive, clock, kept, people, persons, population

COUNT = 400


@pytest.fixture(autouse=True)
def _learn_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "RANDOM_PAIRS", 20_000)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_ledger(f"sqlite:///{tmp_path}/people.db")
    arrive(opened, people(COUNT))
    link_all(opened, Plan(), thresholds=THRESHOLDS, clock=clock, listener=Heard())
    yield opened
    opened.close()


def answer(database: Database, count: int, *, slips: int = 0) -> int:
    """Answer the pairs least sure as they are, the surest `slips` of them wrongly; return how many were answered."""
    person = [who for _, who in population(COUNT)]
    pairs = sorted(kept(database), key=lambda pair: kept(database)[pair])[-count:]
    with database.write() as connection:
        for nth, (a, b) in enumerate(pairs):
            is_same = (person[a - 1] == person[b - 1]) is (nth < len(pairs) - slips)
            put_verdict(connection, (a, b), Answer.SAME if is_same else Answer.DIFFERENT, actor="ada", now=NOW)
    return len(pairs)


def proposed(database: Database) -> Proposal:
    return propose(database, thresholds=THRESHOLDS, clock=clock, listener=Heard())


def test_no_answers_teach_nothing(database: Database) -> None:
    with pytest.raises(MailguardError, match="mailguard review"):
        proposed(database)


def test_unsure_teaches_nothing(database: Database) -> None:
    with database.write() as connection:
        put_verdict(connection, (1, 2), Answer.UNSURE, actor="ada", now=NOW)
    with pytest.raises(MailguardError, match="no clerk"):
        proposed(database)


def test_what_was_approved_by_its_probability_teaches_nothing(database: Database) -> None:
    with database.write() as connection:
        put_verdict(connection, (1, 2), Answer.SAME, actor="ada", now=NOW, reason=f"{AUTOMATIC} 0.9")
    with pytest.raises(MailguardError, match="no clerk has answered"):
        proposed(database)


def test_a_proposal_says_what_would_change_and_changes_nothing(database: Database) -> None:
    before = kept(database), persons(database)
    answered = answer(database, 40)
    proposal = proposed(database)
    assert proposal.version == 2
    assert proposal.same + proposal.different == answered == proposal.agreement.answers
    assert proposal.agreement.after >= proposal.agreement.before
    assert len(proposal.moved) == MOST_MOVED
    moves = [abs(one.after - one.before) for one in proposal.moved]
    assert moves == sorted(moves, reverse=True)
    assert (kept(database), persons(database)) == before
    with database.read() as connection:
        assert parameters.version(connection) == 1
        learnt = parameters.proposed(connection)
    assert learnt is not None
    assert learnt.version == 2
    assert learnt.origin == f"learnt with {answered} answers of clerks"


def test_adopting_links_all_anew(database: Database) -> None:
    answer(database, 40)
    proposal = proposed(database)
    linking = adopt(database, proposal.version, thresholds=THRESHOLDS, clock=clock, listener=Heard())
    assert linking.applied
    assert linking.version == 3
    assert linking.changes.links_added == proposal.changes.links_added
    assert linking.changes.links_removed == proposal.changes.links_removed
    with database.read() as connection:
        assert parameters.proposed(connection) is None


def test_only_what_is_proposed_can_be_adopted(database: Database) -> None:
    with pytest.raises(UsageError, match="not proposed"):
        adopt(database, 7, thresholds=THRESHOLDS, clock=clock, listener=Heard())


def test_slips_are_doubted(database: Database) -> None:
    answer(database, 60, slips=2)
    person = [who for _, who in population(COUNT)]
    strangers = [(n, n + 1) for n in range(1, 40) if person[n - 1] != person[n]]
    with database.write() as connection:
        for pair in strangers:
            put_verdict(connection, pair, Answer.DIFFERENT, actor="ada", now=NOW)
    proposal = proposed(database)
    assert proposal.agreement.opinion is not None
    slips = sorted(kept(database), key=lambda pair: kept(database)[pair])[-2:]
    assert set(slips) <= set(proposal.doubtful)


def test_few_answers_get_no_second_opinion(database: Database) -> None:
    answer(database, 10)
    assert proposed(database).agreement.opinion is None
