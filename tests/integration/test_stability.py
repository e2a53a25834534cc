"""Persons follow from the records, the scored pairs and the clerks' answers alone, on a real database.

So what is worked out around each change is what working out everything would be; a rebuild gives every person its id back, and
so does taking back what was done, in any order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from mailguard.identity.clerical import Answer
from mailguard.identity.cluster import Pair as Scored
from mailguard.identity.cluster import partition
from mailguard.identity.model import probability_of
from mailguard.identity.person import parse_person, person_id
from mailguard.identity.record import Record
from mailguard.identity.standard import Standard
from mailguard.store.database import Database
from mailguard.store.links import Kept, Origin, Pair, all_links, links_of, put_links, replace_links
from mailguard.store.partition import regroup, split_off
from mailguard.store.persons import members, person_of, replace_persons
from mailguard.store.records import forget, upsert
from mailguard.store.verdicts import all_verdicts, put_verdict, undo_verdict
from tests.builders import NOW
from tests.records import all_persons, drop_links

LINK: Final = 6.6
CLERK: Final = "ada"
SOURCE: Final = "crm"


class _EnoughError(Exception):
    """Ends a trial, so that nothing of it stays."""


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    folder: Path = tmp_path_factory.mktemp("stability")
    opened = Database.open(f"sqlite:///{folder}/people.db")
    yield opened
    opened.close()


@contextmanager
def trial(database: Database) -> Iterator[Connection]:
    """A transaction of which nothing stays."""
    with suppress(_EnoughError), database.write() as connection:
        yield connection
        raise _EnoughError


def arrive(connection: Connection, keys: Iterable[object], *, given: str = "") -> list[int]:
    rows = [(Record(source=SOURCE, source_key=str(key), given_name=given), Standard(given=given)) for key in keys]
    upserted = upsert(connection, rows, now=NOW)
    return [*upserted.new, *upserted.changed]


def kept(a: int, b: int, weight: float) -> Kept:
    return Kept(min(a, b), max(a, b), probability_of(weight), weight, (), Origin.BATCH, NOW)


def again(connection: Connection, records: Iterable[int]) -> None:
    regroup(connection, records, threshold_bits=LINK)


def persons(connection: Connection) -> dict[int, int]:
    return all_persons(connection)


def whole(connection: Connection) -> dict[int, int]:
    """The persons as all records, pairs and answers together make them."""
    answers = {verdict.pair: verdict.answer for verdict in all_verdicts(connection)}
    return partition(
        persons(connection),
        (Scored(one.a, one.b, one.match_weight) for one in all_links(connection)),
        same=[pair for pair, answer in answers.items() if answer is Answer.SAME],
        different=[pair for pair, answer in answers.items() if answer is Answer.DIFFERENT],
        threshold=LINK,
    ).person_of


RECORDS: Final = 8
AT = st.integers(0, RECORDS - 1)
ENDS = st.tuples(AT, AT).filter(lambda ends: ends[0] != ends[1])
WEIGHTS = st.one_of(st.integers(0, 30).map(float), st.floats(0, 40))
STEPS = st.one_of(
    st.tuples(st.just("keep"), ENDS, WEIGHTS),
    st.tuples(st.just("keep"), ENDS, WEIGHTS),
    st.tuples(st.just("drop"), ENDS, st.none()),
    st.tuples(st.just("say"), ENDS, st.sampled_from(Answer)),
    st.tuples(st.just("undo"), ENDS, st.none()),
    st.tuples(st.just("split"), ENDS, st.none()),
    st.tuples(st.just("change"), ENDS, st.text("abc", max_size=3)),
    st.tuples(st.just("forget"), ENDS, st.none()),
)
"""What happens, to one record or between two, and with what."""


def _keep(connection: Connection, a: int, b: int, weight: float) -> Iterable[int]:
    put_links(connection, [kept(a, b, weight)])
    return a, b


def _drop(connection: Connection, a: int, b: int, _: object) -> Iterable[int]:
    drop_links(connection, [(min(a, b), max(a, b))])
    return a, b


def _say(connection: Connection, a: int, b: int, answer: Answer) -> Iterable[int]:
    put_verdict(connection, (a, b), answer, actor=CLERK, now=NOW)
    return a, b


def _undo(connection: Connection, a: int, b: int, _: object) -> Iterable[int]:
    undo_verdict(connection, (a, b), actor=CLERK, now=NOW)
    return a, b


def _split(connection: Connection, a: int, _: int, __: object) -> Iterable[int]:
    pairs = split_off(connection, a, actor=CLERK, now=NOW)
    again(connection, {record for pair in pairs for record in pair})
    apart = persons(connection)
    assert all(apart[one] != apart[other] for one, other in pairs)
    return ()


def _change(connection: Connection, a: int, _: int, given: str) -> Iterable[int]:
    """A record compares otherwise, and loses its links."""
    return arrive(connection, [a - 1], given=given)


def _forget(connection: Connection, a: int, _: int, __: object) -> Iterable[int]:
    left = [other for found in members(connection, person_of(connection, [a]).values()).values() for other in found]
    forget(connection, [a], now=NOW, actor=CLERK)
    return left


DOES: Final[dict[str, Callable[..., Iterable[int]]]] = {
    "keep": _keep,
    "drop": _drop,
    "say": _say,
    "undo": _undo,
    "split": _split,
    "change": _change,
    "forget": _forget,
}


@given(steps=st.lists(STEPS, max_size=30))
def test_what_is_worked_out_around_each_change_is_what_everything_together_makes(
    database: Database, steps: list[tuple[str, tuple[int, int], object]]
) -> None:
    with trial(database) as connection:
        ids = arrive(connection, range(RECORDS))
        for what, (at, other), how in steps:
            a, b = ids[at], ids[other]
            if {a, b} <= persons(connection).keys():
                again(connection, DOES[what](connection, a, b, how))
            assert persons(connection) == whole(connection)


SEEDS = st.integers(0, 1 << 32)
CHAINS: Final = 400
"""Persons of three records, and links between neighbours that belong to nobody."""


def town(connection: Connection, random: Random) -> list[Kept]:
    """Records, their kept pairs of all weights, and some answers; the persons worked out."""
    ids = arrive(connection, range(3 * CHAINS))
    random.shuffle(ids)
    links = [
        kept(ids[n], ids[n + 1], random.uniform(5, 25)) for n in range(3 * CHAINS - 1) if n % 3 < 2 or random.random() < 0.4
    ]
    links += [kept(ids[n], ids[n + 2], random.uniform(0, 25)) for n in range(0, 3 * CHAINS, 3) if random.random() < 0.8]
    put_links(connection, links)
    for _ in range(60):
        a, b = random.sample(ids, 2)
        near = random.choice(links).pair
        put_verdict(connection, (a, b), random.choice(list(Answer)), actor=CLERK, now=NOW)
        put_verdict(connection, near, Answer.DIFFERENT, actor=CLERK, now=NOW)
    again(connection, ids)
    return links


@settings(max_examples=2)
@given(seed=SEEDS)
def test_every_person_keeps_its_id_over_a_rebuild_of_all_links(database: Database, seed: int) -> None:
    random = Random(seed)
    with trial(database) as connection:
        links = town(connection, random)
        before = persons(connection)
        replace_links(connection, [])
        again(connection, before)
        assert persons(connection) != before
        random.shuffle(links)
        for start in range(0, len(links), 100):
            some = links[start : start + 100]
            put_links(connection, some)
            again(connection, {end for one in some for end in one.pair})
        assert persons(connection) == before
        replace_persons(connection, {record: record for record in before})
        again(connection, before)
        assert persons(connection) == before == whole(connection)


@settings(max_examples=2)
@given(seed=SEEDS)
def test_a_thousand_links_undone_and_decided_again_give_the_same_persons(database: Database, seed: int) -> None:
    random = Random(seed)
    with trial(database) as connection:
        links = town(connection, random)
        before = persons(connection)
        pairs = [one.pair for one in random.sample(links, 1000)]
        for pair in pairs:
            put_verdict(connection, pair, Answer.DIFFERENT, actor=CLERK, now=NOW)
            again(connection, pair)
        apart = persons(connection)
        assert all(apart[a] != apart[b] for a, b in pairs)
        assert apart == whole(connection)
        random.shuffle(pairs)
        for pair in pairs:
            undo_verdict(connection, pair, actor=CLERK, now=NOW)
            again(connection, pair)
        assert persons(connection) == before


@settings(max_examples=2)
@given(seed=SEEDS)
def test_a_thousand_links_dropped_and_scored_again_give_the_same_persons(database: Database, seed: int) -> None:
    random = Random(seed)
    with trial(database) as connection:
        links = random.sample(town(connection, random), 1000)
        before = persons(connection)
        for one in links:
            drop_links(connection, [one.pair])
            again(connection, one.pair)
        assert persons(connection) == whole(connection) != before
        random.shuffle(links)
        for one in links:
            put_links(connection, [one])
            again(connection, one.pair)
        assert persons(connection) == before


Told = tuple[str, Pair, object]


@given(
    links=st.dictionaries(ENDS.map(lambda ends: (min(ends), max(ends))), st.floats(0, 40), max_size=16),
    answers=st.dictionaries(ENDS.map(lambda ends: (min(ends), max(ends))), st.sampled_from(Answer), max_size=4),
    seed=SEEDS,
)
def test_the_order_of_links_and_answers_does_not_matter(
    database: Database, links: dict[Pair, float], answers: dict[Pair, Answer], seed: int
) -> None:
    def told(order: Iterable[Told]) -> dict[int, int]:
        with trial(database) as connection:
            ids = arrive(connection, range(RECORDS))
            for what, (a, b), how in order:
                again(connection, DOES[what](connection, ids[a], ids[b], how))
            found = persons(connection)
        return {ids.index(record): ids.index(person) for record, person in found.items()}

    events: list[Told] = [*(("keep", pair, weight) for pair, weight in links.items())]
    events += [("say", pair, answer) for pair, answer in answers.items()]
    assert told(Random(seed).sample(events, len(events))) == told(events)


@given(
    order=st.permutations(range(RECORDS)),
    links=st.sets(ENDS.map(lambda ends: (min(ends), max(ends))), max_size=16),
    seed=SEEDS,
)
def test_the_order_of_arrival_does_not_matter(database: Database, order: list[int], links: set[Pair], seed: int) -> None:
    """Save where averages are equal to the last digit, which weights at random are not: then the older records come first."""
    random = Random(seed)
    weights = {pair: random.uniform(0, 20) for pair in links}

    def grouped(order: Iterable[int]) -> set[frozenset[int]]:
        with trial(database) as connection:
            id_of = {key: arrive(connection, [key])[0] for key in order}
            put_links(connection, [kept(id_of[a], id_of[b], weight) for (a, b), weight in weights.items()])
            again(connection, id_of.values())
            found = members(connection, id_of.values()).values()
        key_of = {record: key for key, record in id_of.items()}
        return {frozenset(key_of[record] for record in group) for group in found}

    assert grouped(order) == grouped(range(RECORDS))


def test_a_younger_id_leads_to_the_older_person_and_a_split_gives_it_back(database: Database) -> None:
    with trial(database) as connection:
        a, b, c, d = arrive(connection, range(4))
        put_links(connection, [kept(a, b, 9.0), kept(c, d, 9.0)])
        again(connection, [a, b, c, d])
        former = person_id(person_of(connection, [d])[d])
        assert former == person_id(c)
        put_verdict(connection, (b, d), Answer.SAME, actor=CLERK, now=NOW)
        again(connection, [b, d])
        number = parse_person(former)
        assert person_of(connection, [number]) == {number: a}
        assert members(connection, [a]) == {a: [a, b, c, d]}
        put_verdict(connection, (b, d), Answer.DIFFERENT, actor=CLERK, now=NOW)
        again(connection, [b, d])
        assert members(connection, [a, c]) == {a: [a, b], c: [c, d]}
        assert {link.pair for link in links_of(connection, [a, c])} == {(a, b), (c, d)}
