"""mailguard.relay.refusal: reasons are single words, fit for a metric's label."""

from __future__ import annotations

import re

from mailguard.relay.refusal import Refusal


def test_every_reason_is_a_label() -> None:
    assert all(re.fullmatch(r"[a-z_]+", reason) for reason in Refusal)
