"""mailguard.policy.submission: values that cannot be changed once made."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields

import pytest

from tests.builders import submission


def test_persons_stand_in_the_order_of_the_envelope() -> None:
    mail = submission(None, "b@people.example", "a@people.example")
    assert [person.mailbox for person in mail.persons] == [path.mailbox for path in mail.envelope.recipients]


def test_a_submission_cannot_be_changed() -> None:
    mail = submission()
    for field in fields(mail):
        with pytest.raises(FrozenInstanceError):
            setattr(mail, field.name, None)
