"""What the operator has set for the policy, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from mailguard.mail.control import MailClass
from mailguard.policy.finding import Action, Code


class Mode(StrEnum):
    """`enforce` acts on decisions; `shadow` records every decision and delivers all."""

    ENFORCE = "enforce"
    SHADOW = "shadow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits of the rules. `own_domains` are folded A-labels; `name` covers itself, `.name` its subdomains too.

    `actions` holds only what the operator changed; `policy.rules` knows the defaults. `bulk_per_person` 0 is off. A reply that
    nobody has resolved stops mail for `reply_window`.
    """

    mode: Mode = Mode.ENFORCE
    own_domains: frozenset[str] = frozenset()
    repeat_window: timedelta = timedelta(days=6)
    max_visible_recipients: int = 10
    max_hidden_recipients: int = 10
    stale_thread: timedelta = timedelta(days=180)
    fan_out_limit: int = 50
    fan_out_window: timedelta = timedelta(minutes=10)
    bulk_per_person: int = 0
    bulk_window: timedelta = timedelta(days=7)
    reply_window: timedelta = timedelta(days=30)
    actions: Mapping[tuple[MailClass, Code], Action] = field(default_factory=dict)

    def is_own(self, domain: str) -> bool:
        """Whether `domain` (folded) is one of the operator's own."""
        if domain in self.own_domains:
            return True
        while domain and self.own_domains:
            if f".{domain}" in self.own_domains:
                return True
            domain = domain.partition(".")[2]
        return False
