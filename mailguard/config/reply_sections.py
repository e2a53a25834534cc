"""The settings of what comes back from customers: where replies are read, what they are tied by, when they are due."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from mailguard.config.section import Section
from mailguard.config.values import (
    Answered,
    Duration,
    LmtpListening,
    Mailboxes,
    Names,
    Networks,
    ReplyAddress,
    Size,
    SomeNames,
    UnsubscribeUrl,
    Wait,
)
from mailguard.policy.limits import Limits
from mailguard.policy.template_rule import MOST_SCORE, TemplateRule
from mailguard.replies.source_settings import LOOPBACK, ImapAccount, ImapTls, Sources

_IMAP, _SOURCES, _LIMITS, _TEMPLATE = ImapAccount(name="", host="", username=""), Sources(), Limits(), TemplateRule()


class ImapSection(Section):
    """One mailbox that customers' replies come to."""

    name: str = Field("", description="What the mailbox is called in the log and the ledger; empty is USERNAME@HOST.")
    host: str = Field(min_length=1, description="The IMAP server.")
    port: int = Field(0, ge=0, le=65_535, description="Its port; 0 is 993, or 143 where tls is not implicit.")
    tls: ImapTls = Field(_IMAP.tls, description="implicit is TLS from the first octet; starttls; none.")
    tls_ca: str = Field("", description="File with certificates (PEM) to trust in place of the system's.")
    username: str = Field(min_length=1, description="The name to log in with.")
    password: str = Field("", description="The password to log in with.")
    password_file: str = Field("", description="File that holds the password; it is read at each login.")
    password_env: str = Field("", description="Variable of the environment that holds the password.")
    folders: SomeNames = Field(_IMAP.folders, description="The folders that replies come to; the first one is watched by IDLE.")
    poll: Wait = Field(_IMAP.poll, description="How often every folder is looked at.")
    idle: bool = Field(_IMAP.idle, description="Use IDLE where the server has it, so that replies are taken at once.")

    @model_validator(mode="after")
    def _has_one_password(self) -> Self:
        if sum(map(bool, (self.password, self.password_file, self.password_env))) != 1:
            raise ValueError("the password comes from password, password_file or password_env; set one of the three")
        return self

    @property
    def account(self) -> str:
        """What the mailbox is called."""
        return self.name or f"{self.username}@{self.host}"


class ReplyBrandSection(Section):
    """One brand of several that share mailboxes, told by the address that a reply was sent to."""

    name: str = Field(min_length=1, description="The brand's name.")
    addresses: Mailboxes = Field(description="The addresses that customers of this brand write to.")


class RepliesSection(Section):
    """Customers' replies."""

    address: ReplyAddress = Field(
        "",
        description="Mailbox that answers come back to, as NAME+TOKEN@DOMAIN, in mail that the relay renders; or none.",
    )
    unsubscribe_url: UnsubscribeUrl = Field(
        "", description="Where this host's one-click unsubscription is reached from outside (https); empty is none."
    )
    maildirs: Names = Field((), description="Maildir folders that replies come to; they are only read.")
    lmtp_listen: LmtpListening = Field(
        None, description="Address and port, or unix:PATH, on which replies are taken by LMTP; empty is off."
    )
    lmtp_networks: Networks = Field(LOOPBACK, description="Networks from which replies are taken by LMTP.")
    authserv_ids: Names = Field(
        (), description="Names of your own mail servers whose Authentication-Results fields are believed (RFC 8601)."
    )
    trust_subject: bool = Field(
        default=False, description="Whether From and the subject of a mail to that person are enough for a reply to count."
    )
    max_size: Size = Field(_SOURCES.max_size, description="Largest reply read; a larger one is put aside.")
    look_back: Duration = Field(
        _SOURCES.look_back, description="How old mail may be where a mailbox or Maildir is read for the first time, or anew."
    )
    reply_window: Wait = Field(_LIMITS.reply_window, description="How long an unresolved reply stops mail to who wrote it.")
    imap: tuple[ImapSection, ...] = ()
    brand: tuple[ReplyBrandSection, ...] = ()

    @model_validator(mode="after")
    def _differ(self) -> Self:
        names = [account.account for account in self.imap]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"two mailboxes are called {twice!r}; list all folders of one in its folders, or give each a name")
        addresses = [address.casefold() for brand in self.brand for address in brand.addresses]
        if twice := next((address for address in addresses if addresses.count(address) > 1), None):
            raise ValueError(f"{twice!r} stands with two brands; an address is of one brand")
        return self


class TemplateSection(Section):
    """What is to be known of templates by name: which are surveys, and how soon a reply to them is owed an answer."""

    name: str = Field("*", min_length=1, description="Pattern for the template's name; the first section that fits holds.")
    survey: bool = Field(
        _TEMPLATE.is_survey, description="A reply may be a score from 0 to 10; no survey goes to who waits for an answer."
    )
    low_score: int = Field(
        _TEMPLATE.low_score, ge=0, le=MOST_SCORE, description="Up to this score somebody is to call: the reply stays open."
    )
    answer_within: Answered = Field(
        _TEMPLATE.answer_within, description="A reply is due to be answered after this time; never is no due time."
    )
    low_score_within: Wait = Field(_TEMPLATE.low_score_within, description="A low score is due after this time.")
