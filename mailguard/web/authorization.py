"""Who may ask what: bearer tokens (RFC 6750) and their scopes. Knows no route."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from mailguard.config.bearer import Scope, Token
from mailguard.web.problem import Refusal, described

_SCHEME = HTTPBearer(auto_error=False, scheme_name="token", description="One of [[http.tokens]].")

Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(_SCHEME)]


class Needs:
    """A dependency of routes: notes the token of a request whose scopes include this one, for `actor`.

    Raises Refusal: 401 where no token, or none that is known, comes with the request, 403 where its scopes do not include it.
    """

    def __init__(self, scope: Scope, tokens: Sequence[Token]) -> None:
        self._scope = scope
        self._tokens = tokens

    async def __call__(self, request: Request, credentials: Credentials) -> None:
        """Note the token that the request proves."""
        token = self._proved(credentials.credentials) if credentials else None
        if token is None:
            raise _unauthorized(is_given=credentials is not None)
        if self._scope not in token.scopes:
            raise _forbidden(self._scope)
        request.state.actor = token.name
        request.state.scopes = token.scopes

    def _proved(self, secret: str) -> Token | None:
        """Return whose secret it is. All tokens are compared, so the time tells nothing of which came near."""
        found = [token for token in self._tokens if token.is_proved_by(secret)]
        return found[0] if found else None


def actor(request: Request) -> str:
    """Return the name of the token that the request has proved."""
    name: str = request.state.actor
    return name


def may(request: Request, scope: Scope) -> bool:
    """Whether the token that the request has proved has another scope, too."""
    scopes: frozenset[Scope] = request.state.scopes
    return scope in scopes


def guarded(**statuses: str) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI is to say of a route that needs a token."""
    return described(
        _401="No token, or none that is known.",
        _403="The token has not the scope that this needs.",
        _503="The database cannot be asked now; try again.",
        **statuses,
    )


def _unauthorized(*, is_given: bool) -> Refusal:
    error = ', error="invalid_token"' if is_given else ""
    detail = "the token is not known; it must be one of [[http.tokens]]" if is_given else "send Authorization: Bearer TOKEN"
    return Refusal(HTTPStatus.UNAUTHORIZED, detail, headers={"WWW-Authenticate": f'Bearer realm="mailguard"{error}'})


def _forbidden(scope: Scope) -> Refusal:
    return Refusal(
        HTTPStatus.FORBIDDEN,
        f"the token has not the scope {scope}; add it to scopes of its [[http.tokens]]",
        headers={"WWW-Authenticate": f'Bearer realm="mailguard", error="insufficient_scope", scope="{scope}"'},
    )
