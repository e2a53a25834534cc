"""mailguard.relay.webhook_signature: as the specification's own example has it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mailguard.relay.webhook_signature import key_of, signed_header

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_signature_is_that_of_the_specification() -> None:
    header = signed_header(
        key_of(SECRET),
        id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        now=datetime.fromtimestamp(1614265330, UTC),
        body=b'{"test": 2432232314}',
    )
    assert header == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_secret_may_have_the_prefix_or_not() -> None:
    assert key_of(SECRET) == key_of(f"{SECRET.removeprefix('whsec_')}\n")


@pytest.mark.parametrize("secret", ["", "whsec_", "no base64!", "c2hvcnQ=", "ä"])
def test_what_is_no_secret_says_how_to_make_one(secret: str) -> None:
    with pytest.raises(ValueError, match="make one with: openssl rand -base64 32"):
        key_of(secret)
