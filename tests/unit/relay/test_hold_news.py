"""mailguard.relay.hold_news: what a webhook hears, and nobody's data in it."""

from __future__ import annotations

from datetime import timedelta

from mailguard.mail.control import MailClass
from mailguard.policy.finding import Code
from mailguard.relay.hold_news import MOST_GROUPS, expiring_event, waiting_event
from mailguard.store.hold_groups import HoldGroup
from mailguard.store.notices import Cause
from tests.builders import NOW


def group(number: int = 1, finding: Code | None = Code.MASS_CC) -> HoldGroup:
    return HoldGroup(
        id=f"G{number:08x}",
        finding=finding,
        messages=2,
        recipients=3,
        repeats=1,
        client="crm",
        mail_class=MailClass.BULK,
        template="news",
        subject="For Ann",
        since=NOW,
        newest_at=NOW,
        expires_at=NOW + timedelta(days=5),
        assignee="bob",
        notes=1,
    )


TOLD = {
    "id": "G00000001", "finding": "mass_cc", "client": "crm", "class": "bulk", "template": "news", "messages": 2,
    "recipients": 3, "since": "2026-11-16T09:00:00Z", "expires_at": "2026-11-21T09:00:00Z",
}  # fmt: skip


def test_waiting_mail_is_told_with_the_groups_of_its_cause() -> None:
    event = waiting_event(Cause(Code.MASS_CC, 2, 3, ("01JA",)), [group(2, Code.REPEAT), group(), group(3, None)])
    assert event.type == "hold.waiting"
    assert event.document == {
        "finding": "mass_cc", "messages": 2, "recipients": 3, "ids": ("01JA",), "groups": [TOLD], "more_groups": 0,
    }  # fmt: skip


def test_many_groups_are_counted_and_a_few_named() -> None:
    event = waiting_event(Cause(Code.MASS_CC, 2, 3, ()), [group(number) for number in range(MOST_GROUPS + 2)])
    assert (len(event.document["groups"]), event.document["more_groups"]) == (MOST_GROUPS, 2)


def test_expiring_mail_is_told_as_its_group() -> None:
    assert (expiring_event(group()).type, expiring_event(group()).document) == ("hold.expiring", TOLD)
