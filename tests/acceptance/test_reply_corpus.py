"""How well replies are read: every mail of fixtures/replies against its labels.

`pytest -s` prints the table of kinds and the figures of each part, and names what was read wrong in the part `dev`. Of `held_out`
and `fresh` only the figures are told: whoever improves the reading looks at `dev` alone.
"""

from __future__ import annotations

import csv
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path

import pytest

from mailguard.policy.reply import Kind
from mailguard.replies.read_reply import ReadReply, read_reply

CORPUS = Path(__file__).parents[2] / "fixtures" / "replies"
PARTS = ("dev", "held_out", "fresh")
TAKEN_IN = datetime(2026, 11, 14, 12, 0, tzinfo=UTC)
NORWEGIAN = {"nb": "no", "nn": "no"}


@dataclass(frozen=True)
class Sample:
    """A mail of the corpus with its labels, and how it was read."""

    label: Mapping[str, str]

    @cached_property
    def read(self) -> ReadReply:
        """How it was read."""
        octets = (CORPUS / self.label["file"]).read_bytes()
        return read_reply(octets, received_at=TAKEN_IN, own_domains=(self.label["ours"],))

    @property
    def kind(self) -> Kind:
        """What it is."""
        return Kind(self.label["kind"])

    @property
    def words(self) -> str:
        """What the customer wrote herself."""
        return (CORPUS / self.label["text"]).read_text(encoding="utf-8")


@cache
def corpus() -> list[Sample]:
    """The whole corpus."""
    with (CORPUS / "labels.csv").open(encoding="utf-8", newline="") as file:
        return [Sample(label) for label in csv.DictReader(file)]


@dataclass(frozen=True)
class Measure:
    """A question that is asked of each sample to which it applies."""

    name: str
    applies: Callable[[Sample], bool]
    is_right: Callable[[Sample], bool]
    said: Callable[[Sample], object]

    def of(self, part: str) -> tuple[int, int]:
        """How many of that part were read right, and of how many."""
        asked = [sample for sample in corpus() if sample.label["part"] == part and self.applies(sample)]
        return sum(self.is_right(sample) for sample in asked), len(asked)

    def wrong_in_dev(self) -> Iterator[str]:
        """What was read wrong in the part that may be looked at."""
        for sample in corpus():
            if sample.label["part"] == "dev" and self.applies(sample) and not self.is_right(sample):
                yield f"  {self.name:12} {sample.label['file']}: {self.said(sample)!r}"


def has(*columns: str) -> Callable[[Sample], bool]:
    """Whether a sample is labelled with all of these."""
    return lambda sample: all(sample.label[column] for column in columns)


def as_human(question: Callable[[Sample], bool]) -> Callable[[Sample], bool]:
    """A question of human mails that were taken for human: the others are counted where the kind is."""
    return lambda sample: sample.kind is Kind.HUMAN and sample.read.kind is Kind.HUMAN and question(sample)


def folded(text: str) -> str:
    """The words alone: where lines break is the client's."""
    return re.sub(r"\s+", "", text)


def has_its_score(sample: Sample) -> bool:
    """Whether the score is the one that was given, none where none was."""
    return str("" if sample.read.score is None else sample.read.score) == sample.label["score"]


def returns_when_told(sample: Sample) -> bool:
    """Whether the day of return is the one told; "until the 20th" may mean the 20th or the day after."""
    told = date.fromisoformat(sample.label["returns_at"])
    return sample.read.returns_at is not None and abs(sample.read.returns_at.date() - told) <= timedelta(days=1)


def names_its_bounced(sample: Sample) -> bool:
    """Whether the mailbox that bounced is found, with its status where one is told."""
    found = sample.read.bounce.recipients if sample.read.bounce else ()
    return any(
        str(one.mailbox).casefold() == sample.label["recipient"] and sample.label["status"] in ("", one.status) for one in found
    )


def names_its_complainer(sample: Sample) -> bool:
    """Whether the mailbox that complained is found."""
    complaint = sample.read.complaint
    return complaint is not None and sample.label["recipient"] in {str(mailbox) for mailbox in complaint.recipients}


def names_its_original(sample: Sample) -> bool:
    """Whether the mail of ours that it is about is found."""
    read, named = sample.read, sample.label["original"]
    reported = (read.bounce.message_ids if read.bounce else ()) + (read.complaint.message_ids if read.complaint else ())
    return named in {*reported, *read.thread.in_reply_to, *read.thread.references}


MEASURES = (
    Measure("kind", lambda _: True, lambda one: one.read.kind is one.kind, lambda one: one.read.kind.value),
    Measure("text", as_human(has("text")), lambda one: folded(one.read.text) == folded(one.words), lambda one: one.read.text),
    Measure(
        "language",
        lambda one: one.read.kind is one.kind and bool(one.label["language"]),
        lambda one: (
            NORWEGIAN.get(one.read.language, one.read.language) == NORWEGIAN.get(one.label["language"], one.label["language"])
        ),
        lambda one: one.read.language,
    ),
    Measure("detail", has("detail"), lambda one: one.read.detail == one.label["detail"], lambda one: one.read.detail),
    Measure("returns_at", has("returns_at"), returns_when_told, lambda one: one.read.returns_at),
    Measure(
        "score",
        as_human(lambda one: "nps-" in one.label["original"] or "nps." in one.label["original"]),
        has_its_score,
        lambda one: one.read.score,
    ),
    Measure(
        "bounced",
        lambda one: one.kind is Kind.BOUNCE and bool(one.label["recipient"]),
        names_its_bounced,
        lambda one: one.read.bounce and one.read.bounce.recipients,
    ),
    Measure(
        "complained",
        lambda one: one.kind is Kind.COMPLAINT and bool(one.label["recipient"]),
        names_its_complainer,
        lambda one: one.read.complaint,
    ),
    Measure("original", has("original"), names_its_original, lambda one: one.read.thread),
)
MOST_WRONG: Mapping[str, tuple[int, int, int]] = {
    "kind": (2, 4, 4),
    "text": (2, 2, 1),
    "language": (1, 3, 1),
    "detail": (2, 6, 4),
    "returns_at": (1, 4, 1),
    "score": (1, 1, 1),
    "bounced": (1, 2, 1),
    "complained": (0, 0, 0),
    "original": (1, 2, 1),
}
"""So many may be read wrong, by part: what was measured, and a mail more or so."""
MOST_TAKEN_FOR_HUMAN: Mapping[str, int] = {"dev": 1, "held_out": 2, "fresh": 4}


def by_kind(part: str) -> Counter[tuple[Kind, Kind]]:
    """How often mail of the first kind was taken for the second."""
    return Counter((sample.kind, sample.read.kind) for sample in corpus() if sample.label["part"] == part)


def report() -> str:
    """The table of kinds and the figures of each part, and what was read wrong in `dev`."""
    tables = [f"\n{part}: labelled downwards, read across\n{_table(by_kind(part))}" for part in PARTS]
    figures = [f"{one.name:12}" + "".join(f"{part:>10} {_share(*one.of(part))}" for part in PARTS) for one in MEASURES]
    return "\n".join([*tables, *figures, *(line for measure in MEASURES for line in measure.wrong_in_dev())])


@pytest.mark.parametrize("part", PARTS)
def test_what_no_human_wrote_is_not_taken_for_an_answer(part: str) -> None:
    counts = by_kind(part)
    taken = sum(counts[kind, Kind.HUMAN] for kind in (Kind.AUTOMATIC, Kind.BOUNCE, Kind.COMPLAINT))
    assert taken <= MOST_TAKEN_FOR_HUMAN[part], counts


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.name)
def test_as_many_are_read_right_as_were_measured(measure: Measure, part: str) -> None:
    right, asked = measure.of(part)
    assert asked
    assert asked - right <= MOST_WRONG[measure.name][PARTS.index(part)], (
        list(measure.wrong_in_dev()) if part == "dev" else right
    )


def test_no_mail_of_the_corpus_is_unreadable() -> None:
    sys.stdout.write(report())
    assert [sample.label["file"] for sample in corpus() if sample.read.unreadable] == []


def test_the_corpus_is_what_its_readme_says() -> None:
    files = {path.name for path in CORPUS.glob("*.eml")}
    assert {sample.label["file"] for sample in corpus()} == files
    assert len(files) >= 220
    assert len({sample.label["language"] for sample in corpus()} - {""}) >= 25


def _share(right: int, asked: int) -> str:
    return f"{right:4}/{asked:<4} {right / asked:6.1%}"


def _table(counts: Counter[tuple[Kind, Kind]]) -> str:
    kinds: Sequence[Kind] = list(Kind)
    rows = [[f"{kind.value:12}", *(f"{counts[kind, read]:12}" for read in kinds)] for kind in kinds]
    return "\n".join("".join(row) for row in [[" " * 12, *(f"{kind.value:>12}" for kind in kinds)], *rows])
