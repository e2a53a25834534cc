"""mailguard.relay.hints: what a mail tells of whom."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailguard.mail.control import ControlFields
from mailguard.mail.envelope import Envelope, ForwardPath
from mailguard.mail.mailbox import Mailbox, parse_mailbox
from mailguard.mail.person_field import PersonField, parse_person
from mailguard.policy.limits import Limits
from mailguard.relay.hints import MOST_NAMED, Hint, hints_of, unaddressed_field
from tests.builders import crowd, mailboxes, message

LIMITS = Limits(own_domains=frozenset({"corp.example"}))
JANE, BOB, OWN = "jane.doe@y.example", "bob@y.example", "archive@corp.example"


def told(value: str) -> PersonField:
    found = parse_person(value)
    assert found is not None
    return found


def named(mailbox: str, name: str) -> Mailbox:
    return parse_mailbox(mailbox, display_name=name)


def hints(*recipients: str, visible: tuple[Mailbox, ...] = (), persons: tuple[str, ...] = ()) -> tuple[Hint, ...]:
    mail = message(visible=visible, control=ControlFields(persons=tuple(map(told, persons))))
    envelope = Envelope("", tuple(ForwardPath(box) for box in mailboxes(*recipients)))
    return hints_of(mail, envelope, limits=LIMITS, is_trusted=True, region="GB")


def unaddressed(*recipients: str, visible: tuple[Mailbox, ...] = (), persons: tuple[str, ...] = ("name=Jane",)) -> str:
    mail = message(visible=visible, control=ControlFields(persons=tuple(map(told, persons))))
    return unaddressed_field(mail, Envelope("", tuple(ForwardPath(box) for box in mailboxes(*recipients))), LIMITS)


def test_a_bare_mailbox_tells_of_itself() -> None:
    (hint,) = hints(JANE)
    assert hint.query.standard.mailboxes == (JANE,)
    assert not hint.query.has_hints
    assert hint.told is None


def test_a_display_name_is_told_of_its_mailbox() -> None:
    jane, bob = hints(JANE, BOB, visible=(named("Jane.Doe@Y.example", "Doe, Jane"),))
    assert (jane.query.standard.given, jane.query.standard.surname) == ("jane", "doe")
    assert not bob.query.has_hints


def test_names_beyond_those_of_a_mail_that_is_held_anyway_are_not_read() -> None:
    shown = tuple(replace(box, display_name="Ann Lee") for box in crowd(MOST_NAMED + 1))
    found = hints(*(box.wire for box in shown), visible=shown)
    assert [hint.query.has_hints for hint in found] == [True] * MOST_NAMED + [False]


def test_a_field_tells_of_the_only_outside_recipient() -> None:
    own, jane = hints(OWN, JANE, persons=('name="Jane Doe"; email="j.doe@x.example; "; phone=07700 900471; customer=crm:4711',))
    assert (own.is_own, own.told, own.query.has_hints) == (True, None, False)
    assert jane.told is not None
    assert (jane.told.full_name, jane.told.emails) == ("Jane Doe", (JANE, "j.doe@x.example"))
    assert jane.query.references == (("crm", "4711"),)
    assert jane.query.standard.phone == "+447700900471"
    assert jane.query.standard.mailboxes == (JANE, "j.doe@x.example")


def test_a_field_with_a_mailbox_tells_of_that_recipient() -> None:
    jane, bob = hints(JANE, BOB, persons=("mailbox=BOB@y.example; name=Bob Ray", "mailbox=else@y.example; name=Else"))
    assert jane.told is None
    assert bob.told is not None
    assert bob.told.full_name == "Bob Ray"


def test_own_mailboxes_are_told_of_by_nobody() -> None:
    (own,) = hints(OWN, visible=(named(OWN, "Jane Doe"),), persons=(f"mailbox={OWN}; name=Jane Doe",))
    assert (own.told, own.query.has_hints, own.is_own) == (None, False, True)


@pytest.mark.parametrize(
    ("recipients", "shown"),
    [((JANE,), ()), ((JANE,), (JANE, OWN)), ((JANE, OWN), (JANE,)), ((OWN,), (OWN,)), ((JANE, "JANE.doe@Y.example"), ())],
)
def test_a_field_without_a_mailbox_speaks_of_the_one_there_is(recipients: tuple[str, ...], shown: tuple[str, ...]) -> None:
    assert unaddressed(*recipients, visible=mailboxes(*shown)) == ""


@pytest.mark.parametrize(("recipients", "shown"), [((JANE, BOB), ()), ((JANE,), (JANE, BOB)), ((BOB,), (JANE,))])
def test_a_field_without_a_mailbox_in_a_mail_to_several_says_nothing(
    recipients: tuple[str, ...], shown: tuple[str, ...]
) -> None:
    assert unaddressed(*recipients, visible=mailboxes(*shown)) == "Mailguard-Person"
    assert unaddressed(*recipients, visible=mailboxes(*shown), persons=(f"mailbox={JANE}; name=Jane",)) == ""


def test_a_field_that_does_not_say_whom_it_speaks_of_tells_of_nobody() -> None:
    assert [hint.told for hint in hints(JANE, BOB, persons=("name=Jane",))] == [None, None]
    assert [hint.told for hint in hints(JANE, visible=mailboxes(JANE, BOB), persons=("name=Jane",))] == [None]
    assert [hint.told for hint in hints(OWN, persons=("name=Jane",))] == [None]
