"""What `config check` warns of: a configuration that can be used, and perhaps is not what was meant."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from mailguard.config.config import Config
from mailguard.config.endpoint import Endpoint
from mailguard.mail.control import MailClass
from mailguard.policy.finding import Action, Code
from mailguard.policy.limits import Mode
from mailguard.policy.rules import action_for
from mailguard.relay.settings import Fail, TlsMode
from mailguard.replies.source_settings import ImapTls


def advise(config: Config) -> tuple[str, ...]:
    """Return one line for each thing to look at: the setting, what follows from it, what to do."""
    return (
        *_of_relay(config),
        *_of_clients(config),
        *_of_policy(config),
        *_of_retention(config),
        *_of_recall(config),
    )


def _of_relay(config: Config) -> Iterator[str]:
    relay = config.settings.relay
    if not relay.own_domains:
        yield "relay.own_domains: is empty, so mail to your own mailboxes is judged as mail to outside; list your domains"
    if "." not in config.hostname:
        yield f"relay.hostname: {config.hostname!r} has no domain, and next hops may refuse it; set the full name"
    if relay.fail is Fail.OPEN:
        yield "relay.fail: open delivers mail undecided when mailguard fails; set closed to have it wait with its sender"
    for hop in relay.next_hop:
        if hop.password and hop.tls is TlsMode.NONE:
            yield f"relay.next_hop: the password for {hop} travels in the clear; remove ?tls=none"


def _of_clients(config: Config) -> Iterator[str]:
    settings = config.settings
    if not settings.client and not _is_loopback(settings.relay.listen):
        yield f"client: none is set, so only programs on this host may relay through {settings.relay.listen}; add a [[client]]"
    for client in settings.client:
        if client.username and not settings.relay.tls_cert:
            yield f"client {client.name}: logs in over TLS only, and relay.tls_cert is not set; set it"
        if client.reply_token and not settings.replies.address:
            yield f"client {client.name}: reply_token has no effect, for replies.address is not set; set it"
        for network in client.networks:
            if network.prefixlen == 0:
                yield f"client {client.name}: {network} lets the whole world relay; name the networks of your senders"


def _of_policy(config: Config) -> Iterator[str]:
    settings = config.settings
    if settings.policy.mode is Mode.SHADOW:
        yield "policy.mode: shadow delivers all mail, whatever is decided; set enforce when the log shows the right decisions"
    elif not config.holding.tells:
        yield "hold.notify: is empty, and so is hold.webhook: nobody is told when mail waits; list a mailbox"
    fan_out, unchecked = (
        action_for(code, MailClass.BULK, config.policy.limits) for code in (Code.FAN_OUT, Code.UNCHECKED_BROADCAST)
    )
    if fan_out is Action.DELIVER and unchecked is not Action.DELIVER:
        yield (
            "policy.actions.bulk.fan_out: deliver lets nothing out, for unchecked_broadcast is found beside it; have broadcasts"
            " checked, or set that to deliver, too"
        )
    if settings.delivery.retry > settings.delivery.retry_most:
        yield "delivery.retry: is longer than retry_most, so every wait is as long as retry; set it shorter"


def _of_retention(config: Config) -> Iterator[str]:
    settings = config.settings
    longest = max([settings.policy.repeat_window, *(rule.repeat for rule in config.policy.rules if rule.repeat)])
    if settings.retention.ledger < longest:
        yield "retention.ledger: is shorter than the time in which a mail is a repeat, so late repeats pass; set it longer"
    if settings.retention.audience < settings.policy.stale_thread:
        yield "retention.audience: is shorter than policy.stale_thread, so stale audiences pass; set it longer"


def _of_recall(config: Config) -> Iterator[str]:
    for account in config.recall_accounts:
        if not account.domains:
            yield f"recall.imap {account.name}: is for no domain, for relay.own_domains is empty; set its domains"
        if account.tls is ImapTls.NONE and not _is_loopback(Endpoint(account.host, account.port)):
            yield f"recall.imap {account.name}: the master user's password travels in the clear; set tls"


def _is_loopback(endpoint: Endpoint) -> bool:
    try:
        return ip_address(endpoint.host).is_loopback
    except ValueError:
        return endpoint.host == "localhost"
