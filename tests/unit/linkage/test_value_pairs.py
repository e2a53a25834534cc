import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA, JaroWinkler

from mailguard.identity.levels import SIMILAR_NAME
from mailguard.linkage.value_pairs import Texts, ValuePairs

words = st.lists(st.text(alphabet="abc", min_size=1, max_size=5), min_size=1, max_size=8, unique=True)


def all_pairs(values: list[str]) -> ValuePairs:
    texts = Texts(np.array(values, dtype=object))
    a, b = np.divmod(np.arange(len(values) ** 2, dtype=np.int32), len(values))
    return ValuePairs(texts, texts, a, b)


@given(words)
def test_one_edit_is_a_distance_of_one(values: list[str]) -> None:
    pairs = all_pairs(values)
    chosen = np.asarray((pairs.a != pairs.b) & (pairs.a != 0))
    for a, b, asked, found in zip(pairs.a, pairs.b, chosen, pairs.one_edit(chosen), strict=True):
        assert found == (asked and OSA.distance(values[a], values[b]) == 1)


@given(words)
def test_similar_is_what_jaro_and_winkler_say(values: list[str]) -> None:
    pairs = all_pairs(values)
    for a, b, found in zip(pairs.a, pairs.b, pairs.similar(np.ones(len(pairs), dtype=bool)), strict=True):
        assert found == (JaroWinkler.normalized_similarity(values[a], values[b]) >= SIMILAR_NAME)


def test_distinct_pairs_are_each_there_once() -> None:
    texts = Texts(np.array(["a", "b"], dtype=object))
    pairs = ValuePairs(texts, texts, np.array([0, 1, 0], dtype=np.int32), np.array([1, 1, 1], dtype=np.int32))
    distinct, inverse = pairs.distinct()
    assert (distinct.a.tolist(), distinct.b.tolist(), inverse.tolist()) == ([0, 1], [1, 1], [0, 1, 0])


def test_words_in_another_order_are_similar() -> None:
    assert all_pairs(["mill ln east", "east mill ln", "high st"]).similar_words().tolist() == [
        True, True, False, True, True, False, False, False, True,
    ]  # fmt: skip


def test_a_function_is_asked_only_where_chosen() -> None:
    pairs = all_pairs(["a", "b"])
    asked: list[tuple[str, str]] = []

    def is_before(x: str, y: str) -> bool:
        asked.append((x, y))
        return x < y

    result = pairs.where(is_before, np.array([True, True, False, False]))
    assert asked == [("a", "a"), ("a", "b")]
    assert result.tolist() == [False, True, False, False]


def test_texts_know_their_shape() -> None:
    texts = Texts(np.array(["ab", "c", "abd"], dtype=object))
    assert (texts.lengths.tolist(), texts.first.tolist(), texts.last.tolist()) == ([2, 1, 3], [97, 99, 97], [98, 99, 100])
    assert texts.numbered(lambda text: text[:2]).tolist() == [0, 1, 0]
    assert texts.holds(str.isalpha).tolist() == [True, True, True]


@given(st.lists(st.text(alphabet="01", min_size=1, max_size=8), min_size=1, max_size=8, unique=True), st.integers(1, 3))
def test_a_grip_loses_nothing(values: list[str], grip: int) -> None:
    texts = Texts(np.array(values, dtype=object), grip=grip)
    a, b = np.divmod(np.arange(len(values) ** 2, dtype=np.int32), len(values))
    for x, y, found in zip(a, b, ValuePairs(texts, texts, a, b).one_edit(a != b), strict=True):
        assert found == (x != y and OSA.distance(values[x], values[y]) == 1)
