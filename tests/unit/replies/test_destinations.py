from __future__ import annotations

from mailguard.mail.header import scan
from mailguard.replies.destinations import MAX_DESTINATIONS, read_destinations
from tests.reply_mail import reply_mail


def test_envelope_and_what_servers_wrote_come_first() -> None:
    header = scan(
        reply_mail(
            "",
            {
                "Delivered-To": "reply+tok@bank.example",
                "Cc": "b@c.example, service@bank.example",
                "X-Original-To": "o@bank.example",
            },
        )
    )
    found = [mailbox.wire for mailbox in read_destinations(header, ["envelope@bank.example"])]
    assert found == ["envelope@bank.example", "reply+tok@bank.example", "o@bank.example", "service@bank.example", "b@c.example"]


def test_they_are_bounded() -> None:
    header = scan(reply_mail("", {"To": ", ".join(f"a{number}@b.example" for number in range(1_000)), "Cc": "x@y.example"}))
    assert len(read_destinations(header, ())) == MAX_DESTINATIONS
