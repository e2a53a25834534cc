"""A check as a person reads it in a terminal: message, audience in numbers, findings, verdict, and the token."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import typer

from mailguard.broadcast.document import AudienceDocument, CheckDocument, CheckFindingDocument
from mailguard.cli.output import counted, print_table, say, when

FIELD: Final = "Mailguard-Check"
MOST_EXAMPLES: Final = 3

_COUNTS: Final = (
    ("rows", "rows"),
    ("mailboxes", "different mailboxes"),
    ("persons", "persons"),
    ("invalid", "without a usable address"),
    ("duplicate", "the same person again"),
    ("possible_duplicate", "perhaps the same person again"),
    ("suppressed", "suppressed"),
    ("recently_sent", "got the same lately"),
    ("open_reply", "wait for an answer"),
    ("role", "roles, such as info@"),
)
_OTHERS: Final = {
    "unreadable": "rows that cannot be read",
    "typo": "likely mistyped",
    "over_cap": "over the frequency cap",
    "known_data": "asked for what is on file",
    "own": "own mailboxes",
    "test": "test mailboxes",
    "other_brand": "of another brand",
    "unknown": "not on record",
}


def print_check(document: CheckDocument, *, clean_file: Path | None) -> None:
    """Print it."""
    message = document.message
    say(f"{message.name}: {message.kind}, {message.mail_class}, template {message.template}")
    say(f"  subject: {message.subject or '(none)'}")
    if message.mails > 1:
        say(f"  rendered to {counted(message.mails, 'different mail')}")
    _print_findings("message", message.findings)
    say("")
    _print_audience(document.audience)
    _print_findings("audience", [one for one in document.findings if one not in message.findings])
    say("")
    _print_verdict(document)
    if document.token:
        _print_token(document, clean_file)


def _print_audience(audience: AudienceDocument) -> None:
    say(f"audience: {audience.source}")
    columns = ", ".join(f"{field}={column}" for field, column in audience.mapping.items())
    say(f"  columns: {columns}")
    counts: list[tuple[str, object]] = [
        (label, "–" if value is None else value)
        for name, label in _COUNTS
        if (value := getattr(audience, name)) or name in {"rows", "mailboxes", "persons"}
    ]
    counts += [(label, audience.others[name]) for name, label in _OTHERS.items() if audience.others.get(name)]
    say("")
    print_table(("audience", "number"), counts)


def _print_findings(what: str, findings: Sequence[CheckFindingDocument]) -> None:
    say("")
    if not findings:
        say(f"{what}: no findings")
        return
    print_table((what, "code", "what", "times", "such as"), [_row(one) for one in findings])


def _row(one: CheckFindingDocument) -> tuple[object, ...]:
    times = "–" if one.count is None else one.count
    return one.severity, one.code, one.text, times, "; ".join(one.examples[:MOST_EXAMPLES])


def _print_verdict(document: CheckDocument) -> None:
    errors = sum(one.severity == "error" for one in document.findings)
    found = f"{counted(errors, 'error')}, {counted(len(document.findings) - errors, 'warning')}"
    clean = f"{counted(document.clean_rows or 0, 'row')} may be sent to, {document.left_out_rows or 0} left out"
    say(f"{document.verdict}: {found}; {clean}")


def _print_token(document: CheckDocument, clean_file: Path | None) -> None:
    whom = f"the rows of {clean_file}" if clean_file else "these rows"
    say("")
    say(
        f"signed as broadcast {document.broadcast} until {when(document.expires_at)}; send each mail to {whom} with this field:"
    )
    typer.echo(f"{FIELD}: {document.token}")
    say(f"how far it is: mailguard broadcast show {document.broadcast}")
