"""mailguard.cli.comparison: `why` says how a near repeat differs from the mail before it."""

from __future__ import annotations

from mailguard.cli.comparison import near_repeat_similarity
from mailguard.mail.similarity import Place
from mailguard.store import ledger
from tests.builders import NOW
from tests.harness import FrozenClock, Relay, running_relay

MAIL = (
    "Subject: Your parcel\r\nMessage-ID: <{number}@shop.example>\r\nDate: Mon, 16 Nov 2026 09:00:00 +0000\r\n\r\n"
    "Dear Ann,\r\n\r\nyour parcel waits at the counter of our shop.\r\n\r\nKind regards\r\n{signer}\r\n"
)


async def send(relay: Relay, number: int, signer: str) -> str:
    raw = MAIL.format(number=number, signer=signer).encode()
    return (await relay.send(raw, "shop@sender.example", ["ann@people.example"])).text.split()[1]


async def test_the_signer_is_what_differs() -> None:
    async with running_relay(clock=FrozenClock(NOW)) as relay:
        await send(relay, 1, "Berta Smith")
        near = await send(relay, 2, "Carl Miller")
        with relay.worker.database.read() as connection:
            document = ledger.why(connection, near)
            assert document is not None
            similarity = near_repeat_similarity(connection, document)
        assert similarity is not None
        assert similarity.places == (Place.CLOSING,)
        assert "carl" in similarity.only_b


async def test_nothing_is_said_of_other_mail_and_of_content_that_is_gone() -> None:
    async with running_relay(clock=FrozenClock(NOW)) as relay:
        first = await send(relay, 1, "Berta Smith")
        near = await send(relay, 2, "Carl Miller")
        with relay.worker.database.write() as connection:
            found = ledger.why(connection, first)
            assert found is not None
            assert near_repeat_similarity(connection, found) is None
            connection.exec_driver_sql("DELETE FROM content")
            found = ledger.why(connection, near)
            assert found is not None
            assert near_repeat_similarity(connection, found) is None
