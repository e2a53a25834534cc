"""The table of providers is consistent."""

from __future__ import annotations

import pytest

from mailguard.mail.provider import Provider, provider_of


@pytest.mark.parametrize(
    ("domain", "provider"),
    [
        ("gmail.com", Provider("gmail.com", ignores_dots=True)),
        ("googlemail.com", Provider("gmail.com", ignores_dots=True)),
        ("mac.com", Provider("icloud.com")),
        ("live.co.uk", Provider("live.co.uk")),
        ("hotmail.com.br", Provider("hotmail.com.br")),
        ("fastmail.fm", Provider("fastmail.fm")),
        ("yahoo.com", None),
        ("x.example", None),
        ("live.example", None),
    ],
)
def test_rules_are_known_for_listed_domains_only(domain: str, provider: Provider | None) -> None:
    assert provider_of(domain) == provider
