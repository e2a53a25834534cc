"""mailguard.relay.held_notice: operators hear causes and numbers, and no customer's data."""

from __future__ import annotations

from email import message_from_bytes

from mailguard.policy.finding import Code
from mailguard.relay.held_notice import held_notice
from mailguard.relay.settings import DeliverySettings, Holding, Listen, RelaySettings
from mailguard.store.notices import Cause
from tests.builders import NOW

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
