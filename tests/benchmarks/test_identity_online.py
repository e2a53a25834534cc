"""What one mail's identity costs: standardising, blocking keys, and the decision among 30 candidates; CPU time, printed.

    pytest tests/benchmarks/test_identity_online.py

Asserted are only ratios of one run: what is known already costs less than what is new, and an exact mailbox far less than a
search.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from time import thread_time_ns
from typing import Any

import pytest

from mailguard.identity import addresses, blocking, countries, dates, local_part, names, nicknames, phones, query, standardise
from mailguard.identity.blocking import blocking_keys
from mailguard.identity.default_parameters import DEFAULTS
from mailguard.identity.model import Model
from mailguard.identity.query import query_of
from mailguard.identity.record import Record
from mailguard.identity.resolve import Candidate, Thresholds, likeliest, resolve
from mailguard.mail.mailbox import parse_mailbox
from tests.benchmarks.people import Population

RECORDS = 5_000
CUSTOMERS = 1_000_000  # the size of table that the model is told
CANDIDATES = 30
MOST_OF_A_KEY = 50
MODULES = (addresses, blocking, countries, dates, local_part, names, nicknames, phones, query, standardise)


@dataclass(frozen=True, slots=True)
class Cost:
    """Microseconds of CPU time for one of many."""

    name: str
    median: float
    p99: float

    def __str__(self) -> str:
        return f"{self.name:<44} {self.median:8.1f} µs   p99 {self.p99:8.1f} µs"


@pytest.fixture(scope="module")
def records() -> list[Record]:
    phones.phone("020 7183 8750", "gb")  # loads the library
    nicknames.formal("bob")
    return [record for record, _ in Population(21).records(RECORDS)]


def forget() -> None:
    """Empty the caches of everything that standardises."""
    for module in MODULES:
        for function in vars(module).values():
            if isinstance(function, type(lru_cache(forget))):
                function.cache_clear()


def measured(name: str, function: Callable[[Any], object], values: Sequence[object]) -> Cost:
    """What `function` costs for each of the values."""
    times: list[int] = []
    for value in values:
        start = thread_time_ns()
        function(value)
        times.append(thread_time_ns() - start)
    times.sort()
    return Cost(name, times[len(times) // 2] / 1000, times[len(times) * 99 // 100] / 1000)


def show(capsys: pytest.CaptureFixture[str], *costs: Cost) -> None:
    with capsys.disabled():
        sys.stdout.write("".join(f"\n{cost}" for cost in costs) + "\n")


def test_standardising_what_was_seen_costs_less(records: list[Record], capsys: pytest.CaptureFixture[str]) -> None:
    forget()
    cold = measured(
        "standardise, each value for the first time", lambda record: standardise.standardise(record, region="gb"), records
    )
    warm = measured("standardise, each value seen before", lambda record: standardise.standardise(record, region="gb"), records)
    standards = [standardise.standardise(record, region="gb") for record in records]
    keys = measured("blocking keys", blocking_keys, standards)
    show(capsys, cold, warm, keys)
    assert warm.median < cold.median


def test_an_exact_mailbox_costs_less_than_a_search(records: list[Record], capsys: pytest.CaptureFixture[str]) -> None:
    model, thresholds = Model(DEFAULTS, CUSTOMERS), Thresholds()
    table = [
        Candidate(number, number, f"crm:{number}", standardise.standardise(record, region="gb"))
        for number, record in enumerate(records, start=1)
    ]
    by_key: dict[int, list[int]] = {}
    for candidate in table:
        for key in blocking_keys(candidate.standard):
            by_key.setdefault(key, []).append(candidate.record)
    told = [
        query_of(parse_mailbox(f"new{number}@new.example"), hints=replace(record, emails=()), region="gb")
        for number, record in enumerate(records)
    ]

    def search(number: int) -> None:
        asked = told[number]
        found = {
            key: by_key[key] for key in blocking_keys(asked.standard) if len(by_key.get(key, ())) in range(1, MOST_OF_A_KEY)
        }
        near = [table[record - 1] for record in likeliest(found, CANDIDATES)]
        more = table[number : number + CANDIDATES - len(near)]
        resolve(asked, owners=(), candidates=[*near, *more], named=None, model=model, thresholds=thresholds)

    def exact(number: int) -> None:
        resolve(told[number], owners=(table[number],), candidates=(), named=None, model=model, thresholds=thresholds)

    def ask(number: int) -> None:
        query_of(parse_mailbox(f"new{number}@new.example"), hints=replace(records[number], emails=()), region="gb")

    each = range(RECORDS - CANDIDATES)
    forget()
    asking = measured("query from hints, each for the first time", ask, each)
    by_search = measured(f"keys, and decision among {CANDIDATES} candidates", search, each)
    by_mailbox = measured("decision by an exact mailbox", exact, each)
    show(capsys, asking, by_search, by_mailbox)
    assert by_mailbox.median < by_search.median / 3
