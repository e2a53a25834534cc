"""The Received field."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mailguard.mail.header import scan
from mailguard.mail.trace import received_field

_NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)


def _field(helo: str = "app.shop.example", peer: str = "192.0.2.1") -> bytes:
    return received_field(helo=helo, peer=peer, protocol="ESMTPS", hostname="mg.shop.example", id="01JD", now=_NOW)


def test_field_says_from_by_with_id_and_when() -> None:
    assert _field() == (
        b"Received: from app.shop.example ([192.0.2.1])\r\n\tby mg.shop.example with ESMTPS id 01JD;\r\n"
        b"\tSat, 21 Nov 2026 10:00:00 +0000\r\n"
    )


def test_ipv6_peer_is_a_literal() -> None:
    assert b"([IPv6:2001:db8::1])" in _field(peer="2001:db8::1")


def test_absent_peer_is_left_out() -> None:
    assert _field(peer="").startswith(b"Received: from app.shop.example\r\n")


@pytest.mark.parametrize("helo", ["", "a b", "x\r\nBcc: v@x", "x;y", "(x", "é", "x" * 256])
def test_name_that_could_be_read_as_something_else_is_unknown(helo: str) -> None:
    field = _field(helo=helo)
    assert field.startswith(b"Received: from unknown ([192.0.2.1])\r\n")
    assert [each.name for each in scan(field + b"\r\n").fields] == ["received"]
