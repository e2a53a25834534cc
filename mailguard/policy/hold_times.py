"""How long held mail waits for a person, by its class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from mailguard.mail.control import MailClass


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldTimes:
    """`expire` holds where `by_class` says nothing of a class."""

    expire: timedelta = timedelta(days=5)
    by_class: Mapping[MailClass, timedelta] = field(default_factory=dict)

    def of(self, mail_class: MailClass) -> timedelta:
        """Return how long mail of this class waits."""
        return self.by_class.get(mail_class, self.expire)
