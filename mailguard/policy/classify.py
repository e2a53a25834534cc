"""What kind of mail it is: control fields of trusted senders, else the operator's rules, else the client's default."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatchcase

from mailguard.mail.control import MailClass
from mailguard.mail.header import UnreadableError, scan
from mailguard.mail.message import Message
from mailguard.policy.limits import Limits
from mailguard.policy.submission import Classification
from mailguard.policy.template_rule import TemplateRule, rule_for


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One `[[classify]]` rule: patterns are shell globs without regard to case, "" matches all; all must match.

    `header` is "Name: glob". What a rule leaves None, "" or () is left as it is. `repeat`: the window within which the same
    mail is a repeat; `allows_repeat` turns the two repeat rules off. `asks`: as in `Classification`.
    """

    client: str = ""
    reverse_path: str = ""
    originator: str = ""
    subject: str = ""
    header: str = ""
    mail_class: MailClass | None = None
    template: str = ""
    repeat: timedelta | None = None
    allows_repeat: bool = False
    asks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sender:
    """What the connection says of the sender: the client's name, its default class and the classes it may use."""

    client: str
    reverse_path: str
    mail_class: MailClass
    classes: frozenset[MailClass]


def classify(
    message: Message, sender: Sender, *, rules: Sequence[Rule], limits: Limits, templates: Sequence[TemplateRule] = ()
) -> Classification:
    """The class, template, repeat window and asked fields of `message`; first matching rule wins, a trusted field over rules.

    Where nobody names a template, the fingerprint of its text is the template. `templates`: what the operator says of them.
    """
    rule = next((rule for rule in rules if _matches(rule, message, sender)), _NO_RULE)
    asked = message.control.mail_class
    mail_class = (asked if asked in sender.classes else None) or rule.mail_class or sender.mail_class
    window = None if rule.allows_repeat else rule.repeat or limits.repeat_window
    template = message.control.template or rule.template or f"text:{message.fingerprint.text.hex()[:16]}"
    asks = message.control.asks or rule.asks
    return Classification(mail_class, template, window, asks, is_survey=rule_for(templates, template).is_survey)


def _matches(rule: Rule, message: Message, sender: Sender) -> bool:
    originator = message.originator.wire if message.originator else ""
    return (
        _is_like(sender.client, rule.client)
        and _is_like(sender.reverse_path, rule.reverse_path)
        and _is_like(originator, rule.originator)
        and _is_like(message.subject, rule.subject)
        and _has_header(message, rule.header)
    )


def _is_like(value: str, pattern: str) -> bool:
    return not pattern or fnmatchcase(value.casefold(), pattern.casefold())


def _has_header(message: Message, wanted: str) -> bool:
    if not wanted:
        return True
    name, _, pattern = wanted.partition(":")
    try:
        values = scan(message.content).all(name.strip().lower())
    except UnreadableError:
        return False
    return any(_is_like(value.strip(), pattern.strip() or "*") for value in values)


_NO_RULE = Rule()
