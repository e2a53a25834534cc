from __future__ import annotations

import pytest

from mailguard.broadcast.audience_domain import flaw_of, typos

REAL = """gmail.com googlemail.com mail.com gmx.de gmx.net gmx.at ymail.com email.it email.com mail.de yahoo.co.uk yahoo.ca hotmail.be
hotmail.nl outlook.jp live.nl me.com free.fr web.de t-online.de corp.example shop.test xn--bcher-kva.example posteo.net
bücher.de mail.co company.africa uni-bonn.de gov.uk foo.co.jp blogspot.com""".split()


@pytest.mark.parametrize("domain", [name for name in REAL if name.isascii()])
def test_domain_that_may_be_there_has_no_flaw_and_is_no_typo(domain: str) -> None:
    assert flaw_of(domain) == ""
    assert domain == "mail.co" or typos({domain: 1}) == {}


@pytest.mark.parametrize(
    ("domain", "word"),
    [
        ("gmail.con", ".con"),
        ("x.invalid", ".invalid"),
        ("printer.local", ".local"),
        ("localhost", "no domain of the public Internet"),
        ("corp.internal", ".internal"),
        ("1.2.3.4", ".4"),
        ("[192.0.2.1]", "literal"),
        (f"{'a' * 64}.com", "too long"),
    ],
)
def test_domain_that_cannot_be_reached_says_why(domain: str, word: str) -> None:
    assert word in flaw_of(domain)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmal.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("gnail.com", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("hotmial.com", "hotmail.com"),
        ("hotmal.com", "hotmail.com"),
        ("yaho.com", "yahoo.com"),
        ("outlok.com", "outlook.com"),
        ("icloud.cm", "icloud.com"),
    ],
)
def test_slip_of_a_finger_in_a_large_providers_name(typed: str, meant: str) -> None:
    assert typos({typed: 1}) == {typed: meant}


def test_two_slips_are_another_name() -> None:
    assert typos({"gnial.com": 1, "hmail.org": 1}) == {}


def test_rare_name_near_a_frequent_one_of_the_audience_is_a_slip() -> None:
    assert typos({"lovelace.example": 400, "lovelaec.example": 1}) == {"lovelaec.example": "lovelace.example"}


@pytest.mark.parametrize(("frequent", "rare"), [(199, 1), (400, 3), (399, 2)])
def test_name_that_is_not_so_rare_or_not_near_so_frequent_a_one_stands(frequent: int, rare: int) -> None:
    assert typos({"lovelace.example": frequent, "lovelaec.example": rare}) == {}


def test_other_country_and_other_number_are_no_slips() -> None:
    assert typos({"lovelace.de": 400, "lovelace.dk": 1, "branch1.example": 400, "branch2.example": 1}) == {}
