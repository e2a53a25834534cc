"""mailguard.policy.foresight: what the rules that need no text say of a mail that is not written yet."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from mailguard.mail.control import MailClass
from mailguard.mail.mailbox import parse_mailbox
from mailguard.policy.facts import OnFile, RecipientFacts, Suppression
from mailguard.policy.finding import Action, Code
from mailguard.policy.foresight import NO_FAN_OUT, Intent, foresee
from mailguard.policy.limits import Limits
from mailguard.policy.reply import Reply, ReplyState, Tie
from tests.builders import NOW

BULK, SERVICE, CRITICAL = MailClass.BULK, MailClass.SERVICE, MailClass.CRITICAL
REPLY = Reply(
    id="01JD", seq=3, at=NOW - timedelta(days=1), state=ReplyState.OPEN, tie=Tie.TOKEN, message_id="r@x.example",
    template="card-request", facts=b"4711", thread=frozenset({"m@x.example"}),
)  # fmt: skip


def seen(intent: Intent, *, limits: Limits | None = None, **facts: Any) -> tuple[Action, list[Code]]:
    plain: dict[str, Any] = {
        "mailbox": parse_mailbox("ada@x.example"), "person": "P1", "is_own": False, "replay": None, "earlier": (),
        "fan_out": NO_FAN_OUT, "suppression": None, "bulk_count": 0,
    }  # fmt: skip
    recipient = RecipientFacts(**plain | facts)
    action, findings = foresee(recipient, intent, now=NOW, limits=limits or Limits())
    return action, [finding.code for finding in findings]


def test_nothing_known_delivers() -> None:
    assert seen(Intent()) == (Action.DELIVER, [])


@pytest.mark.parametrize(("mail_class", "action"), [(BULK, Action.REJECT), (SERVICE, Action.DELIVER)])
def test_unsubscription_stops_bulk_alone(mail_class: MailClass, action: Action) -> None:
    assert seen(Intent(mail_class=mail_class), suppression=Suppression.UNSUBSCRIBED)[0] is action


def test_mailbox_that_bounces_gets_nothing() -> None:
    assert seen(Intent(mail_class=CRITICAL), is_bounced=True) == (Action.REJECT, [Code.SUPPRESSED])


@pytest.mark.parametrize(
    ("intent", "action"),
    [
        (Intent(mail_class=BULK), Action.HOLD),
        (Intent(asks=("income",)), Action.HOLD),
        (Intent(template="card-request"), Action.HOLD),
        (Intent(template="shipping"), Action.DELIVER),
        (Intent(is_survey=True), Action.HOLD),
        (Intent(), Action.DELIVER),
        (Intent(mail_class=CRITICAL, template="card-request"), Action.DELIVER),
    ],
)
def test_open_reply_holds_what_would_pass_it_over(intent: Intent, action: Action) -> None:
    assert seen(intent, open_replies=(REPLY,))[0] is action


def test_reply_beyond_the_window_stops_nothing() -> None:
    assert seen(Intent(mail_class=BULK), open_replies=(REPLY,), limits=Limits(reply_window=timedelta(hours=24)))[1] == []


def test_what_is_on_file_is_not_to_be_asked_for() -> None:
    on_file = OnFile({"income": ("crm:4711",)})
    assert seen(Intent(asks=("income",)), on_file=on_file) == (Action.HOLD, [Code.KNOWN_DATA])
    assert seen(Intent(asks=("income", "phone")), on_file=on_file) == (Action.DELIVER, [])


def test_cap_on_bulk_mail_is_foreseen() -> None:
    limits = Limits(bulk_per_person=2)
    assert seen(Intent(mail_class=BULK), bulk_count=2, limits=limits) == (Action.HOLD, [Code.FREQUENCY_CAP])
    assert seen(Intent(mail_class=BULK), bulk_count=1, limits=limits) == (Action.DELIVER, [])


def test_own_mailboxes_are_exempt_as_at_the_relay() -> None:
    facts: dict[str, Any] = {"is_own": True, "open_replies": (REPLY,), "on_file": OnFile({"income": ("crm:1",)})}
    assert seen(Intent(mail_class=BULK, asks=("income",)), **facts) == (Action.DELIVER, [])


def test_operators_word_holds() -> None:
    limits = Limits(actions={(SERVICE, Code.OPEN_REPLY): Action.DELIVER})
    assert seen(Intent(asks=("income",)), open_replies=(REPLY,), limits=limits) == (Action.DELIVER, [Code.OPEN_REPLY])
