"""The one configuration of a process: what each part is told, as the small frozen values it knows.

Builds values from checked settings; reads nothing.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path
from typing import Final

from mailguard.config.bearer import Token, digest_of
from mailguard.config.endpoint import Endpoint, UnixSocket
from mailguard.config.recall_section import RecallImapSection
from mailguard.config.reply_sections import ImapSection, RepliesSection, TemplateSection
from mailguard.config.sections import ClassifySection, ClientSection, LogSection, Settings
from mailguard.mail.control import MailClass
from mailguard.mail.mailbox import parse_mailbox
from mailguard.policy.classify import Rule
from mailguard.policy.finding import Action, Code
from mailguard.policy.hold_times import HoldTimes
from mailguard.policy.limits import Limits
from mailguard.policy.rules import DEFAULTS
from mailguard.policy.template_rule import TemplateRule
from mailguard.relay.master_account import MasterAccount
from mailguard.relay.settings import (
    Client,
    DeliverySettings,
    Holding,
    Identity,
    Listen,
    Policy,
    RelaySettings,
    Rendering,
    Retention,
    SigningKey,
    Spool,
    Undo,
    Webhook,
)
from mailguard.replies.settings import ReplySettings
from mailguard.replies.source_settings import ImapAccount, ImapTls, LmtpListen, Password, Sources
from mailguard.templates.template import RenderLimits

_IMAP_PORTS: Final = {ImapTls.IMPLICIT: 993, ImapTls.STARTTLS: 143, ImapTls.NONE: 143}  # RFC 8314 3.2, RFC 3501 2.1

LOCAL: Final = Client(name="local", networks=(ip_network("127.0.0.0/8"), ip_network("::1/128")), trusts_fields=True)
"""Who may relay where no client is configured: programs on the same host."""


@dataclass(frozen=True)
class Config:
    """Checked settings, the file that they came from ("" for none), and the folder that relative paths start from."""

    settings: Settings
    file: str
    folder: Path

    @cached_property
    def hostname(self) -> str:
        """The name that the relay gives itself; the host's own where none is set (without asking the DNS)."""
        return self.settings.relay.hostname or socket.gethostname()

    @cached_property
    def listen(self) -> Listen:
        """The relay's front door."""
        relay = self.settings.relay
        return Listen(
            host=relay.listen.host,
            port=relay.listen.port,
            hostname=self.hostname,
            tls_cert=self._path(relay.tls_cert),
            tls_key=self._path(relay.tls_key),
            clients=tuple(_client(client) for client in self.settings.client) or (LOCAL,),
            max_size=relay.max_size,
            max_recipients=relay.max_recipients,
            max_connections=relay.max_connections,
            max_connections_per_client=relay.max_connections_per_client,
            idle_timeout=relay.idle_timeout,
            data_timeout=relay.data_timeout,
            max_commands_without_mail=relay.max_commands_without_mail,
            max_auth_tries=relay.max_auth_tries,
            keep_bare_newlines=relay.keep_bare_newlines,
        )

    @cached_property
    def delivery(self) -> DeliverySettings:
        """The relay's back door."""
        delivery = self.settings.delivery
        return DeliverySettings(
            next_hops=self.settings.relay.next_hop,
            hostname=self.hostname,
            retry_first=delivery.retry,
            retry_most=max(delivery.retry, delivery.retry_most),
            expire=delivery.expire,
            lease=delivery.lease,
            connections=delivery.connections,
            connect_timeout=delivery.connect_timeout,
            command_timeout=delivery.command_timeout,
        )

    @cached_property
    def limits(self) -> Limits:
        """The limits of the rules."""
        policy = self.settings.policy
        return Limits(
            mode=policy.mode,
            own_domains=frozenset(self.settings.relay.own_domains),
            repeat_window=policy.repeat_window,
            max_visible_recipients=policy.max_visible_recipients,
            max_hidden_recipients=policy.max_hidden_recipients,
            stale_thread=policy.stale_thread,
            fan_out_limit=policy.fan_out_limit,
            fan_out_window=policy.fan_out_window,
            bulk_per_person=policy.bulk_per_person,
            bulk_window=policy.bulk_window,
            reply_window=self.settings.replies.reply_window,
            actions=_actions(self.settings),
        )

    @property
    def policy(self) -> Policy:
        """What decisions rest on: the limits, the `[[classify]]` and `[[template]]` rules in their order, and undo windows."""
        undo = self.settings.undo
        return Policy(
            limits=self.limits,
            rules=tuple(_rule(rule) for rule in self.settings.classify),
            templates=tuple(_template(rule) for rule in self.settings.template),
            undo=Undo(critical=undo.critical, service=undo.service, bulk=undo.bulk),
        )

    @property
    def relay(self) -> RelaySettings:
        """All that one worker is told."""
        retention, identity = self.settings.retention, self.settings.identity
        return RelaySettings(
            database=self.database_url,
            listen=self.listen,
            delivery=self.delivery,
            policy=self.policy,
            rendering=self.rendering,
            identity=Identity(match=identity.match, possible=identity.possible, region=identity.region),
            holding=self.holding,
            retention=Retention(content=retention.content, ledger=retention.ledger, audience=retention.audience),
            spool=Spool(most_octets=self.settings.relay.max_spool, least_free=self.settings.relay.min_free),
            fail=self.settings.relay.fail,
        )

    @cached_property
    def holding(self) -> Holding:
        """How long held mail waits, and who is told."""
        hold = self.settings.hold
        own = {
            MailClass.CRITICAL: hold.expire_critical,
            MailClass.SERVICE: hold.expire_service,
            MailClass.BULK: hold.expire_bulk,
        }
        secret = Password(text=hold.webhook_secret, file=self._path(hold.webhook_secret_file), variable=hold.webhook_secret_env)
        return Holding(
            times=HoldTimes(expire=hold.expire, by_class={one: time for one, time in own.items() if time is not None}),
            warn=hold.warn,
            notify=hold.notify,
            webhook=Webhook(url=hold.webhook, secret=secret) if hold.webhook else None,
        )

    @cached_property
    def replies(self) -> ReplySettings:
        """What replies are judged by."""
        replies = self.settings.replies
        return ReplySettings(
            hostname=self.hostname,
            address=replies.address,
            authserv_ids=replies.authserv_ids,
            trusts_subject=replies.trust_subject,
            templates=self.policy.templates,
            client_brands={client.name: client.brand for client in self.settings.client if client.brand},
            mailbox_brands={
                parse_mailbox(address).canonical: brand.name for brand in replies.brand for address in brand.addresses
            },
            limits=self.limits,
            hold_times=self.holding.times,
        )

    @cached_property
    def reply_sources(self) -> Sources:
        """Every place that replies come from."""
        replies = self.settings.replies
        return Sources(
            imap=tuple(self._imap(section) for section in replies.imap),
            maildirs=tuple(map(self._path, replies.maildirs)),
            lmtp=self._lmtp(replies),
            max_size=replies.max_size,
            look_back=replies.look_back,
        )

    @cached_property
    def recall_accounts(self) -> tuple[MasterAccount, ...]:
        """The servers that own mailboxes are on, with the master user of each."""
        named = frozenset(domain for section in self.settings.recall.imap for domain in section.domains)
        others = frozenset(self.settings.relay.own_domains) - named
        return tuple(self._master(section, others) for section in self.settings.recall.imap)

    @property
    def rendering(self) -> Rendering:
        """What mail that the relay renders costs and gains."""
        limits, replies = self.settings.rendering, self.settings.replies
        return Rendering(
            limits=RenderLimits(
                processes=limits.processes,
                seconds=limits.time_limit.total_seconds(),
                memory=limits.memory_limit,
                output=limits.max_output,
            ),
            address=replies.address,
            unsubscribe_url=replies.unsubscribe_url,
            keys=tuple(
                SigningKey(domain=key.domain, selector=key.selector, file=self._path(key.key)) for key in self.settings.dkim
            ),
        )

    @property
    def workers(self) -> int:
        """Processes that take and deliver mail."""
        return self.settings.relay.workers

    @property
    def http(self) -> Endpoint | None:
        """Where HTTP is spoken; None is off."""
        return self.settings.http.listen

    @property
    def tokens(self) -> tuple[Token, ...]:
        """Who may ask what over HTTP."""
        return tuple(Token(one.name, digest_of(one.token), frozenset(one.scopes)) for one in self.settings.http.tokens)

    @property
    def check_rate(self) -> int:
        """Checks that a token may ask for in an hour, 0 for any number."""
        return self.settings.http.check_rate

    @property
    def log(self) -> LogSection:
        """How log lines look."""
        return self.settings.log

    @cached_property
    def database_url(self) -> str:
        """The database; a relative SQLite file is taken from `folder`."""
        scheme, mark, path = self.settings.database.url.partition(":///")
        if not scheme.startswith("sqlite") or not mark or path in ("", ":memory:"):
            return self.settings.database.url
        return f"{scheme}{mark}{self.folder / path}"

    def _imap(self, section: ImapSection) -> ImapAccount:
        return ImapAccount(
            name=section.account,
            host=section.host,
            port=section.port or _IMAP_PORTS[section.tls],
            tls=section.tls,
            ca=self._path(section.tls_ca),
            username=section.username,
            password=Password(text=section.password, file=self._path(section.password_file), variable=section.password_env),
            folders=section.folders,
            poll=section.poll,
            idle=section.idle,
        )

    def _master(self, section: RecallImapSection, others: frozenset[str]) -> MasterAccount:
        return MasterAccount(
            name=section.name or section.host,
            domains=frozenset(section.domains) or others,
            host=section.host,
            port=section.port or _IMAP_PORTS[section.tls],
            tls=section.tls,
            ca=self._path(section.tls_ca),
            master=section.master,
            password=Password(text=section.password, file=self._path(section.password_file), variable=section.password_env),
            login=section.login,
            delimiter=section.delimiter,
            folders=section.folders,
        )

    def _lmtp(self, replies: RepliesSection) -> LmtpListen | None:
        match replies.lmtp_listen:
            case None:
                return None
            case UnixSocket(path):
                return LmtpListen(path=self._path(path))
            case Endpoint(host, port):
                return LmtpListen(host=host, port=port, networks=replies.lmtp_networks)

    def _path(self, name: str) -> str:
        return str(self.folder / name) if name else ""


def _client(section: ClientSection) -> Client:
    return Client(
        name=section.name,
        networks=section.networks,
        username=section.username,
        password_hash=section.password_hash,
        mail_class=section.mail_class,
        classes=frozenset(section.classes),
        trusts_fields=section.trust_fields,
        brand=section.brand,
        answers=section.answers,
        reply_token=section.reply_token,
        undo=section.undo,
    )


def _rule(section: ClassifySection) -> Rule:
    return Rule(
        client=section.client,
        reverse_path=section.reverse_path,
        originator=section.originator,
        subject=section.subject,
        header=section.header,
        mail_class=section.mail_class,
        template=section.template,
        repeat=section.repeat if isinstance(section.repeat, timedelta) else None,
        allows_repeat=section.repeat == "allow",
        asks=section.asks,
    )


def _template(section: TemplateSection) -> TemplateRule:
    return TemplateRule(
        name=section.name,
        is_survey=section.survey,
        low_score=section.low_score,
        answer_within=section.answer_within,
        low_score_within=section.low_score_within,
    )


def _actions(settings: Settings) -> dict[tuple[MailClass, Code], Action]:
    """Return what the operator changed, of the findings that this version makes."""
    actions = settings.policy.actions
    changed = {MailClass.CRITICAL: actions.critical, MailClass.SERVICE: actions.service, MailClass.BULK: actions.bulk}
    return {
        (mail_class, Code(finding)): action
        for mail_class, findings in changed.items()
        for finding, action in findings.items()
        if finding in DEFAULTS
    }
