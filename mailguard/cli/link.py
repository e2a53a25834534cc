"""`mailguard link`: all records compared with one another, and what that makes of links and persons."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from mailguard.cli.ledger import open_ledger
from mailguard.cli.link_report import link_document, print_linking, write_wrong, wrong_pairs
from mailguard.cli.options import AsJson, ConfigFile
from mailguard.cli.output import note, print_json
from mailguard.identity.resolve import Thresholds
from mailguard.linkage.engine_name import Engine
from mailguard.relay.clock import system_clock

if TYPE_CHECKING:
    from mailguard.linkage.listener import Listener

SHOWN: Final = 5
"""Wrong pairs of each kind that a person is shown; a file gets all."""

EngineName = Annotated[Engine, typer.Option("--engine", help="What compares: this process, or Splink on DuckDB or Spark.")]
TruthFile = Annotated[
    Path | None,
    typer.Option("--evaluate", metavar="TRUTH.csv", help="Measure against this: columns source, source_key, cluster."),
]
Threshold = Annotated[
    float, typer.Option("--threshold", min=0.001, max=0.999, help="With --evaluate: the probability from which two are one.")
]
WrongFile = Annotated[
    Path | None, typer.Option("--wrong", metavar="FILE.csv", help="With --evaluate: all wrong pairs go here.")
]
Apply = Annotated[bool, typer.Option("--apply", help="Change links and persons, also where they were linked before.")]
Learn = Annotated[bool, typer.Option("--learn", help="Learn the model's numbers anew from these records.")]


def command(
    *,
    engine: EngineName = Engine.RECORDLINKAGE,
    evaluate: TruthFile = None,
    threshold: Threshold = 0.5,
    wrong: WrongFile = None,
    apply: Apply = False,
    learn: Learn = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Link all records: applied at once the first time, later only said unless --apply. Exit status 1 without records."""
    if wrong is not None and evaluate is None:
        raise typer.BadParameter("it needs --evaluate TRUTH.csv", param_hint="--wrong")
    if learn and not engine.learns:
        raise typer.BadParameter(f"{engine} learns nothing; learn with another engine first", param_hint="--learn")
    begin = time.monotonic()
    with open_ledger(config) as (loaded, database), _listening() as listener:
        listener.stage("loading")
        from mailguard.linkage.link import Plan, link_all  # noqa: PLC0415 - it loads pandas, which --help needs not
        from mailguard.linkage.truth import read_truth  # noqa: PLC0415 - the same

        plan = Plan(
            engine=engine,
            learn=learn,
            apply=apply,
            truth=read_truth(evaluate) if evaluate else None,
            threshold=threshold,
            most_wrong=sys.maxsize if wrong else SHOWN,
        )
        identity = loaded.settings.identity
        thresholds = Thresholds(identity.match, identity.possible)
        linking = link_all(database, plan, thresholds=thresholds, clock=system_clock, listener=listener)
        with database.read() as connection:
            pairs = wrong_pairs(connection, linking.evaluation)
    seconds = time.monotonic() - begin
    if wrong is not None:
        write_wrong(wrong, pairs)
    if as_json:
        print_json(link_document(linking, pairs, seconds=seconds))
    else:
        print_linking(linking, pairs, seconds=seconds, shown=SHOWN)


@contextmanager
def _listening() -> Iterator[Listener]:
    """Give who says on standard error what is being done; on a terminal with a bar that is gone at the end."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.console import Console  # noqa: PLC0415 - a program does not pay for it
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415 - the same

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield _Bar(progress)


class _Lines:
    """Says what is being done in a line each."""

    def stage(self, text: str) -> None:
        note(text)

    def part(self, done: float) -> None:
        """Say nothing: whoever reads lines wants few."""


class _Bar:
    """Shows what is being done, and how much of it is done."""

    def __init__(self, progress: Any) -> None:
        self._progress = progress
        self._task = progress.add_task("", total=None)

    def stage(self, text: str) -> None:
        self._progress.reset(self._task, description=text, total=None)

    def part(self, done: float) -> None:
        self._progress.update(self._task, total=1.0, completed=done)
