"""`mailguard resume`: let mail go on that was paused."""

from __future__ import annotations

import typer

from mailguard.cli.ledger import open_ledger
from mailguard.cli.options import AsJson, ConfigFile
from mailguard.cli.output import counted, note, print_json, say
from mailguard.cli.pause import BrandOption, ClassOption, ClientOption, meant, resume_command
from mailguard.relay.clock import system_clock
from mailguard.store import pauses
from mailguard.store.pauses import what


def command(
    *,
    client: ClientOption = "",
    mail_class: ClassOption = None,
    brand: BrandOption = "",
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """End a pause: of everything, or of a client, a class or a brand. Exit status 1 if there was no such pause."""
    scope, key = meant(client, mail_class, brand)
    with open_ledger(config) as (_, database), database.write() as connection:
        resumed = pauses.end(connection, scope, key, now=system_clock())
    if as_json:
        print_json(resumed)
    elif resumed.pause is not None:
        say(f"resumed {resumed.pause.what}; {counted(resumed.recipients, 'recipient')} had waited")
    for one in resumed.left:
        note(f"still paused: {one.what}; to end that: {resume_command(one)}")
    if resumed.pause is None:
        note(f"{what(scope, key)} is not paused")
        raise typer.Exit(1)
