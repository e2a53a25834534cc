"""mailguard.relay.broadcast_document: what the parts have found, in the contract's words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mailguard.relay.broadcast_document import MOST_SHARES, shares_of
from tests.check_documents import NEWSLETTER
from tests.checks import Checks, checks_in, codes


@pytest.fixture
def checks(tmp_path: Path) -> Iterator[Checks]:
    made = checks_in(tmp_path)
    yield made
    made.database.close()


def test_document_has_message_and_audience_in_numbers(checks: Checks) -> None:
    found = checks.check("ada@x.example", "ADA@x.example", "nonsense", "info@y.example").document
    audience = found.audience
    assert (audience.rows, audience.mailboxes, audience.invalid, audience.duplicate, audience.role) == (4, 2, 1, 1, 1)
    assert (found.clean_rows, found.left_out_rows) == (2, 2)
    assert audience.mapping["email"] == "email"
    assert [(one.name, one.share) for one in audience.languages] == [("en", 1.0)]
    assert audience.others["unknown"] == 3
    assert (found.message.subject, found.message.sender, found.message.mail_class) == (
        "Winter sale",
        "news@shop.example",
        "bulk",
    )


def test_findings_are_all_there_errors_first(checks: Checks) -> None:
    found = checks.check(
        "ada@x.example", "ADA@x.example", octets=NEWSLETTER.replace(b"Dear customers", b"Dear {{ name }}")
    ).document
    assert found.verdict == "fail"
    assert {"placeholder", "duplicate"} <= codes(found.findings)
    assert codes(found.message.findings) == codes(found.findings) - {"duplicate"}
    severities = [one.severity for one in found.findings]
    assert severities == sorted(severities)


def test_shares_are_the_largest_and_named() -> None:
    found = shares_of({"": 0.5, "b": 0.1, "a": 0.4, **{f"x{at}": 0.0 for at in range(MOST_SHARES)}})
    assert [one.name for one in found][:2] == ["a", "b"]
    assert len(found) == MOST_SHARES
