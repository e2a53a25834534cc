"""What an audience is made of, as shares, and how that differs from the last one of the same template."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Final, Self

from mailguard.broadcast.audience_code import AudienceCode
from mailguard.broadcast.finding import CheckFinding
from mailguard.policy.severity import MOST_EXAMPLES, Severity

MOST_NAMED: Final = 20
"""Domains, languages, … that are named, the most frequent ones."""

_TIMES: Final = 2
"""So many times larger, or smaller, is another audience."""

_MOVED: Final = 0.15
"""A share of the whole that so much larger or smaller is worth a look."""

_NAMES: Final = {
    "domains": "at {}",
    "languages": "in {}",
    "sources": "of the source {}",
    "brands": "of the brand {}",
}


@dataclass(frozen=True, slots=True)
class AudienceProfile:
    """`rows` that can be written to, and what share of them has each domain, language, source of its record, and brand."""

    rows: int
    domains: Mapping[str, float] = field(default_factory=dict)
    languages: Mapping[str, float] = field(default_factory=dict)
    sources: Mapping[str, float] = field(default_factory=dict)
    brands: Mapping[str, float] = field(default_factory=dict)

    def as_json(self) -> str:
        """As it is kept with the broadcast."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self | None:
        """What `as_json` wrote; None of anything else."""
        try:
            found = json.loads(text)
            return cls(int(found["rows"]), **{name: _numbers(found[name]) for name in _NAMES})
        except (ValueError, TypeError, KeyError, AttributeError):
            return None


def shares(counts: Mapping[str, int]) -> dict[str, float]:
    """What share each of the most frequent has of all that have one, the largest first."""
    told = {name: count for name, count in counts.items() if name}
    total = sum(told.values())
    ranked = sorted(told.items(), key=lambda one: (-one[1], one[0]))
    return {name: round(count / total, 4) for name, count in ranked[:MOST_NAMED]}


def differences(now: AudienceProfile, last: AudienceProfile) -> Iterator[CheckFinding]:
    """What is to be said of how an audience differs from the last one."""
    if last.rows and now.rows and not last.rows / _TIMES < now.rows < last.rows * _TIMES:
        text = f"{now.rows:,} rows, the last audience of this template had {last.rows:,}"
        yield CheckFinding(code=AudienceCode.AUDIENCE_SIZE, severity=Severity.WARNING, text=text)
    moved = sorted(_moved(now, last), reverse=True)
    if moved:
        text = f"the audience is made up differently from the last one of this template: {moved[0][1]}"
        examples = tuple(text for _, text in moved[:MOST_EXAMPLES])
        yield CheckFinding(
            code=AudienceCode.AUDIENCE_CHANGED,
            severity=Severity.WARNING,
            text=text,
            count=len(moved),
            examples=examples,
        )


def _moved(now: AudienceProfile, last: AudienceProfile) -> Iterator[tuple[float, str]]:
    for kind, words in _NAMES.items():
        here: Mapping[str, float] = getattr(now, kind)
        before: Mapping[str, float] = getattr(last, kind)
        if not here or not before:
            continue
        for name in {**here, **before}:
            was, is_now = before.get(name, 0.0), here.get(name, 0.0)
            if abs(was - is_now) >= _MOVED:
                yield abs(was - is_now), f"{is_now:.0%} {words.format(name)}, {was:.0%} last time"


def _numbers(found: Mapping[str, float]) -> dict[str, float]:
    return {str(name): float(share) for name, share in found.items()}
