"""Who the recipients of a batch are: the hints of their mails against the records, in a few queries whatever their number.

`look_up` only reads; `Directory.resolve` also writes down what trusted senders tell (`learning`), and belongs into the
transaction that the decisions are written in. What makes two records one person is for `identity` to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from threading import Lock

import structlog
from sqlalchemy import Connection

from mailguard.identity.blocking import blocking_keys
from mailguard.identity.default_parameters import DEFAULTS
from mailguard.identity.model import Model
from mailguard.identity.parameters import Parameters
from mailguard.identity.person import Resolution, person_id, record_anchor, unknown
from mailguard.identity.query import query_of
from mailguard.identity.record import MAIL_SOURCE, Record
from mailguard.identity.resolve import Candidate, Decision, Outcome, Thresholds, likeliest, resolve
from mailguard.identity.standardise import standardise
from mailguard.mail.mailbox import Mailbox
from mailguard.policy.limits import Limits
from mailguard.relay.hints import Hint
from mailguard.relay.learning import Found, Terms, Written, is_news, write_down
from mailguard.relay.settings import Identity
from mailguard.store import candidates as store
from mailguard.store import parameters, persons, records
from mailguard.store.on_file import is_any, shared

_log = structlog.get_logger(__name__)


def look_up(connection: Connection, hints: Sequence[Hint], *, model: Model, thresholds: Thresholds) -> list[Found]:
    """Return whom each recipient means. Candidates are looked for only where mailbox and reference do not decide."""
    owners = store.owners(connection, (hint.query.mailbox.canonical for hint in hints))
    named = store.named(connection, {reference for hint in hints for reference in hint.query.references})
    search = _Search(hints, owners, named, model, thresholds)
    found = [search.by_mailbox(index) for index in range(len(hints))]
    keys = {index: blocking_keys(hints[index].query.standard) for index in search.undecided}
    sharing = store.sharing(connection, chain.from_iterable(keys.values()))
    chosen = {index: likeliest({key: sharing[key] for key in own if key in sharing}) for index, own in keys.items()}
    read = store.by_number(connection, chain.from_iterable(chosen.values()))
    for index, numbers in chosen.items():
        if numbers:
            found[index] = search.by_candidates(index, [read[number] for number in numbers])
    return found


class _Unread:
    """Candidates that were not looked for yet; knows whether anybody wanted them."""

    def __init__(self) -> None:
        self.was_read = False

    def __iter__(self) -> Iterator[Candidate]:
        self.was_read = True
        return iter(())


class _Search:
    """One look-up of many: first by mailbox and reference, then, for those that these do not decide, by candidates."""

    def __init__(
        self,
        hints: Sequence[Hint],
        owners: Mapping[str, Sequence[Candidate]],
        named: Mapping[tuple[str, str], Candidate],
        model: Model,
        thresholds: Thresholds,
    ) -> None:
        self.undecided: list[int] = []
        self._hints = hints
        self._owners = owners
        self._named = named
        self._model = model
        self._thresholds = thresholds

    def by_mailbox(self, index: int) -> Found:
        unread = _Unread()
        outcome = self._outcome(index, unread)
        if unread.was_read and not self._hints[index].is_own:
            self.undecided.append(index)
        return Found(outcome, self._owners_of(index))

    def by_candidates(self, index: int, candidates: Sequence[Candidate]) -> Found:
        return Found(self._outcome(index, candidates), self._owners_of(index), candidates)

    def _owners_of(self, index: int) -> Sequence[Candidate]:
        return self._owners.get(self._hints[index].query.mailbox.canonical, ())

    def _outcome(self, index: int, candidates: Iterable[Candidate]) -> Outcome:
        query = self._hints[index].query
        return resolve(
            query,
            owners=self._owners_of(index),
            candidates=candidates,
            named=next((self._named[reference] for reference in query.references if reference in self._named), None),
            model=self._model,
            thresholds=self._thresholds,
        )


class Directory:
    """The records as one worker sees them, and the model by which they are judged: never that of another number of records.

    Threads may share it for reading; what writes down belongs to the writer's thread.
    """

    def __init__(self, identity: Identity) -> None:
        self.thresholds = Thresholds(identity.match, identity.possible)
        self.region = identity.region
        self.model = Model(DEFAULTS, 0)
        self._version = parameters.SHIPPED
        self._renewing = Lock()

    def warm_up(self) -> None:
        """Load what the first name and the first telephone number would load, so that no mail waits for it."""
        anybody = Record(source=MAIL_SOURCE, source_key="", full_name="Bob Ray", phone="+442079460000")
        blocking_keys(standardise(anybody, region=self.region))

    def renew(self, connection: Connection) -> None:
        """Take up learnt parameters and the number of records where they are others than before: an import may just be over.

        Parameters that cannot be read are no reason to let mail wait: the former ones then hold.
        """
        version, population = parameters.version(connection), records.count(connection)
        with self._renewing:
            if version != self._version:
                self._version = version
                self.model = Model(self._learnt(connection), population)
            elif population != self.model.population:
                self.model = Model(self.model.parameters, population)

    def _learnt(self, connection: Connection) -> Parameters:
        try:
            return parameters.current(connection)[1]
        except ValueError:
            _log.exception("parameters_unreadable", version=self._version)
            return self.model.parameters

    def resolve(self, connection: Connection, hints: Sequence[Hint], *, now: datetime) -> list[Resolution] | None:
        """Return who each recipient is, once what senders tell of them has been written down.

        None where nothing is on file and nothing is told: each is then the person behind its mailbox.
        """
        if all(hint.told is None for hint in hints) and not is_any(connection):
            return None
        self.renew(connection)
        found = look_up(connection, hints, model=self.model, thresholds=self.thresholds)
        terms = Terms(model=self.model, thresholds=self.thresholds, region=self.region, now=now)
        written = self._write_down(connection, hints, found, terms)
        return _resolutions(connection, hints, found, written)

    def resolve_mailboxes(self, connection: Connection, mailboxes: Sequence[Mailbox], *, limits: Limits) -> list[Resolution]:
        """Return whom mail to each of these mailboxes would be to, in their order. Nothing is written."""
        return self.resolve_hints(
            connection, [Hint(query_of(box, region=self.region), is_own=limits.is_own(box.domain)) for box in mailboxes]
        )

    def resolve_hints(self, connection: Connection, hints: Sequence[Hint]) -> list[Resolution]:
        """Return who each recipient is as far as the records say now. Nothing is written, whatever senders tell."""
        return [resolution for resolution, _ in self.look_into(connection, hints)]

    def look_into(self, connection: Connection, hints: Sequence[Hint]) -> list[tuple[Resolution, Found | None]]:
        """Return the same with what was found of each, None where nothing is on file. Nothing is written."""
        if not is_any(connection):
            return [(unknown(hint.query.mailbox), None) for hint in hints]
        self.renew(connection)
        found = look_up(connection, hints, model=self.model, thresholds=self.thresholds)
        return list(zip(_resolutions(connection, hints, found, {}), found, strict=True))

    def _write_down(
        self, connection: Connection, hints: Sequence[Hint], found: list[Found], terms: Terms
    ) -> dict[int, Written]:
        """Write what is news, in order. What the batch itself has written is found by those after it."""
        on_file = _on_file(connection, (one for hint, one in zip(hints, found, strict=True) if hint.told is not None))
        written: dict[int, Written] = {}
        fresh: set[int] = set()
        for index, hint in enumerate(hints):
            if fresh and not fresh.isdisjoint(blocking_keys(hint.query.standard)):
                found[index] = look_up(connection, [hint], model=terms.model, thresholds=terms.thresholds)[0]
                on_file |= _on_file(connection, found[index : index + 1])
            if not is_news(hint, found[index], on_file.get(found[index].outcome.person or 0, {}).keys()):
                continue
            one = write_down(connection, hint, found[index], terms)
            if one is not None:
                written[index] = one
                fresh.update(blocking_keys(one.standard))
        return written


def _on_file(connection: Connection, found: Iterable[Found]) -> dict[int, dict[str, tuple[str, ...]]]:
    """Return the fields that are on file for the persons that these mean."""
    return store.known(connection, [one.outcome.person for one in found if one.outcome.person is not None])


def _resolutions(
    connection: Connection, hints: Sequence[Hint], found: Sequence[Found], written: Mapping[int, Written]
) -> list[Resolution]:
    """Return from what was found and written whose each recipient is now, and where the history of each hangs."""
    person_of = _persons(connection, found, written)
    meant = [_record(one, written.get(index)) for index, one in enumerate(found)]
    owned = [None if record is None else person_of.get(record) for record in meant]
    anchors = store.anchors(connection, {person for person in owned if person is not None})
    alone = {
        hint.query.mailbox.canonical
        for hint, one, person in zip(hints, found, owned, strict=True)
        if len({person, *(person_of[owner.record] for owner in one.owners)}) == 1
    }
    boxes = {anchor for of_person in anchors.values() for anchor in of_person if "@" in anchor}
    apart = shared(connection, boxes - alone)
    return [
        unknown(hint.query.mailbox)
        if record is None or person is None
        else _resolution(
            hint, one, record, person, anchors=[a for a in anchors[person] if a not in apart], new=written.get(index)
        )
        for index, (hint, one, record, person) in enumerate(zip(hints, found, meant, owned, strict=True))
    ]


def _resolution(
    hint: Hint, found: Found, record: int, person: int, *, anchors: Sequence[str], new: Written | None
) -> Resolution:
    mailbox, outcome = hint.query.mailbox, found.outcome
    # Whose it is was told: then this mail is to that record, whoever else has the mailbox or comes to have it.
    anchor = record_anchor(record) if hint.query.has_hints or hint.query.references else mailbox.canonical
    here = new.reference if new else next((owner.reference for owner in found.owners if owner.record == record), "")
    own = (anchor,) if found.owners else (anchor, mailbox.canonical)
    return Resolution(
        mailbox,
        person_id(person),
        outcome.probability if outcome.decision is Decision.MATCH else 1.0,
        anchor=anchor,
        anchors=tuple(dict.fromkeys((*own, *anchors))),
        record=record,
        refs=(here,) if here else (),
    )


def _record(found: Found, written: Written | None) -> int | None:
    """Return the record that a recipient is: what was written of it, else what it matches."""
    if written is not None:
        return written.number
    return found.outcome.record if found.outcome.decision is Decision.MATCH else None


def _persons(connection: Connection, found: Sequence[Found], written: Mapping[int, Written]) -> dict[int, int]:
    """Return record → person for all that were found; asked anew where what was written may have moved them."""
    known = {owner.record: owner.person for one in found for owner in one.owners}
    for outcome in (one.outcome for one in found):
        if outcome.record is not None and outcome.person is not None:
            known[outcome.record] = outcome.person
    if not written:
        return known
    return known | persons.person_of(connection, {*known, *(one.number for one in written.values())})
