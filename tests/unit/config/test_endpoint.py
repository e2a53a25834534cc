"""mailguard.config.endpoint: where to listen."""

from __future__ import annotations

import pytest

from mailguard.config.endpoint import Endpoint, parse_endpoint, parse_place


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("127.0.0.1:2525", Endpoint("127.0.0.1", 2525)),
        ("[::1]:25", Endpoint("::1", 25)),
        (":2525", Endpoint("0.0.0.0", 2525)),
        ("guard.corp.example:0", Endpoint("guard.corp.example", 0)),
        ("localhost:65535", Endpoint("localhost", 65_535)),
    ],
)
def test_endpoint_is_read(text: str, endpoint: Endpoint) -> None:
    assert parse_endpoint(text) == endpoint


@pytest.mark.parametrize(
    "value", ["2525", "localhost", "localhost:65536", "[::g]:25", "[1.2.3]:25", "::1:25", 2525, "", "a b:1"]
)
def test_endpoint_that_cannot_be_read_comes_with_its_mend(value: object) -> None:
    with pytest.raises(ValueError, match=r"write HOST:PORT, such as 127\.0\.0\.1:2525"):
        parse_endpoint(value)


@pytest.mark.parametrize("text", ["127.0.0.1:2525", "[::1]:25"])
def test_endpoint_is_written_as_it_was_read(text: str) -> None:
    assert str(parse_endpoint(text)) == text


def test_place_may_be_a_socket_of_the_file_system() -> None:
    assert str(parse_place("unix:/run/lmtp")) == "unix:/run/lmtp"
    assert str(parse_place("127.0.0.1:24")) == "127.0.0.1:24"


@pytest.mark.parametrize("value", ["unix:", "24", 24, "/run/lmtp"])
def test_what_is_no_place_is_said_with_the_mend(value: object) -> None:
    with pytest.raises(ValueError, match="or unix:/run/mailguard/lmtp"):
        parse_place(value)
