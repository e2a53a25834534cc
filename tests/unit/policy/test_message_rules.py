"""mailguard.policy.message_rules: each limit at one below, at and one above."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mailguard.mail.control import MailClass
from mailguard.policy import message_rules
from mailguard.policy.facts import Audience, MessageFacts
from mailguard.policy.finding import Code
from mailguard.policy.limits import Limits
from tests.builders import NOW

LIMITS = Limits()
PLAIN = MessageFacts(
    now=NOW,
    mail_class=MailClass.SERVICE,
    repeat_window=timedelta(days=6),
    text=b"t",
    core=b"c",
    visible_outside=1,
    hidden_outside=0,
    greets="",
    is_reply_or_forward=False,
    audience=None,
    received_count=1,
    is_auto_replied=False,
    is_dsn=False,
    answers_automatic="",
    unreadable="",
)


def facts(**changes: Any) -> MessageFacts:
    return replace(PLAIN, **changes)


@pytest.mark.parametrize(("count", "found"), [(49, False), (50, False), (51, True)])
def test_fifty_first_received_field_is_a_loop(count: int, *, found: bool) -> None:
    assert bool(message_rules.loop(facts(received_count=count), LIMITS)) is found


def test_automatic_reply_to_automatic_mail_is_a_loop() -> None:
    finding = message_rules.loop(facts(is_auto_replied=True, answers_automatic="01J"), LIMITS)
    assert finding is not None
    assert finding.refs == ("01J",)


@pytest.mark.parametrize(
    "changes",
    [
        {"is_auto_replied": True, "answers_automatic": ""},
        {"is_auto_replied": False, "answers_automatic": "01J"},
        {"is_auto_replied": True, "answers_automatic": "01J", "is_dsn": True},
    ],
)
def test_answers_to_people_and_dsns_are_no_loop(changes: dict[str, Any]) -> None:
    assert message_rules.loop(facts(**changes), LIMITS) is None


def test_what_cannot_be_read_says_why() -> None:
    finding = message_rules.unreadable(facts(unreadable="more than 500 parts"), LIMITS)
    assert finding is not None
    assert (finding.code, finding.text) == (Code.UNREADABLE, "more than 500 parts")
    assert message_rules.unreadable(PLAIN, LIMITS) is None


@pytest.mark.parametrize(("count", "found"), [(9, False), (10, False), (11, True)])
def test_eleventh_visible_recipient_is_too_many(count: int, *, found: bool) -> None:
    assert bool(message_rules.mass_cc(facts(visible_outside=count), LIMITS)) is found


@pytest.mark.parametrize(("count", "found"), [(9, False), (10, False), (11, True)])
def test_eleventh_hidden_recipient_is_too_many(count: int, *, found: bool) -> None:
    assert bool(message_rules.hidden_recipients(facts(hidden_outside=count), LIMITS)) is found


@pytest.mark.parametrize(("count", "greets", "found"), [(3, "Ann", False), (4, "Ann", True), (5, "Ann", True), (5, "", False)])
def test_one_person_greeted_before_four_is_a_mismatch(count: int, greets: str, *, found: bool) -> None:
    assert bool(message_rules.addressee_mismatch(facts(visible_outside=count, greets=greets), LIMITS)) is found


@pytest.mark.parametrize(("days", "found"), [(179, False), (180, False), (181, True)])
def test_audience_not_written_to_for_181_days_is_stale(days: int, *, found: bool) -> None:
    audience = Audience(NOW - timedelta(days=days), "")
    finding = message_rules.stale_audience(facts(is_reply_or_forward=True, audience=audience), LIMITS)
    assert bool(finding) is found


def test_audience_known_from_a_stale_message_stays_stale() -> None:
    audience = Audience(NOW - timedelta(days=1), "01J")
    finding = message_rules.stale_audience(facts(is_reply_or_forward=True, audience=audience), LIMITS)
    assert finding is not None
    assert finding.refs == ("01J",)


def test_new_mail_to_an_old_audience_is_not_stale() -> None:
    assert message_rules.stale_audience(facts(audience=Audience(NOW - timedelta(days=999), "")), LIMITS) is None
    assert message_rules.stale_audience(facts(is_reply_or_forward=True), LIMITS) is None


def test_a_template_that_was_not_rendered_says_why() -> None:
    assert message_rules.render_failed(facts(), LIMITS) is None
    finding = message_rules.render_failed(facts(render_failure="line 3: 'nmae' is undefined"), LIMITS)
    assert finding is not None
    assert finding.text == "line 3: 'nmae' is undefined"


def test_mail_that_came_after_its_recall_is_found() -> None:
    found = message_rules.recalled(replace(PLAIN, recalled="01R"), LIMITS)
    assert found is not None
    assert (found.code, found.refs) == (Code.RECALLED, ("01R",))
    assert message_rules.recalled(PLAIN, LIMITS) is None
