"""What the shell is told, as frozen values; built by the configuration, which the shell does not know."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network
from typing import assert_never

from mailguard.mail.control import MailClass
from mailguard.policy.answer import Answers
from mailguard.policy.classify import Rule
from mailguard.policy.hold_times import HoldTimes
from mailguard.policy.limits import Limits, Mode
from mailguard.policy.submission import Submission
from mailguard.policy.template_rule import TemplateRule
from mailguard.replies.source_settings import Password
from mailguard.templates.template import RenderLimits


class TlsMode(StrEnum):
    """How a next hop is spoken to: `implicit` is TLS from the first octet (RFC 8314)."""

    NONE = "none"
    OPPORTUNISTIC = "opportunistic"
    REQUIRED = "required"
    IMPLICIT = "implicit"


class Fail(StrEnum):
    """When mailguard itself fails: `closed` answers 451, `open` delivers undecided."""

    CLOSED = "closed"
    OPEN = "open"


class LogFormat(StrEnum):
    """How log lines look; `auto` is console on a terminal, else JSON."""

    AUTO = "auto"
    CONSOLE = "console"
    JSON = "json"


class LogLevel(StrEnum):
    """From which level on log lines are written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class NextHop:
    """A mail server that takes what may leave. `reply_aware`: it is told of each recipient whether they wait for an answer."""

    host: str
    port: int = 25
    tls: TlsMode = TlsMode.OPPORTUNISTIC
    username: str = ""
    password: str = ""
    reply_aware: bool = False

    def __str__(self) -> str:
        """Return "host:port"."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Who may relay: known by network, or by credentials (argon2 hash); never both.

    `reply_token`: answers to its mail come back to an address signed for the recipient, though that changes the mail. `undo`:
    how long its mail waits before it leaves, None as long as any of its class.
    """

    name: str
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    username: str = ""
    password_hash: str = ""
    mail_class: MailClass = MailClass.SERVICE
    classes: frozenset[MailClass] = frozenset(MailClass)
    trusts_fields: bool = False
    brand: str = ""
    answers: Answers = Answers.DEFAULT
    reply_token: bool = False
    undo: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """The relay's front door. Sizes in octets, times as timedelta, counts per worker unless said otherwise."""

    host: str = "127.0.0.1"
    port: int = 2525
    hostname: str = "localhost"
    tls_cert: str = ""
    tls_key: str = ""
    clients: tuple[Client, ...] = ()
    max_size: int = 26_214_400
    max_recipients: int = 1000
    max_connections: int = 1000
    max_connections_per_client: int = 200
    idle_timeout: timedelta = timedelta(minutes=5)
    data_timeout: timedelta = timedelta(minutes=10)
    max_commands_without_mail: int = 100
    max_auth_tries: int = 3
    keep_bare_newlines: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySettings:
    """The back door: next hops in order of preference and how patiently they are tried. Counts per worker."""

    next_hops: tuple[NextHop, ...]
    hostname: str = "localhost"
    retry_first: timedelta = timedelta(seconds=15)
    retry_most: timedelta = timedelta(hours=1)
    expire: timedelta = timedelta(days=5)
    lease: timedelta = timedelta(seconds=30)
    connections: int = 20
    connect_timeout: timedelta = timedelta(seconds=30)
    command_timeout: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An address that events are sent to, and what they are signed with."""

    url: str
    secret: Password


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """How long held mail waits for a person, and who is told that it does; `warn`: how long before it expires, 0 for never."""

    times: HoldTimes = field(default_factory=HoldTimes)
    warn: timedelta = timedelta(hours=12)
    notify: tuple[str, ...] = ()
    webhook: Webhook | None = None

    @property
    def tells(self) -> bool:
        """Whether anybody is told."""
        return bool(self.notify) or self.webhook is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long finished mail is kept: its content, its place in the ledger, the hashes of its audience."""

    content: timedelta = timedelta(days=30)
    ledger: timedelta = timedelta(days=400)
    audience: timedelta = timedelta(days=1095)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spool:
    """Beyond what no new mail is taken: octets that wait in the ledger, and octets that must stay free on its disk."""

    most_octets: int = 10_737_418_240
    least_free: int = 209_715_200


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """When two records are one person, as probabilities, and the region of phone numbers without a country code (ISO 3166)."""

    match: float = 0.99
    possible: float = 0.5
    region: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """What a domain's mail is signed with: `file` holds an RSA key (PEM), or the seed of an Ed25519 key in base64."""

    domain: str
    selector: str
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """What mail that the relay renders costs and gains.

    `address`: the base of the addresses that answers come back to, `unsubscribe_url` that of the links which unsubscribe; ""
    for none. `keys`: for which domains it is signed.
    """

    limits: RenderLimits = field(default_factory=RenderLimits)
    address: str = ""
    unsubscribe_url: str = ""
    keys: tuple[SigningKey, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """How long mail waits before it leaves, so that it can be taken back whole."""

    critical: timedelta = timedelta()
    service: timedelta = timedelta()
    bulk: timedelta = timedelta()

    def of(self, mail_class: MailClass, of_client: timedelta | None) -> timedelta:
        """How long mail of this class waits; a client's own word counts before the class's, but never for critical mail."""
        match mail_class:
            case MailClass.CRITICAL:
                return self.critical
            case MailClass.SERVICE:
                return self.service if of_client is None else of_client
            case MailClass.BULK:
                return self.bulk if of_client is None else of_client
            case _:
                assert_never(mail_class)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What decisions rest on; SIGHUP replaces it as a whole."""

    limits: Limits = field(default_factory=Limits)
    rules: tuple[Rule, ...] = ()
    templates: tuple[TemplateRule, ...] = ()
    undo: Undo = Undo()

    def leaves_at(self, submission: Submission, client: Client) -> datetime | None:
        """When what may leave of a mail leaves, None for at once: mode shadow delays nothing."""
        undo = self.undo.of(submission.classification.mail_class, client.undo)
        return submission.received_at + undo if undo and self.limits.mode is Mode.ENFORCE else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RelaySettings:
    """All that one worker is told. `database` is an SQLAlchemy URL."""

    database: str
    listen: Listen
    delivery: DeliverySettings
    policy: Policy = Policy()
    rendering: Rendering = Rendering()
    identity: Identity = Identity()
    holding: Holding = Holding()
    retention: Retention = Retention()
    spool: Spool = Spool()
    fail: Fail = Fail.CLOSED
