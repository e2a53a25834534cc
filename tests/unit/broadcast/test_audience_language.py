from __future__ import annotations

import pytest

from mailguard.broadcast.audience_language import language_code


@pytest.mark.parametrize(
    ("said", "code"),
    [("de", "de"), ("de-AT", "de"), ("pt_BR", "pt"), ("Deutsch", "de"), ("Français", "fr"), ("ENG", "en"), ("", ""), ("?", "")],
)
def test_language_by_its_code_or_its_name(said: str, code: str) -> None:
    assert language_code(said) == code
