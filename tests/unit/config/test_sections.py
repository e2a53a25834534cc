"""mailguard.config.sections: what of a section belongs together."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from mailguard.config.sections import Settings
from mailguard.mail.control import MailClass

NETWORK = {"name": "a", "networks": "10.0.0.0/8"}
HASH = "$argon2id$v=19$m=8$x"


def test_nothing_is_a_whole_configuration() -> None:
    assert Settings.model_validate({}) == Settings()


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ({"relay": {"tls_key": "k"}}, "tls_key is set and tls_cert is not"),
        ({"relay": {"next_hop": "localhost:2525"}}, "next_hop localhost:2525 is the relay itself"),
        ({"relay": {"listen": "192.0.2.1:25", "next_hop": "192.0.2.1"}}, "is the relay itself"),
        ({"relay": {"listen": ":25"}}, "next_hop 127.0.0.1:25 is the relay itself"),
        ({"client": [{"name": "a"}]}, "set one of the two"),
        ({"client": [NETWORK | {"username": "u", "password_hash": HASH}]}, "set one of the two"),
        ({"client": [{"name": "a", "username": "u"}]}, "belong together"),
        ({"client": [NETWORK | {"class": "bulk", "classes": ["service"]}]}, "add it to classes"),
        ({"client": [NETWORK | {"name": "mailguard"}]}, "choose another"),
        ({"client": [NETWORK, NETWORK]}, "two clients have the name 'a'"),
        (
            {"client": [{"name": name, "username": "u", "password_hash": HASH} for name in "ab"]},
            "two clients have the username 'u'",
        ),
        ({"classify": [{"subject": "x*"}]}, "the rule sets nothing"),
        ({"identity": {"match": 0.6, "possible": 0.7}}, "set it lower"),
        ({"rendering": {"memory_limit": "63MB"}}, "64MB or more"),
        ({"dkim": [{"domain": "X.example", "selector": n, "key": n} for n in "ab"]}, "two dkim sections sign for x.example"),
    ],
)
def test_what_does_not_go_together_is_said(document: dict[str, Any], text: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate(document)
    assert text in caught.value.errors()[0]["msg"]


@pytest.mark.parametrize(
    "document",
    [
        {"relay": {"tls_cert": "c"}},
        {"relay": {"next_hop": "192.0.2.9:2525"}},
        {"relay": {"listen": "[::1]:25"}},
        {"relay": {"listen": "192.0.2.1:25"}},
        {"client": [NETWORK, {"name": "b", "username": "u", "password_hash": HASH}]},
        {"classify": [{"repeat": "allow"}]},
        {"undo": {"bulk": "10m"}},
    ],
)
def test_what_goes_together_is_taken(document: dict[str, Any]) -> None:
    Settings.model_validate(document)


def test_client_may_ask_for_every_class_by_default() -> None:
    client = Settings.model_validate({"client": [NETWORK]}).client[0]
    assert (client.mail_class, client.classes) == (MailClass.SERVICE, tuple(MailClass))
