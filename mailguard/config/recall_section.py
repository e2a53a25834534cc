"""The settings of a recall: the servers of one's own mailboxes, and the master user who may take copies out of them."""

from __future__ import annotations

from string import Formatter
from typing import Annotated, Final, Self

from pydantic import AfterValidator, Field, model_validator

from mailguard.config.section import Section
from mailguard.config.values import Domains, Names
from mailguard.relay.master_account import AUTHZID, FIELDS
from mailguard.replies.source_settings import ImapTls

_DEFAULT: Final = "{mailbox}*{master}"


def _check_login(text: str) -> str:
    if text == AUTHZID:
        return text
    try:
        parts = list(Formatter().parse(text))
    except ValueError as error:
        raise ValueError(f"{text!r} is no pattern: {error}; write one such as {_DEFAULT}, or {AUTHZID}") from error
    fields = {name for _, name, _, _ in parts if name is not None}
    is_plain = all(not spec and not conversion for _, name, spec, conversion in parts if name is not None)
    if not is_plain or not fields <= FIELDS or not {"master"} <= fields or not fields & {"mailbox", "local_part"}:
        raise ValueError(f"{text!r} does not name the mailbox and {{master}}; write a pattern such as {_DEFAULT}, or {AUTHZID}")
    return text


Login = Annotated[str, AfterValidator(_check_login)]


class RecallImapSection(Section):
    """One server that own mailboxes are on."""

    name: str = Field("", description="What the server is called in reports; empty is its host.")
    domains: Domains = Field((), description="Domains whose mailboxes are on it; none is all of relay.own_domains.")
    host: str = Field(min_length=1, description="The IMAP server.")
    port: int = Field(0, ge=0, le=65_535, description="Its port; 0 is 993, or 143 where tls is not implicit.")
    tls: ImapTls = Field(ImapTls.IMPLICIT, description="implicit is TLS from the first octet; starttls; none.")
    tls_ca: str = Field("", description="File with certificates (PEM) to trust in place of the system's.")
    master: str = Field(min_length=1, description="The name of the master user, who may open every mailbox.")
    password: str = Field("", description="The master user's password.")
    password_file: str = Field("", description="File that holds the password; it is read at each login.")
    password_env: str = Field("", description="Variable of the environment that holds the password.")
    login: Login = Field(
        _DEFAULT,
        description="The name to log in with, of {mailbox}, {local_part}, {domain}, {master}; authzid is SASL PLAIN's own way.",
    )
    delimiter: str = Field("+", max_length=1, description="What follows this in a local part names no mailbox; empty is none.")
    folders: Names = Field((), description="The folders that are looked through; none is all.")

    @model_validator(mode="after")
    def _has_one_password(self) -> Self:
        if sum(map(bool, (self.password, self.password_file, self.password_env))) != 1:
            raise ValueError("the password comes from password, password_file or password_env; set one of the three")
        return self


class RecallSection(Section):
    """Taking mail back."""

    imap: tuple[RecallImapSection, ...] = ()

    @model_validator(mode="after")
    def _are_of_one(self) -> Self:
        domains = [domain for server in self.imap for domain in server.domains]
        if twice := next((domain for domain in domains if domains.count(domain) > 1), None):
            raise ValueError(f"{twice!r} stands with two servers; its mailboxes are on one")
        if sum(not server.domains for server in self.imap) > 1:
            raise ValueError("two servers say no domains, so that both are for all own domains; say which are on which")
        return self
