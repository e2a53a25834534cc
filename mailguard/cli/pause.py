"""`mailguard pause`: have mail wait until it is resumed, and see what waits so."""

from __future__ import annotations

from typing import Annotated

import typer

from mailguard.cli.ledger import open_ledger
from mailguard.cli.options import AsJson, ConfigFile, Reason, actor
from mailguard.cli.output import counted, note, print_json, print_table, say, when
from mailguard.config import Config
from mailguard.errors import UsageError
from mailguard.mail.control import MailClass
from mailguard.relay.clock import system_clock
from mailguard.store import pauses
from mailguard.store.own_mail import OWN_CLIENT
from mailguard.store.pauses import Pause, Paused, Scope

ClientOption = Annotated[str, typer.Option("--client", metavar="NAME", help="Only this client's mail.")]
ClassOption = Annotated[MailClass | None, typer.Option("--class", help="Only mail of this class.")]
BrandOption = Annotated[str, typer.Option("--brand", metavar="B", help="Only this brand's mail.")]
AsList = Annotated[bool, typer.Option("--list", help="Show what is paused, and change nothing.")]


def command(
    *,
    client: ClientOption = "",
    mail_class: ClassOption = None,
    brand: BrandOption = "",
    reason: Reason = "",
    as_list: AsList = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Let nothing leave from now on, critical mail neither; or nothing of a client, a class or a brand. Mail is still taken."""
    scope, key = meant(client, mail_class, brand)
    if as_list:
        _list(config, as_json=as_json)
        return
    with open_ledger(config) as (loaded, database), database.write() as connection:
        paused = pauses.begin(connection, Pause(scope, key, system_clock(), actor(), reason))
        if paused.was_new and not paused.recipients:
            _require_known(loaded, scope, key)
    if as_json:
        print_json(paused)
    else:
        _say(paused)


def meant(client: str, mail_class: MailClass | None, brand: str) -> tuple[Scope, str]:
    """Return what the options name: everything where they name nothing. Raises UsageError where they name two things."""
    named = [
        (scope, key)
        for scope, key in ((Scope.CLIENT, client), (Scope.CLASS, mail_class.value if mail_class else ""), (Scope.BRAND, brand))
        if key
    ]
    if len(named) > 1:
        raise UsageError("name one of --client, --class and --brand; pause each by itself where you mean several")
    return named[0] if named else (Scope.ALL, "")


def resume_command(pause: Pause) -> str:
    """Return how a pause is ended."""
    return "mailguard resume" + ("" if pause.scope is Scope.ALL else f" --{pause.scope} {pause.key}")


def _require_known(config: Config, scope: Scope, key: str) -> None:
    """Raise UsageError for a client or brand that there is not: on a bad day a slip of the pen would pause nothing."""
    if scope is Scope.CLIENT:
        known = {OWN_CLIENT, *(client.name for client in config.listen.clients)}
    elif scope is Scope.BRAND:
        known = {client.brand for client in config.listen.clients if client.brand}
    else:
        return
    if key not in known:
        there = ", ".join(sorted(known)) or "none"
        raise UsageError(f"there is no {scope} {key!r}, so nothing was paused; there are: {there}")


def _list(config: ConfigFile, *, as_json: bool) -> None:
    with open_ledger(config) as (_, database), database.read() as connection:
        found, recipients = pauses.listed(connection), pauses.waiting_for_resume(connection)
    if as_json:
        print_json({"pauses": found, "recipients": recipients})
    elif found:
        print_table(("paused", "since", "by", "reason"), [(one.what, when(one.at), one.actor, one.reason) for one in found])
        say(f"{counted(recipients, 'recipient')} wait")
    if not found:
        note("nothing is paused")
        raise typer.Exit(1)


def _say(paused: Paused) -> None:
    pause = paused.pause
    if not paused.was_new:
        say(f"{pause.what} was paused already, on {when(pause.at)} by {pause.actor}{_because(pause)}")
    else:
        say(f"paused {pause.what}: mail is taken and waits; {counted(paused.recipients, 'recipient')} in the queue wait now")
    if pause.scope is Scope.ALL or pause.key == MailClass.CRITICAL:
        say("critical mail waits too: one-time codes, password resets, receipts")
    say("deliveries under way are finished, what a worker has not begun it gives up within seconds")
    say(f"to go on: {resume_command(pause)}")


def _because(pause: Pause) -> str:
    return f" ({pause.reason})" if pause.reason else ""
