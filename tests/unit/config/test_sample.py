"""mailguard.config.sample: the file that `init` writes."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from mailguard.config.listing import known_settings
from mailguard.config.sample import sample
from mailguard.config.sections import Settings


def test_sample_sets_the_mode_and_nothing_else() -> None:
    assert _set(tomllib.loads(sample())) == {"policy": {"mode": "shadow"}}


def test_sample_has_what_was_named() -> None:
    text = sample(own_domains=["a.example", ".b.example"], next_hop='mx"\\')
    relay = tomllib.loads(text)["relay"]
    assert relay == {"own_domains": ["a.example", ".b.example"], "next_hop": ['mx"\\']}


def test_sample_names_every_setting_that_is_used() -> None:
    text = sample()
    assert not [setting.name for setting in known_settings() if f"{setting.name.rpartition('.')[2]} = " not in text]


def test_every_line_of_the_sample_can_be_switched_on() -> None:
    """All settings at once, less those that exclude one another."""
    text = re.sub(r"^#(?=[\[\w])", "", sample(), flags=re.MULTILINE)
    document = tomllib.loads(text)
    rule, client = document["classify"][0], document["client"][0]
    for empty in [key for key in ("header", "class", "repeat") if rule[key] == ""]:
        del rule[empty]
    del client["username"], client["password_hash"]
    settings = Settings.model_validate(document)
    assert settings.policy.actions.service == {"near_repeat": "deliver"}
    assert settings.relay == Settings().relay


def _set(document: dict[str, Any]) -> dict[str, Any]:
    """The tables that say something, empty ones left out."""
    tables = {key: _set(value) if isinstance(value, dict) else value for key, value in document.items()}
    return {key: value for key, value in tables.items() if value != {}}
