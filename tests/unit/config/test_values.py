"""mailguard.config.values: each kind of value, and what to write instead."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from mailguard.config import values
from mailguard.config.endpoint import Endpoint
from mailguard.policy.finding import Code
from mailguard.relay.settings import NextHop


def read(kind: Any, value: object) -> Any:
    return TypeAdapter(kind).validate_python(value)


@pytest.mark.parametrize(
    ("kind", "value", "result"),
    [
        (values.Duration, "0s", timedelta()),
        (values.Wait, "15s", timedelta(seconds=15)),
        (values.Repeat, "allow", "allow"),
        (values.Repeat, "3d", timedelta(days=3)),
        (values.Size, "25MB", 26_214_400),
        (values.Listening, "", None),
        (values.Listening, "127.0.0.1:8025", Endpoint("127.0.0.1", 8025)),
        (values.NextHops, "a, b:26", (NextHop(host="a"), NextHop(host="b", port=26))),
        (values.NextHops, ["a"], (NextHop(host="a"),)),
        (values.Domains, "corp.example", ("corp.example",)),
        (values.Domains, [".Corp.Example", "müller.example"], (".corp.example", "xn--mller-kva.example")),
        (values.Networks, ["10.0.0.0/8", "::1"], (ip_network("10.0.0.0/8"), ip_network("::1/128"))),
        (values.Mailboxes, "postmaster@corp.example", ("postmaster@corp.example",)),
        (values.Names, "income, postal_address,", ("income", "postal_address")),
        (values.HeaderPattern, "X-Mailer: cron*", "X-Mailer: cron*"),
        (values.PasswordHash, "$argon2id$v=19$x", "$argon2id$v=19$x"),
        (values.FindingName, "repeat", "repeat"),
        (values.FindingName, "open_reply", "open_reply"),
    ],
)
def test_value_is_read(kind: Any, value: object, result: object) -> None:
    assert read(kind, value) == result


@pytest.mark.parametrize(
    ("kind", "value", "mend"),
    [
        (values.Wait, "0s", "write a longer duration"),
        (values.Repeat, "always", "write 6d, or allow"),
        (values.Listening, "8025", "write HOST:PORT"),
        (values.NextHops, [], "write the mail server that delivers"),
        (values.Domains, "ada@corp.example", "write corp.example"),
        (values.Domains, "*.corp.example", "write .corp.example"),
        (values.Domains, "two words", "write corp.example, or .corp.example"),
        (values.Networks, "10.0.0.7/8", "write 10.0.0.0/8"),
        (values.Networks, "intranet", "such as 192.0.2.7 or 10.0.0.0/8"),
        (values.Mailboxes, "postmaster", "write NAME@DOMAIN"),
        (values.HeaderPattern, "X-Mailer", "write NAME: PATTERN"),
        (values.PasswordHash, "secret", "mailguard password hash"),
        (values.FindingName, "repeats", "did you mean repeat?"),
        (values.FindingName, "xyzzy", "known are loop"),
        (values.FindingName, "replay", "remove the line"),
    ],
)
def test_value_that_cannot_be_read_comes_with_its_mend(kind: Any, value: object, mend: str) -> None:
    with pytest.raises(ValidationError) as caught:
        read(kind, value)
    assert mend in caught.value.errors()[0]["msg"]


def test_every_finding_but_the_fixed_ones_has_an_action_to_set() -> None:
    assert set(values.FINDINGS) == {code.value for code in Code} - {"replay", "render_failed", "recalled"}


@pytest.mark.parametrize("finding", ["replay", "render_failed", "recalled"])
def test_what_has_one_action_says_why(finding: str) -> None:
    with pytest.raises(ValidationError, match=f"the action of {finding} cannot be set: .*; remove the line"):
        TypeAdapter(values.FindingName).validate_python(finding)


@pytest.mark.parametrize(("value", "expected"), [("never", None), (None, None), ("4h", timedelta(hours=4))])
def test_an_answer_is_due_after_a_while_or_never(value: object, expected: timedelta | None) -> None:
    assert TypeAdapter(values.Answered).validate_python(value) == expected


def test_when_an_answer_is_due_says_what_to_write() -> None:
    with pytest.raises(ValidationError, match='is neither a duration nor "never"; write 24h, or never'):
        TypeAdapter(values.Answered).validate_python("soon")


@pytest.mark.parametrize("value", ["Income, postal address", ["Income", "postal-address", "income"]])
def test_asked_fields_are_folded_as_the_field_s_are(value: object) -> None:
    assert TypeAdapter(values.Asks).validate_python(value) == ("income", "postal_address")


def test_more_than_fifty_asked_fields_are_too_many() -> None:
    with pytest.raises(ValidationError, match="at most 50"):
        TypeAdapter(values.Asks).validate_python([f"f{number}" for number in range(51)])


@pytest.mark.parametrize(("value", "region"), [("gb", "GB"), ("", ""), (" DE ", "DE")])
def test_region_is_a_country_s_two_letters(value: str, region: str) -> None:
    assert TypeAdapter(values.Region).validate_python(value) == region


@pytest.mark.parametrize("value", ["UK1", "G", "Great Britain", "ÄÖ"])
def test_region_says_what_to_write(value: str) -> None:
    with pytest.raises(ValidationError, match="such as GB"):
        TypeAdapter(values.Region).validate_python(value)


@pytest.mark.parametrize("value", ["", "reply@corp.example", "thirteen-long@corp.example"])
def test_address_for_answers_leaves_room_for_a_token(value: str) -> None:
    assert TypeAdapter(values.ReplyAddress).validate_python(value) == value


@pytest.mark.parametrize(
    ("value", "mend"),
    [
        ("reply", "write NAME@DOMAIN"),
        ("fourteen-long-@corp.example", "at most 13"),
        ('"re ply"@corp.example', "unquoted"),
        ("réponse@corp.example", "ASCII"),
    ],
)
def test_address_for_answers_says_what_to_write(value: str, mend: str) -> None:
    with pytest.raises(ValidationError, match=mend):
        TypeAdapter(values.ReplyAddress).validate_python(value)


@pytest.mark.parametrize("value", ["", "https://corp.example", "https://corp.example:8443/mail/off/"])
def test_unsubscription_is_reached_by_https(value: str) -> None:
    assert TypeAdapter(values.UnsubscribeUrl).validate_python(value) == value


@pytest.mark.parametrize(
    "value", ["http://corp.example/u", "https://corp.example/u?x=1", "https://corp.example/<u>", "corp.example"]
)
def test_other_links_are_no_unsubscription(value: str) -> None:
    with pytest.raises(ValidationError, match="https://HOST/PATH"):
        TypeAdapter(values.UnsubscribeUrl).validate_python(value)


def test_signing_is_for_one_domain() -> None:
    assert TypeAdapter(values.OneDomain).validate_python("Corp.example") == "corp.example"
    with pytest.raises(ValidationError, match="write one"):
        TypeAdapter(values.OneDomain).validate_python(".corp.example")
