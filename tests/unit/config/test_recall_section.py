"""mailguard.config.recall_section: where own mailboxes are, and what of it is a slip of the pen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from mailguard.config.config import Config
from mailguard.config.recall_section import RecallImapSection
from mailguard.config.sections import Settings
from mailguard.relay.master_account import AUTHZID
from mailguard.replies.source_settings import ImapTls, Password

SERVER = {"host": "imap.corp.example", "master": "recall", "password": "secret"}


def config(*servers: dict[str, Any], own_domains: str = "corp.example, corp.test") -> Config:
    sections = {"relay": {"next_hop": "smtp://127.0.0.1:25", "own_domains": own_domains}, "recall": {"imap": servers}}
    return Config(Settings.model_validate(sections), "", Path("/etc/mailguard"))


def test_a_server_that_names_no_domains_has_the_own_ones_that_no_other_names() -> None:
    one, two = config(SERVER, SERVER | {"domains": "corp.test", "tls": "starttls", "name": "old"}).recall_accounts
    assert [set(each.domains) for each in (one, two)] == [{"corp.example"}, {"corp.test"}]
    assert (one.name, one.port, one.tls, two.name, two.port) == ("imap.corp.example", 993, ImapTls.IMPLICIT, "old", 143)
    assert not config().recall_accounts


def test_files_are_taken_from_the_folder_of_the_configuration() -> None:
    server = {"host": "h", "master": "m", "password_file": "master.password", "tls_ca": "ca.pem", "port": 1143}
    (one,) = config(server | {"login": AUTHZID, "delimiter": "", "folders": "INBOX, Archive"}).recall_accounts
    assert (one.password, one.ca) == (Password(file="/etc/mailguard/master.password"), "/etc/mailguard/ca.pem")
    assert (one.port, one.login, one.delimiter, one.folders) == (1143, AUTHZID, "", ("INBOX", "Archive"))


@pytest.mark.parametrize("login", ["{mailbox}*{master}", "{local_part}@{domain}/{master}", "{{{mailbox}}}{master}", AUTHZID])
def test_names_to_log_in_with(login: str) -> None:
    assert RecallImapSection.model_validate(SERVER | {"login": login}).login == login


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"login": "{mailbox}"}, "does not name the mailbox and {master}"),
        ({"login": "{master}"}, "does not name the mailbox and {master}"),
        ({"login": "{mailbox!r}{master}"}, "does not name the mailbox and {master}"),
        ({"login": "{mailbox:9}{master}"}, "does not name the mailbox and {master}"),
        ({"login": "{user}{mailbox}{master}"}, "does not name the mailbox and {master}"),
        ({"login": "{mailbox"}, "is no pattern"),
        ({"password_env": "SECRET"}, "set one of the three"),
        ({"password": ""}, "set one of the three"),
        ({"host": ""}, "host"),
        ({"delimiter": "--"}, "delimiter"),
    ],
)
def test_slips_of_the_pen(wrong: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError, match=said.replace("{", r"\{")):
        RecallImapSection.model_validate(SERVER | wrong)


@pytest.mark.parametrize(
    ("servers", "said"),
    [
        ((SERVER, SERVER), "two servers say no domains"),
        ((SERVER | {"domains": "corp.test"}, SERVER | {"domains": "corp.example, corp.test"}), "stands with two servers"),
    ],
)
def test_a_domain_is_on_one_server(servers: tuple[dict[str, str], ...], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        config(*servers)
