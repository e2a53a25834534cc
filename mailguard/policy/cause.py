"""What a mail waits for: of all its findings the one that a person who decides about it thinks of first."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from mailguard.mail.control import MailClass
from mailguard.policy.finding import Action, Code
from mailguard.policy.limits import Limits
from mailguard.policy.rules import DEFAULTS, action_for


def cause_of(codes: Collection[Code], mail_class: MailClass, limits: Limits) -> Code | None:
    """Return the finding of the strongest action, and of these the first by order; None where there is none."""
    return next((code for code in by_rank(mail_class, limits) if code in codes), None)


def by_rank(mail_class: MailClass, limits: Limits) -> tuple[Code, ...]:
    """Return all findings in the order in which they are the cause for mail of this class."""
    return _ranked(tuple(action_for(code, mail_class, limits) for code in Code if code in DEFAULTS))


@lru_cache(maxsize=64)
def _ranked(actions: tuple[Action, ...]) -> tuple[Code, ...]:
    known = zip((code for code in Code if code in DEFAULTS), actions, strict=True)
    return tuple(code for code, _ in sorted(known, key=lambda pair: -pair[1].strength))
