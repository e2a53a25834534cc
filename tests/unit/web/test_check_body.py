"""mailguard.web.check_body: what may be asked."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from pydantic import ValidationError

from mailguard.web.check_body import MOST_COLUMNS, MOST_ROWS, CheckBody

ASKED: dict[str, Any] = {"message": "Subject: x\r\n\r\nHello", "audience": [{"email": "ada@x.example"}]}


def test_message_is_text_or_octets() -> None:
    assert CheckBody(**ASKED).octets == b"Subject: x\r\n\r\nHello"
    octets = b"Subject: \xe9\r\n\r\n\x00"
    assert CheckBody(**ASKED | {"message": b64encode(octets).decode(), "encoding": "base64"}).octets == octets


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"message": " \r\n"}, "message is empty"),
        ({"message": ""}, "at least 1 character"),
        ({"message": "x", "encoding": "base64"}, "message is no base64"),
        ({"message": "\ud800"}, "valid string"),
        ({"audience": []}, "audience is empty"),
        ({"audience": ""}, "audience is empty"),
        ({"audience": [{}] * (MOST_ROWS + 1)}, f"more than {MOST_ROWS} rows"),
        ({"audience": [{f"c{at}": 1 for at in range(MOST_COLUMNS + 1)}]}, f"more than {MOST_COLUMNS} columns"),
        ({"name": "../x.eml"}, "name"),
        ({"valid_hours": 0}, "valid_hours"),
        ({"valid_hours": 31 * 24 + 1}, "valid_hours"),
        ({"class": "urgent"}, "class"),
        ({"other": 1}, "other"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        CheckBody(**ASKED | changes)
    assert said in str(caught.value)


@pytest.mark.parametrize(("changes", "asks"), [({}, False), ({"clean": True}, True), ({"sign": True}, True)])
def test_clean_and_sign_tell_of_persons(changes: dict[str, Any], asks: bool) -> None:  # noqa: FBT001 - of a table
    assert CheckBody(**ASKED | changes).asks_whom is asks
