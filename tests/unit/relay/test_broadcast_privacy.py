"""mailguard.relay.broadcast_privacy: sums that are right, and of one mailbox next to nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mailguard.policy.facts import Suppression
from mailguard.relay.broadcast_privacy import LEAST, Blurred, mailbox_alone, privacy_key
from mailguard.store.suppressions import Suppressed, suppress
from tests.builders import NOW
from tests.check_documents import PEOPLE
from tests.checks import Checks, checks_in, codes
from tests.customers import JANE, put

BLURRED = Blurred(b"k" * 32)
WANTED = frozenset({"suppressed"})


@pytest.fixture
def checks(tmp_path: Path) -> Iterator[Checks]:
    made = checks_in(tmp_path)
    yield made
    made.database.close()


def crowd(count: int, *, having: int) -> dict[str, set[str]]:
    return {f"p{at}@people.example": {"suppressed"} if at < having else set() for at in range(count)}


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 1.0])
def test_sum_is_about_right(part: float) -> None:
    found = BLURRED.blurred("suppressed", WANTED, crowd(10_000, having=round(10_000 * part)))
    assert found is not None
    assert abs(found - 10_000 * part) <= 300


def test_sum_is_told_in_hundredths_and_never_of_few() -> None:
    found = BLURRED.blurred("suppressed", WANTED, crowd(LEAST, having=400))
    assert found is not None
    assert found % (LEAST // 100) == 0
    assert BLURRED.blurred("suppressed", WANTED, crowd(LEAST - 1, having=400)) is None


def test_half_of_all_mailboxes_are_never_counted_by_their_own_answer() -> None:
    """Whatever else is asked beside it: with and without what is to be found out, the answer is the same."""
    others = crowd(LEAST, having=200)
    told = 0
    for at in range(200):
        name = f"target{at}@people.example"
        told += BLURRED._says("suppressed", name, has=True) != BLURRED._says("suppressed", name, has=False)
    assert 60 < told < 140
    assert BLURRED.blurred("suppressed", WANTED, others) == BLURRED.blurred("suppressed", WANTED, others)


def test_coins_are_those_of_the_key_and_of_what_is_asked() -> None:
    names = [f"p{at}@people.example" for at in range(200)]
    coins = [[blurred._says(what, name, has=False) for name in names]
             for blurred, what in ((BLURRED, "suppressed"), (BLURRED, "open_reply"), (Blurred(b"j" * 32), "suppressed"))]  # fmt: skip
    assert coins[0] not in coins[1:]


def test_small_audience_shows_nothing_of_the_ledger(checks: Checks) -> None:
    before = told(checks)
    with checks.database.write() as connection:
        put(connection, replace(JANE, emails=(PEOPLE[0], PEOPLE[1])))
        suppress(connection, Suppressed(PEOPLE[2], Suppression.UNSUBSCRIBED, NOW, "cat", "by link"))
    assert told(checks) == before
    assert checks.check().document.verdict == "fail"


def told(checks: Checks) -> str:
    request = checks.request(*PEOPLE, "ada@gmial.com")
    request = replace(request, columns=mailbox_alone(request.columns))
    return checks.run(request, telling=Blurred(privacy_key(checks.database))).document.model_dump_json()


def test_what_the_rows_show_is_told(checks: Checks) -> None:
    request = checks.request(*PEOPLE, PEOPLE[0], "nonsense", "info@x.example", "ada@gmial.com")
    found = checks.run(request, telling=BLURRED).document
    assert (found.audience.rows, found.audience.mailboxes, found.audience.invalid, found.audience.role) == (7, 5, 1, 1)
    assert {"invalid_address", "role_address", "likely_typo"} <= codes(found.findings)
    assert {"duplicate", "unknown_person"}.isdisjoint(codes(found.findings))
    assert (found.audience.persons, found.audience.duplicate, found.audience.suppressed, found.clean_rows) == (None,) * 4
    assert found.audience.others == {}
    assert [one.examples for one in found.findings if one.code == "role_address"] == [[]]


def test_key_is_made_once(checks: Checks) -> None:
    assert privacy_key(checks.database) == privacy_key(checks.database)


def test_rows_lose_what_else_tells_who_they_mean(checks: Checks) -> None:
    columns = mailbox_alone(checks.request().columns)
    assert columns.document == {"email": "email"}
