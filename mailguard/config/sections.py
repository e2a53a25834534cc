"""Every setting: its name, its default, its sentence. The file's sections as models; nothing is read or built here.

Those of holds, of replies and of HTTP stand in files of their own.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final, Self

from pydantic import BeforeValidator, Field, model_validator

from mailguard.config.endpoint import Endpoint
from mailguard.config.hold_section import HoldSection
from mailguard.config.http_sections import HttpSection
from mailguard.config.next_hop import parse_next_hop
from mailguard.config.recall_section import RecallSection
from mailguard.config.reply_sections import RepliesSection, TemplateSection
from mailguard.config.section import Section
from mailguard.config.values import (
    Asks,
    Domains,
    Duration,
    FindingName,
    HeaderPattern,
    Networks,
    NextHops,
    OneDomain,
    PasswordHash,
    Region,
    Repeat,
    Required,
    Size,
    Wait,
    split_list,
)
from mailguard.mail.control import MailClass
from mailguard.policy.answer import Answers
from mailguard.policy.finding import Action
from mailguard.policy.limits import Limits, Mode
from mailguard.relay.settings import DeliverySettings, Fail, Identity, Listen, LogFormat, LogLevel, Retention, Spool
from mailguard.templates.template import RenderLimits

_LISTEN, _LIMITS, _RETENTION, _SPOOL, _IDENTITY = Listen(), Limits(), Retention(), Spool(), Identity()
_DELIVERY = DeliverySettings(next_hops=())
_RENDERING = RenderLimits()

LEAST_MEMORY: Final = 67_108_864
"""Octets without which a process that renders may not even start."""

_LOCAL_NAMES: Final = {
    "127.0.0.1": ("localhost",),
    "::1": ("localhost",),
    "localhost": ("127.0.0.1", "::1"),
    "0.0.0.0": ("127.0.0.1", "localhost"),
    "::": ("127.0.0.1", "::1", "localhost"),
}
"""By which other names what listens on an address is reached from the same host."""


class RelaySection(Section):
    """The relay's front door, and the mail server behind it."""

    listen: Required = Field(Endpoint(_LISTEN.host, _LISTEN.port), description="Address and port on which mail is taken.")
    hostname: str = Field("", description="The name the relay gives itself in SMTP; empty is the name of the host.")
    next_hop: NextHops = Field(
        (parse_next_hop("127.0.0.1:25"),),
        description="The mail servers that deliver, in order of preference: HOST, HOST:PORT, "
        "smtp://USER:PASSWORD@HOST:PORT?tls=none|opportunistic|required, or smtps://… for TLS from the first octet; "
        "reply_aware=yes in the query has it told in Mailguard-Reply-Aware who waits for an answer.",
    )
    own_domains: Domains = Field(
        (),
        description="Your own domains, whose mailboxes do not count as outside; a leading dot takes in the subdomains.",
    )
    tls_cert: str = Field("", description="File with the certificate chain (PEM); with it the relay offers STARTTLS.")
    tls_key: str = Field("", description="File with the certificate's private key (PEM); empty if tls_cert holds both.")
    max_size: Size = Field(_LISTEN.max_size, description="Largest message taken, in octets or as 25MB.")
    max_recipients: int = Field(_LISTEN.max_recipients, ge=1, description="Most recipients of one transaction.")
    max_spool: Size = Field(
        _SPOOL.most_octets,
        description="Octets of mail that may wait, held mail too; beyond them new mail is answered 452 4.3.1.",
    )
    min_free: Size = Field(
        _SPOOL.least_free,
        description="Octets that must stay free on the disk of the database; below them new mail is answered 452 4.3.1.",
    )
    workers: int = Field(1, ge=1, le=256, description="Processes that take and deliver mail.")
    fail: Fail = Field(
        Fail.CLOSED,
        description="When mailguard itself fails: closed answers 451 and the sender keeps the mail, open delivers undecided.",
    )
    max_connections: int = Field(_LISTEN.max_connections, ge=1, description="Most connections at a time, per worker.")
    max_connections_per_client: int = Field(
        _LISTEN.max_connections_per_client, ge=1, description="Most connections at a time from one address, per worker."
    )
    idle_timeout: Wait = Field(_LISTEN.idle_timeout, description="How long a connection may say nothing.")
    data_timeout: Wait = Field(_LISTEN.data_timeout, description="How long the content of one message may take to arrive.")
    max_commands_without_mail: int = Field(
        _LISTEN.max_commands_without_mail, ge=1, description="Commands after which a connection that sends no mail is closed."
    )
    max_auth_tries: int = Field(_LISTEN.max_auth_tries, ge=1, description="Failed logins after which a connection is closed.")
    keep_bare_newlines: bool = Field(
        _LISTEN.keep_bare_newlines, description="Take content with bare CR or LF as it is, and do not answer 550 5.6.11."
    )

    @model_validator(mode="after")
    def _has_certificate_with_key(self) -> Self:
        if self.tls_key and not self.tls_cert:
            raise ValueError("tls_key is set and tls_cert is not; set tls_cert, too, or neither")
        return self

    @model_validator(mode="after")
    def _is_not_its_own_next_hop(self) -> Self:
        own = {self.listen.host, *_LOCAL_NAMES.get(self.listen.host, ())}
        for hop in self.next_hop:
            if hop.port == self.listen.port and hop.host in own:
                raise ValueError(f"next_hop {hop} is the relay itself; write the mail server that delivers")
        return self


class ClientSection(Section):
    """One that may relay, known by network or by credentials."""

    name: str = Field(min_length=1, description="The client's name in the ledger and in rules.")
    networks: Networks = Field((), description="Addresses and networks from which the client needs no password.")
    username: str = Field("", description="The name with which the client logs in (AUTH, over TLS only).")
    password_hash: PasswordHash = Field("", description="The hash of its password, made with: mailguard password hash.")
    mail_class: MailClass = Field(
        MailClass.SERVICE, alias="class", description="The class of its mail where nothing else says it."
    )
    classes: Annotated[tuple[MailClass, ...], BeforeValidator(split_list)] = Field(
        tuple(MailClass), description="The classes that its Mailguard-Class field may ask for."
    )
    trust_fields: bool = Field(
        default=False, description="Act on the Mailguard-* fields that it sets (they are removed either way)."
    )
    brand: str = Field("", description="The brand it writes for.")
    answers: Answers = Field(
        Answers.DEFAULT,
        description="polite answers 250 and holds where a reject would be, strict answers 550 where mail would be held.",
    )
    reply_token: bool = Field(
        default=False,
        description="Have answers to its mail to one recipient come back to replies.address with a signed token; "
        "this changes Reply-To, and breaks a signature over it.",
    )
    undo: Duration | None = Field(
        None, description="Wait before its service and bulk mail leaves; without it, that of the class in [undo] holds."
    )

    @model_validator(mode="after")
    def _is_known_in_one_way(self) -> Self:
        if bool(self.username) != bool(self.password_hash):
            raise ValueError("username and password_hash belong together; set both, or use networks")
        if bool(self.networks) == bool(self.username):
            raise ValueError("is known by networks or by username and password_hash; set one of the two")
        if self.mail_class not in self.classes:
            raise ValueError(f"class {self.mail_class} is not among its classes; add it to classes")
        if self.name == "mailguard":
            raise ValueError("the name mailguard is for mail that mailguard writes itself; choose another")
        return self


class DatabaseSection(Section):
    """Where everything is kept."""

    url: str = Field(
        "sqlite:///mailguard.db",
        description="The ledger and queue: sqlite:///FILE, or postgresql://USER:PASSWORD@HOST/NAME. "
        "A relative file lies beside the configuration.",
    )


class ActionsSection(Section):
    """What findings lead to, where it is not to be the default: FINDING = deliver, hold or reject."""

    critical: dict[FindingName, Action] = Field({}, description="Actions for critical mail: FINDING = deliver, hold or reject.")
    service: dict[FindingName, Action] = Field({}, description="Actions for service mail: FINDING = deliver, hold or reject.")
    bulk: dict[FindingName, Action] = Field({}, description="Actions for bulk mail: FINDING = deliver, hold or reject.")


class PolicySection(Section):
    """The limits of the rules."""

    mode: Mode = Field(_LIMITS.mode, description="enforce acts on decisions; shadow records every decision and delivers all.")
    repeat_window: Wait = Field(
        _LIMITS.repeat_window, description="Within this time the same text with the same facts to the same person is a repeat."
    )
    max_visible_recipients: int = Field(
        _LIMITS.max_visible_recipients, ge=0, description="Most mailboxes outside own_domains that a message may show."
    )
    max_hidden_recipients: int = Field(
        _LIMITS.max_hidden_recipients, ge=0, description="Most envelope recipients outside own_domains that no field shows."
    )
    stale_thread: Wait = Field(
        _LIMITS.stale_thread,
        description="After this time a set of six or more outside mailboxes is stale to answer or forward to.",
    )
    fan_out_limit: int = Field(
        _LIMITS.fan_out_limit, ge=1, description="Most persons that one new text may go to within fan_out_window."
    )
    fan_out_window: Wait = Field(_LIMITS.fan_out_window, description="The time in which fan_out_limit counts.")
    bulk_per_person: int = Field(
        _LIMITS.bulk_per_person, ge=0, description="Most bulk mails to one person within bulk_window; 0 is off."
    )
    bulk_window: Wait = Field(_LIMITS.bulk_window, description="The time in which bulk_per_person counts.")
    actions: ActionsSection = ActionsSection()


class ClassifySection(Section):
    """One rule for senders that know nothing of mailguard. All patterns given must match; the first rule that does wins."""

    client: str = Field("", description="Pattern for the client's name; patterns are shell globs, without regard to case.")
    reverse_path: str = Field("", description="Pattern for the envelope sender.")
    originator: str = Field("", description="Pattern for the mailbox in From.")
    subject: str = Field("", description="Pattern for the decoded subject.")
    header: HeaderPattern = Field("", description="A field and a pattern for its value, such as X-Mailer: cron*.")
    mail_class: MailClass | None = Field(None, alias="class", description="The class that the mail gets.")
    template: str = Field("", description="The template's name that the mail gets.")
    asks: Asks = Field((), description="The fields that the mail asks the customer for.")
    repeat: Repeat = Field(
        None, description="How long the same mail is a repeat: a duration, or allow; without it, repeat_window holds."
    )

    @model_validator(mode="after")
    def _sets_something(self) -> Self:
        if not (self.mail_class or self.template or self.asks or self.repeat):
            raise ValueError("the rule sets nothing; add class, template, asks or repeat")
        return self


class RenderingSection(Section):
    """What rendering a mail may cost."""

    processes: int = Field(_RENDERING.processes, ge=1, le=64, description="Processes that render, per worker.")
    time_limit: Wait = Field(
        timedelta(seconds=_RENDERING.seconds), description="How long the rendering of one mail may take; then it is held."
    )
    memory_limit: Size = Field(
        _RENDERING.memory, description="Octets of memory that one process may take; a mail that needs more is held."
    )
    max_output: Size = Field(_RENDERING.output, description="Octets that one mail's templates may render to.")

    @model_validator(mode="after")
    def _leaves_room_for_itself(self) -> Self:
        if self.memory_limit < LEAST_MEMORY:
            raise ValueError("memory_limit leaves no room for the process itself; write 64MB or more")
        return self


class DkimSection(Section):
    """What the mail of one domain is signed with, where the relay has rendered or changed it."""

    domain: OneDomain = Field(description="The domain of the mailbox in From.")
    selector: str = Field(min_length=1, description="The selector: the public key is at SELECTOR._domainkey.DOMAIN.")
    key: str = Field(min_length=1, description="File with the private key: RSA (PEM), or an Ed25519 seed in base64.")


class DeliverySection(Section):
    """Handing mail on to the next hop."""

    retry: Wait = Field(_DELIVERY.retry_first, description="The wait after the first failure; it grows with each further one.")
    retry_most: Wait = Field(_DELIVERY.retry_most, description="The longest wait between two tries.")
    expire: Wait = Field(_DELIVERY.expire, description="Mail that could not be handed on for this long fails, with a DSN.")
    lease: Wait = Field(
        _DELIVERY.lease, description="After this time without a sign of life another worker takes over a worker's mail."
    )
    connections: int = Field(_DELIVERY.connections, ge=1, description="Most connections to one next hop, per worker.")
    connect_timeout: Wait = Field(_DELIVERY.connect_timeout, description="How long a next hop may take to answer the call.")
    command_timeout: Wait = Field(_DELIVERY.command_timeout, description="How long a next hop may take to answer a command.")


class UndoSection(Section):
    """How long mail waits before it leaves, so that a sender can think better of it."""

    critical: Duration = Field(timedelta(), description="Wait before critical mail leaves.")
    service: Duration = Field(timedelta(), description="Wait before service mail leaves.")
    bulk: Duration = Field(timedelta(), description="Wait before bulk mail leaves.")


class IdentitySection(Section):
    """When two records are one person."""

    match: float = Field(_IDENTITY.match, gt=0, lt=1, description="Probability from which on two records are one person.")
    possible: float = Field(
        _IDENTITY.possible, gt=0, lt=1, description="Probability from which on a clerk is asked whether they are."
    )
    region: Region = Field(
        _IDENTITY.region, description="The country (ISO 3166, such as GB) of phone numbers that say none; empty is none."
    )

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        if self.possible > self.match:
            raise ValueError(f"possible {self.possible} is above match {self.match}; set it lower")
        return self


class RetentionSection(Section):
    """How long finished mail is kept."""

    content: Wait = Field(_RETENTION.content, description="How long the content of finished mail is kept.")
    ledger: Wait = Field(_RETENTION.ledger, description="How long its place in the ledger is kept.")
    audience: Wait = Field(_RETENTION.audience, description="How long the hashes of its audience are kept.")


class LogSection(Section):
    """Log lines, on standard error."""

    format: LogFormat = Field(LogFormat.AUTO, description="console, json, or auto: console on a terminal, else json.")
    level: LogLevel = Field(LogLevel.INFO, description="From which level on lines are written: debug, info, warning or error.")


class Settings(Section):
    """The whole file."""

    relay: RelaySection = RelaySection()
    client: tuple[ClientSection, ...] = ()
    database: DatabaseSection = DatabaseSection()
    policy: PolicySection = PolicySection()
    classify: tuple[ClassifySection, ...] = ()
    template: tuple[TemplateSection, ...] = ()
    rendering: RenderingSection = RenderingSection()
    dkim: tuple[DkimSection, ...] = ()
    hold: HoldSection = HoldSection()
    delivery: DeliverySection = DeliverySection()
    undo: UndoSection = UndoSection()
    recall: RecallSection = RecallSection()
    identity: IdentitySection = IdentitySection()
    replies: RepliesSection = RepliesSection()
    http: HttpSection = HttpSection()
    retention: RetentionSection = RetentionSection()
    log: LogSection = LogSection()

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        for key in ("name", "username"):
            seen = [getattr(client, key) for client in self.client if getattr(client, key)]
            twice = next((value for value in seen if seen.count(value) > 1), None)
            if twice:
                raise ValueError(f"two clients have the {key} {twice!r}; give each its own")
        return self

    @model_validator(mode="after")
    def _signs_once(self) -> Self:
        domains = [key.domain for key in self.dkim]
        twice = next((domain for domain in domains if domains.count(domain) > 1), None)
        if twice:
            raise ValueError(f"two dkim sections sign for {twice}; keep one")
        return self
