"""mailguard.relay.housekeeping: what waits too long ends, its sender and the operators are told, what is old goes."""

from __future__ import annotations

from datetime import timedelta

from ulid import ULID

from mailguard.mail.mailbox import parse_mailbox
from mailguard.policy.finding import Code, Finding
from mailguard.store.own_mail import OwnMail, put_own
from tests.builders import NOW
from tests.harness import FrozenClock, running_relay

MASS = b"To: %s\r\nSubject: hello\r\nMessage-ID: <mass@shop.example>\r\nDate: Mon, 16 Nov 2026 09:00:00 +0000\r\n\r\nhello\r\n"
PEOPLE = [f"p{number}@people.example" for number in range(11)]
SECTIONS = {"hold": {"notify": ["ops@corp.example"]}}


def mass() -> bytes:
    return MASS % ", ".join(PEOPLE).encode()


async def test_operators_are_told_once_in_a_quarter_of_an_hour_of_a_cause() -> None:
    clock = FrozenClock(NOW)
    async with running_relay(clock=clock, sections=SECTIONS) as relay:
        await relay.send(mass(), "shop@sender.example", PEOPLE[:1])
        for minutes in (2, 4):
            clock.move_to(NOW + timedelta(minutes=minutes))
            await relay.settled()
        assert [recipients for _, recipients, _ in relay.sink.messages] == [("ops@corp.example",)]
        await relay.send(mass().replace(b"mass@", b"second@").replace(b"hello", b"other"), "shop@sender.example", PEOPLE[:1])
        clock.move_to(NOW + timedelta(minutes=30))
        await relay.settled()
        assert len(relay.sink.messages) == 2


async def test_a_hold_that_nobody_releases_expires_and_its_sender_is_told() -> None:
    clock = FrozenClock(NOW)
    async with running_relay(clock=clock) as relay:
        answer = await relay.send(mass(), "shop@sender.example", PEOPLE[:1])
        clock.move_to(NOW + timedelta(days=5, minutes=1))
        await relay.settled()
        clock.move_to(NOW + timedelta(days=5, minutes=3))
        await relay.settled()
        ((reverse_path, recipients, octets),) = relay.sink.messages
        assert (reverse_path, recipients) == ("", ("shop@sender.example",))
        assert b"multipart/report" in octets
        assert relay.why(answer.text.split()[1])["recipients"][0]["state"] == "expired"


async def test_of_a_draft_that_expires_the_sender_whose_name_it_bears_is_not_told() -> None:
    clock = FrozenClock(NOW)
    async with running_relay(clock=clock) as relay:
        draft = OwnMail(
            id=str(ULID.from_datetime(NOW)),
            message_id="draft@relay.example",
            subject="Sent by mistake",
            template="apology",
            recipients=(parse_mailbox(PEOPLE[0]),),
            octets=b"Subject: Sent by mistake\r\n\r\nSorry.\r\n",
            reverse_path="shop@sender.example",
            held_for=Finding(Code.RECALLED, "an apology"),
        )
        with relay.worker.database.write() as connection:
            put_own(connection, [draft], now=NOW, expires_at=NOW + timedelta(days=1))
        clock.move_to(NOW + timedelta(days=1, minutes=1))
        await relay.settled()
        assert relay.why(draft.id)["recipients"][0]["state"] == "expired"
        clock.move_to(NOW + timedelta(days=1, minutes=3))
        await relay.settled()
        assert relay.sink.messages == []


async def test_a_class_has_a_time_of_its_own_and_operators_are_warned_before_it_ends() -> None:
    clock = FrozenClock(NOW)
    hold = {"notify": ["ops@corp.example"], "expire_service": "1d", "warn": "2h"}
    async with running_relay(clock=clock, sections={"hold": hold}) as relay:
        answer = await relay.send(mass(), "shop@sender.example", PEOPLE[:1])
        for hours in (1, 21.9, 22.1, 23):
            clock.move_to(NOW + timedelta(hours=hours))
            await relay.settled()
        _, (_, _, warning) = relay.sink.messages
        assert b"Subject: mailguard: 1 held mail expires soon" in warning
        clock.move_to(NOW + timedelta(hours=24, minutes=2))
        await relay.settled()
        assert relay.why(answer.text.split()[1])["recipients"][0]["state"] == "expired"


async def test_repeats_that_wait_with_an_expired_hold_end_with_it() -> None:
    clock = FrozenClock(NOW)
    async with running_relay(clock=clock) as relay:
        await relay.send(mass(), "shop@sender.example", PEOPLE[:1])
        clock.move_to(NOW + timedelta(days=1))
        alone = b"Subject: hello\r\nMessage-ID: <alone@shop.example>\r\n\r\nhello\r\n"
        joined = await relay.send(alone, "shop@sender.example", PEOPLE[:1])
        assert relay.why(joined.text.split()[1])["recipients"][0]["state"] == "held"
        clock.move_to(NOW + timedelta(days=5, minutes=1))
        await relay.settled()
        assert relay.why(joined.text.split()[1])["recipients"][0]["state"] == "dropped"


async def test_content_goes_after_its_retention_and_the_ledger_stays() -> None:
    clock = FrozenClock(NOW)
    async with running_relay(clock=clock) as relay:
        answer = await relay.send(b"Subject: hello\r\n\r\nhello\r\n", "shop@sender.example", PEOPLE[:1])
        await relay.settled()
        clock.move_to(NOW + timedelta(days=31))
        await relay.settled()
        with relay.worker.database.read() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM content").scalar_one() == 0
        assert relay.why(answer.text.split()[1])["recipients"][0]["state"] == "delivered"
