"""mailguard.config.config: the values that each part is told."""

from __future__ import annotations

import socket
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from mailguard.config.config import LOCAL, Config
from mailguard.config.endpoint import Endpoint
from mailguard.config.sections import Settings
from mailguard.mail.control import MailClass
from mailguard.policy.answer import Answers
from mailguard.policy.classify import Rule
from mailguard.policy.finding import Action, Code
from mailguard.policy.hold_times import HoldTimes
from mailguard.policy.limits import Limits, Mode
from mailguard.policy.template_rule import TemplateRule
from mailguard.relay.settings import (
    Client,
    DeliverySettings,
    Fail,
    Holding,
    Identity,
    Listen,
    LogLevel,
    NextHop,
    RelaySettings,
    Rendering,
    Retention,
    SigningKey,
)
from mailguard.replies.source_settings import LmtpListen, Password
from mailguard.templates.template import RenderLimits

FOLDER = Path("/etc/mailguard")


def config(**document: Any) -> Config:
    return Config(Settings.model_validate(document), "mailguard.toml", FOLDER)


def test_defaults_are_those_of_the_values_themselves() -> None:
    built = config(relay={"hostname": "localhost"})
    hop = (NextHop(host="127.0.0.1"),)
    assert built.relay == RelaySettings(
        database="sqlite:////etc/mailguard/mailguard.db",
        listen=Listen(clients=(LOCAL,)),
        delivery=DeliverySettings(next_hops=hop),
    )
    assert (built.workers, built.http, built.log.level) == (1, Endpoint("127.0.0.1", 8025), LogLevel.INFO)


def test_hostname_is_the_hosts_own_where_none_is_set() -> None:
    assert config().hostname == socket.gethostname()
    assert config(relay={"hostname": "guard.example"}).listen.hostname == "guard.example"
    assert config(relay={"hostname": "guard.example"}).delivery.hostname == "guard.example"


def test_front_door_is_what_the_file_says() -> None:
    relay = {
        "listen": "[::1]:25", "hostname": "g", "tls_cert": "tls/c.pem", "tls_key": "/k.pem", "max_size": "1MB",
        "max_recipients": 2, "max_connections": 3, "max_connections_per_client": 4, "idle_timeout": "5s",
        "data_timeout": "6s", "max_commands_without_mail": 7, "max_auth_tries": 8, "keep_bare_newlines": True,
    }  # fmt: skip
    assert config(relay=relay).listen == Listen(
        host="::1", port=25, hostname="g", tls_cert="/etc/mailguard/tls/c.pem", tls_key="/k.pem", clients=(LOCAL,),
        max_size=1 << 20, max_recipients=2, max_connections=3, max_connections_per_client=4,
        idle_timeout=timedelta(seconds=5), data_timeout=timedelta(seconds=6), max_commands_without_mail=7,
        max_auth_tries=8, keep_bare_newlines=True,
    )  # fmt: skip


def test_clients_are_what_the_file_says() -> None:
    first = {
        "name": "a",
        "networks": "10.0.0.0/8",
        "class": "bulk",
        "classes": ["bulk"],
        "trust_fields": True,
        "answers": "polite",
    }
    second = {"name": "b", "username": "u", "password_hash": "$argon2id$x"}
    assert config(client=[first, second]).listen.clients == (
        Client(
            name="a",
            networks=(ip_network("10.0.0.0/8"),),
            mail_class=MailClass.BULK,
            classes=frozenset({MailClass.BULK}),
            trusts_fields=True,
            answers=Answers.POLITE,
        ),
        Client(name="b", username="u", password_hash="$argon2id$x"),
    )


def test_back_door_is_what_the_file_says() -> None:
    delivery = {
        "retry": "1s", "retry_most": "2s", "expire": "3s", "lease": "4s", "connections": 5, "connect_timeout": "6s",
        "command_timeout": "7s",
    }  # fmt: skip
    built = config(relay={"hostname": "g", "next_hop": ["a", "b:26"]}, delivery=delivery)
    assert built.delivery == DeliverySettings(
        next_hops=(NextHop(host="a"), NextHop(host="b", port=26)), hostname="g", retry_first=timedelta(seconds=1),
        retry_most=timedelta(seconds=2), expire=timedelta(seconds=3), lease=timedelta(seconds=4), connections=5,
        connect_timeout=timedelta(seconds=6), command_timeout=timedelta(seconds=7),
    )  # fmt: skip


def test_longest_wait_is_never_shorter_than_the_first() -> None:
    assert config(delivery={"retry": "2h"}).delivery.retry_most == timedelta(hours=2)


def test_limits_are_what_the_file_says() -> None:
    policy = {
        "mode": "shadow", "repeat_window": "1d", "max_visible_recipients": 1, "max_hidden_recipients": 2, "stale_thread": "3d",
        "fan_out_limit": 4, "fan_out_window": "5m", "bulk_per_person": 6, "bulk_window": "7d",
        "actions": {"bulk": {"repeat": "hold", "open_reply": "reject"}, "critical": {"mass_cc": "deliver"}},
    }  # fmt: skip
    replies = {"reply_window": "8d"}
    assert config(policy=policy, replies=replies, relay={"own_domains": ["Corp.example", ".b.example"]}).limits == Limits(
        mode=Mode.SHADOW, own_domains=frozenset({"corp.example", ".b.example"}), repeat_window=timedelta(days=1),
        max_visible_recipients=1, max_hidden_recipients=2, stale_thread=timedelta(days=3), fan_out_limit=4,
        fan_out_window=timedelta(minutes=5), bulk_per_person=6, bulk_window=timedelta(days=7),
        reply_window=timedelta(days=8),
        actions={
            (MailClass.BULK, Code.REPEAT): Action.HOLD, (MailClass.BULK, Code.OPEN_REPLY): Action.REJECT,
            (MailClass.CRITICAL, Code.MASS_CC): Action.DELIVER,
        },
    )  # fmt: skip


def test_templates_keep_their_order() -> None:
    surveys = {"name": "nps-*", "survey": True, "low_score": 4, "answer_within": "never", "low_score_within": "2h"}
    assert config(template=[surveys, {}]).policy.templates == (
        TemplateRule(name="nps-*", is_survey=True, low_score=4, answer_within=None, low_score_within=timedelta(hours=2)),
        TemplateRule(),
    )


def test_rules_keep_their_order() -> None:
    first = {"client": "c", "reverse_path": "r", "originator": "o", "subject": "s", "header": "X: y", "class": "bulk"}
    classify = [first, {"template": "t", "repeat": "2d"}, {"repeat": "allow"}, {"asks": "income, Postal-Address"}]
    assert config(classify=classify).policy.rules == (
        Rule(client="c", reverse_path="r", originator="o", subject="s", header="X: y", mail_class=MailClass.BULK),
        Rule(template="t", repeat=timedelta(days=2)),
        Rule(allows_repeat=True),
        Rule(asks=("income", "postal_address")),
    )


def test_identity_is_what_the_file_says() -> None:
    built = config(identity={"match": 0.95, "possible": 0.6, "region": "gb"}).relay.identity
    assert built == Identity(match=0.95, possible=0.6, region="GB")


def test_holding_retention_and_fail_are_what_the_file_says() -> None:
    built = config(
        hold={"expire": "1d", "expire_bulk": "2h", "warn": "3h", "notify": "postmaster@corp.example"},
        retention={"content": "1d", "ledger": "2d", "audience": "3d"},
        relay={"fail": "open"},
    ).relay
    times = HoldTimes(expire=timedelta(days=1), by_class={MailClass.BULK: timedelta(hours=2)})
    assert built.holding == Holding(times=times, warn=timedelta(hours=3), notify=("postmaster@corp.example",))
    assert built.retention == Retention(content=timedelta(days=1), ledger=timedelta(days=2), audience=timedelta(days=3))
    assert built.fail is Fail.OPEN


@pytest.mark.parametrize(
    ("url", "built"),
    [
        ("sqlite:///mail.db", "sqlite:////etc/mailguard/mail.db"),
        ("sqlite:////var/lib/mail.db", "sqlite:////var/lib/mail.db"),
        ("postgresql://db/mailguard", "postgresql://db/mailguard"),
    ],
)
def test_relative_database_lies_beside_the_configuration(url: str, built: str) -> None:
    assert config(database={"url": url}).database_url == built


def test_rendering_is_what_the_file_says() -> None:
    built = config(
        rendering={"processes": 3, "time_limit": "5s", "memory_limit": "64MB", "max_output": "1MB"},
        replies={"address": "reply@corp.example", "unsubscribe_url": "https://corp.example/u"},
        dkim=[{"domain": "corp.example", "selector": "s1", "key": "dkim.pem"}],
    ).relay.rendering
    assert built == Rendering(
        limits=RenderLimits(processes=3, seconds=5.0, memory=67_108_864, output=1_048_576),
        address="reply@corp.example",
        unsubscribe_url="https://corp.example/u",
        keys=(SigningKey(domain="corp.example", selector="s1", file="/etc/mailguard/dkim.pem"),),
    )


def test_client_may_have_its_answers_signed() -> None:
    assert config(client=[{"name": "crm", "networks": "10.0.0.1", "reply_token": True}]).listen.clients[0].reply_token


def test_sources_of_replies_are_built_with_their_paths_and_ports() -> None:
    account = {"host": "imap.example", "username": "us@corp.example"}
    sources = config(
        replies={
            "maildirs": ["box", "/srv/box"],
            "lmtp_listen": "unix:run/lmtp",
            "imap": [account | {"password_file": "secret"}, account | {"name": "b", "password_env": "P", "tls": "starttls"}],
        }
    ).reply_sources
    assert sources.maildirs == ("/etc/mailguard/box", "/srv/box")
    assert sources.lmtp == LmtpListen(path="/etc/mailguard/run/lmtp")
    assert [(one.name, one.port, one.password) for one in sources.imap] == [
        ("us@corp.example@imap.example", 993, Password(file="/etc/mailguard/secret")),
        ("b", 143, Password(variable="P")),
    ]


def test_lmtp_is_off_or_on_a_port() -> None:
    assert config().reply_sources.lmtp is None
    assert not config().reply_sources
    on_port = config(replies={"lmtp_listen": "127.0.0.1:24", "lmtp_networks": "10.0.0.0/8"}).reply_sources.lmtp
    assert on_port == LmtpListen(host="127.0.0.1", port=24, networks=(ip_network("10.0.0.0/8"),))


def test_replies_are_told_their_brands() -> None:
    told = config(
        client=[{"name": "crm", "networks": "10.0.0.1", "brand": "acme"}],
        replies={"brand": [{"name": "other", "addresses": ["Help@Other.example"]}], "authserv_ids": "mx.corp.example"},
    ).replies
    assert (told.client_brands, told.mailbox_brands) == ({"crm": "acme"}, {"help@other.example": "other"})
    assert told.authserv_ids == ("mx.corp.example",)
