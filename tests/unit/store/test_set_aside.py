from __future__ import annotations

from mailguard.store.database import Database
from mailguard.store.set_aside import MOST_OCTETS, SetAside, all_set_aside, one_set_aside, put_aside
from tests.builders import NOW

ONE = SetAside(NOW, "imap:support", "INBOX UID 7", "too deep", b"octets")


def test_what_could_not_be_read_is_kept_once_with_the_reason(database: Database) -> None:
    other = SetAside(NOW, "lmtp", "", "no header", b"others")
    with database.write() as connection:
        assert put_aside(connection, [ONE]) == 1
        assert put_aside(connection, [SetAside(NOW, "maildir", "x", "again", ONE.octets), other]) == 1
        assert put_aside(connection, []) == 0
    with database.read() as connection:
        assert all_set_aside(connection) == [other, ONE]
        assert all_set_aside(connection, limit=1) == [other]
        assert one_set_aside(connection, all_set_aside(connection)[1].number) == ONE
        assert one_set_aside(connection, 99) is None
        assert len(all_set_aside(connection)) == 2


def test_of_each_so_much_is_kept_and_names_are_made_fit(database: Database) -> None:
    with database.write() as connection:
        put_aside(connection, [SetAside(NOW, "a\0b", "n\udc80", "r\0", b"x" * (MOST_OCTETS + 1))])
        (found,) = all_set_aside(connection)
    assert len(found.octets) == MOST_OCTETS
    assert (found.source, found.name, found.reason) == (
        "a\N{REPLACEMENT CHARACTER}b",
        "n?",
        "r\N{REPLACEMENT CHARACTER}",
    )


def test_two_that_have_no_octets_are_two(database: Database) -> None:
    with database.write() as connection:
        for name in ("INBOX UID 7", "INBOX UID 8"):
            put_aside(connection, [SetAside(NOW, "imap:support", name, "40000000 octets are more than 26214400", b"")])
        assert len(all_set_aside(connection)) == 2
