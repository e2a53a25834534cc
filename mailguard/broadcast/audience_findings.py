"""What is to be said of an audience, of its counts: each finding once, how grave, how often, and the first few rows.

An error is what must not go out so; where the clean audience is asked for, that leaves out what can be left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from mailguard.broadcast.audience_code import INVALID, AudienceCode, RowCode
from mailguard.broadcast.audience_judging import Judged
from mailguard.broadcast.finding import CheckFinding
from mailguard.mail.control import MailClass
from mailguard.policy.finding import Action, Code
from mailguard.policy.limits import Limits
from mailguard.policy.rules import action_for
from mailguard.policy.severity import MOST_EXAMPLES, Severity

MOST_INVALID: Final = 0.02
"""Share of rows that nobody can be written to by, beyond which something is wrong with the whole."""

_FEW: Final = 0.5
"""Test addresses, and rows that no record is of, are worth a word where they are fewer: else they are what is meant."""

_SECOND_LANGUAGE: Final = 0.02
"""Share from which on another language is one of the audience's."""

_SENTENCES: Final[dict[str, str]] = {
    RowCode.UNREADABLE_ROW: "the row cannot be read",
    RowCode.INVALID_ADDRESS: "not an e-mail address",
    RowCode.IMPOSSIBLE_DOMAIN: "a domain that cannot exist",
    RowCode.DUPLICATE: "the same person or mailbox has another row",
    RowCode.POSSIBLE_DUPLICATE: "perhaps the same person as another row: a clerk is to say",
    RowCode.LIKELY_TYPO: "the domain is likely mistyped",
    RowCode.ROLE_ADDRESS: "an office or a list, not a person",
    RowCode.TEST_ADDRESS: "an address to try things out with",
    RowCode.OWN_ADDRESS: "a mailbox of your own domains",
    RowCode.OTHER_BRAND: "a customer of another brand",
    RowCode.UNKNOWN_PERSON: "no customer on record",
    Code.SUPPRESSED: "may not be written to",
    Code.OPEN_REPLY: "waits for an answer",
    Code.REPEAT: "has had this text",
    Code.NEAR_REPEAT: "has had nearly this text",
    Code.FREQUENCY_CAP: "has had as much bulk mail as is allowed",
    Code.KNOWN_DATA: "is asked for what is on file",
    Code.STALE_CONTEXT: "has answered since the text was written",
}

_PERSONS_CODES: Final = (Code.SUPPRESSED, Code.OPEN_REPLY)
"""What makes a person in the audience an error."""

_NOTED: Final = (
    Code.REPEAT,
    Code.NEAR_REPEAT,
    Code.FREQUENCY_CAP,
    Code.KNOWN_DATA,
    Code.STALE_CONTEXT,
    RowCode.ROLE_ADDRESS,
    RowCode.OWN_ADDRESS,
    RowCode.OTHER_BRAND,
)
"""What is worth a word wherever it is."""

_SHORT: Final[dict[str, str]] = {
    Code.SUPPRESSED: "may not be written to",
    Code.OPEN_REPLY: "wait for an answer to their reply",
    Code.REPEAT: "have had this very text",
    Code.NEAR_REPEAT: "have had nearly this text",
    Code.FREQUENCY_CAP: "have had as much bulk mail as is allowed",
    Code.KNOWN_DATA: "are asked for what is on file",
    Code.STALE_CONTEXT: "have answered since the text was written",
    RowCode.ROLE_ADDRESS: "are of an office, not of a person",
    RowCode.OWN_ADDRESS: "are in your own domains",
    RowCode.OTHER_BRAND: "are of another brand",
    RowCode.TEST_ADDRESS: "are for trying things out",
    RowCode.UNKNOWN_PERSON: "are of nobody on record",
    RowCode.INVALID_ADDRESS: "have no usable e-mail address",
    RowCode.IMPOSSIBLE_DOMAIN: "have a domain that cannot exist",
    RowCode.UNREADABLE_ROW: "cannot be read",
}


@dataclass(slots=True)
class Tally:
    """All pieces together: how many rows, how often each code, and the first rows that have it."""

    rows: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    domains: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)
    brands: Counter[str] = field(default_factory=Counter)
    first: dict[str, list[tuple[int, str]]] = field(default_factory=dict)

    def add(self, judged: Judged) -> None:
        """Take the next piece."""
        self.rows += len(judged.ranks)
        self.codes += judged.codes
        self.kinds += judged.kinds
        self.domains.update(judged.domains)
        self.languages.update(judged.languages)
        self.sources.update(judged.sources)
        self.brands.update(judged.brands)
        for code, examples in judged.first.items():
            kept = self.first.setdefault(code, [])
            kept += examples[: MOST_EXAMPLES - len(kept)]

    @property
    def invalid(self) -> int:
        """Rows that nobody can be written to by."""
        return sum(self.codes[code] for code in INVALID)

    @property
    def valid(self) -> int:
        """The other rows."""
        return self.rows - self.invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """What only all rows together tell. `duplicates`, `doubted`: rows; `typos`: domain → the one that was meant."""

    duplicates: int
    doubted: int
    duplicate_examples: tuple[str, ...]
    doubted_examples: tuple[str, ...]
    typos: Mapping[str, str]


def sentence(code: str) -> str:
    """What a code says of one row."""
    return _SENTENCES.get(code, code)


def findings_of(tally: Tally, whole: Whole, *, limits: Limits, mail_class: MailClass, is_clean: bool) -> Iterator[CheckFinding]:
    """What is to be said of an audience but for how it differs from the last one."""
    if not tally.valid:
        yield CheckFinding(code=AudienceCode.EMPTY_AUDIENCE, severity=Severity.ERROR, text="no row can be written to")
    yield from _invalid(tally)
    grave = Severity.WARNING if is_clean else Severity.ERROR
    for code in _PERSONS_CODES:
        is_stopped = action_for(code, mail_class, limits) is not Action.DELIVER
        kinds = _kinds(tally) if code is Code.SUPPRESSED else ""
        yield from _of(tally, code, grave if is_stopped else Severity.WARNING, more=kinds)
    if whole.duplicates:
        text = f"{_rows(whole.duplicates)} of a person or mailbox that has another row"
        yield CheckFinding(
            code=RowCode.DUPLICATE, severity=grave, text=text, count=whole.duplicates, examples=whole.duplicate_examples
        )
    yield from _doubts(tally, whole)
    for noted in _NOTED:
        yield from _of(tally, noted, Severity.WARNING)
    for rare in (RowCode.TEST_ADDRESS, RowCode.UNKNOWN_PERSON):
        if tally.codes[rare] < _FEW * tally.valid:
            yield from _of(tally, rare, Severity.WARNING)
    yield from _languages(tally)


def _invalid(tally: Tally) -> Iterator[CheckFinding]:
    severity = Severity.ERROR if tally.invalid > MOST_INVALID * tally.rows else Severity.WARNING
    for code in (RowCode.INVALID_ADDRESS, RowCode.IMPOSSIBLE_DOMAIN, RowCode.UNREADABLE_ROW):
        yield from _of(tally, code, severity, more=f"; {tally.invalid / tally.rows:.1%} of all rows" if tally.rows else "")


def _of(tally: Tally, code: Code | RowCode, severity: Severity, *, more: str = "") -> Iterator[CheckFinding]:
    count = tally.codes[code]
    if count:
        examples = tuple(f"line {line}: {text}" for line, text in tally.first.get(code, ()))
        yield CheckFinding(
            code=code,
            severity=severity,
            text=f"{_rows(count)} {_plainly(code, count)}{more}",
            count=count,
            examples=examples,
        )


def _doubts(tally: Tally, whole: Whole) -> Iterator[CheckFinding]:
    if whole.doubted:
        text = f"{_rows(whole.doubted)} may be of a person who has another row: mailguard review"
        yield CheckFinding(
            code=RowCode.POSSIBLE_DUPLICATE,
            severity=Severity.WARNING,
            text=text,
            count=whole.doubted,
            examples=whole.doubted_examples,
        )
    if whole.typos:
        count = sum(tally.domains[domain] for domain in whole.typos)
        ranked = sorted(whole.typos, key=lambda domain: (-tally.domains[domain], domain))[:MOST_EXAMPLES]
        examples = tuple(f"{domain} ({_rows(tally.domains[domain])}): {whole.typos[domain]}?" for domain in ranked)
        text = f"{_rows(count)} with a domain that is likely mistyped, such as {ranked[0]} for {whole.typos[ranked[0]]}"
        yield CheckFinding(code=RowCode.LIKELY_TYPO, severity=Severity.WARNING, text=text, count=count, examples=examples)


def _kinds(tally: Tally) -> str:
    return ": " + ", ".join(f"{count:,} {kind}" for kind, count in tally.kinds.most_common())


def _languages(tally: Tally) -> Iterator[CheckFinding]:
    told = {name: count for name, count in tally.languages.items() if name}
    total = sum(told.values())
    many = sorted((name for name, count in told.items() if count >= _SECOND_LANGUAGE * total), key=lambda name: -told[name])
    if len(many) > 1:
        listed = ", ".join(f"{name} {told[name] / total:.0%}" for name in many[:MOST_EXAMPLES])
        text = f"the audience has several languages: {listed}"
        yield CheckFinding(code=AudienceCode.SEVERAL_LANGUAGES, severity=Severity.WARNING, text=text, count=len(many))


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"


def _plainly(code: str, count: int) -> str:
    words = _SHORT[code]
    if count > 1:
        return words
    verb, _, rest = words.partition(" ")
    return f"{_SINGULAR.get(verb, verb)} {rest}"


_SINGULAR: Final = {"have": "has", "are": "is", "wait": "waits"}
