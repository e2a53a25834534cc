"""mailguard.mail.envelope: NOTIFY says whether a failure may be told (RFC 3461 4.1)."""

from __future__ import annotations

import pytest

from mailguard.mail.envelope import ForwardPath
from mailguard.mail.mailbox import parse_mailbox


@pytest.mark.parametrize(
    ("notify", "told"),
    [("", True), ("NEVER", False), ("SUCCESS", False), ("FAILURE", True), ("success,failure", True), ("DELAY", False)],
)
def test_a_failure_is_told_by_default_and_when_asked(notify: str, *, told: bool) -> None:
    assert ForwardPath(parse_mailbox("ann@people.example"), notify).wants_failure_dsn is told
