from __future__ import annotations

from mailguard.store.database import Database
from mailguard.store.person_anchors import anchors_of
from tests.records import arrive, customer, join

ANN, WORK, HOME = "ann@people.example", "ann@work.example", "home@family.example"


def test_each_anchor_leads_to_all_of_its_person(database: Database) -> None:
    with database.write() as connection:
        arrive(
            connection,
            customer(1, "ann", "lee", ANN),
            customer(2, "ann", "lee", WORK),
            customer(3, "bob", "ray", "bob@x.example"),
        )
        join(connection, 1, 2)
        found = anchors_of(connection, [ANN, "R2", "new@x.example", "R99", ANN])
    assert found == {
        ANN: (ANN, WORK, "R1", "R2"),
        "R2": ("R2", ANN, WORK, "R1"),
        "new@x.example": ("new@x.example",),
        "R99": ("R99",),
    }


def test_a_mailbox_of_several_persons_is_nobodys_but_its_own(database: Database) -> None:
    with database.write() as connection:
        arrive(connection, customer(1, "ann", "lee", ANN, HOME), customer(2, "bob", "lee", HOME))
        found = anchors_of(connection, [ANN, HOME, "R2"])
        assert anchors_of(connection, []) == {}
    assert found == {ANN: (ANN, "R1"), HOME: (HOME,), "R2": ("R2",)}
