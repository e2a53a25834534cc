"""What footers say is folded, and each stem is found by its beginning."""

from __future__ import annotations

import pytest

from mailguard.mail.footer_words import CONTACT, MARKER_BEGINNINGS, MARKER_STEMS, UNSPACED_MARKER_STEMS


def test_stems_are_folded_and_found() -> None:
    assert all(stem and stem == stem.casefold() for stem in (*MARKER_STEMS, *UNSPACED_MARKER_STEMS))
    for stem in MARKER_STEMS:
        assert not {word[:4] for word in stem.replace("-", " ").split()}.isdisjoint(MARKER_BEGINNINGS), stem


@pytest.mark.parametrize(
    "line",
    [
        "tel. +49 30 123456",
        "phone: (030) 1234",
        "musterstraße 12, 10115 berlin",
        "12, rue de la paix, 75002 paris",
        "221b baker street, london",
        "calle mayor 5, madrid",
        "keizersgracht 12",
        "10115 berlin",
        "hrb 12345, ust-id de123456789",
        "© 2026 example",
        "〒 100-0001",
    ],
)
def test_contact_lines(line: str) -> None:
    assert CONTACT.search(line)


@pytest.mark.parametrize("line", ["your code is 123456", "order 4711-88", "total 10 eur", "ticket id: 12345", "2 items left"])
def test_facts_are_no_contact(line: str) -> None:
    assert not CONTACT.search(line)
