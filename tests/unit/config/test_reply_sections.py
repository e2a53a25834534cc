"""mailguard.config.reply_sections: what of the settings of replies belongs together."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from mailguard.config.reply_sections import RepliesSection, TemplateSection

IMAP = {"host": "h", "username": "u", "password": "p"}


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ({"imap": [{"host": "h", "username": "u"}]}, "set one of the three"),
        ({"imap": [IMAP | {"password_file": "p"}]}, "set one of the three"),
        ({"imap": [IMAP, IMAP]}, "two mailboxes are called 'u@h'"),
        ({"imap": [IMAP | {"folders": []}]}, "is empty; write at least one name"),
        ({"brand": [{"name": n, "addresses": "A@b.example"} for n in "ab"]}, "'a@b.example' stands with two brands"),
    ],
)
def test_what_does_not_go_together_is_said(document: dict[str, Any], text: str) -> None:
    with pytest.raises(ValidationError) as caught:
        RepliesSection.model_validate(document)
    assert text in caught.value.errors()[0]["msg"]


def test_what_goes_together_is_taken() -> None:
    found = RepliesSection.model_validate(
        {"imap": [IMAP, {"host": "h", "username": "v", "password_env": "P", "name": "desk"}], "lmtp_listen": ":24"}
    )
    assert [one.account for one in found.imap] == ["u@h", "desk"]


@pytest.mark.parametrize(("score", "is_one"), [(-1, False), (0, True), (10, True), (11, False)])
def test_low_score_is_one_of_the_survey(score: int, *, is_one: bool) -> None:
    if is_one:
        assert TemplateSection.model_validate({"low_score": score}).low_score == score
        return
    with pytest.raises(ValidationError):
        TemplateSection.model_validate({"low_score": score})
