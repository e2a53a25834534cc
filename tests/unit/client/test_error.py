"""mailguard.client.error: what the client raises says what is wrong."""

from __future__ import annotations

from mailguard.client import ClientError, RefusedError, UnavailableError


def test_refusal_has_status_and_reason() -> None:
    error = RefusedError(403, "the token has no scope context")
    assert (error.status, error.detail) == (403, "the token has no scope context")
    assert str(error) == "mailguard refused the request (403): the token has no scope context"


def test_unavailable_has_its_problem() -> None:
    error = UnavailableError("HTTP status 500")
    assert error.problem == "HTTP status 500"
    assert str(error) == "mailguard gave no usable answer: HTTP status 500"


def test_all_are_client_errors() -> None:
    assert issubclass(RefusedError, ClientError)
    assert issubclass(UnavailableError, ClientError)
