"""mailguard.config.section: what every table of the file is."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from mailguard.config.section import Section


class Door(Section):
    open: bool = False


def test_section_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Door().open = True  # type: ignore[misc]


def test_unknown_key_is_an_error() -> None:
    with pytest.raises(ValidationError, match="not permitted"):
        Door.model_validate({"opne": True})
