from __future__ import annotations

from collections import Counter

import pytest

from mailguard.broadcast.audience_findings import Tally, Whole, findings_of
from mailguard.broadcast.audience_judging import Judged
from mailguard.broadcast.finding import CheckFinding
from mailguard.mail.control import MailClass
from mailguard.policy.finding import Action, Code
from mailguard.policy.limits import Limits
from mailguard.policy.severity import MOST_EXAMPLES, Severity

NOTHING = Whole(duplicates=0, doubted=0, duplicate_examples=(), doubted_examples=(), typos={})


def said(tally: Tally, whole: Whole = NOTHING, *, limits: Limits | None = None, is_clean: bool = False) -> list[CheckFinding]:
    return list(findings_of(tally, whole, limits=limits or Limits(), mail_class=MailClass.BULK, is_clean=is_clean))


def of(rows: int, **codes: int) -> Tally:
    return Tally(rows=rows, codes=Counter(codes), first={code: [(2, "ada@x.example")] for code in codes})


def test_pieces_add_up_and_the_first_examples_stay() -> None:
    tally = Tally()
    for begin in (0, 4):
        first = {"repeat": [(begin + at, f"p{begin + at}") for at in range(4)]}
        tally.add(Judged(ranks=bytes(10), codes=Counter(repeat=4), first=first, domains=Counter({"x.example": 10})))
    (found,) = said(tally)
    assert (tally.rows, found.count, tally.domains["x.example"]) == (20, 8, 20)
    assert found.examples == tuple(f"line {at}: p{at}" for at in range(MOST_EXAMPLES))


def test_action_that_lets_through_makes_no_error() -> None:
    limits = Limits(actions={(MailClass.BULK, Code.OPEN_REPLY): Action.DELIVER})
    assert [one.severity for one in said(of(10, open_reply=1))] == [Severity.ERROR]
    assert [one.severity for one in said(of(10, open_reply=1), limits=limits)] == [Severity.WARNING]


@pytest.mark.parametrize(("count", "is_told"), [(49, True), (50, False)])
def test_test_addresses_are_told_where_the_rest_is_none(count: int, *, is_told: bool) -> None:
    assert bool(said(of(100, test_address=count))) is is_told


def test_typos_are_told_with_what_was_meant_the_most_frequent_first() -> None:
    tally = Tally(rows=10, domains=Counter({"gmial.com": 1, "yaho.com": 3}))
    typos = {"gmial.com": "gmail.com", "yaho.com": "yahoo.com"}
    (found,) = said(tally, Whole(duplicates=0, doubted=0, duplicate_examples=(), doubted_examples=(), typos=typos))
    assert found.examples == ("yaho.com (3 rows): yahoo.com?", "gmial.com (1 row): gmail.com?")
    assert (found.count, found.severity) == (4, Severity.WARNING)


def test_doubts_and_duplicates_are_told() -> None:
    whole = Whole(duplicates=2, doubted=4, duplicate_examples=("line 3: a",), doubted_examples=(), typos={})
    found = said(of(10), whole, is_clean=True)
    assert [(one.code, one.severity, one.count) for one in found] == [
        ("duplicate", Severity.WARNING, 2),
        ("possible_duplicate", Severity.WARNING, 4),
    ]


@pytest.mark.parametrize(("second", "is_told"), [(1, False), (2, True)])
def test_second_language_is_told_from_two_of_a_hundred(second: int, *, is_told: bool) -> None:
    assert bool(said(Tally(rows=200, languages=Counter({"de": 100 - second, "en": second, "": 100})))) is is_told
