"""`mailguard review learn` and `adopt`: what clerks' answers would change in the model, and changing it."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from mailguard.cli.ledger import open_ledger
from mailguard.cli.options import AsJson, ConfigFile
from mailguard.cli.output import counted, note, print_json, print_table, say
from mailguard.cli.review.deciding import thresholds_of
from mailguard.errors import UsageError
from mailguard.identity.clerical import question_id
from mailguard.relay.clock import system_clock
from mailguard.store.parameters import proposed

if TYPE_CHECKING:
    from mailguard.linkage.teaching import Proposal

_SHOWN = 10
"""Levels and pairs that a person is shown; a program gets all."""

Version = Annotated[int | None, typer.Option("--version", metavar="N", help="Only if this is what is proposed.")]


def learn(config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Learn the model's numbers anew with the clerks' answers, and say what they would change. Nothing is changed."""
    with open_ledger(config) as (loaded, database):
        from mailguard.linkage.teaching import propose  # noqa: PLC0415 - it loads pandas, which the screen needs not

        proposal = propose(database, thresholds=thresholds_of(loaded), clock=system_clock, listener=_Notes())
    if as_json:
        print_json(asdict(proposal) | {"doubtful": [question_id(pair) for pair in proposal.doubtful]})
    else:
        _print(proposal)


def adopt(version: Version = None, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Use the numbers that `review learn` has proposed, and link all records anew. Exit status 1 if nothing is proposed."""
    begin = time.monotonic()
    with open_ledger(config) as (loaded, database):
        with database.read() as connection:
            found = proposed(connection)
        if found is None:
            note("nothing is proposed; see: mailguard review learn")
            raise typer.Exit(1)
        if version not in {None, found.version}:
            raise UsageError(f"version {version} is not what is proposed, {found.version} is; see: mailguard review learn")
        from mailguard.cli.link_report import link_document, print_linking  # noqa: PLC0415 - it loads what draws charts
        from mailguard.linkage import teaching  # noqa: PLC0415 - it loads pandas, which the screen needs not

        linking = teaching.adopt(
            database, found.version, thresholds=thresholds_of(loaded), clock=system_clock, listener=_Notes()
        )
    seconds = time.monotonic() - begin
    if as_json:
        print_json(link_document(linking, (), seconds=seconds))
    else:
        print_linking(linking, (), seconds=seconds, shown=0)


class _Notes:
    """Says on standard error what is being done."""

    def stage(self, text: str) -> None:
        note(text)

    def part(self, done: float) -> None:
        """Say nothing: a line for each part would be many."""


def _print(proposal: Proposal) -> None:
    agreement, changes = proposal.agreement, proposal.changes
    say(f"version {proposal.version}, learnt with {proposal.same} answers same and {proposal.different} different")
    opinion = f"; a regression on the answers alone {agreement.opinion}" if agreement.opinion is not None else ""
    answers = counted(agreement.answers, "answer")
    say(f"of {answers} the model agrees with {agreement.before} now, with {agreement.after} then{opinion}")
    say("")
    moved = [(one.field, one.level, f"{one.before:+.1f}", f"{one.after:+.1f}") for one in proposal.moved[:_SHOWN]]
    print_table(("field", "level", "bits now", "bits then"), moved)
    say("")
    say(
        f"{changes.links_added} links would be added, {changes.links_removed} removed; "
        f"{changes.persons_merged} persons would be joined to others, {changes.persons_split} split off; "
        f"{proposal.possible_added} pairs would be kept that are not, {proposal.possible_removed} no longer be"
    )
    if proposal.doubtful:
        doubtful = ", ".join(question_id(pair) for pair in proposal.doubtful[:_SHOWN])
        say(f"look again at answers that all the others speak against: {doubtful}")
    say(f"nothing was changed; to use it: mailguard review adopt --version {proposal.version}")
