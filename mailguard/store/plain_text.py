"""Text from mail, made fit for a column of either engine, and findings and attempts as the JSON of a column."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from mailguard.policy.finding import Code, Finding
from mailguard.policy.parcel import Attempt
from mailguard.store.instant import from_micros, to_micros

MOST_CHARACTERS = 500
"""What is kept of a subject, a Message-ID, a key: an index of PostgreSQL takes no more than 2,700 octets."""

MARK = '"code":'
"""What stands in a column of findings exactly where there is one."""

UNCERTAIN = '",1]'
"""What ends an uncertain attempt in a column of attempts; a text that holds the same makes a column worth reading, no more."""

_CODES = re.compile(f'{MARK}"([a-z_]+)"')


def storable(text: str) -> str:
    """`text` without NUL (PostgreSQL refuses it) and lone surrogates (both do), at most MOST_CHARACTERS long."""
    text = text[:MOST_CHARACTERS]
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


def findings_to_json(findings: Sequence[Finding]) -> str | None:
    """The findings as a compact JSON list, None for none."""
    if not findings:
        return None
    return _dump([{"code": finding.code, "text": finding.text, "refs": finding.refs} for finding in findings])


def findings_from_json(column: str | None) -> tuple[Finding, ...]:
    """The findings of a column."""
    found = json.loads(column) if column else ()
    return tuple(Finding(Code(one["code"]), one["text"], tuple(one["refs"])) for one in found)


def mark_of(code: Code) -> str:
    """What stands in a column of findings exactly where one of them has this code (JSON escapes the quotes of texts)."""
    return f'{MARK}"{code}"'


def codes_in(column: str | None) -> frozenset[Code]:
    """The codes of a column's findings, without reading the rest of it."""
    return frozenset(map(Code, _CODES.findall(column))) if column else frozenset()


def attempts_to_json(attempts: Sequence[Attempt]) -> str | None:
    """The attempts as a compact JSON list of lists, None for none; an uncertain one has a fourth element (`UNCERTAIN`)."""
    if not attempts:
        return None
    return _dump([_attempt(attempt) for attempt in attempts])


def attempts_from_json(column: str | None) -> tuple[Attempt, ...]:
    """The attempts of a column."""
    found = json.loads(column) if column else ()
    return tuple(Attempt(from_micros(at), next_hop, answer, bool(mark)) for at, next_hop, answer, *mark in found)


def _attempt(attempt: Attempt) -> tuple[int | str, ...]:
    known = (to_micros(attempt.at), attempt.next_hop, attempt.answer)
    return (*known, 1) if attempt.is_uncertain else known


_dump = json.JSONEncoder(separators=(",", ":")).encode
