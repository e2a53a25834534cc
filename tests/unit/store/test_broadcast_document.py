"""mailguard.store.broadcast_document: the names that HTTP and JSON use."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from mailguard.policy.facts import State
from mailguard.store.broadcast_document import BroadcastDocument
from mailguard.store.broadcasts import Broadcast
from tests.builders import NOW

BROADCAST = Broadcast(
    id="01JD0000000000000000000000",
    at=NOW,
    signed_at=NOW,
    expires_at=NOW + timedelta(days=1),
    recalled_at=None,
    actor="ann",
    name="customers.csv",
    subject="Autumn",
    mail_class="bulk",
    template="autumn",
    source="autumn.eml",
    rows=3,
    members=2,
    profile="{}",
    taken=1,
    states={State.DELIVERED: 1},
)


def test_document_has_all_but_what_only_the_check_needs() -> None:
    document = BroadcastDocument.of(BROADCAST).model_dump(mode="json", exclude_none=True)
    assert document == {
        "id": "01JD0000000000000000000000",
        "name": "customers.csv",
        "source": "autumn.eml",
        "subject": "Autumn",
        "template": "autumn",
        "class": "bulk",
        "actor": "ann",
        "at": "2026-11-16T09:00:00Z",
        "signed_at": "2026-11-16T09:00:00Z",
        "expires_at": "2026-11-17T09:00:00Z",
        "rows": 3,
        "members": 2,
        "taken": 1,
        "states": {"delivered": 1},
    }


def test_states_are_left_out_where_they_were_not_asked_for() -> None:
    assert BroadcastDocument.of(replace(BROADCAST, states=None)).states is None
