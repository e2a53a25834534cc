"""mailguard.policy.limits: which domains are the operator's own."""

from __future__ import annotations

import pytest

from mailguard.policy.limits import Limits


@pytest.mark.parametrize(
    ("entry", "domain", "own"),
    [
        ("corp.example", "corp.example", True),
        ("corp.example", "mail.corp.example", False),
        (".corp.example", "corp.example", True),
        (".corp.example", "a.b.corp.example", True),
        (".corp.example", "notcorp.example", False),
    ],
)
def test_a_leading_dot_takes_in_subdomains(entry: str, domain: str, *, own: bool) -> None:
    assert Limits(own_domains=frozenset({entry})).is_own(domain) is own


def test_nothing_is_own_without_own_domains() -> None:
    assert not Limits().is_own("corp.example")
