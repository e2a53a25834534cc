"""mailguard.relay.held_notice: operators hear causes and numbers, and no customer's data."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes

from mailguard.policy.finding import Code
from mailguard.relay.held_notice import expiry_notice, held_notice
from mailguard.relay.settings import DeliverySettings, Holding, Listen, RelaySettings
from mailguard.store.notices import Cause
from tests.builders import NOW
from tests.unit.relay.test_hold_news import group

SETTINGS = RelaySettings(
    database="sqlite://",
    listen=Listen(hostname="relay.example"),
    delivery=DeliverySettings(next_hops=()),
    holding=Holding(notify=("ops@corp.example", "desk@corp.example")),
)


def test_the_notice_names_causes_numbers_and_what_to_do() -> None:
    causes = [Cause(Code.MASS_CC, 1, 800, ("01JA",)), Cause(Code.NEAR_REPEAT, 2, 2, ("01JB", "01JC"))]
    mail = held_notice(causes, SETTINGS, now=NOW)
    message = message_from_bytes(mail.octets)
    text = message.get_payload()
    assert [mailbox.wire for mailbox in mail.recipients] == ["ops@corp.example", "desk@corp.example"]
    assert message["Subject"] == "mailguard: 3 held mails wait for a decision"
    assert message["Auto-Submitted"] == "auto-generated"
    assert "mass_cc: 1 messages, 800 recipients" in text
    assert "01JB, 01JC" in text
    assert "mailguard queue release ID" in text
    assert mail.octets.endswith(b"\r\n")


def test_one_mail_waits_and_several_wait() -> None:
    mail = held_notice([Cause(Code.MASS_CC, 1, 1, ("01JA",))], SETTINGS, now=NOW)
    assert mail.subject == "mailguard: 1 held mail waits for a decision"


def test_mail_that_expires_soon_is_named_by_its_groups() -> None:
    mail = expiry_notice([group(), group(2, None)], SETTINGS, now=NOW)
    text = message_from_bytes(mail.octets).get_payload()
    assert mail.subject == "mailguard: 4 held mails expire soon"
    assert "G00000001: mass_cc, 2 messages, 3 recipients, from Sat, 21 Nov 2026" in text
    assert "G00000002: held," in text
    assert "of crm, bulk, template news" in text
    assert "For Ann" not in text
    assert "mailguard queue show G..." in text


def test_one_mail_expires_some_time() -> None:
    one = replace(group(), messages=1, expires_at=None, template="")
    mail = expiry_notice([one], SETTINGS, now=NOW)
    assert mail.subject == "mailguard: 1 held mail expires soon"
    assert b"3 recipients\r\n  of crm, bulk, template unknown\r\n" in mail.octets
