"""The words that tell asides are folded as the text is."""

from __future__ import annotations

from mailguard.mail import link_words


def test_words_are_casefolded_and_not_empty() -> None:
    for words in (link_words.ASIDE_STEMS, link_words.UNSPACED_ASIDE_STEMS, link_words.ASIDE_IN_TARGETS, link_words.TRACKING):
        assert all(word and word == word.casefold() for word in words)


def test_each_stem_is_found_by_its_beginning() -> None:
    for stem in link_words.ASIDE_STEMS:
        beginnings = {word[:4] for word in stem.replace("-", " ").replace("'", " ").split()}
        assert not beginnings.isdisjoint(link_words.ASIDE_BEGINNINGS), stem
