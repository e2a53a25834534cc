"""mailguard.cli.explanation: one decision as a person reads it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from mailguard.cli.explanation import codes, explain
from mailguard.mail.control import MailClass
from mailguard.policy.facts import State
from mailguard.policy.finding import Action, Code
from mailguard.policy.reply import ReplyState
from mailguard.store.document import (
    AttemptDocument,
    ComparisonDocument,
    EventDocument,
    FindingDocument,
    GroundDocument,
    MessageDocument,
    OpenReplyDocument,
    RecipientDocument,
)

AT = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
STALE = FindingDocument(code=Code.STALE_AUDIENCE, text="last written to on 2024-11-16", refs=("01JA",))
REPEAT = FindingDocument(code=Code.REPEAT, text="repeat of 01JB of 2026-11-10", refs=("01JB",))


def recipient(n: int = 0, **changes: Any) -> RecipientDocument:
    given: dict[str, Any] = {
        "n": n,
        "mailbox": f"p{n}@people.example",
        "person": f"p{n}@people.example",
        "probability": 1.0,
        "action": Action.HOLD,
        "state": State.HELD,
        "findings": (STALE,),
    }
    return RecipientDocument(**given | changes)


def document(**changes: Any) -> MessageDocument:
    given: dict[str, Any] = {
        "id": "01JC",
        "received_at": AT,
        "client": "shop",
        "reverse_path": "",
        "message_id": "m@shop.example",
        "subject": "hello",
        "mail_class": MailClass.SERVICE,
        "template": "",
        "action": Action.HOLD,
        "answer": "250 2.0.0 01JC held",
        "shadow": False,
        "size": 100,
        "findings": (STALE, REPEAT),
        "recipients": (recipient(),),
        "has_content": True,
    }
    return MessageDocument(**given | changes)


def explained(capsys: pytest.CaptureFixture[str], **changes: Any) -> str:
    explain(document(**changes))
    return capsys.readouterr().out


def test_finding_names_what_it_rests_on_once(capsys: pytest.CaptureFixture[str]) -> None:
    out = explained(capsys)
    assert "\nstale_audience: last written to on 2024-11-16 (see 01JA)\n" in out
    assert "\nrepeat: repeat of 01JB of 2026-11-10\n" in out


def test_null_reverse_path_is_shown_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    assert "from        <> (client shop)" in explained(capsys)


def test_mode_shadow_and_template_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    out = explained(capsys, shadow=True, template="receipt")
    assert "action      hold, delivered all the same: mode shadow" in out
    assert "class       service, template receipt" in out


def test_content_that_is_gone_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert "content     no longer kept" in explained(capsys, has_content=False)
    assert "no longer kept" not in explained(capsys)


def test_attempts_and_events_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    attempt = AttemptDocument(at=AT, next_hop="mx.example:25", answer="451 4.7.1 greylisted")
    event = EventDocument(at=AT, n=0, actor="clerk", verb="released", reason="it was meant")
    out = explained(capsys, recipients=(recipient(attempts=(attempt,)),), events=(event,))
    assert "mx.example:25  451 4.7.1 greylisted" in out
    assert "released  clerk  it was meant" in out


@pytest.mark.parametrize(("count", "more"), [(50, ""), (51, "and 1 more; see all with --json")])
def test_many_recipients_are_cut_and_that_is_said(capsys: pytest.CaptureFixture[str], count: int, more: str) -> None:
    out = explained(capsys, recipients=tuple(map(recipient, range(count))))
    assert ("more; see all" in out) is bool(more)
    assert more in out


def test_other_mails_with_the_message_id_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert "other mails with this Message-ID: 01JA, 01JB" in explained(capsys, others=("01JA", "01JB"))


def test_codes_are_named_once() -> None:
    assert codes((STALE, REPEAT, STALE)) == "stale_audience, repeat"


GROUND = GroundDocument(
    records=("crm:4711", "mail:jane@y.example"),
    probability=0.9994,
    match_weight=10.7,
    origin="online",
    comparisons=(ComparisonDocument(field="surname", level="same", weight=8.25),),
)


def test_person_is_said_with_its_probability_and_who_it_is_now(capsys: pytest.CaptureFixture[str]) -> None:
    changed = recipient(person="P17", probability=0.9994, person_now="P4")
    explain(document(recipients=(changed, recipient(1, person="P5", person_now="P5"))))
    shown = capsys.readouterr().out
    assert "P17 (99.9%), now P4" in shown
    assert "now P5" not in shown


def test_no_probability_is_rounded_up_to_certainty(capsys: pytest.CaptureFixture[str]) -> None:
    ground = GROUND.model_copy(update={"probability": 0.99999})
    explain(document(recipients=(recipient(person="P17", probability=0.9995, rests_on=(ground,)),)))
    shown = capsys.readouterr().out
    assert "P17 (>99.9%)" in shown
    assert "100.0%" not in shown


def test_what_a_person_rests_on_is_said_link_by_link(capsys: pytest.CaptureFixture[str]) -> None:
    explain(document(recipients=(recipient(person="P17", records=GROUND.records, rests_on=(GROUND,)),)))
    shown = capsys.readouterr().out
    assert all(word in shown for word in ("crm:4711", "mail:jane@y.example", "99.9%", "online", "surname same +8.2"))


def test_a_mailbox_rests_on_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    explain(document())
    assert "because" not in capsys.readouterr().out


def test_what_the_recipient_wrote_is_shown_and_harms_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    wrote = OpenReplyDocument(id="01JR", received_at=AT, state=ReplyState.OPEN, language="de", text="\x1b[2JHier sind sie.")
    gone = OpenReplyDocument(id="01JQ", received_at=AT, state=ReplyState.ACKNOWLEDGED, language="")
    explain(document(open_replies=(wrote, gone)))
    printed = capsys.readouterr().out
    assert "reply 01JR of 2026-11-16" in printed
    assert "(open, in de): “" in printed
    assert "Hier sind sie.”" in printed
    assert "(acknowledged): its text is no longer kept" in printed
    assert "\x1b" not in printed


def test_what_is_paused_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    explain(document(recipients=(recipient(state=State.QUEUED, paused=True), recipient(1, state=State.QUEUED))))
    assert capsys.readouterr().out.count("queued, paused") == 1
