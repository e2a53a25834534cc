from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from mailguard.broadcast.audience_judging import MAILBOX_OCTETS, PERSON_OCTETS, Judged, Rank, key_of
from mailguard.broadcast.audience_selection import Fate, Selecting, Selection

CLEAN, STOPPED, INVALID, SECOND = Fate.CLEAN, Fate.STOPPED, Fate.INVALID, Fate.SECOND


@dataclass(frozen=True)
class Place:
    person: str
    mailbox: str = ""
    rank: int = Rank.FIT
    maybe: str = ""


def piece(places: Sequence[Place]) -> Judged:
    return Judged(
        persons=b"".join(key_of(one.person, PERSON_OCTETS) for one in places),
        mailboxes=b"".join(key_of(one.mailbox or one.person, MAILBOX_OCTETS) for one in places),
        ranks=bytes(one.rank for one in places),
        maybe=[(at, key_of(one.maybe, PERSON_OCTETS)) for at, one in enumerate(places) if one.maybe],
    )


def choose(*places: Place, size: int = 1000, doubted: Sequence[tuple[str, str]] = ()) -> Selection:
    selecting = Selecting()
    for begin in range(0, len(places), size):
        selecting.add(piece(places[begin : begin + size]))
    return selecting.choose(doubted)


def test_first_row_of_a_person_is_kept() -> None:
    assert list(choose(Place("P1", "a"), Place("P2", "b"), Place("P1", "c")).fates) == [CLEAN, CLEAN, SECOND]


def test_row_on_record_is_kept_before_an_earlier_one() -> None:
    assert list(choose(Place("P1", "a"), Place("P1", "b", Rank.ON_RECORD)).fates) == [SECOND, CLEAN]


def test_row_that_would_be_stopped_is_never_kept() -> None:
    on_record = Place("P1", "a", Rank.ON_RECORD + Rank.UNFIT)
    assert list(choose(on_record, Place("P1", "b")).fates) == [STOPPED, CLEAN]
    assert list(choose(on_record, Place("P1", "b", Rank.FIT + Rank.UNFIT)).fates) == [STOPPED, STOPPED]


def test_invalid_rows_are_nobodys() -> None:
    found = choose(Place("", "", Rank.INVALID), Place("", "", Rank.INVALID), Place("P1"))
    assert list(found.fates) == [INVALID, INVALID, CLEAN]
    assert (found.persons, found.mailboxes, found.clean, found.duplicates) == (1, 1, 1, 0)


def test_mailbox_of_two_persons_is_kept_once_and_counted() -> None:
    found = choose(Place("P1", "a"), Place("P2", "a"))
    assert list(found.fates) == [CLEAN, SECOND]
    assert (found.persons, found.mailboxes, found.duplicates) == (2, 1, 1)


def test_own_mailboxes_of_a_person_are_all_kept_unless_there_is_one_elsewhere() -> None:
    own = (Place("P1", "a", Rank.OWN), Place("P1", "b", Rank.OWN), Place("P1", "a", Rank.OWN))
    found = choose(*own)
    assert list(found.fates) == [CLEAN, CLEAN, SECOND]
    assert (found.persons, found.clean, found.duplicates) == (1, 2, 1)
    found = choose(*own, Place("P1", "c"))
    assert list(found.fates) == [SECOND, SECOND, SECOND, CLEAN]
    assert (found.persons, found.clean, found.duplicates) == (1, 1, 3)
    assert list(choose(*own, Place("P1", "c", Rank.UNFIT)).fates) == [CLEAN, CLEAN, SECOND, STOPPED]


def test_pair_that_waits_for_a_clerk_is_doubted_where_both_are_there() -> None:
    rows = (Place("P1", "a"), Place("P2", "b"), Place("P3", "c"))
    assert choose(*rows, doubted=[("P1", "P3"), ("P2", "P9")]).doubted == {0, 2}
    assert choose(*rows, doubted=[("P1", "P9")]).doubted == frozenset()


def test_row_that_may_be_of_another_rows_person_is_doubted_with_it() -> None:
    assert choose(Place("x@x", maybe="P1"), Place("P1", "b"), Place("P2", "c")).doubted == {0, 1}
    assert choose(Place("x@x", maybe="P1"), Place("P2", "c")).doubted == frozenset()
    assert choose(Place("x@x", maybe="P1"), Place("y@y", maybe="P1")).doubted == {0, 1}


PLACES = st.lists(
    st.builds(
        Place,
        st.sampled_from(["P1", "P2", "P3", "P4"]),
        st.sampled_from("abcdef"),
        st.sampled_from([Rank.ON_RECORD, Rank.FIT, Rank.FIT + Rank.UNFIT, Rank.INVALID]),
    )
)


@given(PLACES, st.integers(1, 5))
def test_each_person_and_each_mailbox_is_clean_at_most_once_whatever_the_pieces(places: list[Place], size: int) -> None:
    found = choose(*places, size=size)
    assert found == choose(*places)
    clean = [place for place, fate in zip(places, found.fates, strict=True) if fate == CLEAN]
    assert len({one.person for one in clean}) == len({one.mailbox for one in clean}) == len(clean) == found.clean
    assert all(one.rank < Rank.UNFIT for one in clean)
    fit = {one.mailbox for one in places if one.rank < Rank.UNFIT}
    assert bool(clean) == bool(fit)


@given(PLACES)
def test_digest_is_of_the_set_of_clean_mailboxes(places: list[Place]) -> None:
    found = choose(*places)
    clean = [Place(one.person, one.mailbox) for one, fate in zip(places, found.fates, strict=True) if fate == CLEAN]
    assert choose(*reversed(clean)).digest == found.digest
