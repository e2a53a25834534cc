"""mailguard.config.next_hop: the mail servers that deliver, and no password in any error."""

from __future__ import annotations

import pytest

from mailguard.config.next_hop import format_next_hop, parse_next_hop
from mailguard.relay.settings import NextHop, TlsMode

REQUIRED, NONE, IMPLICIT = TlsMode.REQUIRED, TlsMode.NONE, TlsMode.IMPLICIT


@pytest.mark.parametrize(
    ("text", "hop"),
    [
        ("mx.example", NextHop(host="mx.example")),
        ("mx.example:26", NextHop(host="mx.example", port=26)),
        ("[2001:db8::1]:26", NextHop(host="2001:db8::1", port=26)),
        ("smtp://mx.example", NextHop(host="mx.example")),
        ("smtp://mx.example:587?tls=required", NextHop(host="mx.example", port=587, tls=REQUIRED)),
        ("smtp://mx.example/?tls=none", NextHop(host="mx.example", tls=NONE)),
        ("smtp://u:p%40ss@mx.example:587", NextHop(host="mx.example", port=587, tls=REQUIRED, username="u", password="p@ss")),
        ("smtp://u:p@mx.example?tls=none", NextHop(host="mx.example", tls=NONE, username="u", password="p")),
        ("smtps://u:p@mx.example", NextHop(host="mx.example", port=465, tls=IMPLICIT, username="u", password="p")),
        ("smtps://mx.example:4650?tls=required", NextHop(host="mx.example", port=4650, tls=IMPLICIT)),
        ("smtp://[2001:db8::1]:26", NextHop(host="2001:db8::1", port=26)),
        ("smtp://mx.example?reply_aware=yes", NextHop(host="mx.example", reply_aware=True)),
        ("smtp://mx.example?reply_aware=no&tls=none", NextHop(host="mx.example", tls=NONE)),
    ],
)
def test_next_hop_is_read(text: str, hop: NextHop) -> None:
    assert parse_next_hop(text) == hop
    assert parse_next_hop(hop) is hop


@pytest.mark.parametrize(
    ("value", "mend"),
    [
        ("", "write HOST:PORT or smtp://HOST:PORT"),
        ("two words", "write HOST:PORT or smtp://HOST:PORT"),
        (25, "write HOST:PORT or smtp://HOST:PORT"),
        ("mx.example:0", "write one from 1 to 65535"),
        ("mx.example:70000", "write one from 1 to 65535"),
        ("smtp://mx.example:0", "write one from 1 to 65535"),
        ("smtp://mx.example:x", "write smtp://HOST:PORT"),
        ("smtp://mx.example:70000", "write smtp://HOST:PORT"),
        ("http://mx.example", "write smtp://HOST:PORT or smtps://HOST:PORT"),
        ("smtp://:25", "write smtp://HOST:PORT or smtps://HOST:PORT"),
        ("smtp://mx.example/path", "write smtp://HOST:PORT or smtps://HOST:PORT"),
        ("smtp://user@mx.example", "write smtp://USER:PASSWORD@HOST:PORT"),
        ("smtp://mx.example?tls=yes", "write none, opportunistic or required, or smtps://"),
        ("smtps://mx.example?tls=none", "write smtp:// with ?tls=none"),
        ("smtp://mx.example?starttls=required", "write ?tls=required or ?reply_aware=yes"),
        ("smtp://mx.example?reply_aware=maybe", "write yes or no"),
    ],
)
def test_next_hop_that_cannot_be_read_comes_with_its_mend(value: object, mend: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is compared below
        parse_next_hop(value)
    assert mend in str(caught.value)


@pytest.mark.parametrize("text", ["smtp://u:secret@mx.example?tls=yes", "smtp://u:secret@mx.example:x", "u:secret@mx example"])
def test_password_is_in_no_error(text: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is compared below
        parse_next_hop(text)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("mx.example", "smtp://mx.example:25"),
        ("smtp://u:secret@mx.example:587", "smtp://u:…@mx.example:587?tls=required"),
        ("smtps://u:secret@[::1]", "smtps://u:…@[::1]:465"),
        ("smtp://mx.example?tls=none", "smtp://mx.example:25?tls=none"),
    ],
)
def test_next_hop_is_shown_without_its_password(text: str, shown: str) -> None:
    assert format_next_hop(parse_next_hop(text)) == shown
