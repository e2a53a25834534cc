"""mailguard.policy.recall_key: what a recall of a mail may be known by."""

from __future__ import annotations

from mailguard.policy.recall_key import RecallScope, recall_keys


def test_mail_is_known_by_its_id_and_by_client_and_message_id() -> None:
    keys = recall_keys("01J", client="shop", message_id="a@x")
    assert keys == ((RecallScope.MESSAGE, "01J"), (RecallScope.SENT, "shop\na@x"))


def test_mail_of_a_broadcast_is_known_by_that_too() -> None:
    assert (RecallScope.BROADCAST, "01B") in recall_keys("01J", client="shop", message_id="a@x", broadcast="01B")
