"""mailguard.store.recall_lookup: what intake and delivery ask of recalls."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from mailguard.policy.history import REPLAY_WINDOW
from mailguard.policy.recall_key import RecallScope
from mailguard.store.database import Database
from mailguard.store.recall_lookup import lately_recalled, newest_recall, recall_of, recalled_among
from mailguard.store.recalls import Order, Target, begin
from mailguard.store.tables import MESSAGE
from tests.builders import NOW, message, submission
from tests.ledger import mail, take


def recalled(database: Database, *to: str) -> tuple[str, str]:
    """The ids of a message and of its recall."""
    with database.write() as connection:
        (entry,) = take(connection, mail(message(), *to), owner="")
        begun = begin(connection, Target(names=(entry.id,)), Order(NOW, "bob", "the wrong list"))
        assert begun is not None
    return entry.id, begun.id


def test_further_mail_with_the_message_id_is_known_for_ten_days(database: Database) -> None:
    id, recall = recalled(database)
    with database.read() as connection:
        late = submission(message(), at=REPLAY_WINDOW - timedelta(seconds=1))
        assert lately_recalled(connection, [late], ()) == {(RecallScope.SENT, "shop\nm1@sender.example"): recall}
        assert lately_recalled(connection, [submission(message(), at=REPLAY_WINDOW + timedelta(seconds=1))], ()) == {}
        assert lately_recalled(connection, [submission(message(message_id="m2@sender.example"))], ()) == {}
        assert lately_recalled(connection, [submission(message(), client="other")], ()) == {}
        assert lately_recalled(connection, [], ()) == {}
        found = recall_of(connection, id, None)
        assert found is not None
        assert (found.id, found.actor) == (recall, "bob")


def test_nothing_is_known_where_nothing_was_recalled(database: Database) -> None:
    with database.read() as connection:
        assert newest_recall(connection) == ""
        assert lately_recalled(connection, [submission()], ()) == {}
        assert recalled_among(connection, ["01J"]) == frozenset()
        assert recall_of(connection, "01J", None) is None


def test_messages_are_told_apart(database: Database) -> None:
    id, _ = recalled(database)
    with database.write() as connection:
        (other,) = take(connection, mail(message(message_id="m2@sender.example"), "bob@people.example"), owner="")
        connection.execute(update(MESSAGE).where(MESSAGE.c.id == other.id).values(broadcast="01B"))
        assert recalled_among(connection, [id, other.id]) == {id}
        assert recalled_among(connection, []) == frozenset()
