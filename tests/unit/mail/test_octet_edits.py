"""mailguard.mail.octet_edits: what is not edited stays as it is."""

from __future__ import annotations

from mailguard.mail.octet_edits import edited

OCTETS = b"To: a\r\nX: b\r\n\r\nbody"


def test_what_is_taken_out_and_put_in_may_come_in_any_order() -> None:
    assert edited(OCTETS, [(13, 13, b"Y: c\r\n"), (4, 5, b"z")]) == b"To: z\r\nX: b\r\nY: c\r\n\r\nbody"
    assert edited(OCTETS, iter([(7, 13, b"")])) == b"To: a\r\n\r\nbody"


def test_without_an_edit_nothing_is_copied() -> None:
    assert edited(OCTETS, []) is OCTETS


def test_what_two_edits_take_out_is_out_once() -> None:
    assert edited(b"abcdef", [(0, 4, b""), (1, 2, b"-")]) == b"-ef"
