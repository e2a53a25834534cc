"""mailguard.store.on_file: what each batch asks first."""

from __future__ import annotations

from mailguard.store.database import Database
from mailguard.store.on_file import MOST_OWNERS, is_any, shared
from tests.customers import ANN, JANE, customer, put


def test_there_is_a_record_or_none(database: Database) -> None:
    with database.write() as connection:
        assert not is_any(connection)
        put(connection, JANE)
        assert is_any(connection)


def test_a_mailbox_of_several_persons_is_shared(database: Database) -> None:
    with database.write() as connection:
        put(connection, JANE, ANN, *(customer(source_key=f"h{n}", emails=("home@y.example",)) for n in range(2)))
        asked = ["home@y.example", "j.doe@x.example", "nobody@x.example", "home@y.example"]
        assert shared(connection, asked) == {"home@y.example"}
        assert shared(connection, []) == frozenset()


def test_a_mailbox_on_two_records_of_one_person_is_not_shared(database: Database) -> None:
    with database.write() as connection:
        first, second = put(connection, JANE, customer(source_key="2"))
        connection.exec_driver_sql(f"UPDATE record SET person = {first} WHERE id = {second}")
        assert shared(connection, ["j.doe@x.example"]) == frozenset()


def test_a_mailbox_of_very_many_is_shared(database: Database) -> None:
    with database.write() as connection:
        put(connection, *(customer(source_key=str(n), emails=("info@corp.test",)) for n in range(MOST_OWNERS + 5)))
        assert shared(connection, ["info@corp.test"]) == {"info@corp.test"}
