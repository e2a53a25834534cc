"""mailguard.config.listing: every setting, its value and its sentence, and no secret."""

from __future__ import annotations

from mailguard.config.listing import known_settings, list_settings
from mailguard.config.sections import Settings

HASH = "$argon2id$v=19$m=8$x"
FULL = Settings.model_validate(
    {
        "relay": {"own_domains": ".corp.example", "next_hop": "smtp://u:hunter2@mx.example", "max_size": "10MB"},
        "client": [
            {"name": "a", "networks": ["10.0.0.0/8"], "brand": "x"},
            {"name": "b", "username": "u", "password_hash": HASH},
        ],
        "database": {"url": "postgresql://mailguard:hunter2@db/mailguard"},
        "policy": {"actions": {"service": {"repeat": "hold", "unchecked_broadcast": "hold"}}},
        "undo": {"bulk": "1m"},
        "classify": [{"asks": "income", "repeat": "allow"}],
        "replies": {"imap": [{"host": "h", "username": "u", "password": "hunter2"}], "reply_window": "10d"},
        "http": {"listen": "", "tokens": [{"name": "crm", "token": "hunter2-hunter2-hunter2", "scopes": ["context"]}]},
    }
)
VALUES = {setting.name: setting for setting in list_settings(FULL)}


def test_every_setting_has_a_sentence() -> None:
    assert not [setting.name for setting in known_settings() if not setting.sentence.endswith(".")]


def test_default_of_a_known_setting_is_its_value() -> None:
    assert not [setting.name for setting in known_settings() if setting.is_changed]


def test_what_must_be_given_has_no_default() -> None:
    names = {setting.name for setting in known_settings() if setting.default is None}
    assert {"client[].name", "replies.imap[].host", "http.tokens[].token"} <= names


def test_value_is_written_as_the_operator_writes_it() -> None:
    shown = {
        "relay.own_domains": [".corp.example"],
        "relay.next_hop": ["smtp://u:…@mx.example:25?tls=required"],
        "relay.max_size": "10MB",
        "relay.listen": "127.0.0.1:2525",
        "relay.keep_bare_newlines": False,
        "relay.workers": 1,
        "client[1].networks": ["10.0.0.0/8"],
        "client[1].classes": ["critical", "service", "bulk"],
        "client[2].password_hash": "…",
        "database.url": "postgresql://mailguard:…@db/mailguard",
        "policy.repeat_window": "6d",
        "policy.actions.service": {"repeat": "hold", "unchecked_broadcast": "hold"},
        "classify[1].repeat": "allow",
        "http.listen": "",
        "identity.match": 0.99,
    }
    assert {name: VALUES[name].value for name in shown} == shown


def test_no_secret_is_listed() -> None:
    assert "hunter2" not in str(list_settings(FULL))
    assert HASH not in str(list_settings(FULL))


def test_changed_settings_are_told_from_defaults() -> None:
    assert VALUES["relay.max_size"].is_changed
    assert not VALUES["relay.workers"].is_changed


def test_url_without_a_password_is_shown_as_it_is() -> None:
    settings = list_settings(Settings.model_validate({"database": {"url": "postgresql://mailguard@db/mailguard"}}))
    assert "postgresql://mailguard@db/mailguard" in [setting.value for setting in settings]
