from __future__ import annotations

from mailguard.relay.extensions import Extensions
from tests.unit.relay.parcels import consignment, destination

PLAIN = Extensions()
EIGHT_BIT = b"Subject: x\r\n\r\ngr\xc3\xbc\xc3\x9fe\r\n"
UTF8_HEADER = b"Subject: gr\xc3\xbc\xc3\x9fe\r\n\r\nx\r\n"


def test_keywords_count_in_any_case() -> None:
    offered = Extensions.from_keywords(["pipelining", "Size", "8bitmime", "SMTPUTF8", "dsn", "help"])
    assert offered == Extensions(pipelining=True, eight_bit_mime=True, smtputf8=True, dsn=True, size=True)
    assert offered.names() == {"8BITMIME", "SMTPUTF8", "DSN"}


def test_hop_that_offers_nothing() -> None:
    assert Extensions.from_keywords([]).names() == frozenset()


def test_plain_mail_needs_nothing() -> None:
    assert PLAIN.lacking_for(consignment()) == ""


def test_eight_bit_content_needs_8bitmime() -> None:
    assert PLAIN.lacking_for(consignment(octets=EIGHT_BIT)).startswith("5.6.3 ")
    assert Extensions(eight_bit_mime=True).lacking_for(consignment(octets=EIGHT_BIT)) == ""


def test_internationalised_mail_needs_smtputf8() -> None:
    eight_bit = Extensions(eight_bit_mime=True)
    assert eight_bit.lacking_for(consignment(octets=UTF8_HEADER, smtputf8=True)).startswith("5.6.7 ")
    assert PLAIN.lacking_for(consignment(reverse_path="jürgen@a.example", smtputf8=True)).startswith("5.6.7 ")
    assert PLAIN.lacking_for(consignment(destination(0, "jürgen@a.example"), smtputf8=True)).startswith("5.6.7 ")
    full = Extensions(eight_bit_mime=True, smtputf8=True)
    assert full.lacking_for(consignment(octets=UTF8_HEADER, smtputf8=True)) == ""


def test_smtputf8_declared_without_need_stops_nothing() -> None:
    assert PLAIN.lacking_for(consignment(smtputf8=True)) == ""
    assert Extensions(eight_bit_mime=True).lacking_for(consignment(octets=EIGHT_BIT, smtputf8=True)) == ""
