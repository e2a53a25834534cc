"""`mailguard check`: a message and its audience, looked over before anything goes out, and signed for the relay."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

import typer

from mailguard.broadcast.report import report
from mailguard.broadcast.report_preview import preview_of
from mailguard.cli.check_progress import progress
from mailguard.cli.check_view import print_check
from mailguard.cli.ledger import open_ledger
from mailguard.cli.options import AsJson, ConfigFile, actor, duration_option
from mailguard.cli.output import note, print_json
from mailguard.cli.template_values import read_rows
from mailguard.errors import UsageError
from mailguard.mail.control import MailClass
from mailguard.relay.broadcast_check import run_check
from mailguard.relay.broadcast_request import VALID, BroadcastRequest, CheckResult, Signing, sending_client
from mailguard.sources.audience_columns import find_columns
from mailguard.sources.audience_source import open_audience

MOST_OCTETS: Final = 67_108_864
"""Octets of a message."""

LONGEST: Final = timedelta(days=31)
"""How long a token may hold."""

Messages = Annotated[
    list[str],
    typer.Argument(
        metavar="MESSAGE...", help="An .eml, a template (its text and its HTML are one), an HTML file, or - for stdin."
    ),
]
To = Annotated[str, typer.Option("--to", metavar="AUDIENCE", help="Who is to get it: CSV, JSON lines, or a database's URL.")]
FromSql = Annotated[str, typer.Option("--from-sql", metavar="URL", help="The audience is in this database, and no file.")]
TableName = Annotated[str, typer.Option("--table", metavar="NAME", help="With a database: all of this table.")]
Query = Annotated[str, typer.Option("--query", metavar="SELECT", help="With a database: what this query gives.")]
Map = Annotated[
    list[str] | None, typer.Option("--map", metavar="FIELD=COLUMN", help="Which column of the audience a field is.")
]
KeySource = Annotated[
    str, typer.Option("--source", metavar="NAME", help="Whose keys the key column has, as at customers import.")
]
Encoding = Annotated[str, typer.Option("--encoding", metavar="NAME", help="The audience's encoding, if it is not found out.")]
Delimiter = Annotated[str, typer.Option("--delimiter", metavar="D", help="What separates its values: , ; | or tab.")]
Values = Annotated[
    Path | None, typer.Option("--data", metavar="FILE", help="What a template is rendered with beside its rows.")
]
Class = Annotated[MailClass | None, typer.Option("--class", help="The mail's class, whatever else says it; else bulk.")]
TemplateName = Annotated[str, typer.Option("--template", metavar="NAME", help="The template's name, whatever else says it.")]
ClientName = Annotated[str, typer.Option("--client", metavar="NAME", help="The [[client]] that will send it.")]
Html = Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write a report that anybody can open.")]
Clean = Annotated[
    Path | None, typer.Option("--clean", metavar="FILE", help="Write the rows that may be sent to, one a person.")
]
LeftOut = Annotated[
    Path | None, typer.Option("--left-out", metavar="FILE", help="Write the other rows, with reasons; else beside --clean.")
]
Sign = Annotated[
    bool, typer.Option("--sign", help="If it passes, sign it: the relay lets just this mail to just these through.")
]
Valid = Annotated[
    timedelta,
    typer.Option("--valid", metavar="TIME", parser=duration_option, help="How long the token holds, such as 24h."),
]


def command(
    *,
    messages: Messages,
    to: To = "",
    from_sql: FromSql = "",
    table: TableName = "",
    query: Query = "",
    mapped: Map = None,
    key_source: KeySource = "",
    encoding: Encoding = "",
    delimiter: Delimiter = "",
    data: Values = None,
    mail_class: Class = None,
    template: TemplateName = "",
    client: ClientName = "",
    html: Html = None,
    clean: Clean = None,
    left_out: LeftOut = None,
    sign: Sign = False,
    valid: Valid = VALID,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Say whether a message may go out to an audience, and what to mend. Exit status 1 when it must not go out."""
    if bool(to) == bool(from_sql):
        raise UsageError("say who is to get it: --to FILE, or --from-sql URL with --table or --query")
    left_out = left_out or (clean.with_name(f"{clean.stem}.left-out{clean.suffix}") if clean else None)
    _check_places(inputs=[*messages, to], outputs=[html, clean, left_out])
    if not timedelta() < valid <= LONGEST:
        raise UsageError(f"--valid takes a time of up to {LONGEST.days} days, such as 24h")
    files = [(Path(name).name if name != "-" else "stdin", _read(name)) for name in messages]
    source = open_audience(from_sql or to, table=table, query=query, encoding=encoding, delimiter=delimiter)
    columns = find_columns(source, said=mapped or ())
    with open_ledger(config) as (loaded, database):
        request = BroadcastRequest(
            files=files,
            source=source,
            source_name=Path(to).name if "://" not in to and to else str(source),
            columns=columns,
            key_source=key_source,
            values=read_rows(data) if data else (),
            client=sending_client(loaded.listen.clients, client),
            mail_class=mail_class,
            template=template,
            is_clean=clean is not None,
            clean_file=clean,
            left_out_file=left_out,
            signing=Signing(actor(), valid) if sign else None,
        )
        with _interruptible(), progress() as listener:
            result = run_check(request, database, loaded.relay, listener=listener)
    _show(result, html=html, as_json=as_json, files=(clean, left_out))


def _show(result: CheckResult, *, html: Path | None, as_json: bool, files: tuple[Path | None, Path | None]) -> None:
    document = result.document
    if as_json:
        print_json(document.model_dump(mode="json", by_alias=True))
    else:
        print_check(document, clean_file=files[0])
    for what, file in zip(("may be sent to", "are left out"), files, strict=True):
        if file is not None:
            note(f"the rows that {what} are in {file}")
    if html is not None:  # a token that was given is shown by now, whatever becomes of the report
        _write(html, report(document, preview_of(result.mail)))
        note(f"the report is in {html}")
    if result.is_refused:
        note("not signed: it fails; mend the errors and check it again")
    if document.verdict == "fail":
        raise typer.Exit(1)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Say what is left when Ctrl-C ends the check."""
    try:
        yield
    except KeyboardInterrupt:
        note("stopped: no file was written, and nothing is signed")
        raise


def _read(name: str) -> bytes:
    """Return the octets of a message."""
    try:
        if name == "-":
            octets = sys.stdin.buffer.read(MOST_OCTETS + 1)
        else:
            with Path(name).open("rb") as file:
                octets = file.read(MOST_OCTETS + 1)
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}") from error
    if len(octets) > MOST_OCTETS:
        raise UsageError(f"{name} is larger than {MOST_OCTETS} octets; no mail is")
    return octets


def _check_places(*, inputs: Sequence[str], outputs: Sequence[Path | None]) -> None:
    """Raise UsageError where something could not be written at the end, or would take the place of what is read."""
    taken = {Path(name).resolve() for name in inputs if name and name != "-" and "://" not in name}
    for place in outputs:
        if place is None:
            continue
        if place.is_dir() or not place.parent.is_dir():
            raise UsageError(f"{place} cannot be written: {'it is a folder' if place.is_dir() else 'there is no such folder'}")
        if place.resolve() in taken:
            raise UsageError(f"{place} is named twice; give each file a name of its own")
        taken.add(place.resolve())


def _write(place: Path, text: str) -> None:
    """Write a file beside its place, and put it there when it is whole."""
    part = place.with_name(f".{place.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        part.replace(place)
    except OSError as error:
        raise UsageError(f"{place} cannot be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)
