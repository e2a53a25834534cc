"""What the taking in of replies is told, as one frozen value; built by the configuration, which `replies` does not know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mailguard.policy.hold_times import HoldTimes
from mailguard.policy.limits import Limits
from mailguard.policy.template_rule import TemplateRule


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplySettings:
    """What replies are judged by.

    `hostname`: ours. `address`: the base of the addresses that answers come back to, "" for none. `authserv_ids`: whose
    Authentication-Results are believed (RFC 8601 2.5). `trusts_subject`: whether From and the subject of a mail to them are
    enough to speak for a person. `templates`: the `[[template]]` rules. `client_brands`: client → brand;
    `mailbox_brands`: canonical mailbox that was written to → brand. `limits`: the policy's, `hold_times`: how long mail that a
    reply stops waits for a person.
    """

    hostname: str = "localhost"
    address: str = ""
    authserv_ids: tuple[str, ...] = ()
    trusts_subject: bool = False
    templates: tuple[TemplateRule, ...] = ()
    client_brands: Mapping[str, str] = field(default_factory=dict)
    mailbox_brands: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    hold_times: HoldTimes = field(default_factory=HoldTimes)
