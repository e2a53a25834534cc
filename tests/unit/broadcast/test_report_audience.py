"""mailguard.broadcast.report_audience: how many can be sent to, why the others not, and who they are."""

from __future__ import annotations

import re

from mailguard.broadcast.document import CheckDocument
from mailguard.broadcast.report_audience import MOST_SHARES, audience_section
from tests.check_documents import check_document, last, shares


def words(document: CheckDocument) -> str:
    return " ".join(re.sub("<[^>]*>", " ", audience_section(document)).split())


def test_funnel_goes_from_rows_to_recipients() -> None:
    text = words(check_document())
    assert "94 % of the rows can be sent to." in text
    assert "rows 100 mailboxes 98 persons 95 can be sent to 94" in text
    assert "94 rows of 100 can be sent to, 6 cannot" in text


def test_what_is_not_told_has_no_bar() -> None:
    text = words(check_document(clean_rows=None, left_out_rows=None, audience={"persons": None, "duplicate": None}))
    assert "rows 100 mailboxes 98 What" in text
    assert "can be sent to" not in text


def test_empty_audience_has_no_shares() -> None:
    nothing = dict.fromkeys(("rows", "mailboxes", "persons", "invalid", "duplicate", "suppressed", "role"), 0)
    text = words(check_document(clean_rows=0, left_out_rows=0, audience=nothing))
    assert "What is wrong with rows" not in text
    assert "%" not in text


def test_reasons_stand_by_their_number() -> None:
    text = words(check_document(audience={"others": {"typo": 9}}))
    assert "looks mistyped 9 the same person again 3 no usable address 2" in text


def test_shares_are_named_and_bounded() -> None:
    many = shares(**{f"d{at}": 0.05 for at in range(15)})
    text = words(check_document(audience={"domains": many, "languages": shares(de=0.75, fr=0.25)}))
    assert f"d{MOST_SHARES - 1} " in text
    assert f"d{MOST_SHARES} " not in text
    assert "German 75 % French 25 %" in text
    assert "last time" not in text


def test_difference_to_last_time_is_said() -> None:
    before = last(domains=shares(x=0.1))
    text = words(check_document(audience={"domains": shares(x=0.5, y=0.5), "last": before}))
    assert "x 50 % (was 10 %) y 50 % (was 0 %)" in text
    assert "to 50 rows: now it is 50 more." in text
    assert "now it is as many." in words(check_document(audience={"last": last(rows=100)}))
    assert "now it is 20 fewer." in words(check_document(audience={"last": last(rows=120)}))
