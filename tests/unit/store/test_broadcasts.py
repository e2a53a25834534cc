"""mailguard.store.broadcasts: written in pieces, counted when signed, gone when nobody can need it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, func, select

from mailguard.mail.check_token import member_key, read_token
from mailguard.mail.seal import digest_of, sealed
from mailguard.policy.facts import State
from mailguard.policy.parcel import Outcome
from mailguard.store.broadcasts import (
    Signing,
    add_members,
    begin,
    broadcasts,
    discard,
    find_broadcast,
    finish,
    last_of,
    purge_broadcasts,
    taken_among,
)
from mailguard.store.database import Database
from mailguard.store.queue import finish as report
from mailguard.store.secrets import CHECK_KEY, known_key
from mailguard.store.tables import BROADCAST, BROADCAST_TEXT, MEMBER, MESSAGE
from tests.broadcasts import new_broadcast, seal_of, signed
from tests.builders import NOW
from tests.ledger import OWNER, take
from tests.unit.store.test_broadcast_lookup import ANN, BOB, CARLA, MAIL, bearer

DAY = timedelta(days=1)
SIGNING = Signing(texts=sealed([seal_of(MAIL)]), audience=b"a" * 16, rows=3, members=2, profile='{"rows":3}')


def rows(connection: Connection, table: str) -> int:
    tables = {"broadcast": BROADCAST, "text": BROADCAST_TEXT, "member": MEMBER}
    return connection.execute(select(func.count()).select_from(tables[table])).scalar_one()


def test_it_counts_only_when_it_is_signed(database: Database) -> None:
    new = new_broadcast()
    with database.write() as connection:
        salt = begin(connection, new)
        add_members(connection, new.id, [member_key(salt, ANN), member_key(salt, BOB), member_key(salt, ANN)])
        add_members(connection, new.id, [member_key(salt, BOB)])
        assert rows(connection, "member") == 2
        assert (broadcasts(connection, limit=9), find_broadcast(connection, new.id)) == ([], None)
        assert last_of(connection, new.template) is None
        text = finish(connection, new.id, SIGNING, now=NOW + DAY)
        key = known_key(connection, CHECK_KEY)
        found = find_broadcast(connection, new.id.lower())
    assert key is not None
    token = read_token(key, text)
    assert token is not None
    assert (token.broadcast, token.expires_at, token.audience) == (new.id, new.expires_at, SIGNING.audience)
    assert token.texts == digest_of(SIGNING.texts)
    assert found is not None
    assert (found.signed_at, found.rows, found.members, found.profile) == (NOW + DAY, 3, 2, '{"rows":3}')
    assert (found.taken, found.states, found.recalled_at) == (0, {}, None)
    assert (found.name, found.source, found.actor, found.subject) == (new.name, new.source, new.actor, new.subject)


def test_each_broadcast_has_a_salt_of_its_own(database: Database) -> None:
    with database.write() as connection:
        salts = {begin(connection, new_broadcast()) for _ in range(3)}
    assert len(salts) == 3
    assert {len(salt) for salt in salts} == {16}


def test_the_last_of_a_template_is_the_newest_that_was_not_taken_back(database: Database) -> None:
    with database.write() as connection:
        first, _ = signed(connection, [MAIL], [ANN])
        second, _ = signed(connection, [MAIL], [ANN], now=NOW + DAY)
        signed(connection, [MAIL], [ANN], now=NOW + 2 * DAY, template="other")
        found = last_of(connection, "autumn")
        assert found is not None
        assert found.id == second
        connection.execute(BROADCAST.update().where(BROADCAST.c.id == second).values(recalled_at=NOW))
        found = last_of(connection, "autumn")
        assert found is not None
        assert found.id == first
        assert last_of(connection, "none") is None


def test_they_are_listed_newest_first_with_how_many_were_taken(database: Database) -> None:
    with database.write() as connection:
        first, token = signed(connection, [MAIL], [ANN, BOB])
        second, _ = signed(connection, [MAIL], [ANN], now=NOW + DAY)
        take(connection, bearer(token, ANN))
        found = broadcasts(connection, limit=9)
        assert [(one.id, one.members, one.taken, one.states) for one in found] == [(second, 1, 0, None), (first, 2, 1, None)]
        assert [one.id for one in broadcasts(connection, limit=1)] == [second]
        assert [one.id for one in broadcasts(connection, limit=9, since=NOW + DAY)] == [second]


def test_progress_follows_the_mail(database: Database) -> None:
    with database.write() as connection:
        id, token = signed(connection, [MAIL], [ANN, BOB, CARLA])
        mails = take(connection, bearer(token, ANN, message_id="a@x"), bearer(token, BOB, message_id="b@x"))
        report(connection, [Outcome(mails[0].id, 0, State.DELIVERED, (), None)], owner=OWNER)
        found = find_broadcast(connection, id)
        assert found is not None
        assert (found.taken, found.states) == (2, {State.DELIVERED: 1, State.QUEUED: 1})
        assert taken_among(connection, id, [ANN, CARLA, "other@people.example"]) == {ANN: True, CARLA: False}
        connection.execute(MESSAGE.delete())
        connection.exec_driver_sql("DELETE FROM recipient")
        found = find_broadcast(connection, id)
        assert found is not None
        assert found.states == {State.DELIVERED: 2}


def test_progress_stays_when_the_members_have_gone(database: Database) -> None:
    with database.write() as connection:
        id, token = signed(connection, [MAIL], [ANN, BOB])
        take(connection, bearer(token, ANN, message_id="a@x"), bearer(token, ANN, message_id="b@x"))
        connection.execute(MEMBER.delete())
        found = find_broadcast(connection, id)
        assert found is not None
        assert (found.taken, found.states) == (1, {State.QUEUED: 1})
        assert [one.taken for one in broadcasts(connection, limit=1)] == [1]


def test_one_that_is_given_up_goes_and_a_signed_one_is_not_given_up(database: Database) -> None:
    new = new_broadcast()
    with database.write() as connection:
        salt = begin(connection, new)
        add_members(connection, new.id, [member_key(salt, f"p{n}@x.example") for n in range(5)])
        id, _ = signed(connection, [MAIL], [ANN])
        for one in (new.id, id):
            discard(connection, one)
        long_ago = NOW - 30 * DAY
        assert [purge_broadcasts(connection, content=long_ago, ledger=long_ago, limit=3) for _ in range(3)] == [3, 2, 0]
        assert (rows(connection, "broadcast"), rows(connection, "member")) == (1, 1)
        assert find_broadcast(connection, id) is not None


@pytest.mark.parametrize(
    ("content", "ledger", "left"),
    [
        (NOW + 7 * DAY, NOW + 7 * DAY, (1, 1, 2)),
        (NOW + 7 * DAY + timedelta(seconds=1), NOW + 7 * DAY, (1, 1, 0)),
        (NOW + 8 * DAY, NOW + 7 * DAY + timedelta(seconds=1), (0, 0, 0)),
    ],
)
def test_members_go_when_no_token_can_hold_and_the_rest_with_the_ledger(
    database: Database, content: object, ledger: object, left: tuple[int, int, int]
) -> None:
    bounds = {"content": content, "ledger": ledger}
    with database.write() as connection:
        signed(connection, [MAIL], [ANN, BOB])
        while purge_broadcasts(connection, limit=5, **bounds):  # type: ignore[arg-type]
            pass
        assert tuple(rows(connection, table) for table in ("broadcast", "text", "member")) == left


def test_what_was_named_in_ones_own_words_is_kept_as_it_can_be(database: Database) -> None:
    new = replace(new_broadcast(), name="a\0b", subject="\udcff" * 600)
    with database.write() as connection:
        begin(connection, new)
        finish(connection, new.id, SIGNING, now=NOW)
        found = find_broadcast(connection, new.id)
    assert found is not None
    assert "\0" not in found.name
    assert len(found.subject) == 500
