"""mailguard.cli.demo.next_hop: it takes mail, goes away, and comes back on the same port."""

from __future__ import annotations

import asyncio
import smtplib

import pytest

from mailguard.cli.demo.next_hop import NextHop


def send(port: int) -> dict[str, tuple[int, bytes]]:
    """The recipients that were refused."""
    with smtplib.SMTP("127.0.0.1", port, local_hostname="relay.example", timeout=30) as session:
        return session.sendmail("a@sender.example", ["b@people.example", "c@people.example"], b"Subject: x\r\n\r\nx\r\n")


async def test_it_counts_recipients_and_can_go_away() -> None:
    hop = NextHop()
    await hop.open()
    port = hop.port
    await asyncio.to_thread(send, port)
    assert hop.recipients == 2
    assert hop.last == b"Subject: x\r\n\r\nx\r\n"
    hop.close()
    with pytest.raises(OSError, match="refused"):
        await asyncio.to_thread(send, port)
    await hop.open()
    assert hop.port == port
    await asyncio.to_thread(send, port)
    assert hop.recipients == 4
    hop.close()
    hop.close()


async def test_beyond_its_room_it_asks_to_be_tried_later() -> None:
    hop = NextHop()
    await hop.open()
    hop.room = 1
    refused = await asyncio.to_thread(send, hop.port)
    assert [code for code, _ in refused.values()] == [451]
    assert hop.recipients == 1
    hop.close()
