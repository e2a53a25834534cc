from __future__ import annotations

import pytest

from mailguard.broadcast.audience_profile import MOST_NAMED, AudienceProfile, differences, shares


def test_profile_comes_back_as_it_was_written() -> None:
    profile = AudienceProfile(7, domains={"gmail.com": 0.5}, languages={"de": 1.0}, sources={"crm": 0.9}, brands={"acme": 1.0})
    assert AudienceProfile.from_json(profile.as_json()) == profile


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"rows": "x"}', '{"rows": 1, "domains": 3}'])
def test_what_is_no_profile_is_none(text: str) -> None:
    assert AudienceProfile.from_json(text) is None


def test_shares_are_of_those_that_have_one_and_the_most_frequent_are_named() -> None:
    assert shares({"": 8, "de": 3, "en": 1}) == {"de": 0.75, "en": 0.25}
    assert len(shares({f"d{number}.example": 1 for number in range(50)})) == MOST_NAMED
    assert shares({"": 3}) == {}


@pytest.mark.parametrize(("rows", "is_told"), [(199, False), (200, True), (51, False), (50, True)])
def test_twice_or_half_the_size_is_told(rows: int, *, is_told: bool) -> None:
    found = list(differences(AudienceProfile(rows), AudienceProfile(100)))
    assert [one.code for one in found] == ["audience_size"] * is_told


def test_share_that_moved_is_told_the_farthest_first() -> None:
    last = AudienceProfile(100, domains={"gmail.com": 0.5, "web.de": 0.5}, languages={"de": 1.0})
    now = AudienceProfile(100, domains={"gmail.com": 0.35, "web.de": 0.51, "x.example": 0.14}, languages={"de": 0.6, "en": 0.4})
    (found,) = differences(now, last)
    assert found.code == "audience_changed"
    assert found.examples == ("60% in de, 100% last time", "40% in en, 0% last time", "35% at gmail.com, 50% last time")


def test_what_was_not_told_last_time_is_no_difference() -> None:
    assert not list(differences(AudienceProfile(100, languages={"de": 1.0}), AudienceProfile(100)))
    assert not list(differences(AudienceProfile(0), AudienceProfile(100)))
