"""mailguard.relay.replay_comparison: two judgements held against each other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailguard.errors import MailguardError
from mailguard.mail.control import MailClass
from mailguard.policy.finding import Action, Code, Finding
from mailguard.relay import replay_comparison
from mailguard.relay.replay import Judged, JudgedRecipient
from mailguard.relay.replay_comparison import OTHERS, Differing, Direction, Tally
from mailguard.relay.replay_mail import Unjudged
from tests.builders import NOW

ANN = "ann@people.example"
PASSES = JudgedRecipient(ANN, Action.DELIVER, frozenset())
REPEAT = JudgedRecipient(ANN, Action.REJECT, frozenset({Code.REPEAT}), Finding(Code.REPEAT, "repeat of 01A"))
HELD = JudgedRecipient(ANN, Action.HOLD, frozenset({Code.MASS_CC}), Finding(Code.MASS_CC, "4 visible recipients, limit 3"))


def one(
    *recipients: JudgedRecipient, recorded: tuple[JudgedRecipient, ...] = (), id: str = "01A", template: str = "t"
) -> Judged:
    return Judged(
        message=id,
        at=NOW,
        client="shop",
        sender="shop@sender.example",
        subject="hello",
        mail_class=MailClass.SERVICE,
        template=template,
        recorded=recorded or recipients,
        recipients=recipients,
    )


def test_equal_judgements_change_nothing() -> None:
    tally = Tally(examples=3)
    tally.add(one(PASSES, REPEAT), one(PASSES, REPEAT))
    found = tally.comparison(1)
    assert (found.messages, found.recipients, found.judged, found.reproduced) == (1, 2, 2, 2)
    assert (found.changes, found.differing) == ((), ())
    assert found.directions == dict.fromkeys(Direction, 0)


def test_changes_are_counted_by_finding_and_direction_the_most_first() -> None:
    tally = Tally(examples=1)
    tally.add(one(REPEAT), one(PASSES))
    tally.add(one(PASSES, PASSES, id="01B"), one(HELD, HELD, id="01B"))
    tally.add(one(PASSES, id="01C"), one(HELD, id="01C", template="u"))
    tally.add(one(REPEAT, id="01D"), one(replace(REPEAT, action=Action.HOLD), id="01D"))
    found = tally.comparison(4)
    assert [(each.finding, each.before, each.after, each.direction, each.count, each.messages) for each in found.changes] == [
        (Code.MASS_CC, Action.DELIVER, Action.HOLD, Direction.STOPS, 3, 2),
        (Code.REPEAT, Action.REJECT, Action.DELIVER, Direction.PASSES, 1, 1),
        (Code.REPEAT, Action.REJECT, Action.HOLD, Direction.OTHER, 1, 1),
    ]
    first = found.changes[0]
    assert (first.classes, first.clients, first.templates) == ({"service": 3}, {"shop": 3}, {"t": 2, "u": 1})
    assert [(each.id, each.text) for each in first.examples] == [("01B", "4 visible recipients, limit 3")]
    assert found.changes[1].examples[0].text == "repeat of 01A"
    assert found.directions == {Direction.STOPS: 3, Direction.PASSES: 1, Direction.OTHER: 1}
    assert first.as_document()["from"] is Action.DELIVER


def test_a_change_that_no_finding_explains_is_named_all_the_same() -> None:
    tally = Tally(examples=1)
    tally.add(one(replace(HELD, finding=None)), one(PASSES))
    assert [(each.finding, each.examples[0].text) for each in tally.comparison(1).changes] == [(None, "")]


def test_what_the_record_says_otherwise_is_counted_and_shown() -> None:
    tally = Tally(examples=1)
    tally.add(one(PASSES, recorded=(REPEAT,)), one(PASSES))
    tally.add(one(PASSES, recorded=(REPEAT,)), one(PASSES))
    found = tally.comparison(2)
    assert (found.judged, found.reproduced, found.changes) == (2, 0, ())
    assert found.differing == (
        Differing(
            id="01A",
            recipient=ANN,
            recorded=Action.REJECT,
            recorded_findings=(Code.REPEAT,),
            found=Action.DELIVER,
            found_findings=(),
        ),
    )


def test_what_either_cannot_judge_is_not_compared() -> None:
    tally = Tally(examples=1)
    gone = replace(one(PASSES, REPEAT), recipients=(), unjudged=Unjudged.CONTENT_GONE)
    tally.add(gone, gone)
    tally.add(one(PASSES), replace(one(PASSES), recipients=(), unjudged=Unjudged.UNKNOWN_CLIENT))
    found = tally.comparison(2)
    assert (found.recipients, found.judged) == (3, 0)
    assert found.unjudged == {Unjudged.CONTENT_GONE: 2, Unjudged.UNKNOWN_CLIENT: 1}


def test_very_many_templates_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_comparison, "MOST_COUNTED", 1)
    tally = Tally(examples=0)
    for template in ("a", "b", "c", "a"):
        tally.add(one(PASSES), one(HELD, template=template))
    assert tally.comparison(4).changes[0].templates == {"a": 2, OTHERS: 2}


def test_a_ledger_that_was_cleared_up_meanwhile_is_said_so() -> None:
    with pytest.raises(MailguardError, match="run it again"):
        Tally(examples=0).add(one(PASSES), one(PASSES, id="01B"))
