"""mailguard.sources.mailbox_cell: one mailbox, however it is written in a cell."""

from __future__ import annotations

import pytest

from mailguard.errors import AddressError
from mailguard.sources.mailbox_cell import holds_mailbox, mailbox_in


@pytest.mark.parametrize(
    ("text", "wire", "name"),
    [
        ("ada@lovelace.example", "ada@lovelace.example", ""),
        (" ada@lovelace.example ", "ada@lovelace.example", ""),
        ("mailto:ada@lovelace.example", "ada@lovelace.example", ""),
        ("<ada@lovelace.example>", "ada@lovelace.example", ""),
        ('"Lovelace, Ada" <ada@lovelace.example>', "ada@lovelace.example", "Lovelace, Ada"),
        ("Ada Lovelace < ada@lovelace.example >", "ada@lovelace.example", "Ada Lovelace"),
    ],
)
def test_mailbox_is_read_however_it_is_written(text: str, wire: str, name: str) -> None:
    found = mailbox_in(text)
    assert (found.wire, found.display_name) == (wire, name)
    assert holds_mailbox(text)


@pytest.mark.parametrize(
    "text", ["", "email", "a@x.example;b@x.example", "a@x.example <b@x.example> c", "ada@", "E-Mail @ work"]
)
def test_what_is_no_one_mailbox_is_refused(text: str) -> None:
    assert not holds_mailbox(text)
    with pytest.raises(AddressError):
        mailbox_in(text)
