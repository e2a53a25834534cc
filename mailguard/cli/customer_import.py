"""`mailguard customers import`: a file or a table of another database into records, and those to the persons they belong to."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mailguard.cli.import_report import Report, import_document, print_example, print_tally, reporting, tell_mapping
from mailguard.cli.ledger import open_ledger
from mailguard.cli.options import AsJson, ConfigFile
from mailguard.cli.output import counted, note, print_json, say
from mailguard.config import Config, load_config
from mailguard.errors import UsageError
from mailguard.identity.resolve import Thresholds
from mailguard.linkage.importing import first_record, import_rows, keep_in, source_name, would_keep_in
from mailguard.linkage.preparing import Recipe
from mailguard.relay.clock import system_clock
from mailguard.sources.csv_source import CsvSource
from mailguard.sources.mapping import map_columns
from mailguard.sources.sql_source import SqlSource
from mailguard.store.database import Database
from mailguard.store.engine import engines_for

if TYPE_CHECKING:
    from mailguard.linkage.incremental import LinkedNew

File = Annotated[Path | None, typer.Argument(metavar="[FILE.csv]", help="A file whose first line names its columns.")]
SourceName = Annotated[str, typer.Option("--source", metavar="NAME", help="The system that the records are from, such as crm.")]
Map = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="FIELD=COLUMN", help="Which column a field is; COLUMN+COLUMN joins, FIELD= leaves it empty."),
]
Ignored = Annotated[list[str] | None, typer.Option("--ignore", metavar="COLUMN", help="Do not keep this column.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Read all and say what would be done; write nothing.")]
Encoding = Annotated[str, typer.Option("--encoding", metavar="NAME", help="The file's encoding, if it is not found out.")]
Delimiter = Annotated[str, typer.Option("--delimiter", metavar="D", help="What separates values: , ; | or tab.")]
BadRows = Annotated[Path | None, typer.Option("--bad-rows", metavar="FILE", help="Write the rows left out here, with reasons.")]
FromSql = Annotated[str, typer.Option("--from-sql", metavar="URL", help="Read from this database, and no file.")]
TableName = Annotated[str, typer.Option("--table", metavar="NAME", help="With --from-sql: all of this table.")]
Query = Annotated[str, typer.Option("--query", metavar="SELECT", help="With --from-sql: what this query gives.")]


def import_customers(
    *,
    file: File = None,
    source: SourceName,
    mapped: Map = None,
    ignored: Ignored = None,
    dry_run: DryRun = False,
    encoding: Encoding = "",
    delimiter: Delimiter = "",
    bad_rows: BadRows = None,
    from_sql: FromSql = "",
    table: TableName = "",
    query: Query = "",
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Take records in: new ones are added, known ones brought up to date. Exit status 1 if no row could be kept."""
    name = source_name(source)
    rows = _source(file, encoding=encoding, delimiter=delimiter, from_sql=from_sql, table=table, query=query)
    mapping = map_columns(rows.columns, said=mapped or (), ignored=ignored or ())
    tell_mapping(rows, mapping)
    begin = time.monotonic()
    with _opened(config, create=not dry_run) as (loaded, database):
        recipe = Recipe(mapping, name, loaded.settings.identity.region)
        keep = would_keep_in(database) if dry_run or database is None else keep_in(database, clock=system_clock)
        with reporting(bad_rows, keeps_all=as_json, expected=rows.expected) as report, _interruptible(report, dry_run=dry_run):
            tally = import_rows(rows, recipe, keep, listener=report)
        linked = None if dry_run or database is None else _link(loaded, database)
    report.tell()
    seconds = time.monotonic() - begin
    if as_json:
        print_json(import_document(name, tally, mapping, report) | _linked(linked) | {"seconds": seconds, "dry_run": dry_run})
    else:
        if dry_run and (example := first_record(rows, recipe)):
            print_example(mapping, example)
        print_tally(tally, dry_run=dry_run)
        if linked:
            say(f"{counted(linked.links, 'link')}, {linked.possible} possible, {counted(linked.persons, 'person')} in all")
    if not tally.kept:
        raise typer.Exit(1)


@contextmanager
def _opened(config: Path | None, *, create: bool) -> Iterator[tuple[Config, Database | None]]:
    """Give the configuration and its database; None where there is none and none is to be made."""
    loaded = load_config(config)
    file = engines_for(loaded.database_url).file
    if not create and file is not None and not file.exists():
        yield loaded, None
        return
    with open_ledger(config) as opened:
        yield opened


def _source(
    file: Path | None, *, encoding: str, delimiter: str, from_sql: str, table: str, query: str
) -> CsvSource | SqlSource:
    if bool(file) == bool(from_sql) or (file and (table or query)):
        raise UsageError("say where the records are: FILE.csv, or --from-sql URL with --table or --query")
    if file:
        return CsvSource.open(file, encoding=encoding, delimiter=delimiter)
    return SqlSource.open(from_sql, table_name=table, query=query)


def _link(loaded: Config, database: Database) -> LinkedNew:
    """Compare what is new or changed with all the others, and form the persons anew."""
    from mailguard.linkage.incremental import link_new  # noqa: PLC0415 - it loads pandas, which nothing before this needs

    identity = loaded.settings.identity
    note("linking")
    return link_new(database, thresholds=Thresholds(identity.match, identity.possible), clock=system_clock)


def _linked(linked: LinkedNew | None) -> dict[str, int]:
    return {"links": linked.links, "possible": linked.possible, "persons": linked.persons} if linked else {}


@contextmanager
def _interruptible(report: Report, *, dry_run: bool) -> Iterator[None]:
    """Say what is kept when Ctrl-C ends the import."""
    try:
        yield
    except KeyboardInterrupt:
        if not dry_run:
            kept = f"the first {report.rows} rows are kept" if report.rows else "nothing is kept yet"
            note(f"stopped: {kept}; run it again for the others")
        raise
