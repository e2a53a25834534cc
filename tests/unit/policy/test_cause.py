"""mailguard.policy.cause: of several findings the one that a mail waits for."""

from __future__ import annotations

from mailguard.mail.control import MailClass
from mailguard.policy.cause import by_rank, cause_of
from mailguard.policy.finding import Action, Code
from mailguard.policy.limits import Limits
from mailguard.policy.rules import DEFAULTS

OFF = Limits(actions={(MailClass.SERVICE, Code.MASS_CC): Action.DELIVER})


def test_cause_is_the_first_of_the_strongest() -> None:
    found = {Code.FAN_OUT, Code.NEAR_REPEAT, Code.MASS_CC}
    assert cause_of(found, MailClass.SERVICE, Limits()) is Code.MASS_CC
    assert cause_of(found | {Code.REPEAT}, MailClass.SERVICE, Limits()) is Code.REPEAT


def test_what_the_operator_lets_pass_is_no_cause_beside_what_stops() -> None:
    assert cause_of({Code.MASS_CC, Code.FAN_OUT}, MailClass.SERVICE, OFF) is Code.FAN_OUT
    assert cause_of({Code.MASS_CC}, MailClass.SERVICE, OFF) is Code.MASS_CC


def test_mail_without_findings_has_no_cause() -> None:
    assert cause_of((), MailClass.BULK, Limits()) is None


def test_every_finding_that_leads_to_something_has_its_rank() -> None:
    assert sorted(by_rank(MailClass.CRITICAL, Limits())) == sorted(DEFAULTS)
