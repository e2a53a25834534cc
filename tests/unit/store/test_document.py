from __future__ import annotations

import json

from mailguard.mail.control import MailClass
from mailguard.policy.facts import State
from mailguard.policy.finding import Action
from mailguard.store.document import MessageDocument, RecipientDocument
from tests.builders import NOW

RECIPIENT = RecipientDocument(
    n=0, mailbox="a@x.example", person="a@x.example", probability=1, action=Action.DELIVER, state=State.QUEUED, findings=()
)


def test_document_has_the_names_of_the_contract_and_leaves_out_what_is_not_known() -> None:
    document = MessageDocument(
        id="01JA",
        received_at=NOW,
        client="shop",
        reverse_path="",
        message_id="m@x.example",
        subject="\x1b[31mred",
        mail_class=MailClass.BULK,
        template="",
        action=Action.DELIVER,
        answer="250",
        shadow=False,
        size=7,
        findings=(),
        recipients=(RECIPIENT,),
    )
    line = document.as_json()
    assert "\n" not in line
    assert "\x1b" not in line
    shown = json.loads(line)
    assert shown["class"] == "bulk"
    assert "mail_class" not in shown
    assert set(shown["recipients"][0]) == {"n", "mailbox", "person", "probability", "action", "state", "findings"}
    assert shown["received_at"] == "2026-11-16T09:00:00Z"
