"""mailguard.identity.person: how a person is written, and a mailbox that no record has."""

from __future__ import annotations

import pytest

from mailguard.identity.person import Resolution, parse_person, person_id, record_anchor, unknown
from mailguard.mail.mailbox import parse_mailbox

ANN = parse_mailbox("Ann+news@gmail.com")


def test_two_spellings_of_one_mailbox_are_one_person() -> None:
    assert unknown(parse_mailbox("Ann@Shop.Example")).person == unknown(parse_mailbox("ann@shop.example")).person


def test_the_wire_form_stays_with_the_resolution() -> None:
    resolution = unknown(ANN)
    assert (resolution.mailbox.wire, resolution.person, resolution.probability) == ("Ann+news@gmail.com", "ann@gmail.com", 1.0)


def test_mail_stands_under_the_canonical_mailbox_unless_said_otherwise() -> None:
    assert (unknown(ANN).anchor, unknown(ANN).anchors) == ("ann@gmail.com", ("ann@gmail.com",))
    assert Resolution(ANN, "P4", 1.0, anchor=record_anchor(4)).anchors == ("R4",)
    assert Resolution(ANN, "P4", 1.0, anchors=("ann@gmail.com", "R4")).anchor == "ann@gmail.com"


def test_nothing_is_known_of_an_unknown_mailbox() -> None:
    assert (unknown(ANN).record, unknown(ANN).refs) == (None, ())


def test_a_person_is_written_and_read() -> None:
    assert person_id(17) == "P17"
    assert parse_person(" P17 ") == 17


@pytest.mark.parametrize("text", ["", "17", "p17", "P", "P0", "P017", "P-1", "ann@gmail.com", "P1x", "P" + "9" * 19])
def test_what_is_no_person_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no person"):
        parse_person(text)
