"""What is counted of replies, for Prometheus, beside what the workers count. Knows no HTTP and no person."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge

from mailguard.relay.refusal import Refusal
from mailguard.replies.incoming import Taken

SET_ASIDE = "set_aside"
COPY = "copy"


class ReplyMetrics:
    """The counts of the process that takes replies in. A registry of its own where it does not share."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._replies = Counter(
            "mailguard_replies", "Mails taken in from customers' side", ["source", "kind"], registry=registry
        )
        self._failures = Counter("mailguard_reply_source_failures", "Failures of a source", ["source"], registry=registry)
        # Not one of the live gauges: by their files workers are known to be alive.
        self._up = Gauge(
            "mailguard_reply_source_up",
            "Whether a source was well when it was last looked at",
            ["source"],
            registry=registry,
            multiprocess_mode="mostrecent",
        )
        self._refusals = Counter("mailguard_lmtp_refusals", "Refused in the LMTP dialogue", ["reason"], registry=registry)

    def taken(self, source: str, taken: Sequence[Taken]) -> None:
        """Count what became of mails: the kind of a new one, `copy` of one that was there, `set_aside` of one unreadable."""
        for one in taken:
            kind = SET_ASIDE if one.kind is None else one.kind.value if one.is_new else COPY
            self._replies.labels(source, kind).inc()

    def well(self, source: str) -> None:
        """Set that a source is well."""
        self._up.labels(source).set(1)

    def failed(self, source: str) -> None:
        """Count a failure of a source."""
        self._failures.labels(source).inc()
        self._up.labels(source).set(0)

    def refused(self, reason: Refusal) -> None:
        """Count something that was refused in the LMTP dialogue."""
        self._refusals.labels(reason.value).inc()
