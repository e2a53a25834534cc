"""mailguard.config.advice: what can be used and is perhaps not meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mailguard.config.advice import advise
from mailguard.config.config import Config
from mailguard.config.sections import Settings

CLEAN: dict[str, Any] = {
    "relay": {"own_domains": ["corp.example"], "hostname": "guard.corp.example", "next_hop": "mx.corp.example"},
    "hold": {"notify": "postmaster@corp.example"},
}

MASTER = {"host": "mx.corp.example", "master": "recall", "password": "secret"}


def advice(**changes: dict[str, Any] | list[dict[str, Any]]) -> tuple[str, ...]:
    document = {key: {**value, **changes.pop(key, {})} for key, value in CLEAN.items()}  # type: ignore[dict-item]
    return advise(Config(Settings.model_validate(document | changes), "mailguard.toml", Path()))


def test_clean_configuration_needs_no_advice() -> None:
    assert advice() == ()


@pytest.mark.parametrize(
    ("changes", "setting", "what"),
    [
        ({"relay": {"own_domains": []}}, "relay.own_domains", "is empty"),
        ({"relay": {"hostname": "guard"}}, "relay.hostname", "has no domain"),
        ({"relay": {"fail": "open"}}, "relay.fail", "undecided"),
        ({"relay": {"next_hop": "smtp://u:p@mx.example?tls=none"}}, "relay.next_hop", "in the clear"),
        ({"policy": {"actions": {"bulk": {"fan_out": "deliver"}}}}, "policy.actions.bulk.fan_out", "unchecked_broadcast"),
        ({"relay": {"listen": "0.0.0.0:25"}}, "client", "only programs on this host"),
        ({"relay": {"listen": "guard.corp.example:25"}}, "client", "only programs on this host"),
        ({"client": [{"name": "a", "username": "u", "password_hash": "$argon2id$x"}]}, "client a", "relay.tls_cert"),
        ({"client": [{"name": "a", "networks": "0.0.0.0/0"}]}, "client a", "the whole world"),
        ({"client": [{"name": "a", "networks": "10.0.0.1", "reply_token": True}]}, "client a", "replies.address"),
        ({"policy": {"mode": "shadow"}}, "policy.mode", "delivers all mail"),
        ({"hold": {"notify": []}}, "hold.notify", "nobody is told"),
        ({"delivery": {"retry": "2h"}}, "delivery.retry", "longer than retry_most"),
        ({"retention": {"ledger": "5d"}}, "retention.ledger", "late repeats pass"),
        ({"retention": {"ledger": "30d"}, "classify": [{"repeat": "31d"}]}, "retention.ledger", "late repeats pass"),
        ({"retention": {"audience": "100d"}}, "retention.audience", "stale audiences pass"),
        ({"recall": {"imap": [MASTER | {"tls": "none"}]}}, "recall.imap mx.corp.example", "travels in the clear"),
    ],
)
def test_what_is_perhaps_not_meant_is_named(changes: dict[str, Any], setting: str, what: str) -> None:
    (line,) = advice(**changes)
    assert line.startswith(f"{setting}: ")
    assert what in line


def test_broadcasts_may_go_out_unchecked_where_both_findings_say_so() -> None:
    assert advice(policy={"actions": {"bulk": {"fan_out": "deliver", "unchecked_broadcast": "deliver"}}}) == ()


def test_a_server_of_own_mailboxes_needs_own_domains() -> None:
    _, line = advice(relay={"own_domains": []}, recall={"imap": [MASTER | {"host": "localhost", "tls": "none"}]})
    assert line.startswith("recall.imap localhost: is for no domain")


def test_nobody_need_be_told_while_nothing_is_held() -> None:
    (line,) = advice(hold={"notify": []}, policy={"mode": "shadow"})
    assert line.startswith("policy.mode")


@pytest.mark.parametrize("listen", ["localhost:25", "[::1]:25"])
def test_loopback_needs_no_clients(listen: str) -> None:
    assert advice(relay={"listen": listen}) == ()
