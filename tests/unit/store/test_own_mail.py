from __future__ import annotations

from sqlalchemy import select

from mailguard.mail.automation import AutoSubmitted
from mailguard.mail.envelope import BodyType
from mailguard.policy.limits import Limits
from mailguard.store.database import Database
from mailguard.store.own_mail import OWN_CLIENT, OwnMail, own_among, put_own
from mailguard.store.queue import lease
from mailguard.store.recollection import gather
from mailguard.store.tables import MESSAGE, RECIPIENT
from tests.builders import NOW, mailboxes, message
from tests.ledger import EXPIRE, mail, take

DSN = OwnMail(
    id="01JA00000000000000000000DS",
    message_id="dsn1@relay.example",
    subject="Undelivered mail",
    template="dsn",
    recipients=mailboxes("shop@sender.example"),
    octets=b"Subject: Undelivered mail\r\n\r\n...\r\n",
    body=BodyType.EIGHT_BIT,
    smtputf8=True,
)


def test_own_mail_is_in_the_ledger_and_leased_like_any_other(database: Database) -> None:
    with database.write() as connection:
        (given,) = put_own(connection, [DSN], now=NOW, expires_at=NOW + EXPIRE)
        row = connection.execute(select(MESSAGE)).one()
        assert (row.id, row.client, row.reverse_path, row.template) == (DSN.id, OWN_CLIENT, "", "dsn")
        assert (row.is_automatic, row.action, row.mail_class, row.size) == (True, "deliver", "service", len(DSN.octets))
        (leased,) = lease(connection, owner="a", now=NOW, limit=10)
    assert leased == given
    assert (leased.reverse_path, leased.octets, leased.body, leased.smtputf8) == ("", DSN.octets, BodyType.EIGHT_BIT, True)


def test_own_mail_of_an_owner_is_its_to_deliver(database: Database) -> None:
    with database.write() as connection:
        put_own(connection, [DSN], now=NOW, expires_at=NOW + EXPIRE, owner="a")
        assert connection.execute(select(RECIPIENT.c.owner)).scalar_one() == "a"
        assert lease(connection, owner="b", now=NOW, limit=10) == []


def test_an_automatic_reply_to_own_mail_is_known_as_a_loop(database: Database) -> None:
    with database.write() as connection:
        put_own(connection, [DSN], now=NOW, expires_at=NOW + EXPIRE)
        reply = mail(message("away", auto_submitted=AutoSubmitted.REPLIED, in_reply_to=(DSN.message_id,)), "x@relay.example")
        assert gather(connection, [reply], Limits()).automatic == {DSN.message_id: DSN.id}


def test_no_mail_is_nothing(database: Database) -> None:
    with database.write() as connection:
        assert put_own(connection, [], now=NOW, expires_at=NOW + EXPIRE) == []


def test_own_mail_is_told_from_others(database: Database) -> None:
    with database.write() as connection:
        put_own(connection, [DSN], now=NOW, expires_at=NOW + EXPIRE)
        one = mail(message(), "ann@people.example")
        take(connection, one)
        assert own_among(connection, {DSN.id, one.id, "gone"}) == {DSN.id}
