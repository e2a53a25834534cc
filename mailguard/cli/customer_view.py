"""`mailguard customers show`: one person, for a clerk. And `export`: all that is held, for the person who asks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Final

import typer

from mailguard.cli.customer_document import PersonDocument, RecordDocument, export_document, person_document
from mailguard.cli.customer_name import named
from mailguard.cli.ledger import open_ledger
from mailguard.cli.options import AsJson, ConfigFile
from mailguard.cli.output import counted, print_json, print_table, say, when
from mailguard.cli.review.waterfall import probability
from mailguard.relay.clock import system_clock

BESIDE: Final = 4
"""Records that stand beside each other; more follow below."""

Name = Annotated[str, typer.Argument(metavar="PERSON", help="A person (P17), a record (crm:4711) or a mailbox.")]


def show(name: Name, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Show a person: its records side by side, what holds them together, its mailboxes, and what mail hangs on it."""
    with open_ledger(config) as (_, database), database.read() as connection:
        document = person_document(connection, named(connection, name).person)
    if as_json:
        print_json(document)
    else:
        print_person(document)


def export(name: Name, config: ConfigFile = None, as_json: AsJson = False) -> None:  # noqa: ARG001 - it is always JSON
    """Print all that is held about a person as JSON, and nothing of anybody else: for the person who asks."""
    with open_ledger(config) as (_, database), database.read() as connection:
        print_json(export_document(connection, named(connection, name).person, now=system_clock()))


def print_person(document: PersonDocument) -> None:
    """Print a person as a clerk reads it."""
    say(f"{document.person}: {counted(len(document.records), 'record')}")
    for first in range(0, len(document.records), BESIDE):
        _print_records(document.records[first : first + BESIDE])
    _print_pairs(document)
    say("")
    for box in document.mailboxes:
        say(f"{box.mailbox}, shared with {', '.join(box.shared_with)}" if box.shared_with else box.mailbox)
    for line in _mail(document):
        say(line)


def _print_records(records: Sequence[RecordDocument]) -> None:
    names = dict.fromkeys(name for record in records for name in record.fields)
    say("")
    rows = [(name, *(record.fields.get(name, "") for record in records)) for name in names]
    print_table(("field", *(record.record for record in records)), rows)


def _print_pairs(document: PersonDocument) -> None:
    if document.links:
        say("")
        rows = [
            (
                *link.records,
                probability(link.probability),
                f"{link.match_weight:+.1f}",
                link.origin,
                when(link.at),
                link.other or "",
            )
            for link in document.links
        ]
        print_table(("link", "", "probability", "bits", "origin", "when", "other person"), rows)
    if document.verdicts:
        say("")
        said = [(*one.records, one.answer, one.actor, when(one.at), one.reason) for one in document.verdicts]
        print_table(("verdict", "", "said", "by", "when", "why"), said)


def _mail(document: PersonDocument) -> Iterator[str]:
    mail = document.mail
    last = f", the last {when(mail.last_at)}: {mail.last_subject}" if mail.last_at else ""
    yield f"{counted(mail.count, 'mail')}{last}"
    for held in mail.held:
        yield f"held: {held.id} {held.finding or ''} {held.subject}"
    for one in document.suppressed:
        yield f"not written to: {one.person}, {one.suppression} since {when(one.at)}"
