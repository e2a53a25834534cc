"""mailguard.store.overrides: tokens that let one mail out once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from mailguard.store.database import Database
from mailguard.store.overrides import (
    NewOverride,
    Override,
    OverrideState,
    forget,
    make,
    overrides,
    revoke,
    standing,
    use,
)
from tests.builders import NOW

HOUR = timedelta(hours=1)
NOBODYS = "the override is none of ours"


def new(**what: str) -> NewOverride:
    return NewOverride(actor="ann", reason="asked for by phone", expires_at=NOW + HOUR, **what)


def found(connection: Connection, token: str) -> Override:
    one = standing(connection, [token], now=NOW)[token]
    assert isinstance(one, Override), one
    return one


def test_token_stands_and_is_kept_as_a_hash_alone(database: Database) -> None:
    with database.write() as connection:
        token, id = make(connection, new(mailbox="ann@people.example"), now=NOW)
        one = found(connection, token)
        kept = connection.exec_driver_sql("SELECT * FROM override").one()
    assert (one.id, one.actor, one.reason, one.mailbox, one.used_by) == (
        id, "ann", "asked for by phone", "ann@people.example", "",
    )  # fmt: skip
    assert token.startswith("o1.")
    assert all(token[3:] not in str(value) for value in kept)


@pytest.mark.parametrize(
    ("what", "is_covered"),
    [
        ({"mailbox": "ann@people.example"}, True),
        ({"mailbox": "bob@people.example"}, False),
        ({"message": "m1@x.example"}, True),
        ({"message": "m2@x.example"}, False),
    ],
)
def test_token_is_for_its_recipient_or_its_mail(what: dict[str, str], is_covered: object) -> None:
    one = Override(id="O1", actor="ann", reason="", expires_at=NOW, **what)
    assert one.covers("ann@people.example", id="01JA", message_id="m1@x.example") is is_covered
    assert bool(one.refusal("ann@people.example", id="01JA", message_id="m1@x.example")) is not is_covered


def test_token_is_used_once_and_by_the_parts_of_one_mail(database: Database) -> None:
    with database.write() as connection:
        token, id = make(connection, new(message="m1@x.example"), now=NOW)
        assert use(connection, [(id, "01JA")], now=NOW) == {id}
        assert use(connection, [(id, "01JA"), (id, "01JB")], now=NOW) == {id}
        assert use(connection, [(id, "01JB")], now=NOW) == frozenset()
        one = found(connection, token)
    assert one.covers("ann@people.example", id="01JA", message_id="m1@x.example")
    assert one.refusal("ann@people.example", id="01JB", message_id="m1@x.example") == ("the override was used before, for 01JA")


def test_of_many_that_use_a_token_at_once_one_does(database: Database, url: str) -> None:
    with database.write() as connection:
        _, id = make(connection, new(message="m1@x.example"), now=NOW)

    def try_it(number: int) -> bool:
        with closing(Database.open(url)) as own, own.write() as connection:
            return bool(use(connection, [(id, f"01J{number}")], now=NOW))

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(try_it, range(8))) == 1


def test_what_is_no_token_or_stands_no_more_says_why(database: Database) -> None:
    with database.write() as connection:
        token, id = make(connection, new(message="m1@x.example"), now=NOW)
        other, other_id = make(connection, new(message="m1@x.example"), now=NOW)
        assert revoke(connection, [other_id.lower(), "O1"], actor="bob", now=NOW) == (other_id.lower(),)
        assert revoke(connection, [other_id], actor="bob", now=NOW) == ()
        unknown = token[:-1] + ("A" if token[-1] != "A" else "B")
        said = standing(connection, [token, other, unknown, "o1.x", ""], now=NOW + HOUR)
        assert said == {
            token: "the override has expired",
            other: "the override was revoked",
            unknown: NOBODYS,
            "o1.x": NOBODYS,
            "": NOBODYS,
        }
        assert standing(connection, [], now=NOW) == {}
        assert use(connection, [(id, "01JA"), (other_id, "01JA")], now=NOW + HOUR) == frozenset()


def test_tokens_are_listed_with_their_state_newest_first(database: Database) -> None:
    with database.write() as connection:
        ids = [make(connection, new(message="m"), now=NOW + timedelta(seconds=n))[1] for n in range(4)]
        use(connection, [(ids[0], "01JA")], now=NOW)
        revoke(connection, [ids[1]], actor="bob", now=NOW)
        found = {one.id: one for one in overrides(connection, now=NOW, limit=9)}
        assert list(found) == ids[::-1]
        assert [found[id].state for id in ids] == [
            OverrideState.USED, OverrideState.REVOKED, OverrideState.OPEN, OverrideState.OPEN,
        ]  # fmt: skip
        assert (found[ids[0]].used_by, found[ids[1]].used_by) == ("01JA", "revoked by bob")
        assert [one.id for one in overrides(connection, now=NOW, limit=1, is_open=True)] == [ids[3]]
        assert {one.state for one in overrides(connection, now=NOW + HOUR, limit=9)} == {
            OverrideState.USED, OverrideState.REVOKED, OverrideState.EXPIRED,
        }  # fmt: skip


def test_old_tokens_go(database: Database) -> None:
    with database.write() as connection:
        make(connection, new(message="m"), now=NOW)
        forget(connection, NOW + HOUR)
        assert len(overrides(connection, now=NOW, limit=9)) == 1
        forget(connection, NOW + HOUR + HOUR)
        assert overrides(connection, now=NOW, limit=9) == []
