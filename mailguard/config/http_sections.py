"""The settings of HTTP: where it is answered, and who may ask for what."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from mailguard.config.bearer import Scope, digest_of
from mailguard.config.endpoint import Endpoint
from mailguard.config.section import Section
from mailguard.config.values import BearerToken, Listening, split_list


class TokenSection(Section):
    """One bearer token."""

    name: str = Field(min_length=1, description="Who uses the token; it is recorded as the actor.")
    token: BearerToken = Field(
        description="The secret, at least 16 characters, or its hash; made with: mailguard password token."
    )
    scopes: Annotated[tuple[Scope, ...], BeforeValidator(split_list)] = Field(
        min_length=1,
        description="What the token may be used for: context, replies, events, check, decisions.",
    )


class HttpSection(Section):
    """Health, metrics, and the API."""

    listen: Listening = Field(Endpoint("127.0.0.1", 8025), description="Address and port for HTTP; empty is off.")
    check_rate: int = Field(60, ge=0, le=100_000, description="Checks that a token may ask for in an hour; 0 is no limit.")
    tokens: tuple[TokenSection, ...] = ()

    @model_validator(mode="after")
    def _tokens_differ(self) -> Self:
        for what, seen in (
            ("name", [one.name for one in self.tokens]),
            ("token", [digest_of(one.token) for one in self.tokens]),
        ):
            if len(set(seen)) < len(seen):
                raise ValueError(f"two tokens have the same {what}; give each its own")
        return self
