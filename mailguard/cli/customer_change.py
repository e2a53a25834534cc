"""`mailguard customers split`: a record out of a person, which can be taken back. And `forget`: a person erased for good."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

import typer
from sqlalchemy import Connection

from mailguard.cli.customer_document import mailboxes_of, shared_with
from mailguard.cli.customer_name import Named, named, record_named
from mailguard.cli.customer_view import Name
from mailguard.cli.ledger import open_ledger
from mailguard.cli.options import AsJson, ConfigFile, Reason, actor
from mailguard.cli.output import counted, note, print_json, say
from mailguard.cli.review.conflicts import conflicts_of, contradiction
from mailguard.config import Config
from mailguard.config.duration import format_duration
from mailguard.errors import MailguardError, UsageError
from mailguard.identity.clerical import Answer
from mailguard.identity.model import weight_of_probability
from mailguard.identity.person import person_id, record_anchor
from mailguard.identity.resolve import Thresholds
from mailguard.mail.masking import terminal_safe
from mailguard.policy.facts import Suppression
from mailguard.relay.clock import system_clock
from mailguard.store import agenda
from mailguard.store.candidates import reference_of
from mailguard.store.links import Pair, links_of
from mailguard.store.partition import regroup, split_off
from mailguard.store.persons import members, person_of
from mailguard.store.records import forget as forget_records
from mailguard.store.records import records
from mailguard.store.reply_retention import erase_replies
from mailguard.store.suppressions import Suppressed, suppress
from mailguard.store.verdicts import undo_verdict, verdicts_of

MARK: Final = "split"
"""How the reason of a verdict begins that a split gave: `--undo` takes back those, and no clerk's."""

RecordName = Annotated[str, typer.Option("--record", metavar="REF", help="The record to take out, such as crm:4711.")]
Undo = Annotated[bool, typer.Option("--undo", help="Take the last split of the record back.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@dataclass(frozen=True, slots=True)
class Parted:
    """What a split or its undoing came to: the `persons` that result, with their records, and how many verdicts it took.

    `conflicts`: pairs that clerks said to be the same, which other answers forbid.
    """

    record: str
    persons: dict[str, list[str]]
    verdicts: int
    undone: bool
    conflicts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was erased. `suppressed`: mailboxes that get no bulk mail any more. `shared`: left alone, others have them."""

    person: str
    records: int
    replies: int
    suppressed: tuple[str, ...]
    shared: dict[str, tuple[str, ...]]


def split(
    *,
    name: Name,
    record: RecordName = "",
    reason: Reason = "",
    undo: Undo = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Take a record out of its person: it is never the same as those that it hung on. Exit status 1 if it is alone already."""
    with open_ledger(config) as (loaded, database), database.write() as connection:
        target = _record(connection, name, record)
        change = _take_back if undo else _take_out
        parted = change(connection, target, thresholds=_thresholds(loaded), reason=reason)
    if as_json:
        print_json(parted)
        return
    verdicts = counted(parted.verdicts, "verdict")
    say(f"{parted.record}: {verdicts} {'taken back' if undo else 'that it is never the same'}")
    for person, references in parted.persons.items():
        say(f"{person}: {', '.join(references)}")
    for id in parted.conflicts:
        note(contradiction(id))


def forget(name: Name, yes: Yes = False, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Erase a person for good: records, what they wrote, what was said of them. Its own mailboxes get no bulk mail any more."""
    with open_ledger(config) as (loaded, database):
        with database.read() as connection:
            person = named(connection, name).person
            known = _references(connection, members(connection, [person])[person])
        _confirm(f"{person_id(person)} ({', '.join(known.values())})", yes=yes)
        with database.write() as connection:
            if set(members(connection, [person]).get(person, ())) != known.keys():
                raise MailguardError(f"{person_id(person)} has other records by now; look at them, then say it again")
            forgotten = _forget(connection, person, now=system_clock(), thresholds=_thresholds(loaded))
    if as_json:
        print_json(forgotten)
    else:
        _tell(forgotten, loaded)


def _thresholds(loaded: Config) -> Thresholds:
    identity = loaded.settings.identity
    return Thresholds(identity.match, identity.possible)


def _record(connection: Connection, name: str, reference: str) -> int:
    """The record that is meant: by its own name, or as one of a person's."""
    meant: Named = named(connection, name)
    if not reference:
        if meant.record is None:
            raise UsageError(f"say which record of {person_id(meant.person)} to take out: --record crm:4711")
        return meant.record
    record = record_named(connection, reference)
    if person_of(connection, [record])[record] != meant.person:
        raise UsageError(f"{reference} is no record of {person_id(meant.person)}; see: mailguard customers show {reference}")
    return record


def _take_out(connection: Connection, record: int, *, thresholds: Thresholds, reason: str) -> Parted:
    mates = members(connection, person_of(connection, [record]).values())
    together = [mate for of_person in mates.values() for mate in of_person]
    pairs = split_off(connection, record, actor=actor(), now=system_clock(), reason=f"{MARK}: {reason}".rstrip(": "))
    if not pairs:
        raise MailguardError(f"{_references(connection, [record])[record]} is a person of its own already")
    return _regrouped(connection, record, together, pairs, thresholds=thresholds, undone=False)


def _take_back(connection: Connection, record: int, *, thresholds: Thresholds, reason: str) -> Parted:
    if reason:
        raise UsageError("--undo records who and when, but no reason; leave --reason out")
    said = [one for one in verdicts_of(connection, [record]) if one.answer is Answer.DIFFERENT and one.reason.startswith(MARK)]
    last = max((one.at for one in said), default=None)
    pairs = [one.pair for one in said if one.at == last]
    if not pairs:
        raise MailguardError(f"there is no split of {_references(connection, [record])[record]} to take back")
    for pair in pairs:
        undo_verdict(connection, pair, actor=actor(), now=system_clock())
    together = sorted({end for pair in pairs for end in pair})
    return _regrouped(connection, record, together, pairs, thresholds=thresholds, undone=True)


def _regrouped(
    connection: Connection, record: int, together: Sequence[int], pairs: Sequence[Pair], *, thresholds: Thresholds, undone: bool
) -> Parted:
    """Form the persons of these records anew, and the questions about them."""
    regrouped = regroup(connection, together, threshold_bits=weight_of_probability(thresholds.match))
    agenda.sync(connection, together, thresholds=thresholds)
    persons = sorted(set(person_of(connection, together).values()))
    found = {
        person_id(person): list(_references(connection, ids).values()) for person, ids in members(connection, persons).items()
    }
    reference = _references(connection, [record])[record]
    return Parted(reference, dict(sorted(found.items())), len(pairs), undone, conflicts_of(regrouped))


def _forget(connection: Connection, person: int, *, now: datetime, thresholds: Thresholds) -> Forgotten:
    ids = members(connection, [person]).get(person, [])
    boxes = mailboxes_of(records(connection, ids).values())
    shared = {box: others for box, others in shared_with(connection, person, boxes).items() if others}
    own = tuple(box for box in boxes if box not in shared)
    replies = erase_replies(connection, anchors=[*own, *map(record_anchor, ids)], mailboxes=own)
    # Who was compared with them is looked at anew, without them.
    neighbours = {end for one in links_of(connection, ids) for end in one.pair} - set(ids)
    count = forget_records(connection, ids, now=now, actor=actor())
    suppress(connection, *(Suppressed(box, Suppression.ERASED, now, actor(), f"{person_id(person)} erased") for box in own))
    regroup(connection, neighbours, threshold_bits=weight_of_probability(thresholds.match))
    agenda.sync(connection, neighbours, thresholds=thresholds)
    named = {box: tuple(map(person_id, others)) for box, others in shared.items()}
    return Forgotten(person_id(person), count, replies, own, named)


def _references(connection: Connection, ids: Iterable[int]) -> dict[int, str]:
    """Record → its name."""
    return {id: reference_of(one.record.source, one.record.source_key) for id, one in records(connection, ids).items()}


def _confirm(whom: str, *, yes: bool) -> None:
    """Ask whether to go on. Raises UsageError where there is nobody to ask."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(f"erasing {whom} cannot be taken back; say --yes if it is meant")
    typer.confirm(terminal_safe(f"Erase {whom} for good?"), abort=True, err=True)


def _tell(forgotten: Forgotten, loaded: Config) -> None:
    replies = f" and {counted(forgotten.replies, 'mail')} from them" if forgotten.replies else ""
    say(f"{forgotten.person}: {counted(forgotten.records, 'record')}{replies} erased")
    for box in forgotten.suppressed:
        say(f"{box}: no bulk mail from now on")
    for box, others in forgotten.shared.items():
        say(f"{box}: left as it is, for it is the mailbox of {', '.join(others)}, too")
    kept = loaded.settings.retention
    note(
        f"mail to them that the ledger holds goes with its retention: content after {format_duration(kept.content)}, "
        f"decisions after {format_duration(kept.ledger)}"
    )
