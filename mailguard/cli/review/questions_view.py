"""`mailguard review list` and `show`: the questions, for programs and for a look from the shell."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import Annotated, Any, Final

import typer
from sqlalchemy import Connection

from mailguard.cli.ledger import open_ledger
from mailguard.cli.options import AsJson, ConfigFile, Limit
from mailguard.cli.output import note, print_json, print_table, say
from mailguard.cli.review.case import Case, Said, Side, name_of, reference_of
from mailguard.cli.review.casebook import Casebook, Entry
from mailguard.cli.review.layout import pair_lines, plain
from mailguard.cli.review.waterfall import probability, waterfall_lines
from mailguard.errors import UsageError
from mailguard.identity.clerical import Pair, ordered, parse_question_id
from mailguard.identity.comparison import Comparison
from mailguard.identity.person import person_id
from mailguard.store import questions
from mailguard.store.agenda import QuestionState
from mailguard.store.person_mail import PersonMail

_WIDEST: Final = 160

Name = Annotated[str, typer.Argument(metavar="ID", help="The question: the numbers of its two records, such as 12-40.")]
StateOption = Annotated[
    QuestionState,
    typer.Option("--state", metavar="STATE", help="open, unsure, second (asked of another clerk), answered, closed."),
]
Score = Annotated[bool, typer.Option("--score", help="Show the score before the question is answered, too.")]


@dataclass(frozen=True, slots=True)
class QuestionDocument:
    """A question as the contract names things. `persons`: whose the records are now. `held`: mails that wait, of both."""

    id: str
    records: tuple[str, str]
    persons: tuple[str, str]
    probability: float
    match_weight: float
    comparisons: tuple[Comparison, ...]
    held: int
    is_bridge: bool


@dataclass(frozen=True, slots=True)
class SideDocument:
    """One record of a question, with what hangs on its person."""

    record: str
    person: str
    fields: dict[str, Any]
    others: tuple[str, ...]
    mail: PersonMail


@dataclass(frozen=True, slots=True)
class CaseDocument:
    """One question in full."""

    id: str
    state: str
    sides: tuple[SideDocument, SideDocument]
    probability: float
    match_weight: float
    prior: float
    comparisons: tuple[Comparison, ...]
    said: tuple[Said, ...]


def question_named(text: str) -> Pair:
    """The records that a question's name means. Raises UsageError."""
    try:
        return parse_question_id(text)
    except ValueError as error:
        raise UsageError(str(error)) from error


def list_questions(
    *, state: StateOption = QuestionState.OPEN, limit: Limit = 50, config: ConfigFile = None, as_json: AsJson = False
) -> None:
    """Show the questions that wait, those most worth asking first. Exit status 1 if none does."""
    with open_ledger(config) as (_, database), database.read() as connection:
        found = ordered(questions.questions(connection, state=state, limit=limit + 1))
        entries = Casebook().entries(connection, found[:limit])
    if as_json:
        print_json([_document(entry) for entry in entries])
    elif entries:
        print_table(("id", "record", "name", "record", "name", "probability", "held"), [_row(entry) for entry in entries])
    if len(found) > limit:
        note(f"only {limit} are shown; see more with --limit")
    if not entries:
        note("no question waits" if state is QuestionState.OPEN else f"no question is {state}")
        raise typer.Exit(1)


def show(name: Name, score: Score = False, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Show one question: both records, whose they are, what mail hangs on them. Exit status 1 if there is no such question."""
    with open_ledger(config) as (_, database), database.read() as connection:
        found = read_case(connection, question_named(name))
    if found is None:
        note(f"there is no question {name}; see: mailguard review list")
        raise typer.Exit(1)
    case, state = found
    if as_json:
        print_json(_case_document(case, state))
    else:
        _print(case, is_open=state is QuestionState.OPEN and not score)


def read_case(connection: Connection, pair: Pair) -> tuple[Case, QuestionState] | None:
    """The question about two records with all there is to know, and its state; None where there is none."""
    about = questions.question_about(connection, pair)
    case = Casebook().case(connection, about[0]) if about is not None else None
    return (case, about[1]) if about is not None and case is not None else None


def _document(entry: Entry) -> QuestionDocument:
    sides = entry.left, entry.right
    return QuestionDocument(
        id=entry.question.id,
        records=(reference_of(entry.left.record), reference_of(entry.right.record)),
        persons=(person_id(sides[0].person), person_id(sides[1].person)),
        probability=entry.question.probability,
        match_weight=entry.question.match_weight,
        comparisons=entry.explanation.comparisons,
        held=entry.question.held,
        is_bridge=entry.question.is_bridge,
    )


def _case_document(case: Case, state: QuestionState) -> CaseDocument:
    explanation = case.explanation
    return CaseDocument(
        id=case.question.id,
        state=state,
        sides=(_side_document(case.left), _side_document(case.right)),
        probability=explanation.probability,
        match_weight=explanation.match_weight,
        prior=explanation.prior,
        comparisons=explanation.comparisons,
        said=case.said,
    )


def _side_document(side: Side) -> SideDocument:
    names = (name for name in type(side.record).__dataclass_fields__ if name not in {"source", "source_key"})
    fields = {name: value for name in names if (value := getattr(side.record, name))}
    if side.record.extra:
        fields["extra"] = dict(side.record.extra)
    others = tuple(reference_of(one) for one in side.others)
    return SideDocument(reference_of(side.record), side.person, fields, others, side.mail)


def _row(entry: Entry) -> tuple[object, ...]:
    one, other = entry.left.record, entry.right.record
    return (
        entry.question.id,
        reference_of(one),
        name_of(one),
        reference_of(other),
        name_of(other),
        probability(entry.question.probability),
        entry.question.held,
    )


def _print(case: Case, *, is_open: bool) -> None:
    """Print the pair; the score only where nobody is to judge any more, or somebody wants to know."""
    width = min(shutil.get_terminal_size((_WIDEST, 24)).columns, _WIDEST)
    for line in pair_lines(case, width):
        typer.echo(plain(line))
    say("")
    if is_open:
        say("the score is hidden until the question is answered; see it with --score")
        return
    for line in waterfall_lines(case.explanation, width):
        typer.echo(plain(line))
