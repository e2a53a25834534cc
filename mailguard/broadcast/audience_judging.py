"""One piece of an audience, judged: its rows resolved, looked up and decided as the relay would, in this process.

The rules are the policy's own, put to a broadcast that was checked: how far a text goes, and who is shown to whom, is said of
the message. Knows nothing of the rest of the audience.
"""

from __future__ import annotations

import marshal
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from itertools import repeat, starmap
from typing import Final

from sqlalchemy import Connection

from mailguard.broadcast.audience_code import RowCode
from mailguard.broadcast.audience_row import RowReading, Unusable, Wanted
from mailguard.broadcast.whom import Resolver, Whom
from mailguard.identity.person import Resolution
from mailguard.mail.envelope import Envelope, ForwardPath
from mailguard.policy.decide import decide
from mailguard.policy.decision import RecipientDecision
from mailguard.policy.facts import Facts, RecipientFacts, Suppression
from mailguard.policy.finding import Action, Code
from mailguard.policy.limits import Limits
from mailguard.policy.submission import Submission
from mailguard.sources.audience_columns import names_brand
from mailguard.store.brands import brands_of
from mailguard.store.recollection import LIFTED, gather
from mailguard.store.records import records

PERSON_OCTETS: Final = 8
MAILBOX_OCTETS: Final = 16

Raw = tuple[int, list[str] | str]
"""A row on its way to another process: its line, and its values or what is wrong with it."""

Spilt = tuple[int, str, str, str, tuple[str, ...], str, list[str]]
"""A judged row as it is kept in a file: line, mailbox, canonical, person, codes, reason, values."""


class Rank:
    """How fit a row is to be its person's, the fittest the least. From UNFIT on the relay would not let it through.

    OWN: at one's own domains, where the rules count each mailbox for itself; but what went there, the person has had.
    """

    ON_RECORD: Final = 0
    FIT: Final = 1
    OWN: Final = 2
    UNFIT: Final = 8
    INVALID: Final = 255


@dataclass(slots=True)
class Judged:
    """What one piece has come to. `persons`, `mailboxes`: a hash a row, zeros for a row without; `ranks`: an octet a row.

    `spilt`: the rows, by `marshal`. `maybe`: row → hash of the person whom it may be as well. `first`: code → the first rows
    that have it, each as (line, text). `kinds`: what is suppressed, how often.
    """

    persons: bytes = b""
    mailboxes: bytes = b""
    ranks: bytes = b""
    spilt: bytes = b""
    maybe: list[tuple[int, bytes]] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    domains: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    brands: Counter[str] = field(default_factory=Counter)
    first: dict[str, list[tuple[int, str]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the relay would do with one row: its findings, each a code and a sentence, and what kind is suppressed.

    The first finding is the one that is named.
    """

    codes: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    is_stopped: bool = False
    kind: str = ""

    @property
    def reason(self) -> str:
        """Why the row is stopped, "" where it is not."""
        return self.texts[0] if self.is_stopped else ""


Answer = tuple[Whom, Verdict, bool]
"""Of one row: whose it is, what the relay would do, and whether the person is another brand's."""


class Judging:
    """Judges pieces in one process. `prototype`: the mail as the relay would take it, without recipients."""

    def __init__(self, prototype: Submission, limits: Limits, reading: RowReading, resolver: Resolver, *, brand: str) -> None:
        self._prototype = as_new(prototype)
        self._limits = as_checked(limits)
        self._reading = reading
        self._resolver = resolver
        self._brand = brand

    def judge(self, connection: Connection, rows: Sequence[Raw]) -> Judged:
        """Return what the rows have come to."""
        read = [_unreadable(content) if isinstance(content, str) else self._reading.read(content) for _, content in rows]
        wanted = [one for one in read if isinstance(one, Wanted)]
        whom = self._resolver(connection, [one.query for one in wanted])
        persons = [one.resolution for one in whom]
        verdicts = self._verdicts(connection, persons)
        brands = [one.brand for one in wanted]
        strangers = self._strangers(connection, persons, brands) if self._brand else repeat(False)
        return _Tally().of(rows, read, zip(whom, verdicts, strangers, strict=False))

    def _strangers(self, connection: Connection, persons: Sequence[Resolution], brands: Sequence[str]) -> list[bool]:
        """Whether each is another brand's: as its row says, else its record, else as all mail was that they were sent."""
        on_file = _brands_on_file(connection, persons)
        said = [brand or on_file.get(one.record or 0, "") for one, brand in zip(persons, brands, strict=True)]
        asked = {anchor for one, brand in zip(persons, said, strict=True) if not brand for anchor in one.anchors}
        found = brands_of(connection, asked)
        return [
            bool(of := {brand} if brand else frozenset().union(*(found.get(anchor, ()) for anchor in one.anchors)))
            and self._brand.casefold() not in {each.casefold() for each in of}
            for one, brand in zip(persons, said, strict=True)
        ]

    def _verdicts(self, connection: Connection, persons: Sequence[Resolution]) -> list[Verdict]:
        if not persons:
            return []
        paths = tuple(ForwardPath(one.mailbox) for one in persons)
        envelope = replace(self._prototype.envelope, recipients=paths)
        submission = replace(self._prototype, envelope=envelope, persons=tuple(persons))
        history = gather(connection, [submission], self._limits)
        facts = of_recipients(history.facts_for(submission, history.place(submission, self._limits)))
        decided = decide(facts, self._limits).recipients
        return list(starmap(_verdict, zip(facts.recipients, decided, strict=True)))


def _brands_on_file(connection: Connection, persons: Sequence[Resolution]) -> dict[int, str]:
    """The brand that each of the records that are meant has in a column of its own."""
    found = records(connection, {one.record for one in persons if one.record is not None})
    extras = {number: stored.record.extra for number, stored in found.items()}
    return {number: text for number, extra in extras.items() for name, text in extra if names_brand(name)}


def as_checked(limits: Limits) -> Limits:
    """The limits for a broadcast with a valid check: it may go as far as it was checked for."""
    return replace(limits, fan_out_limit=LIFTED, max_hidden_recipients=LIFTED)


def as_new(prototype: Submission) -> Submission:
    """The mail as one that nobody has sent or checked yet: the sender's own retries are no repeats of the broadcast."""
    message = prototype.message
    message = replace(message, message_id="", control=replace(message.control, key="", check=None))
    return replace(prototype, message=message, envelope=Envelope(prototype.envelope.reverse_path, ()), persons=())


def of_recipients(facts: Facts) -> Facts:
    """The facts as they bear on each recipient alone, were it of the audience: what is of the message is said of it, once.

    That the same person stands in a piece twice is for the whole audience to say.
    """
    message = replace(
        facts.message,
        visible_outside=0,
        hidden_outside=0,
        greets="",
        is_reply_or_forward=False,
        audience=None,
        received_count=0,
        answers_automatic="",
        unreadable="",
        render_failure="",
    )
    # A check bears on what was sent before alone: the limits are those of a checked broadcast already.
    recipients = tuple(
        replace(one, is_again=False, is_checked=True) if one.is_again or one.earlier else one for one in facts.recipients
    )
    return Facts(message, recipients)


def key_of(text: str, octets: int) -> bytes:
    """The hash under which a person or a mailbox is remembered, of that many octets."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=octets).digest()


def _unreadable(reason: str) -> Unusable:
    return Unusable(RowCode.UNREADABLE_ROW, reason)


_CLEAR: Final = Verdict()


def _verdict(facts: RecipientFacts, decision: RecipientDecision) -> Verdict:
    if not decision.findings:
        return _CLEAR
    codes = tuple(finding.code.value for finding in decision.findings)
    kind = ""
    if Code.SUPPRESSED in codes:
        kind = str(Suppression.BOUNCED if facts.is_bounced or facts.suppression is None else facts.suppression)
    texts = tuple(finding.text for finding in decision.findings)
    return Verdict(codes, texts, decision.action is not Action.DELIVER, kind)


class _Tally:
    """Puts the answers about one piece together, row by row."""

    def __init__(self) -> None:
        self._judged = Judged()

    def of(self, rows: Sequence[Raw], read: Sequence[Wanted | Unusable], answers: Iterator[Answer]) -> Judged:
        """Return the piece. `answers`: one for each row that can be written to."""
        judged = self._judged
        persons, mailboxes, ranks = bytearray(), bytearray(), bytearray()
        spilt: list[Spilt] = []
        for at, ((line, content), one) in enumerate(zip(rows, read, strict=True)):
            values = content if isinstance(content, list) else []
            if isinstance(one, Unusable):
                self._count((one.code,), (f"{one.text}: {one.reason}" if one.text else one.reason,), line)
                persons += bytes(PERSON_OCTETS)
                mailboxes += bytes(MAILBOX_OCTETS)
                ranks.append(Rank.INVALID)
                spilt.append((line, one.text, "", "", (one.code.value,), one.reason, values))
                continue
            who, verdict, is_stranger = next(answers)
            person = who.resolution.person
            codes = _codes(one, who, verdict, is_stranger=is_stranger)
            self._composition(one, who)
            wire = one.mailbox.wire
            self._count(codes, (*(f"{wire}: {text}" for text in verdict.texts), *(wire for _ in codes)), line)
            judged.kinds.update(filter(None, (verdict.kind,)))
            if who.possible:
                judged.maybe.append((at, key_of(who.possible, PERSON_OCTETS)))
            persons += key_of(person, PERSON_OCTETS)
            canonical = one.mailbox.canonical
            mailboxes += key_of(canonical, MAILBOX_OCTETS)
            ranks.append(_rank(who, verdict, is_own=RowCode.OWN_ADDRESS in one.codes))
            spilt.append((line, wire, canonical, person, codes, verdict.reason, values))
        judged.persons, judged.mailboxes, judged.ranks = bytes(persons), bytes(mailboxes), bytes(ranks)
        judged.spilt = marshal.dumps(spilt)
        return judged

    def _composition(self, one: Wanted, who: Whom) -> None:
        judged = self._judged
        judged.domains[one.mailbox.domain] += 1
        judged.languages[one.language] += 1
        refs = who.resolution.refs
        judged.sources[refs[0].partition(":")[0] if refs else one.source if who.resolution.record else ""] += 1
        judged.brands[one.brand] += 1

    def _count(self, codes: Sequence[str], texts: Sequence[str], line: int) -> None:
        """Count codes; `texts`: what is shown of the row for each of them, or more."""
        judged = self._judged
        for code, text in zip(codes, texts, strict=False):
            judged.codes[code] += 1
            if judged.codes[code] <= MOST_KEPT:
                judged.first.setdefault(code, []).append((line, text))


MOST_KEPT: Final = 5
"""Rows that are kept as examples of one code."""


def _codes(one: Wanted, who: Whom, verdict: Verdict, *, is_stranger: bool) -> tuple[str, ...]:
    if not (verdict.codes or one.codes or is_stranger or who.resolution.record is None):
        return ()
    codes = [code.value for code in one.codes]
    if who.resolution.record is None and RowCode.OWN_ADDRESS not in one.codes:
        codes.append(RowCode.UNKNOWN_PERSON.value)
    if is_stranger:
        codes.append(RowCode.OTHER_BRAND.value)
    return (*verdict.codes, *codes)


def _rank(who: Whom, verdict: Verdict, *, is_own: bool) -> int:
    rank = Rank.OWN if is_own else Rank.ON_RECORD if who.is_on_record else Rank.FIT
    return rank + (Rank.UNFIT if verdict.is_stopped else 0)
