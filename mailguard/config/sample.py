"""The file that `init` writes: every setting with its sentence and default, and what the operator has named filled in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from mailguard.config.listing import Plain, Setting, known_settings

_HEAD: Final = """\
# mailguard: what it takes, where it sends it, and what it stops.
#
# A line such as #listen = "…" shows a default: remove the # to change it. Every setting can also stand in the
# environment, as MAILGUARD_SECTION__KEY. After a change: mailguard config check
"""
_TITLES: Final = {
    "relay": "The front door, and the mail server behind it.",
    "client[]": "Who may relay, one table each. Without any, programs on this host may.",
    "database": "Where everything is kept.",
    "policy": "What is stopped. Begin with mode shadow, read `mailguard log`, then set enforce.",
    "policy.actions": "What findings lead to, where it is not to be the default.",
    "classify[]": "Rules for senders that know nothing of mailguard, one table each. The first whose patterns all match wins.",
    "template[]": "What is to be known of templates by name, one table each. The first whose pattern fits holds.",
    "rendering": "What rendering a mail may cost.",
    "dkim[]": "Signatures over rendered mail, one table a domain.",
    "hold": "Mail that waits for a person.",
    "delivery": "Handing mail on to the next hop.",
    "undo": "Wait before mail leaves: for that long it can be taken back whole. Mode shadow waits for nothing.",
    "recall.imap[]": "Own mailboxes, where a recall looks for copies, one table a server; a master user opens them.",
    "identity": "When two records are one person, and when a clerk is asked.",
    "replies": "Customers' replies: where they come from.",
    "replies.imap[]": "Mailboxes on IMAP servers that replies come to, one table each.",
    "replies.brand[]": "Brands that share mailboxes, one table each, told by the address that a reply was sent to.",
    "http": "Health, metrics, and the API.",
    "http.tokens[]": "Who may ask over HTTP, one table each. Make a token with: mailguard password token",
    "retention": "How long finished mail is kept.",
    "log": "Log lines, on standard error.",
}
_EXAMPLES: Final[Mapping[str, Plain]] = {
    "client[].name": "shop",
    "client[].networks": ["10.1.0.0/16"],
    "client[].undo": "10m",
    "policy.actions.service": {"near_repeat": "deliver"},
    "policy.actions.bulk": {"fan_out": "deliver"},
    "http.tokens[].name": "card-service",
    "http.tokens[].token": f"sha256:{'0' * 64}",
    "http.tokens[].scopes": ["context"],
    "classify[].subject": "*verification code*",
    "classify[].class": "critical",
    "classify[].asks": ["income"],
    "classify[].repeat": "allow",
    "template[].name": "nps-*",
    "dkim[].domain": "corp.example",
    "dkim[].selector": "mailguard",
    "dkim[].key": "dkim.pem",
    "replies.imap[].host": "imap.corp.example",
    "replies.imap[].username": "support@corp.example",
    "replies.imap[].password_file": "imap-password",
    "recall.imap[].host": "imap.corp.example",
    "recall.imap[].master": "recall",
    "recall.imap[].password_file": "recall-password",
    "replies.brand[].name": "acme",
    "replies.brand[].addresses": ["support@acme.example"],
}
"""What the settings show that say nothing by their default."""


def sample(*, own_domains: Sequence[str] = (), next_hop: str = "") -> str:
    """Return a whole commented file in mode shadow: it parses, and sets nothing but the mode and what was named here."""
    chosen: dict[str, Plain] = {"policy.mode": "shadow"}
    if own_domains:
        chosen["relay.own_domains"] = list(own_domains)
    if next_hop:
        chosen["relay.next_hop"] = [next_hop]
    tables = groupby(known_settings(), key=lambda setting: setting.name.rpartition(".")[0])
    return _HEAD + "".join(_table(name, settings, chosen) for name, settings in tables)


def _table(name: str, settings: Iterator[Setting], chosen: Mapping[str, Plain]) -> str:
    heading = f"#[[{name.removesuffix('[]')}]]" if name.endswith("[]") else f"[{name}]"
    return "".join([f"\n# {_TITLES[name]}\n{heading}\n", *(_lines(setting, chosen) for setting in settings)])


def _lines(setting: Setting, chosen: Mapping[str, Plain]) -> str:
    key = setting.name.rpartition(".")[2]
    if setting.name in chosen:
        return f"# {setting.sentence}\n{key} = {as_toml(chosen[setting.name])}\n"
    return f"# {setting.sentence}\n#{key} = {as_toml(_EXAMPLES.get(setting.name, setting.default))}\n"


def as_toml(value: Plain | None) -> str:
    """Return a value as the file has it."""
    match value:
        case bool():
            return str(value).lower()
        case str() | None:
            text = (value or "").replace("\\", "\\\\").replace('"', '\\"')
            return f'"{text}"'
        case list():
            return f"[{', '.join(as_toml(item) for item in value)}]"
        case dict():
            inner = ", ".join(f"{key} = {as_toml(item)}" for key, item in value.items())
            return f"{{ {inner} }}" if inner else "{}"
        case _:
            return str(value)
