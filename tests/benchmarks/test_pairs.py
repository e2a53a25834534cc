"""How well `repeat` and `near_repeat` tell a mail sent again from one that looks like it, over `fixtures/pairs`.

Prints the tables that the docs show.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from mailguard.mail.fingerprint import Fingerprint
from mailguard.mail.reader import read_message

PAIRS = Path(__file__).resolve().parents[2] / "fixtures" / "pairs"
LABELS = ("repeat", "near_repeat", "different")
LEAST_RECALL_OF_REPEATS = 0.97
LEAST_RECALL_OF_NEAR_REPEATS = 0.85
NOW = datetime(2026, 11, 16, 10, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Judged:
    """A pair, what it is and what it is taken for."""

    id: str
    language: str
    kind: str
    label: str
    verdict: str


def _fingerprint(path: Path) -> Fingerprint:
    message = read_message(path.read_bytes(), received_at=NOW, fallback_message_id="none@mail.example", trusts_fields=False)
    assert message.unreadable == "", path
    return message.fingerprint


def _verdict(a: Fingerprint, b: Fingerprint) -> str:
    if a.facts != b.facts:
        return "different"
    if a.text == b.text:
        return "repeat"
    return "near_repeat" if a.core == b.core else "different"


@cache
def _judged() -> tuple[Judged, ...]:
    return tuple(_judge())


def _judge() -> Iterator[Judged]:
    with (PAIRS / "labels.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            verdict = _verdict(*(_fingerprint(PAIRS / row["id"] / name) for name in ("a.eml", "b.eml")))
            yield Judged(row["id"], row["language"], row["kind"], row["label"], verdict)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "–"


def _precision_and_recall(pairs: tuple[Judged, ...], label: str) -> tuple[str, str, int, int]:
    right = sum(pair.label == pair.verdict == label for pair in pairs)
    labelled = sum(pair.label == label for pair in pairs)
    taken = sum(pair.verdict == label for pair in pairs)
    return _share(right, taken), _share(right, labelled), right, labelled


def _table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, cells)) + " |" for cells in lines)


def _by_label(pairs: tuple[Judged, ...]) -> Iterator[tuple[object, ...]]:
    counts = Counter((pair.label, pair.verdict) for pair in pairs)
    for label in LABELS:
        precision, recall, _, labelled = _precision_and_recall(pairs, label)
        yield (label, labelled, *(counts[label, verdict] for verdict in LABELS), precision, recall)


def _by_language(pairs: tuple[Judged, ...]) -> Iterator[tuple[object, ...]]:
    for language in sorted({pair.language for pair in pairs}):
        of_language = tuple(pair for pair in pairs if pair.language == language)
        found = [_precision_and_recall(of_language, label) for label in LABELS]
        yield (language, *(f"{right} of {labelled}" for _, _, right, labelled in found))


def test_the_tables_for_the_docs(capsys: pytest.CaptureFixture[str]) -> None:
    pairs = _judged()
    tables = (
        _table(("label", "pairs", *(f"taken for {label}" for label in LABELS), "precision", "recall"), _by_label(pairs)),
        _table(("language", "repeats found", "near repeats found", "different kept apart"), _by_language(pairs)),
        _table(
            ("pair", "kind", "label", "taken for"),
            ((pair.id, pair.kind, pair.label, pair.verdict) for pair in pairs if pair.label != pair.verdict),
        ),
    )
    with capsys.disabled():
        sys.stdout.write("\n\n" + "\n\n".join(tables) + "\n")
    assert len(pairs) >= 300


def test_no_different_mail_is_taken_for_a_repeat() -> None:
    assert [pair for pair in _judged() if pair.label == "different" and pair.verdict == "repeat"] == []


def test_no_different_mail_is_taken_for_a_near_repeat() -> None:
    assert [pair for pair in _judged() if pair.label == "different" and pair.verdict == "near_repeat"] == []


def test_repeats_are_found() -> None:
    repeats = [pair for pair in _judged() if pair.label == "repeat"]
    found = [pair for pair in repeats if pair.verdict == "repeat"]
    assert len(found) >= LEAST_RECALL_OF_REPEATS * len(repeats)


def test_near_repeats_are_found() -> None:
    near = [pair for pair in _judged() if pair.label == "near_repeat"]
    found = [pair for pair in near if pair.verdict != "different"]
    assert len(found) >= LEAST_RECALL_OF_NEAR_REPEATS * len(near)
