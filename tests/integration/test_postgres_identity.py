"""Who is who on PostgreSQL: the same answers as on SQLite, and two servers that learn of one person at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from mailguard.store import links
from mailguard.store.database import Database
from tests.customers import JANE, ROBERT, crowd_of
from tests.postgres_server import PostgresServer, postgres
from tests.unit.relay.test_resolution import HERS, HIS, Office, hint

__all__ = ["postgres"]

pytestmark = pytest.mark.postgres


@pytest.fixture
def office(postgres: PostgresServer) -> Iterator[Office]:
    database = Database.open(postgres.clean_database())
    yield Office(database)
    database.close()


def test_recipients_resolve_and_what_is_told_is_kept(office: Office) -> None:
    (jane, *_) = office.put(JANE, ROBERT, *crowd_of(50))
    new = office.one(hint("jane.doe@y.example", HERS))
    assert (new.person, new.refs) == (f"P{jane}", ("mail:jane.doe@y.example",))
    assert set(new.anchors) == {"j.doe@x.example", "jane.doe@y.example", f"R{jane}", f"R{new.record}"}
    john = office.one(hint("jane.doe@y.example", HIS))
    assert john.person not in {new.person, "jane.doe@y.example"}
    bare = office.one(hint("jane.doe@y.example"))
    assert bare.person == "jane.doe@y.example"


def test_what_may_match_is_asked(office: Office) -> None:
    (jane, *_) = office.put(JANE, *crowd_of(30))
    office.one(hint("jane.d@z.example", name="Jane Doe"))
    assert office.asked() == [(jane, office.count())]


def test_two_servers_that_are_told_the_same_keep_one_record(office: Office) -> None:
    office.put(JANE, *crowd_of(30))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: office.one(hint("jane.doe@y.example", HERS)), range(8)))
    assert len({one.record for one in found}) == 1
    assert {one.person for one in found} == {"P1"}
    with office.database.read() as connection:
        assert len(list(links.all_links(connection))) == 1
