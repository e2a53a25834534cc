from __future__ import annotations

from mailguard.replies.signature_words import BANNER_STEMS, BANNERS, DISCLAIMERS, MOBILE


def test_ordinary_beginnings_are_none_of_them() -> None:
    for line in ("I sent it from my phone", "Thank you", "Bitte senden", "Écrivez-moi", "Je suis d'accord", "Please send it"):
        assert not MOBILE.match(line)
        assert not DISCLAIMERS.match(line)
        assert not BANNERS.match(line.casefold())


def test_stems_are_casefolded() -> None:
    assert all(stem == stem.casefold() for stem in BANNER_STEMS)
