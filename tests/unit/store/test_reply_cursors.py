from __future__ import annotations

from mailguard.store.database import Database
from mailguard.store.reply_cursors import Cursor, cursor, move_cursor
from tests.builders import NOW


def test_each_folder_of_each_source_has_a_place_of_its_own(database: Database) -> None:
    with database.write() as connection:
        assert cursor(connection, "imap:support", "INBOX") is None
        move_cursor(connection, "imap:support", "INBOX", validity="7", position="100", at=NOW)
        move_cursor(connection, "imap:support", "Spam", validity="8", position="1", at=NOW)
        move_cursor(connection, "imap:support", "INBOX", validity="9", position="3", at=NOW)
    with database.read() as connection:
        assert cursor(connection, "imap:support", "INBOX") == Cursor("9", "3")
        assert cursor(connection, "imap:support", "Spam") == Cursor("8", "1")
        assert cursor(connection, "imap:sales", "INBOX") is None
