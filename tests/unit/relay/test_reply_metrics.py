from __future__ import annotations

from prometheus_client import CollectorRegistry

from mailguard.policy.reply import Kind
from mailguard.relay.refusal import Refusal
from mailguard.relay.reply_metrics import ReplyMetrics
from mailguard.replies.incoming import Taken


def test_replies_are_counted_by_source_and_kind() -> None:
    registry = CollectorRegistry()
    metrics = ReplyMetrics(registry)
    new, copy, aside = Taken("1", Kind.HUMAN, is_new=True), Taken("1", Kind.HUMAN, is_new=False), Taken("", None, is_new=True)
    metrics.taken("lmtp", [new, new, copy, aside])
    counts = {
        kind: registry.get_sample_value("mailguard_replies_total", {"source": "lmtp", "kind": kind})
        for kind in ("human", "copy", "set_aside")
    }
    assert counts == {"human": 2, "copy": 1, "set_aside": 1}


def test_source_that_fails_is_down_until_it_is_well() -> None:
    registry = CollectorRegistry()
    metrics = ReplyMetrics(registry)
    metrics.failed("imap:a")
    assert registry.get_sample_value("mailguard_reply_source_up", {"source": "imap:a"}) == 0
    metrics.well("imap:a")
    assert registry.get_sample_value("mailguard_reply_source_up", {"source": "imap:a"}) == 1
    assert registry.get_sample_value("mailguard_reply_source_failures_total", {"source": "imap:a"}) == 1


def test_refusals_are_counted() -> None:
    registry = CollectorRegistry()
    ReplyMetrics(registry).refused(Refusal.CLIENT)
    assert registry.get_sample_value("mailguard_lmtp_refusals_total", {"reason": "client"}) == 1
