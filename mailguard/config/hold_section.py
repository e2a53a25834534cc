"""The settings of mail that waits for a person: for how long, and who is told."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_address
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, PlainValidator, model_validator

from mailguard.config.duration import parse_duration
from mailguard.config.section import Section
from mailguard.config.values import Duration, Mailboxes, Wait
from mailguard.relay.settings import Holding
from mailguard.relay.webhook_signature import key_of

_HOLDING: Final = Holding()


def _parse_own(value: object) -> timedelta | None:
    if value is None or value == "":
        return None
    duration = parse_duration(value)
    if not duration:
        raise ValueError(f"{value!r} is no time at all; write a longer duration, or nothing for hold.expire")
    return duration


def _check_url(value: str) -> str:
    """Return an address that events may be sent to: nobody on the way is to read who writes to customers, or of what."""
    if not value:
        return ""
    parts = urlsplit(value)
    if parts.username is not None or parts.fragment or not parts.hostname or parts.scheme not in ("https", "http"):
        raise ValueError(f"{value!r} cannot be used; write https://HOST/PATH")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise ValueError(f"{value!r} would cross the network in the clear; write https://, http is for this host alone")
    return value


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_secret(value: str) -> str:
    if value:
        key_of(value)
    return value


OwnTime = Annotated[timedelta | None, PlainValidator(_parse_own)]
WebhookUrl = Annotated[str, AfterValidator(_check_url)]
WebhookSecret = Annotated[str, AfterValidator(_check_secret)]


class HoldSection(Section):
    """Mail that waits for a person."""

    expire: Wait = Field(
        _HOLDING.times.expire, description="Held mail that nobody released expires after this time, with a DSN."
    )
    expire_critical: OwnTime = Field(None, description="The same for critical mail; empty is as expire.")
    expire_service: OwnTime = Field(None, description="The same for service mail; empty is as expire.")
    expire_bulk: OwnTime = Field(None, description="The same for bulk mail; empty is as expire.")
    warn: Duration = Field(
        _HOLDING.warn, description="How long before it expires notify and webhook are told so, once a group; 0s is off."
    )
    notify: Mailboxes = Field(
        _HOLDING.notify, description="Mailboxes that are told when mail is held, at most once in 15 minutes a cause."
    )
    webhook: WebhookUrl = Field(
        "",
        description="Address (https) that is told by POST when mail is held, at most once in 15 minutes a cause; or none.",
    )
    webhook_secret: WebhookSecret = Field(
        "", description="What it is signed with, in base64 (Standard Webhooks); made with: openssl rand -base64 32."
    )
    webhook_secret_file: str = Field("", description="File that holds the secret; it is read for each event.")
    webhook_secret_env: str = Field("", description="Variable of the environment that holds the secret.")

    @model_validator(mode="after")
    def _has_one_secret(self) -> Self:
        given = sum(map(bool, (self.webhook_secret, self.webhook_secret_file, self.webhook_secret_env)))
        if given > 1 or (self.webhook and not given):
            raise ValueError(
                "what the webhook is signed with comes from webhook_secret, webhook_secret_file or webhook_secret_env; "
                "set one of the three"
            )
        return self
