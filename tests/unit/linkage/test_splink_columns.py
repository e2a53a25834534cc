"""mailguard.linkage.splink_columns: what Splink reads of each record."""

from __future__ import annotations

from math import log2
from typing import Any

import numpy as np

from mailguard.identity.default_parameters import DEFAULTS
from mailguard.identity.standard import Standard
from mailguard.linkage.frame import Frame
from mailguard.linkage.splink_columns import GIVEN_BITS, ID, KEYS, SURNAME_BITS, columns_for_splink

BOB = Standard(
    given="bob",
    middle="ada jo",
    surname="de la cruz",
    born="1980-02-03",
    phone="+441",
    number="1",
    street="high st",
    city="york",
    postcode="ca287ug",
    mailboxes=("bob.delacruz@x.example",),
)
OFFICE = Standard(given="b", mailboxes=("info@x.example", "müller@x.example"))
FOREIGN = Standard(surname="lee", born="1980", mailboxes=("müller@x.example",))


def rows(*standards: Standard) -> list[dict[str, Any]]:
    owners, keys = np.array([0, 0, 2], dtype=np.int32), np.array([5, 7, 5], dtype=np.int64)
    made = columns_for_splink(Frame.of_standards(standards), DEFAULTS, owners=owners, keys=keys).to_pylist()
    assert isinstance(made, list)
    return made


def test_values_of_a_record() -> None:
    bob, *_ = rows(BOB, OFFICE, FOREIGN)
    assert {name: bob[name] for name in ("given", "surname", "born", "phone", "number", "street", "city", "postcode")} == {
        name: getattr(BOB, name) for name in ("given", "surname", "born", "phone", "number", "street", "city", "postcode")
    }
    assert (bob["middle"], bob["middle_names"]) == (["ada", "jo"], "ada jo")
    assert {"bob", "robert"} <= set(bob["given_forms"])
    assert (bob["joined_surname"], bob["parts"], bob["long_parts"]) == ("delacruz", 3, ["cruz"])
    assert (bob["mailbox"], bob["local"], bob["is_name"], bob["is_office"]) == (
        "bob.delacruz@x.example",
        "bobdelacruz",
        True,
        False,
    )


def test_what_a_record_lacks_is_empty() -> None:
    _, office, foreign = rows(BOB, OFFICE, FOREIGN)
    assert (office["surname"], office["days"], office["middle"], office["surname_forms"]) == ("", 0, [], [])
    assert foreign["days"] == 0


def test_several_mailboxes_and_foreign_ones_are_left_to_python() -> None:
    _, office, foreign = rows(BOB, OFFICE, FOREIGN)
    assert (office["mailbox"], office["local"], office["is_office"]) == ("", "", False)
    assert office["mailbox_list"] == "info@x.example\nmüller@x.example"
    assert foreign["mailbox"] == ""
    assert foreign["letters"] == ["müller"]


def test_keys_are_lists() -> None:
    made = rows(BOB, OFFICE, FOREIGN)
    assert [row[KEYS] for row in made] == [[5, 7], [], [5]]
    assert [row[ID] for row in made] == [0, 1, 2]


def test_common_names_weigh_less() -> None:
    _, office, foreign = rows(BOB, OFFICE, FOREIGN)
    table = DEFAULTS.frequencies["surname"]
    assert foreign[SURNAME_BITS] == log2(table.of("lee") / table.mean)
    assert office[SURNAME_BITS] == 0.0
    assert office[GIVEN_BITS] == 0.0  # an initial agrees by another level


def test_no_records() -> None:
    made = columns_for_splink(
        Frame.of_standards([]), DEFAULTS, owners=np.empty(0, dtype=np.int32), keys=np.empty(0, dtype=np.int64)
    )
    assert made.num_rows == 0
