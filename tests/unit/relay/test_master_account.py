"""mailguard.relay.master_account: as whom a mailbox is opened."""

from __future__ import annotations

from typing import Any

import pytest

from mailguard.mail.mailbox import parse_mailbox
from mailguard.relay.master_account import AUTHZID, MasterAccount
from mailguard.replies.source_settings import ImapTls, Password


def account(**values: Any) -> MasterAccount:
    plain: dict[str, Any] = {
        "name": "mail",
        "domains": frozenset({"corp.example"}),
        "host": "imap.corp.example",
        "port": 993,
        "tls": ImapTls.IMPLICIT,
        "ca": "",
        "master": "recall",
        "password": Password(text="secret"),
    }
    return MasterAccount(**plain | values)


@pytest.mark.parametrize(
    ("wire", "delimiter", "name"),
    [
        ("Ann@Corp.example", "+", "ann@corp.example"),
        ("ann+news@corp.example", "+", "ann@corp.example"),
        ("ann+news@corp.example", "", "ann+news@corp.example"),
        ("ann-news@corp.example", "-", "ann@corp.example"),
        ("+news@corp.example", "+", "+news@corp.example"),
        ('"a+ b"@corp.example', "+", '"a+ b"@corp.example'),
        ("ann@xn--bcher-kva.example", "+", "ann@xn--bcher-kva.example"),
    ],
)
def test_what_the_server_calls_a_mailbox(wire: str, delimiter: str, name: str) -> None:
    assert account(delimiter=delimiter).name_of(parse_mailbox(wire)) == name


@pytest.mark.parametrize(
    ("login", "username"),
    [
        ("{mailbox}*{master}", "ann@corp.example*recall"),
        ("{local_part}@{domain}/{master}", "ann@corp.example/recall"),
        (AUTHZID, "recall"),
    ],
)
def test_the_name_that_is_logged_in_with(login: str, username: str) -> None:
    one = account(login=login).account("ann@corp.example")
    assert (one.username, one.host, one.port) == (username, "imap.corp.example", 993)
    assert "secret" not in repr(one)
