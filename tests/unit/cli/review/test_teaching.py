"""mailguard.cli.review.teaching: what clerks' answers would change, and changing it. The learning itself is tested in linkage."""

from __future__ import annotations

import pytest

from mailguard.store import parameters
from mailguard.store.database import Database
from tests.unit.cli.conftest import Mailguard
from tests.unit.cli.review.conftest import ask


@pytest.fixture
def answered(mailguard: Mailguard, database: Database) -> list[str]:
    """Questions, some of them answered."""
    with database.write() as connection:
        ids = ask(connection, [0.9] * 8)
    for place, id in enumerate(ids[:6]):
        mailguard("review", "decide", id, "same" if place % 2 else "different")
    return ids


def test_proposal_is_reported_and_changes_nothing_until_it_is_adopted(
    mailguard: Mailguard, answered: list[str], database: Database
) -> None:
    ran = mailguard("review", "learn")
    assert ran.status == 0
    assert "learnt with 3 answers same and 3 different" in ran.out
    assert "bits then" in ran.out
    assert ran.out.splitlines()[-1].startswith("nothing was changed; to use it: mailguard review adopt --version ")
    with database.read() as connection:
        assert parameters.version(connection) == parameters.SHIPPED
    assert mailguard("review", "adopt").status == 0
    with database.read() as connection:
        assert parameters.version(connection) > parameters.SHIPPED
    ran = mailguard("review", "adopt")
    assert (ran.status, ran.out, ran.err) == (1, "", "nothing is proposed; see: mailguard review learn\n")


def test_proposal_is_reported_for_programs(mailguard: Mailguard, answered: list[str]) -> None:
    document = mailguard("review", "learn", "--json").document
    assert (document["same"], document["different"], document["agreement"]["answers"]) == (3, 3, 6)
    assert {"links_added", "persons_merged"} <= set(document["changes"])
    ran = mailguard("review", "adopt", "--version", str(document["version"] + 1))
    assert (ran.status, ran.out) == (2, "")
    assert mailguard("review", "adopt", "--version", str(document["version"]), "--json").document["records"] == 16


def test_without_answers_there_is_nothing_to_learn(mailguard: Mailguard, asked: list[str]) -> None:
    ran = mailguard("review", "learn")
    assert (ran.status, ran.out) == (1, "")
    assert "mailguard review" in ran.err
