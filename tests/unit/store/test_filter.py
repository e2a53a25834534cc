from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from mailguard.policy.finding import Code
from mailguard.store.database import Database
from mailguard.store.filter import Filter, is_named
from mailguard.store.tables import MESSAGE, RECIPIENT
from tests.builders import NOW, crowd, message
from tests.ledger import mail, take

ONE = mail(message("one", visible=crowd(11), message_id="one@x.example"), "ann@people.example", reverse_path="shop@a.example")
TWO = mail(
    message("two", visible=crowd(4), greets="Ann", message_id="two@x.example"),
    "ann@people.example",
    "bob@people.example",
    client="crm",
    reverse_path="news@sub.a.example",
    at=timedelta(hours=1),
)
PART = mail(TWO.message, "eve@people.example", client="crm", reverse_path="bounce%@b.example", at=timedelta(hours=2))


@pytest.mark.parametrize(
    ("chosen", "recipients"),
    [
        (Filter(everything=True), [(ONE, 0), (TWO, 0), (TWO, 1), (TWO, 2)]),
        (Filter(ids=(ONE.id,)), [(ONE, 0)]),
        (Filter(ids=(ONE.id.lower(), "<two@x.example>")), [(ONE, 0), (TWO, 0), (TWO, 1), (TWO, 2)]),
        (Filter(finding=Code.MASS_CC), [(ONE, 0)]),
        (Filter(finding=Code.ADDRESSEE_MISMATCH), [(TWO, 0), (TWO, 1), (TWO, 2)]),
        (Filter(finding=Code.REPEAT), []),
        (Filter(sender="shop@a.example"), [(ONE, 0)]),
        (Filter(sender="a.example"), [(ONE, 0)]),
        (Filter(sender="b.example"), [(TWO, 2)]),
        (Filter(sender="%"), []),
        (Filter(sender="crm"), [(TWO, 0), (TWO, 1), (TWO, 2)]),
        (Filter(older_than=NOW + timedelta(hours=1)), [(ONE, 0)]),
        (Filter(older_than=NOW + timedelta(hours=1, seconds=1)), [(ONE, 0), (TWO, 0), (TWO, 1)]),
        (Filter(sender="crm", older_than=NOW), []),
    ],
)
def test_filter_means(database: Database, chosen: Filter, recipients: list[tuple[object, int]]) -> None:
    with database.write() as connection:
        take(connection, ONE, TWO)
        take(connection, PART)
        meant = (
            select(RECIPIENT.c.message, RECIPIENT.c.n)
            .join(MESSAGE, MESSAGE.c.id == RECIPIENT.c.message)
            .where(*chosen.conditions())
            .order_by(MESSAGE.c.seq, RECIPIENT.c.n)
        )
        names = {ONE.id: ONE, TWO.id: TWO}
        assert [(names[row.message], row.n) for row in connection.execute(meant)] == recipients


def test_filter_without_anything_means_nothing() -> None:
    assert Filter().means_nothing
    for chosen in (Filter(everything=True), Filter(ids=("x",)), Filter(sender="x"), Filter(older_than=NOW)):
        assert not chosen.means_nothing
    assert not Filter(finding=Code.REPEAT).means_nothing


@pytest.mark.parametrize(
    ("name", "is_it"), [("01JX", True), ("01jx", True), ("<m@x>", True), ("m@x", False), ("<M@x>", False), ("01JY", False)]
)
def test_a_name_names_a_message(name: str, *, is_it: bool) -> None:
    assert is_named(name, id="01JX", message_id="m@x") is is_it
