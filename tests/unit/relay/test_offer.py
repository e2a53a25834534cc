"""mailguard.relay.offer: only what the next hop has is offered, and only what was offered may be used."""

from __future__ import annotations

import pytest

from mailguard.errors import ParameterError
from mailguard.mail.envelope import BodyType
from mailguard.relay.offer import MailParameters, ehlo_answer, offer, read_mail_parameters, refuse_not_offered

BARE = frozenset({"PIPELINING", "SIZE", "ENHANCEDSTATUSCODES", "DSN"})
FULL = BARE | {"8BITMIME", "SMTPUTF8", "STARTTLS", "AUTH"}


@pytest.mark.parametrize(
    ("next_hop", "offered"),
    [
        (frozenset(), BARE),
        (frozenset({"8BITMIME"}), BARE | {"8BITMIME"}),
        (frozenset({"SMTPUTF8", "8BITMIME", "DSN", "CHUNKING"}), BARE | {"8BITMIME", "SMTPUTF8"}),
    ],
)
def test_extensions_of_the_next_hop_are_offered_on(next_hop: frozenset[str], offered: frozenset[str]) -> None:
    assert offer(next_hop, starttls=False, auth=False) == offered


def test_tls_and_authentication_are_offered_where_they_can_be_had() -> None:
    assert offer(frozenset(), starttls=True, auth=False) == BARE | {"STARTTLS"}
    assert offer(frozenset(), starttls=False, auth=True) == BARE | {"AUTH"}


def test_ehlo_answer_names_everything_once() -> None:
    assert ehlo_answer("relay.test", FULL, 1000).decode().split("\r\n") == [
        "250-relay.test",
        "250-8BITMIME",
        "250-AUTH PLAIN LOGIN",
        "250-DSN",
        "250-ENHANCEDSTATUSCODES",
        "250-PIPELINING",
        "250-SIZE 1000",
        "250-SMTPUTF8",
        "250 STARTTLS",
        "",
    ]


def test_parameters_are_read() -> None:
    parameters = {"SIZE": "12", "BODY": "8BITMIME", "SMTPUTF8": "", "RET": "FULL", "ENVID": "e+2B", "AUTH": "<>"}
    assert read_mail_parameters(parameters, FULL) == MailParameters(
        12, BodyType.EIGHT_BIT, smtputf8=True, ret="FULL", envid="e+2B"
    )


def test_no_parameters_are_the_plain_ones() -> None:
    assert read_mail_parameters({}, frozenset()) == MailParameters()


@pytest.mark.parametrize("keyword", ["SIZE", "BODY", "SMTPUTF8", "AUTH", "RET", "ENVID"])
def test_mail_parameter_that_was_not_offered_is_refused(keyword: str) -> None:
    with pytest.raises(ParameterError) as refused:
        read_mail_parameters({keyword: ""}, frozenset())
    assert (refused.value.code, refused.value.enhanced_status) == (555, "5.5.4")


@pytest.mark.parametrize("keyword", ["NOTIFY", "ORCPT"])
def test_rcpt_parameter_is_refused_where_it_was_not_offered(keyword: str) -> None:
    refuse_not_offered([keyword], BARE)
    with pytest.raises(ParameterError):
        refuse_not_offered([keyword], frozenset())


def test_unknown_parameter_is_refused_whatever_was_offered() -> None:
    with pytest.raises(ParameterError):
        refuse_not_offered(["HOLDFOR"], FULL)
