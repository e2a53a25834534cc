"""mailguard.relay.spool_room: new mail is turned away before the spool or its disk is full."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mailguard.errors import StorageFullError
from mailguard.relay.settings import Spool
from mailguard.relay.spool_room import SpoolRoom
from mailguard.store.queue import Usage
from tests.builders import NOW
from tests.harness import FrozenClock, running_relay

MAIL = b"Subject: hello\r\n\r\nhello\r\n"


@pytest.mark.parametrize(("waiting", "full"), [(89, False), (90, False), (91, True)])
def test_what_waits_and_what_comes_must_fit(waiting: int, *, full: bool) -> None:
    room = SpoolRoom(Spool(most_octets=100, least_free=0), folder=None)
    room.measure(Usage(1, 0, 1, waiting))
    if full:
        with pytest.raises(StorageFullError):
            room.require(10)
    else:
        room.require(10)


def test_the_disk_keeps_some_room(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    SpoolRoom(Spool(least_free=free // 2), folder=tmp_path).require(10)
    with pytest.raises(StorageFullError):
        SpoolRoom(Spool(least_free=free * 2), folder=tmp_path).require(10)


async def test_sender_keeps_its_mail_while_the_spool_is_full() -> None:
    async with running_relay(clock=FrozenClock(NOW), relay={"max_spool": 1}) as relay:
        answer = await relay.send(MAIL, "shop@sender.example", ["ann@people.example"])
        assert (answer.code, answer.text) == (452, "4.3.1 the spool is full, try again later")
