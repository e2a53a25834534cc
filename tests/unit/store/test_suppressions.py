from __future__ import annotations

from datetime import timedelta

from mailguard.policy.facts import Suppression
from mailguard.store.database import Database
from mailguard.store.suppressions import Suppressed, is_erased, lift, suppress, suppressed
from tests.builders import NOW

ANN = Suppressed("ann@people.example", Suppression.UNSUBSCRIBED, NOW, "ann", "by link")
BOB = Suppressed("bob@people.example", Suppression.ERASED, NOW, "clerk", "asked in writing")


def test_suppressed_persons_are_kept_with_who_when_and_why(database: Database) -> None:
    with database.write() as connection:
        suppress(connection, BOB, ANN)
    with database.read() as connection:
        assert suppressed(connection) == [ANN, BOB]


def test_what_is_said_last_of_one_reason_holds(database: Database) -> None:
    again = Suppressed(ANN.person, Suppression.UNSUBSCRIBED, NOW + timedelta(days=1), "clerk", "said it again")
    with database.write() as connection:
        suppress(connection, ANN)
        suppress(connection, again)
        assert suppressed(connection) == [again]


def test_each_reason_stands_by_itself_and_all_are_lifted_together(database: Database) -> None:
    erased = Suppressed(ANN.person, Suppression.ERASED, NOW + timedelta(days=1), "clerk", "asked")
    with database.write() as connection:
        suppress(connection, ANN, erased)
        assert suppressed(connection) == [erased, ANN]
        assert lift(connection, [ANN.person])
        assert suppressed(connection) == []


def test_a_person_is_taken_off_the_list_once(database: Database) -> None:
    with database.write() as connection:
        suppress(connection, ANN)
        assert lift(connection, ["R1", ANN.person])
        assert not lift(connection, [ANN.person])
        assert suppressed(connection) == []


def test_only_who_was_erased_is_erased(database: Database) -> None:
    with database.write() as connection:
        suppress(connection, ANN, BOB)
        assert is_erased(connection, BOB.person)
        assert not is_erased(connection, ANN.person)
        assert not is_erased(connection, "eve@people.example")
