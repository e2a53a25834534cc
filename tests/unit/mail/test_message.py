"""mailguard.mail.message: a message cannot be changed once it is read."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields

import pytest

from tests.builders import message


def test_a_message_cannot_be_changed() -> None:
    mail = message()
    for field in fields(mail):
        with pytest.raises(FrozenInstanceError):
            setattr(mail, field.name, None)
