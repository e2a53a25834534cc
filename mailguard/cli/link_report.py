"""What `mailguard link` says: what was found, what it would change, how right it is, and which pairs it got wrong."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import plotext
import typer
from sqlalchemy import Connection

from mailguard.cli.output import counted, print_table, say
from mailguard.errors import UsageError
from mailguard.identity.model import probability_of
from mailguard.identity.person import person_id
from mailguard.identity.record import Record
from mailguard.store.candidates import reference_of
from mailguard.store.records import records

if TYPE_CHECKING:
    from mailguard.linkage.changes import Changes, Regrouping
    from mailguard.linkage.evaluation import AtThreshold, Evaluation
    from mailguard.linkage.link import Linking

_WIDEST: Final = 100
_HEIGHT: Final = 15
_MANY: Final = 6
"""Persons of one example that are named."""

_FIELDS: Final = (
    "full_name",
    "given_name",
    "surname",
    "date_of_birth",
    "email",
    "phone",
    "street_address",
    "postcode",
    "city",
)


@dataclass(frozen=True, slots=True)
class WrongPair:
    """Two records that were judged wrong. `kind`: "false link" or "missed". `probability` is None if they were not compared."""

    kind: str
    records: tuple[Record, Record]
    probability: float | None


def wrong_pairs(connection: Connection, evaluation: Evaluation | None) -> list[WrongPair]:
    """Return the pairs of records that an evaluation names, false links first."""
    if evaluation is None:
        return []
    wrong = [("false link", one) for one in evaluation.false_links] + [("missed", one) for one in evaluation.missed]
    found = records(connection, {record for _, one in wrong for record in (one.a, one.b)})
    return [
        WrongPair(
            kind,
            (found[one.a].record, found[one.b].record),
            None if one.weight is None else probability_of(one.weight),
        )
        for kind, one in wrong
        if one.a in found and one.b in found
    ]


def link_document(linking: Linking, wrong: Sequence[WrongPair], *, seconds: float) -> dict[str, Any]:
    """Return what a linkage came to as the contract names it."""
    evaluation = linking.evaluation
    return {
        "engine": linking.engine,
        "records": linking.records,
        "candidate_pairs": linking.candidate_pairs,
        "links": linking.links,
        "possible": linking.possible,
        "persons": linking.persons,
        "seconds": round(seconds, 3),
        "parameters": linking.version,
        "first": linking.is_first,
        "applied": linking.applied,
        "changes": _changes_document(linking.changes),
        "evaluation": None if evaluation is None else evaluation.document | {"wrong": [_wrong_document(one) for one in wrong]},
    }


def print_linking(linking: Linking, wrong: Sequence[WrongPair], *, seconds: float, shown: int) -> None:
    """Print what a linkage came to."""
    say(
        f"{counted(linking.records, 'record')}, {counted(linking.candidate_pairs, 'candidate pair')}: "
        f"{counted(linking.links, 'link')}, {linking.possible} possible, {counted(linking.persons, 'person')} "
        f"in {seconds:.1f} s ({linking.engine}, parameters {linking.version})"
    )
    if linking.evaluation is not None:
        _print_evaluation(linking.evaluation)
        _print_wrong(wrong, shown)
    say("")
    _print_changes(linking)


def write_wrong(file: Path, wrong: Sequence[WrongPair]) -> None:
    """Write all wrong pairs, a row each, the two records side by side. Raises UsageError where the file cannot be written."""
    names = [f"{side}_{name}" for name in ("record", *_FIELDS) for side in ("a", "b")]
    try:
        with file.open("w", encoding="utf-8", newline="") as opened:
            writer = csv.writer(opened)
            writer.writerow(("kind", "probability", *names))
            for one in wrong:
                sides = [(_reference(record), *(_value(record, name) for name in _FIELDS)) for record in one.records]
                values = [value for both in zip(*sides, strict=True) for value in both]
                writer.writerow((one.kind, "" if one.probability is None else f"{one.probability:.6f}", *values))
    except OSError as error:
        raise UsageError(f"cannot write {file}: {error.strerror}") from error


def _print_evaluation(evaluation: Evaluation) -> None:
    say("")
    say(f"against the truth, at probability {evaluation.threshold:g}:")
    rows = [("pairs", *evaluation.pairs), ("persons (B-cubed)", *evaluation.clusters)]
    print_table(("", "precision", "recall", "F1"), [(name, *(f"{score:.4f}" for score in scores)) for name, *scores in rows])
    true = counted(evaluation.true_pairs, "pair")
    say(f"{true} of records are one person's; {evaluation.blocking_recall:.2%} of them were compared")
    say("")
    print_table(
        ("threshold", "links", "precision", "recall", "F1"),
        [
            (f"{row.threshold:g}", row.links, f"{row.precision:.4f}", f"{row.recall:.4f}", f"{row.f1:.4f}")
            for row in evaluation.chart
        ],
    )
    _plot(evaluation.chart)


def _plot(chart: Sequence[AtThreshold]) -> None:
    """Draw precision and recall by threshold, one mark each: it can be read without colours."""
    figure = plotext.figure.clear()
    figure.plot_size(min(shutil.get_terminal_size().columns, _WIDEST), _HEIGHT)
    figure.title("precision (p), recall (r) and F1 (f) by threshold")
    for mark, scores in (
        ("p", [row.precision for row in chart]),
        ("r", [row.recall for row in chart]),
        ("f", [row.f1 for row in chart]),
    ):
        figure.draw(figure.signal([row.threshold for row in chart], scores, marker=mark))
    say("")
    typer.echo(figure.build().string(colorless=True))


def _print_wrong(wrong: Sequence[WrongPair], shown: int) -> None:
    for kind in ("false link", "missed"):
        for one in [pair for pair in wrong if pair.kind == kind][:shown]:
            say("")
            say(f"{kind}, {'not compared' if one.probability is None else f'probability {one.probability:.4f}'}:")
            a, b = one.records
            rows = [(name, _value(a, name), _value(b, name)) for name in _FIELDS]
            print_table(("", _reference(a), _reference(b)), [row for row in rows if row[1] or row[2]])


def _print_changes(linking: Linking) -> None:
    changes = linking.changes
    if linking.is_first:
        say(f"linked for the first time: {counted(changes.records_moved, 'record')} joined an older one's person")
        return
    would = "" if linking.applied else "would be "
    if changes.is_none:
        say("nothing to change")
        return
    say(
        f"{counted(changes.links_added, 'link')} {would}added, {changes.links_removed} removed; "
        f"{counted(changes.persons_merged, 'person')} {would}joined to others, {changes.persons_split} {would}split off"
    )
    for line in _examples(changes):
        say(line)
    if changes.held:
        say(f"held mail of these persons: {changes.held}; see: mailguard queue list")
    if not linking.applied:
        say("nothing was changed; to change it: mailguard link --apply (with the same options)")


def _examples(changes: Changes) -> Iterator[str]:
    for one in changes.merges:
        yield f"  joined: {_named(one.before)} to {_named(one.after)} ({counted(len(one.records), 'record')})"
    for one in changes.splits:
        yield f"  split: {_named(one.before)} into {_named(one.after)} ({counted(len(one.records), 'record')})"


def _named(persons: Sequence[int]) -> str:
    more = f" and {len(persons) - _MANY} more" if len(persons) > _MANY else ""
    return ", ".join(map(person_id, persons[:_MANY])) + more


def _changes_document(changes: Changes) -> dict[str, Any]:
    return asdict(changes) | {
        "merges": [_regrouping_document(one) for one in changes.merges],
        "splits": [_regrouping_document(one) for one in changes.splits],
    }


def _regrouping_document(one: Regrouping) -> dict[str, Any]:
    return {
        "records": list(one.records),
        "before": [person_id(person) for person in one.before],
        "after": [person_id(person) for person in one.after],
    }


def _wrong_document(one: WrongPair) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "probability": one.probability,
        "records": [
            {"record": _reference(record)} | {name: value for name in _FIELDS if (value := _value(record, name))}
            for record in one.records
        ],
    }


def _reference(record: Record) -> str:
    return reference_of(record.source, record.source_key)


def _value(record: Record, name: str) -> str:
    return "; ".join(record.emails) if name == "email" else str(getattr(record, name))
