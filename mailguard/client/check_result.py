"""What a check of a broadcast says, as typed values. A document that is not quite right says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from mailguard.client.reading import MalformedError, listed, moment, or_none, take, text, texts

_VERDICTS: Final = {"pass": True, "fail": False}
_COUNTS: Final = (
    *("rows", "mailboxes", "persons", "invalid", "duplicate", "possible_duplicate", "suppressed", "recently_sent"),
    *("open_reply", "role"),
)


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """One thing that is to be said of a broadcast. `count` None: this token may not know it."""

    code: str
    is_error: bool
    text: str
    count: int | None
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A check. Send `token` as `Mailguard-Check` with each mail, to the mailboxes of `clean` and nobody else.

    `counts` are the numbers of the audience, None for one that this token may not know. `clean` is None where it was not asked
    for, `token` "" where the broadcast is not signed.
    """

    passes: bool
    findings: tuple[CheckFinding, ...] = ()
    counts: Mapping[str, int | None] = field(default_factory=dict)
    clean_rows: int | None = None
    clean: tuple[str, ...] | None = None
    token: str = ""
    broadcast: str = ""
    expires_at: datetime | None = None


def read_checked(document: object) -> Checked:
    """Return what a check has found. Raises MalformedError."""
    if not isinstance(document, dict):
        raise MalformedError("the answer is no object")
    verdict = _VERDICTS.get(take(document, "verdict", str))
    if verdict is None:
        raise MalformedError("verdict is neither pass nor fail")
    return Checked(
        passes=verdict,
        findings=tuple(map(_finding, listed(document.get("findings")))),
        counts=_counts(take(document, "audience", dict)),
        clean_rows=or_none(document, "clean_rows", _count),
        clean=or_none(document, "clean", texts),
        token=or_none(document, "token", text) or "",
        broadcast=or_none(document, "broadcast", text) or "",
        expires_at=or_none(document, "expires_at", moment),
    )


def _counts(audience: Mapping[str, Any]) -> dict[str, int | None]:
    """Return the numbers of the audience; what else is said of it is no number."""
    return {name: or_none(audience, name, _count) for name in _COUNTS if name in audience}


def _finding(value: object) -> CheckFinding:
    if not isinstance(value, dict):
        raise MalformedError("a finding is no object")
    return CheckFinding(
        take(value, "code", str),
        take(value, "severity", str) == "error",
        take(value, "text", str),
        or_none(value, "count", _count),
        texts(value.get("examples", [])),
    )


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise MalformedError("is no count")
    return value
