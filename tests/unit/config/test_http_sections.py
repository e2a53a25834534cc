"""mailguard.config.http_sections: tokens differ, and may do what there is."""

from __future__ import annotations

import pytest

from mailguard.config.bearer import hashed
from mailguard.config.http_sections import HttpSection

SECRET = "0123456789abcdef"


def test_http_can_be_off_and_scopes_a_list_by_commas() -> None:
    tokens = [{"name": "crm", "token": SECRET, "scopes": "context,replies"}]
    assert HttpSection.model_validate({"listen": "", "tokens": tokens}).tokens[0].scopes == ("context", "replies")
    assert HttpSection.model_validate({"check_rate": 0}).check_rate == 0


@pytest.mark.parametrize("change", [{"name": "shop"}, {"token": hashed(SECRET)}])
def test_two_tokens_differ_in_name_and_secret(change: dict[str, str]) -> None:
    one = {"name": "shop", "token": SECRET, "scopes": "context, replies"}
    other = {"name": "desk", "token": "fedcba9876543210", "scopes": ["events"]} | change
    with pytest.raises(ValueError, match="two tokens have the same"):
        HttpSection.model_validate({"tokens": [one, other]})


@pytest.mark.parametrize("scopes", [[], ["everything"]])
def test_scopes_are_those_that_there_are(scopes: list[str]) -> None:
    with pytest.raises(ValueError, match="scopes"):
        HttpSection.model_validate({"tokens": [{"name": "shop", "token": SECRET, "scopes": scopes}]})
