"""A master user, who may open the mailboxes of whole domains: as whom to log in where, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mailguard.mail.mailbox import Mailbox
from mailguard.replies.source_settings import ImapAccount, ImapTls, Password

AUTHZID: Final = "authzid"
"""The `login` of a server that takes the mailbox as the authorization identity of SASL PLAIN (RFC 4616)."""

FIELDS: Final = frozenset({"mailbox", "local_part", "domain", "master"})
"""What any other `login` may be made of, each in braces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MasterAccount:
    """The master user of an IMAP server. `domains` are those whose mailboxes are on it.

    `login`: the name to log in with, made of {mailbox}, {local_part}, {domain} and {master}; or AUTHZID. `delimiter`: what
    follows it in a local part is no part of the mailbox's name, "" for none. `folders`: where to look, () for all.
    """

    name: str
    domains: frozenset[str]
    host: str
    port: int
    tls: ImapTls
    ca: str
    master: str
    password: Password
    login: str = "{mailbox}*{master}"
    delimiter: str = "+"
    folders: tuple[str, ...] = ()

    def name_of(self, mailbox: Mailbox) -> str:
        """Return what the server calls a mailbox: in small letters, without a detail (RFC 5233)."""
        local_part = mailbox.local_part.casefold()
        if self.delimiter and not local_part.startswith('"'):
            local_part = local_part.partition(self.delimiter)[0] or local_part
        return f"{local_part}@{mailbox.domain}"

    def account(self, mailbox: str) -> ImapAccount:
        """Return how the server is spoken to for one mailbox, by the name that it has there."""
        return ImapAccount(
            name=self.name,
            host=self.host,
            port=self.port,
            tls=self.tls,
            ca=self.ca,
            username=self._login(mailbox),
            password=self.password,
        )

    def _login(self, mailbox: str) -> str:
        if self.login == AUTHZID:
            return self.master
        local_part, _, domain = mailbox.rpartition("@")
        values = {"mailbox": mailbox, "local_part": local_part, "domain": domain, "master": self.master}
        return self.login.format_map(values)
