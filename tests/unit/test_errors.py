"""mailguard.errors: temporary is 4yz, permanent 5yz; each carries code and enhanced status."""

from __future__ import annotations

import pytest

from mailguard import errors


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        (errors.TemporaryError, 451, "4.3.0"),
        (errors.StorageFullError, 452, "4.3.1"),
        (errors.PermanentError, 550, "5.0.0"),
        (errors.AddressError, 553, "5.1.3"),
        (errors.ParameterError, 501, "5.5.4"),
    ],
)
def test_each_error_has_its_code(kind: type[errors.SmtpError], code: int, status: str) -> None:
    error = kind("what the peer sees")
    assert (error.code, error.enhanced_status, error.text, str(error)) == (code, status, "what the peer sees", error.text)


def test_a_code_of_its_own_wins() -> None:
    error = errors.ParameterError("no", code=555, enhanced_status="5.5.1")
    assert (error.code, error.enhanced_status) == (555, "5.5.1")


def test_what_the_caller_did_wrong_is_a_usage_error() -> None:
    assert issubclass(errors.ConfigError, errors.UsageError)
    assert issubclass(errors.DatabaseVersionError, errors.UsageError)
