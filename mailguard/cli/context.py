"""`mailguard context`: what a template would know of an address's person before a mail is written, and what would be found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from mailguard.cli.ledger import open_ledger
from mailguard.cli.options import AsJson, ConfigFile
from mailguard.cli.output import counted, print_json, say, when
from mailguard.errors import AddressError, UsageError
from mailguard.mail.control import MailClass, read_names
from mailguard.mail.mailbox import Mailbox, parse_mailbox
from mailguard.policy.context import Context, Standing
from mailguard.policy.foresight import Intent
from mailguard.policy.template_rule import rule_for
from mailguard.relay.clock import system_clock
from mailguard.relay.resolution import Directory
from mailguard.replies.context import context
from mailguard.store.contact import MOST_COUNTED

Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="A mailbox.")]
Template = Annotated[str, typer.Option("--template", metavar="NAME", help="The template of the mail to be written.")]
Class = Annotated[MailClass, typer.Option("--class", help="The class of the mail to be written.")]
Asks = Annotated[
    list[str] | None,
    typer.Option("--asks", metavar="FIELD", help="A field that the mail asks for; again, or with commas, for several."),
]


def command(  # noqa: PLR0917 - typer's signature
    address: Address,
    template: Template = "",
    mail_class: Class = MailClass.SERVICE,
    asks: Asks = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Say what is known of one address's person before a mail is written, and what would become of the mail."""
    mailbox = _mailbox(address)
    with open_ledger(config) as (loaded, database), database.read() as connection:
        policy = loaded.policy
        is_survey = rule_for(policy.templates, template).is_survey
        intent = Intent(template=template, mail_class=mail_class, asks=read_names(",".join(asks or ())), is_survey=is_survey)
        directory = Directory(loaded.relay.identity)
        whose = directory.resolve_mailboxes(connection, [mailbox], limits=policy.limits)[0]
        found = context(connection, whose, intent, limits=policy.limits, now=system_clock())
    if as_json:
        print_json(found.as_document())
    else:
        for line in _lines(mailbox, found, template=template):
            say(line)


def _mailbox(address: str) -> Mailbox:
    try:
        return parse_mailbox(address.strip())
    except AddressError:
        raise UsageError(f"{address!r} is no mailbox; write NAME@DOMAIN") from None


def _lines(mailbox: Mailbox, found: Context, *, template: str) -> Iterator[str]:
    """Return the context as a person reads it."""
    yield f"{mailbox.wire}: {_whose(found)}"
    yield f"reply-aware: {'yes' if found.reply_aware else 'no'}, {_replies(found)}"
    yield _sent(found, template)
    if found.known_fields:
        yield f"on file: {', '.join(found.known_fields)}"
    yield f"would: {found.would}"
    yield from (f"  {one['code']}: {one['text']}" for one in found.as_document()["findings"])
    yield f"context: {found.context_id}"


def _whose(found: Context) -> str:
    if not found.known_customer:
        return "nobody that is known for certain; what follows is of this mailbox alone"
    return f"{found.person}, p {found.probability:.3f}"


def _replies(found: Context) -> str:
    if found.reply_state is Standing.NONE:
        return "has not answered"
    language = f", in {found.last_reply_language}" if found.last_reply_language else ""
    owed = f"{found.open_replies} not resolved, " if found.open_replies else ""
    return f"{found.reply_state}; {owed}the last reply {when(found.last_reply_at)}{language}"


def _sent(found: Context, template: str) -> str:
    number = counted(found.sent_count, "mail") + (" or more" if found.sent_count >= MOST_COUNTED else "")
    last = f", the last {when(found.last_sent_at)}" if found.last_sent_at else ""
    if not template:
        return f"sent: {number}{last}"
    same = f"last {when(found.last_same_template_at)}" if found.last_same_template_at else "not lately"
    return f"sent: {number}{last}; {template}: {same}"
