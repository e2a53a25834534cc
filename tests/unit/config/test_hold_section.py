"""mailguard.config.hold_section: how long mail waits, and where news of it goes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from mailguard.config.config import Config
from mailguard.config.hold_section import HoldSection
from mailguard.config.listing import list_settings
from mailguard.config.sections import Settings
from mailguard.relay.settings import Holding, Webhook
from mailguard.replies.source_settings import Password

SECRET = "MDEyMzQ1Njc4OWFiY2RlZg=="


def test_defaults_are_those_of_the_relay() -> None:
    assert Config(Settings(), "", Path("/etc")).holding == Holding()


@pytest.mark.parametrize(
    "url",
    [
        "https://desk.example/hook",
        "https://desk.example:8443/a?b=c",
        "http://127.0.0.1:9/x",
        "http://[::1]/",
        "http://localhost:8080",
    ],
)
def test_webhook_is_https_or_on_this_host(url: str) -> None:
    hold = HoldSection.model_validate({"webhook": url, "webhook_secret_file": "hook.key"})
    built = Config(Settings(hold=hold), "", Path("/etc")).holding
    assert built.webhook == Webhook(url=url, secret=Password(file="/etc/hook.key"))
    assert built.tells


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://desk.example/", "in the clear"),
        ("http://10.0.0.1/", "in the clear"),
        ("https://user:word@desk.example/", "write https://HOST/PATH"),
        ("https://desk.example/#x", "write https://HOST/PATH"),
        ("ftp://desk.example/", "write https://HOST/PATH"),
        ("desk.example", "write https://HOST/PATH"),
    ],
)
def test_webhook_that_would_tell_others_is_refused(url: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        HoldSection.model_validate({"webhook": url, "webhook_secret": SECRET})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"webhook": "https://desk.example/"}, "set one of the three"),
        ({"webhook_secret": SECRET, "webhook_secret_env": "KEY"}, "set one of the three"),
        ({"webhook": "https://desk.example/", "webhook_secret": "word"}, "openssl rand"),
        ({"expire_bulk": "0s"}, "no time at all"),
        ({"expire_bulk": "soon"}, "soon"),
    ],
)
def test_what_cannot_be_is_refused_in_words(given: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        HoldSection.model_validate(given)


def test_class_may_have_a_time_of_its_own() -> None:
    hold = HoldSection.model_validate({"expire_critical": "4h", "expire_bulk": "", "expire_service": None, "warn": "0s"})
    assert (hold.expire_critical, hold.expire_bulk, hold.expire_service, hold.warn) == (
        timedelta(hours=4), None, None, timedelta(),
    )  # fmt: skip


def test_secret_is_shown_nowhere() -> None:
    hold = HoldSection.model_validate({"webhook": "https://desk.example/", "webhook_secret": SECRET})
    assert SECRET not in str(list_settings(Settings(hold=hold)))
    assert SECRET not in repr(Config(Settings(hold=hold), "", Path("/etc")).holding)
