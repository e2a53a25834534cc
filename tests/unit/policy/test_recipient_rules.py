"""mailguard.policy.recipient_rules: each window and limit at one below, at and one above."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from mailguard.mail.control import MailClass
from mailguard.mail.mailbox import parse_mailbox
from mailguard.policy import recipient_rules
from mailguard.policy.facts import Earlier, FanOut, OnFile, RecipientFacts, State, Suppression
from mailguard.policy.finding import Code, Finding
from mailguard.policy.limits import Limits
from tests.builders import NOW
from tests.unit.policy.test_message_rules import facts

LIMITS = Limits(bulk_per_person=2)
PLAIN = RecipientFacts(
    mailbox=parse_mailbox("ann@people.example"),
    person="ann@people.example",
    is_own=False,
    replay=None,
    earlier=(),
    fan_out=FanOut(0, None, was_released=False),
    suppression=None,
    bulk_count=0,
)


def recipient(**changes: Any) -> RecipientFacts:
    return replace(PLAIN, **changes)


def earlier(
    ago: timedelta, *, id: str = "01J", text: bytes = b"t", core: bytes = b"c", state: State = State.DELIVERED
) -> Earlier:
    return Earlier(id, NOW - ago, text, core, state)


@pytest.mark.parametrize(
    ("ago", "found"),
    [(timedelta(days=5), True), (timedelta(days=6, seconds=-1), True), (timedelta(days=6), False), (timedelta(days=7), False)],
)
def test_repeat_ends_with_its_window(ago: timedelta, *, found: bool) -> None:
    assert bool(recipient_rules.repeat(facts(), recipient(earlier=(earlier(ago),)), LIMITS)) is found


def test_repeat_names_what_was_sent_before_what_is_held() -> None:
    mails = (earlier(timedelta(hours=1), id="held", state=State.HELD), earlier(timedelta(hours=2), id="sent"))
    finding = recipient_rules.repeat(facts(), recipient(earlier=mails), LIMITS)
    assert finding is not None
    assert finding.refs == ("sent",)


def test_repeat_of_a_held_mail_names_it() -> None:
    finding = recipient_rules.repeat(facts(), recipient(earlier=(earlier(timedelta(hours=1), state=State.HELD),)), LIMITS)
    assert finding is not None
    assert finding.text == "repeat of 01J of 2026-11-16"


def test_allowed_repeats_are_none() -> None:
    mails = recipient(earlier=(earlier(timedelta(hours=1)), earlier(timedelta(hours=1), text=b"other")))
    assert recipient_rules.repeat(facts(repeat_window=None), mails, LIMITS) is None
    assert recipient_rules.near_repeat(facts(repeat_window=None), mails, LIMITS) is None


def test_other_text_with_the_same_core_is_a_near_repeat() -> None:
    near = recipient(earlier=(earlier(timedelta(hours=1), text=b"other"),))
    assert recipient_rules.repeat(facts(), near, LIMITS) is None
    assert recipient_rules.near_repeat(facts(), near, LIMITS) is not None


def test_other_core_is_another_mail() -> None:
    other = recipient(earlier=(earlier(timedelta(hours=1), text=b"other", core=b"other"),))
    assert recipient_rules.near_repeat(facts(), other, LIMITS) is None


def test_a_repeat_is_not_also_a_near_repeat() -> None:
    assert recipient_rules.near_repeat(facts(), recipient(earlier=(earlier(timedelta(hours=1)),)), LIMITS) is None


def test_mail_to_another_mailbox_of_the_same_person_is_a_repeat_of_itself() -> None:
    finding = recipient_rules.repeat(facts(), recipient(is_again=True), LIMITS)
    assert finding is not None
    assert (finding.code, finding.said) == (Code.REPEAT, "repeat of itself")
    near = recipient(is_again=True, earlier=(earlier(timedelta(hours=1), text=b"other"),))
    assert recipient_rules.near_repeat(facts(), near, LIMITS) is None


def test_where_repeats_are_allowed_all_mailboxes_of_a_person_may_get_the_mail() -> None:
    assert recipient_rules.repeat(facts(repeat_window=None), recipient(is_again=True), LIMITS) is None


FIELDS = {"given_name": ("crm:4711", "web:9"), "surname": ("crm:4711",), "income": ("crm:4711",), "phone": ("web:9",)}


@pytest.mark.parametrize(
    ("asks", "here", "text", "refs"),
    [
        (("income",), "", "asks for income: on file in crm:4711", ("crm:4711",)),
        (("income",), "crm:4711", "asks for income: on file in crm:4711", ("crm:4711",)),
        (
            ("income",),
            "mail:jane@y.example",
            "asks for income: on file in crm:4711; this mailbox is mail:jane@y.example",
            ("crm:4711", "mail:jane@y.example"),
        ),
        (("name",), "", "asks for name: on file in crm:4711", ("crm:4711",)),
        (("phone", "income"), "", "asks for phone, income: on file in web:9, crm:4711", ("web:9", "crm:4711")),
    ],
)
def test_what_is_on_file_is_named_with_its_records(asks: tuple[str, ...], here: str, text: str, refs: tuple[str, ...]) -> None:
    finding = recipient_rules.known_data(facts(asks=asks), recipient(on_file=OnFile(FIELDS, here)), LIMITS)
    assert finding == Finding(Code.KNOWN_DATA, text, refs, "asks for what is on file")


def test_a_field_that_two_records_hold_together_names_both() -> None:
    fields = {"street_address": ("crm:1",), "postcode": ("web:2",)}
    finding = recipient_rules.known_data(facts(asks=("address",)), recipient(on_file=OnFile(fields)), LIMITS)
    assert finding is not None
    assert finding.refs == ("crm:1", "web:2")


@pytest.mark.parametrize(
    ("asks", "on_file"),
    [((), OnFile(FIELDS)), (("income",), None), (("income", "shoe_size"), OnFile(FIELDS)), (("postcode",), OnFile(FIELDS))],
)
def test_one_field_that_is_not_known_may_be_asked_for(asks: tuple[str, ...], on_file: OnFile | None) -> None:
    assert recipient_rules.known_data(facts(asks=asks), recipient(on_file=on_file), LIMITS) is None


@pytest.mark.parametrize(("persons", "found"), [(49, False), (50, True), (51, True)])
def test_fifty_first_person_is_beyond_the_fan_out(persons: int, *, found: bool) -> None:
    reach = recipient(fan_out=FanOut(persons, NOW, was_released=False))
    assert bool(recipient_rules.fan_out(facts(), reach, LIMITS)) is found


@pytest.mark.parametrize(("ago", "found"), [(None, True), (timedelta(hours=23), True), (timedelta(hours=24), False)])
def test_established_service_text_may_go_to_many(ago: timedelta | None, *, found: bool) -> None:
    first_seen = None if ago is None else NOW - ago
    reach = recipient(fan_out=FanOut(60, first_seen, was_released=False))
    assert bool(recipient_rules.fan_out(facts(), reach, LIMITS)) is found


def test_released_service_text_may_go_to_many() -> None:
    assert recipient_rules.fan_out(facts(), recipient(fan_out=FanOut(60, NOW, was_released=True)), LIMITS) is None


def test_bulk_counts_whatever_its_age() -> None:
    reach = recipient(fan_out=FanOut(60, NOW - timedelta(days=9), was_released=True))
    assert recipient_rules.fan_out(facts(mail_class=MailClass.BULK), reach, LIMITS) is not None


@pytest.mark.parametrize(("count", "found"), [(1, False), (2, True), (3, True)])
def test_third_bulk_mail_is_over_a_cap_of_two(count: int, *, found: bool) -> None:
    assert bool(recipient_rules.frequency_cap(facts(mail_class=MailClass.BULK), recipient(bulk_count=count), LIMITS)) is found


def test_cap_is_for_bulk_and_off_at_zero() -> None:
    assert recipient_rules.frequency_cap(facts(), recipient(bulk_count=9), LIMITS) is None
    assert recipient_rules.frequency_cap(facts(mail_class=MailClass.BULK), recipient(bulk_count=9), Limits()) is None


@pytest.mark.parametrize(
    ("mail_class", "suppression", "found"),
    [
        (MailClass.BULK, Suppression.UNSUBSCRIBED, True),
        (MailClass.BULK, Suppression.ERASED, True),
        (MailClass.BULK, None, False),
        (MailClass.SERVICE, Suppression.UNSUBSCRIBED, False),
        (MailClass.CRITICAL, Suppression.ERASED, False),
    ],
)
def test_unsubscribed_and_erased_get_no_bulk(mail_class: MailClass, suppression: Suppression | None, *, found: bool) -> None:
    assert bool(recipient_rules.suppressed(facts(mail_class=mail_class), recipient(suppression=suppression), LIMITS)) is found


@pytest.mark.parametrize("mail_class", MailClass)
def test_bounced_mailboxes_get_nothing(mail_class: MailClass) -> None:
    finding = recipient_rules.suppressed(facts(mail_class=mail_class), recipient(is_bounced=True), LIMITS)
    assert finding is not None
    assert "does not arrive" in finding.text


@pytest.mark.parametrize("suppression", [*Suppression])
def test_the_answer_does_not_tell_why_somebody_gets_no_bulk_mail(suppression: Suppression) -> None:
    finding = recipient_rules.suppressed(facts(mail_class=MailClass.BULK), recipient(suppression=suppression), LIMITS)
    assert finding is not None
    assert finding.said == "the recipient gets no such mail"
