"""mailguard.broadcast.message_policy: the relay's own rules, without recipients."""

from __future__ import annotations

from mailguard.broadcast.message_policy import policy_findings
from mailguard.broadcast.message_view import read_view
from mailguard.mail.control import MailClass
from mailguard.policy.finding import Action, Code
from mailguard.policy.limits import Limits
from tests.builders import NOW
from tests.unit.broadcast.checked_mail import said, terms, view


def to(count: int) -> dict[str, str | None]:
    return {"To": ", ".join(f"p{number}@people.example" for number in range(count))}


def test_ordinary_mail_has_none() -> None:
    assert said(policy_findings, view()) == []


def test_eleventh_visible_recipient_is_an_error() -> None:
    assert said(policy_findings, view(fields=to(10))) == []
    assert said(policy_findings, view(fields=to(11))) == [("error", "mass_cc")]


def test_text_that_greets_one_of_several_visible_is_an_error() -> None:
    seen = view("Dear Ada,\n\nhello.", fields=to(4))
    assert said(policy_findings, seen) == [("error", "addressee_mismatch")]
    assert said(policy_findings, seen, mail_class=MailClass.CRITICAL) == [("warning", "addressee_mismatch")]


def test_what_the_operator_lets_out_is_a_warning() -> None:
    limits = Limits(actions={(MailClass.BULK, Code.MASS_CC): Action.DELIVER})
    assert said(policy_findings, view(fields=to(11)), limits=limits) == [("warning", "mass_cc")]


def test_unreadable_mail_is_an_error_that_says_what_to_do() -> None:
    (found,) = policy_findings(read_view(b"X: " + b"x" * 300_000, now=NOW), terms())
    assert found.code == "unreadable"
    assert found.text.endswith("mend how the mail is put together")


def test_mail_that_went_in_circles_is_an_error() -> None:
    received = "Received: from a by b; Mon, 16 Nov 2026 09:00:00 +0000\r\n" * 51
    assert said(policy_findings, read_view(received.encode() + b"\r\nhello", now=NOW)) == [("error", "loop")]


def test_field_that_the_relay_refuses_is_an_error_that_names_it() -> None:
    (found,) = policy_findings(view(fields={"Mailguard-Class": "bluk"}), terms())
    assert (found.code, found.severity.value, found.examples) == ("unusable_field", "error", ("Mailguard-Class",))
