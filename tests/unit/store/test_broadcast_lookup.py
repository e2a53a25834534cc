"""mailguard.store.broadcast_lookup: what tokens come to, and nothing asked where there is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from mailguard.mail.control import ControlFields, MailClass
from mailguard.policy.facts import State
from mailguard.policy.finding import Code
from mailguard.policy.limits import Limits
from mailguard.policy.submission import Submission
from mailguard.store.broadcast_lookup import checked
from mailguard.store.database import Database
from mailguard.store.tables import BROADCAST, MEMBER
from tests.broadcasts import seal_of, signed
from tests.builders import NOW, message
from tests.ledger import mail, states, take

ANN, BOB, CARLA = "ann@people.example", "bob@people.example", "carla@people.example"
MAIL = b"Subject: Autumn\r\n\r\nOur new shop opens on Friday, come and bring your friends with you.\r\n"


def bearer(
    token: str | None, *recipients: str, octets: bytes = MAIL, message_id: str = "a@x.example", **options: Any
) -> Submission:
    """A mail that brings a token."""
    one = message("autumn", message_id=message_id, control=ControlFields(check=token))
    options.setdefault("mail_class", MailClass.BULK)
    return mail(replace(one, seal=seal_of(octets)), *recipients, **options)


def failure(connection: Connection, one: Submission) -> str:
    return checked(connection, [one]).of(one).failure


def test_nothing_is_asked_where_no_mail_brings_a_token(database: Database) -> None:
    with database.write() as connection:
        assert checked(connection, []).checks == {}
        connection.exec_driver_sql("DROP TABLE member")
        connection.exec_driver_sql("DROP TABLE broadcast")
        assert checked(connection, [mail(message(), ANN)]).checks == {}
        connection.rollback()


def test_a_token_holds_for_its_mail_and_its_members(database: Database) -> None:
    with database.write() as connection:
        id, token = signed(connection, [MAIL], [ANN, BOB])
        one = bearer(token, "Ann@People.example", CARLA)
        found = checked(connection, [one])
        assert found.of(one).broadcast == id
        assert list(found.among(one)) == [0]
        assert list(found.members.values()) == [None]


def test_every_way_not_to_hold(database: Database) -> None:
    with database.write() as connection:
        unknown = failure(connection, bearer("c1.never.signed", ANN))
        id, token = signed(connection, [MAIL], [ANN])
        assert "none of this database" in unknown
        for text in ("", "x", token[:-1]):
            assert failure(connection, bearer(text, ANN)) == unknown
        assert "not what was checked" in failure(connection, bearer(token, ANN, octets=MAIL.replace(b"opens", b"closes")))
        assert "not what was checked" in failure(
            connection, replace(bearer(token, ANN), message=replace(bearer(token, ANN).message, seal=None))
        )
        assert "expired" in failure(connection, bearer(token, ANN, at=timedelta(days=7)))
        connection.execute(BROADCAST.update().values(recalled_at=NOW))
        assert "recalled" in failure(connection, bearer(token, ANN))
        assert checked(connection, [bearer(token, ANN)]).named == {id}
        connection.execute(BROADCAST.update().values(signed_at=None))
        assert failure(connection, bearer(token, ANN)) == unknown


def test_several_broadcasts_in_one_batch_are_kept_apart(database: Database) -> None:
    other = MAIL.replace(b"opens", b"closes")
    with database.write() as connection:
        first, token = signed(connection, [MAIL], [ANN])
        second, closing = signed(connection, [other], [BOB])
        mails = [bearer(token, ANN, BOB), bearer(closing, ANN, BOB, octets=other), bearer("x", ANN), mail(message(), ANN)]
        found = checked(connection, mails)
        assert [found.of(one).broadcast for one in mails] == [first, second, "", ""]
        assert [list(found.among(one)) for one in mails] == [[0], [1], [], []]


def test_a_taken_member_is_known_with_its_mail(database: Database) -> None:
    with database.write() as connection:
        _, token = signed(connection, [MAIL], [ANN, BOB])
        first = take(connection, bearer(token, ANN, CARLA))[0]
        assert states([first]) == [(State.QUEUED, State.HELD)]
        again = bearer(token, ANN, BOB, message_id="b@x.example")
        found = checked(connection, [again])
        replay = found.claimed(again, found.among(again)[0])
        assert replay is not None
        assert (replay.id, replay.state, replay.answer) == (first.id, State.QUEUED, str(first.answer))
        assert found.claimed(again, found.among(again)[1]) is None
        connection.exec_driver_sql("DELETE FROM recipient")
        connection.exec_driver_sql("DELETE FROM message")
        forgotten = checked(connection, [again])
        replay = forgotten.claimed(again, forgotten.among(again)[0])
        assert replay is not None
        assert (replay.id, replay.state, replay.answer) == (first.id, State.DELIVERED, "")


def test_each_member_is_taken_once_and_its_mail_is_written_down(database: Database) -> None:
    with database.write() as connection:
        id, token = signed(connection, [MAIL], [ANN, BOB])
        first, second = take(connection, bearer(token, ANN), bearer(token, ANN, BOB, message_id="b@x.example"))
        assert states([first, second]) == [(State.QUEUED,), (State.REPLAYED, State.QUEUED)]
        (third,) = take(connection, bearer(token, BOB, message_id="c@x.example"))
        assert third.decision.is_replay
        found = connection.execute(MEMBER.select()).all()
        assert {(row.message, row.n) for row in found} == {(first.id, 0), (second.id, 1)}
        assert {one.broadcast for one in (first, second, third)} == {id}


def test_a_rejected_member_stays_rejected_and_an_ordinary_mail_to_a_member_takes_nobody(database: Database) -> None:
    with database.write() as connection:
        _, token = signed(connection, [MAIL], [ANN])
        ordinary = mail(message("another thing", message_id="o@x.example"), ANN)
        invalid = bearer("x", ANN, message_id="i@x.example", octets=MAIL)
        take(connection, ordinary, invalid)
        assert connection.execute(MEMBER.select()).one().message is None
        again = bearer(token, ANN, message_id="j@x.example")
        (one,) = take(connection, again)
        assert one.states == (State.QUEUED,)
        assert one.decision.recipients[0].supersedes == (invalid.id,)
        assert connection.execute(MEMBER.select()).one().message == one.id


def test_both_findings_are_made_beyond_the_limit(database: Database) -> None:
    limits = Limits(fan_out_limit=2)
    with database.write() as connection:
        mails = [mail(message("news", message_id=f"{n}@x"), f"p{n}@x.example", mail_class=MailClass.BULK) for n in range(3)]
        taken = take(connection, *mails, limits=limits)
        assert [[found.code for found in one.decision.findings] for one in taken] == [
            [],
            [],
            [Code.UNCHECKED_BROADCAST, Code.FAN_OUT],
        ]
