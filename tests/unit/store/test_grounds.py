"""mailguard.store.grounds: whose an anchor is now, and what holds its record there."""

from __future__ import annotations

from mailguard.store.database import Database
from mailguard.store.grounds import grounds
from mailguard.store.links import Kept, Origin, put_links
from tests.builders import NOW
from tests.customers import ANN, JANE, customer, put


def test_an_anchor_rests_on_the_links_of_its_record(database: Database) -> None:
    with database.write() as connection:
        jane, mail = put(
            connection, JANE, customer(source="mail", source_key="jane.doe@y.example", emails=("jane.doe@y.example",))
        )
        put_links(connection, [Kept(jane, mail, 0.9995, 11.0, (0, 0, 0, 0, 5, 0, 0, 0, -1), Origin.ONLINE, NOW)])
        connection.exec_driver_sql(f"UPDATE record SET person = {jane} WHERE id = {mail}")
        found = grounds(connection, ["jane.doe@y.example", f"R{jane}", "nobody@y.example", "R99"])
    assert found.keys() == {"jane.doe@y.example", f"R{jane}"}
    one = found["jane.doe@y.example"]
    assert (one.person, one.records) == (f"P{jane}", ("crm:4711", "mail:jane.doe@y.example"))
    (link,) = one.links
    assert (link.records, link.origin, link.probability) == (("crm:4711", "mail:jane.doe@y.example"), "online", 0.9995)
    assert {"given_name", "surname", "date_of_birth"} <= {each.field for each in link.comparisons}


def test_a_mailbox_of_several_persons_rests_on_nothing(database: Database) -> None:
    with database.write() as connection:
        put(connection, JANE, customer(source_key="5"), ANN)
        assert grounds(connection, ["j.doe@x.example"]) == {}
        assert grounds(connection, ["ann@people.example"])["ann@people.example"].links == ()


def test_mail_to_postmaster_without_a_domain_rests_on_nothing(database: Database) -> None:
    with database.write() as connection:
        put(connection, JANE)
        assert grounds(connection, ["postmaster"]) == {}
