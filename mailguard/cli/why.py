"""`mailguard why`: one decision in full."""

from __future__ import annotations

from typing import Annotated

import typer

from mailguard.cli.comparison import near_repeat_similarity
from mailguard.cli.explanation import explain
from mailguard.cli.ledger import open_ledger
from mailguard.cli.options import AsJson, ConfigFile
from mailguard.cli.output import note, print_json
from mailguard.store import ledger

Name = Annotated[str, typer.Argument(metavar="ID", help="The ID of an answer, or a Message-ID in angle brackets.")]


def command(name: Name, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Explain one decision: every finding with what it rests on, every recipient with what became of it."""
    with open_ledger(config) as (_, database), database.read() as connection:
        document = ledger.why(connection, name)
        similarity = near_repeat_similarity(connection, document) if document and not as_json else None
    if document is None:
        note(f"there is no mail {name}; see: mailguard log")
        raise typer.Exit(1)
    if as_json:
        print_json(document)
    else:
        explain(document, similarity)
