"""mailguard.relay.audience_resolution: an audience is resolved as mail is, and nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mailguard.broadcast.whom import Whom
from mailguard.identity.person import unknown
from mailguard.identity.query import query_of
from mailguard.identity.record import MAIL_SOURCE, Record
from mailguard.mail.mailbox import parse_mailbox
from mailguard.policy.limits import Limits
from mailguard.relay.audience_resolution import AudienceResolver
from mailguard.relay.resolution import Directory
from mailguard.relay.settings import Identity
from mailguard.store.database import Database
from tests.customers import JANE, customer, put
from tests.ledger import open_ledger

OWN = Limits(own_domains=frozenset({"x.example"}))


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_ledger(f"sqlite:///{tmp_path}/ledger.db")
    yield opened
    opened.close()


def ask(database: Database, *texts: str, limits: Limits | None = None) -> list[Whom]:
    resolver = AudienceResolver(Identity(), limits or Limits())()
    with database.read() as connection:
        return resolver(connection, [query_of(parse_mailbox(text)) for text in texts])


def test_without_records_each_mailbox_is_somebody(database: Database) -> None:
    box = parse_mailbox("ann@people.example")
    assert ask(database, "ann@people.example") == [Whom(unknown(box))]


def test_whose_mailbox_it_is_is_what_the_relay_says(database: Database) -> None:
    with database.write() as connection:
        put(connection, JANE)
    boxes = [parse_mailbox(text) for text in ("J.Doe@x.example", "bob@people.example")]
    found = ask(database, *(box.wire for box in boxes))
    with database.read() as connection:
        said = Directory(Identity()).resolve_mailboxes(connection, boxes, limits=Limits())
    assert [who.resolution for who in found] == said
    assert [who.is_on_record for who in found] == [True, False]


def test_whom_it_may_be_is_named_where_the_machine_is_not_sure(database: Database) -> None:
    with database.write() as connection:
        first, _ = put(connection, JANE, customer(source_key="2", full_name="John Doe", date_of_birth="1990-01-02"))
    resolver = AudienceResolver(Identity(possible=0.01), Limits())()
    told = Record(source=MAIL_SOURCE, source_key="", full_name="J Doe")
    with database.read() as connection:
        (who,) = resolver(connection, [query_of(parse_mailbox("j.doe@x.example"), hints=told)])
    assert who.possible == f"P{first}"
    assert (who.resolution.record, who.is_on_record) == (None, False)


def test_own_mailbox_is_looked_for_by_itself_alone(database: Database) -> None:
    with database.write() as connection:
        put(connection, JANE)
    (who,) = ask(database, "jane.doe@x.example", limits=OWN)
    assert (who.possible, who.resolution.record) == ("", None)


def test_made_up_mailbox_finds_nobody_by_a_name_where_only_mailboxes_may_be_asked_about(database: Database) -> None:
    with database.write() as connection:
        put(connection, JANE)
    made_up = replace(parse_mailbox("jane.doe@elsewhere.example"), display_name="Jane Doe")
    for alone in (False, True):
        resolver = AudienceResolver(Identity(match=0.02, possible=0.01), Limits(), by_mailbox_alone=alone)()
        with database.read() as connection:
            found, known = resolver(connection, [query_of(made_up), query_of(parse_mailbox("j.doe@x.example"))])
        assert (found.resolution.record is None) is alone
        assert known.resolution.record is not None
