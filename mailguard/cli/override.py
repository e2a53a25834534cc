"""`mailguard override`: tokens that let one mail out that would be held or rejected."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final

import typer
from sqlalchemy import Connection

from mailguard.cli.ledger import open_ledger
from mailguard.cli.options import AsJson, ConfigFile, Limit, actor, duration_option
from mailguard.cli.output import note, print_json, print_table, say, when
from mailguard.errors import AddressError, UsageError
from mailguard.mail.mailbox import parse_mailbox
from mailguard.relay.clock import system_clock
from mailguard.store.ledger import message_id_of
from mailguard.store.overrides import ListedOverride, NewOverride, make, overrides
from mailguard.store.overrides import revoke as revoke_overrides

command = typer.Typer(rich_markup_mode=None)

HOUR: Final = timedelta(hours=1)
LONGEST: Final = timedelta(days=30)
"""An exception that is to stand for longer is a rule: [[classify]] or [policy.actions.CLASS]."""

To = Annotated[str, typer.Option("--to", metavar="ADDRESS", help="The recipient that it is for.")]
Message = Annotated[
    str, typer.Option("--message", metavar="ID", help="The mail that it is for: an ID, or a Message-ID in angle brackets.")
]
Why = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is recorded, and must be given.")]
Expire = Annotated[
    timedelta,
    typer.Option("--expire", metavar="DURATION", parser=duration_option, show_default="1h", help="How long it is good for."),
]
IsOpen = Annotated[bool, typer.Option("--open", help="Only those that could still let a mail out.")]
Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of tokens, from: mailguard override list.")]


@command.command("create")
def create(
    *,
    to: To = "",
    message: Message = "",
    reason: Why = "",
    expire: Expire = HOUR,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Print a new token for the field Mailguard-Override of one mail: to a recipient, or with a Message-ID."""
    if bool(to) == bool(message):
        raise UsageError("say what the token is for: --to ADDRESS, or --message ID")
    if not reason.strip():
        raise UsageError("say why with --reason; it stands in the ledger with the mail")
    if not timedelta() < expire <= LONGEST:
        raise UsageError("--expire is at most 30d; write a rule ([[classify]]) for what is to pass for longer")
    now = system_clock()
    mailbox = _mailbox(to) if to else ""
    with open_ledger(config) as (_, database), database.write() as connection:
        named = _message_id(connection, message) if message else ""
        new = NewOverride(actor=actor(), reason=reason, expires_at=now + expire, mailbox=mailbox, message=named)
        token, id = make(connection, new, now=now)
    _print(token, id, new, as_json=as_json)


@command.command("list")
def list_overrides(*, is_open: IsOpen = False, limit: Limit = 50, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Show tokens, newest first: what each is for, who gave it and why, and what used it. Exit status 1 if there is none."""
    with open_ledger(config) as (_, database), database.read() as connection:
        found = overrides(connection, now=system_clock(), limit=limit, is_open=is_open)
    if as_json:
        print_json(found)
    elif found:
        print_table(("id", "state", "for", "given", "by", "why", "expires", "used"), [_row(one) for one in found])
    if not found:
        note("there are no tokens")
        raise typer.Exit(1)


@command.command("revoke")
def revoke(ids: Ids, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Have tokens let nothing out any more. Exit status 1 if one could not do so anyway."""
    with open_ledger(config) as (_, database), database.write() as connection:
        revoked = revoke_overrides(connection, ids, actor=actor(), now=system_clock())
    left = [id for id in ids if id not in revoked]
    if as_json:
        print_json({"revoked": revoked, "left": left})
    else:
        for id in revoked:
            say(f"{id}: revoked")
    for id in left:
        note(f"{id}: is no token, or one that was used or revoked before; see: mailguard override list")
    if left:
        raise typer.Exit(1)


def _mailbox(address: str) -> str:
    try:
        return parse_mailbox(address).canonical
    except AddressError:
        raise UsageError(f"{address!r} is not a mailbox; write --to NAME@DOMAIN") from None


def _message_id(connection: Connection, name: str) -> str:
    """Return the Message-ID of what `name` names: the mail that comes again has that, and another id in the ledger."""
    if name.startswith("<") and name.endswith(">"):
        return name[1:-1]
    found = message_id_of(connection, name)
    if found is None:
        raise UsageError(f"there is no mail {name}; write its ID, or its Message-ID in angle brackets")
    return found


def _print(token: str, id: str, new: NewOverride, *, as_json: bool) -> None:
    if as_json:
        document = {"token": token, "id": id, "expires_at": new.expires_at, "mailbox": new.mailbox, "message": new.message}
        print_json({name: value for name, value in document.items() if value})
        return
    say(f"Mailguard-Override: {token}")
    note(f"{id}, for {_purpose(new.mailbox, new.message)}, until {when(new.expires_at)}; it is not shown again")


def _row(one: ListedOverride) -> tuple[str, ...]:
    used = f"{when(one.used_at)} {one.used_by}".strip()
    return (
        one.id,
        one.state,
        _purpose(one.mailbox, one.message),
        when(one.at),
        one.actor,
        one.reason,
        when(one.expires_at),
        used,
    )


def _purpose(mailbox: str, message: str) -> str:
    return mailbox or f"<{message}>"
