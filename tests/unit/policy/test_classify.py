"""mailguard.policy.classify: an unmodified sender is usable, a trusted one has the last word."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailguard.mail.control import ControlFields, MailClass
from mailguard.mail.mailbox import parse_mailbox
from mailguard.policy.classify import Rule, Sender, classify
from mailguard.policy.limits import Limits
from tests.builders import message

ALL = frozenset(MailClass)
SENDER = Sender("monitoring", "nagios@corp.example", MailClass.SERVICE, ALL)
MAIL = message(
    subject="PROBLEM: disk full",
    originator=parse_mailbox("Nagios@corp.example"),
    content=b"Subject: x\r\nX-Host: db1\r\nX-Host: db2\r\n\r\nbody\r\n",
)


def of(*rules: Rule, sender: Sender = SENDER, mail: object = MAIL) -> tuple[MailClass, str, timedelta | None]:
    found = classify(mail, sender, rules=rules, limits=Limits())  # type: ignore[arg-type]
    return found.mail_class, found.template, found.repeat_window


def test_client_has_a_default_class() -> None:
    assert of() == (MailClass.SERVICE, f"text:{MAIL.fingerprint.text.hex()[:16]}", timedelta(days=6))


@pytest.mark.parametrize(
    "rule",
    [
        Rule(mail_class=MailClass.BULK),
        Rule(client="MONITOR*", mail_class=MailClass.BULK),
        Rule(reverse_path="*@corp.example", mail_class=MailClass.BULK),
        Rule(originator="nagios@*", mail_class=MailClass.BULK),
        Rule(subject="problem:*", mail_class=MailClass.BULK),
        Rule(header="x-host: DB2", mail_class=MailClass.BULK),
        Rule(header="X-Host", mail_class=MailClass.BULK),
    ],
)
def test_a_rule_matches_without_regard_to_case(rule: Rule) -> None:
    assert of(rule)[0] is MailClass.BULK


@pytest.mark.parametrize(
    "rule",
    [
        Rule(client="shop", mail_class=MailClass.BULK),
        Rule(reverse_path="*@x", mail_class=MailClass.BULK),
        Rule(originator="ann@*", mail_class=MailClass.BULK),
        Rule(subject="ok:*", mail_class=MailClass.BULK),
        Rule(header="X-Host: db3", mail_class=MailClass.BULK),
        Rule(header="X-None", mail_class=MailClass.BULK),
    ],
)
def test_all_patterns_of_a_rule_must_match(rule: Rule) -> None:
    assert of(rule)[0] is MailClass.SERVICE


def test_mail_without_originator_matches_no_originator() -> None:
    assert of(Rule(originator="nagios*", mail_class=MailClass.BULK), mail=message())[0] is MailClass.SERVICE


def test_first_matching_rule_wins() -> None:
    assert of(Rule(template="one"), Rule(template="two"))[1] == "one"


def test_repeats_can_be_allowed_or_given_another_window() -> None:
    assert of(Rule(allows_repeat=True))[2] is None
    assert of(Rule(repeat=timedelta(hours=1)))[2] == timedelta(hours=1)


def test_trusted_field_wins_over_rule_and_default() -> None:
    asked = message(control=ControlFields(mail_class=MailClass.CRITICAL, template="otp"))
    assert of(Rule(mail_class=MailClass.BULK, template="rule"), mail=asked)[:2] == (MailClass.CRITICAL, "otp")


def test_fields_that_are_asked_for_come_from_the_field_or_else_from_the_rule() -> None:
    rule = Rule(asks=("income",))
    assert classify(MAIL, SENDER, rules=(), limits=Limits()).asks == ()
    assert classify(MAIL, SENDER, rules=(rule,), limits=Limits()).asks == ("income",)
    asked = message(control=ControlFields(asks=("phone",)))
    assert classify(asked, SENDER, rules=(rule,), limits=Limits()).asks == ("phone",)


def test_class_that_the_client_may_not_use_is_not_taken() -> None:
    asked = message(control=ControlFields(mail_class=MailClass.CRITICAL))
    sender = Sender("shop", "", MailClass.BULK, frozenset({MailClass.BULK, MailClass.SERVICE}))
    assert of(sender=sender, mail=asked)[0] is MailClass.BULK


def test_header_that_cannot_be_read_matches_no_header_rule() -> None:
    endless = message(content=b"X-Host: db1\r\n" * 5000 + b"\r\n")
    assert of(Rule(header="X-Host: db1", mail_class=MailClass.BULK), mail=endless)[0] is MailClass.SERVICE
