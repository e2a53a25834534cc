"""mailguard.cli.link_report: what a linkage says of itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mailguard.cli.link_report import WrongPair, link_document, print_linking, write_wrong, wrong_pairs
from mailguard.errors import UsageError
from mailguard.identity.record import Record
from mailguard.linkage.changes import Changes, Regrouping
from mailguard.linkage.engine_name import Engine
from mailguard.linkage.evaluation import AtThreshold, Evaluation, Scores, Wrong
from mailguard.linkage.link import Linking
from tests.unit.cli.people import opened, settle_all

CHANGES = Changes(
    links_added=3,
    links_removed=1,
    persons_merged=1,
    persons_split=1,
    records_moved=2,
    merges=(Regrouping(tuple(range(1, 10)), tuple(range(1, 10)), (1,)),),
    splits=(Regrouping((11, 12), (11,), (11, 12)),),
    held=2,
)
LINKING = Linking(
    engine=Engine.RECORDLINKAGE,
    records=12,
    candidate_pairs=40,
    links=5,
    possible=1,
    persons=7,
    version=2,
    is_first=False,
    changes=CHANGES,
)
EVALUATION = Evaluation(
    threshold=0.5,
    pairs=Scores(0.9, 0.8, 0.847),
    clusters=Scores(0.95, 0.9, 0.924),
    blocking_recall=0.98,
    true_pairs=10,
    chart=(AtThreshold(0.5, 9, 0.9, 0.8, 0.847), AtThreshold(0.99, 7, 1.0, 0.7, 0.82)),
    reliability=(),
    false_links=(Wrong(1, 3, 0.5),),
    missed=(Wrong(2, 4, None), Wrong(1, 99, -1.0)),
)
ADA = Record(source="crm", source_key="1", full_name="Ada\x1b[2J Lovelace", emails=("a@x.example", "b@x.example"))
BOB = Record(source="shop", source_key="7", given_name="Bob", phone="1")
WRONG = [WrongPair("false link", (ADA, BOB), 0.93), WrongPair("missed", (BOB, ADA), None)]


def test_document_names_persons_and_records() -> None:
    document = link_document(replace(LINKING, evaluation=EVALUATION), WRONG, seconds=1.23456)
    assert document["seconds"] == 1.235
    assert document["changes"]["splits"] == [{"records": [11, 12], "before": ["P11"], "after": ["P11", "P12"]}]
    assert document["changes"]["held"] == 2
    assert document["evaluation"]["f1"] == 0.847
    assert document["evaluation"]["wrong"][0] == {
        "kind": "false link",
        "probability": 0.93,
        "records": [
            {"record": "crm:1", "full_name": "Ada\x1b[2J Lovelace", "email": "a@x.example; b@x.example"},
            {"record": "shop:7", "given_name": "Bob", "phone": "1"},
        ],
    }


def test_what_would_change_is_said_with_examples(capsys: pytest.CaptureFixture[str]) -> None:
    print_linking(LINKING, [], seconds=2.0, shown=5)
    out = capsys.readouterr().out
    assert "12 records, 40 candidate pairs: 5 links, 1 possible, 7 persons in 2.0 s (recordlinkage, parameters 2)" in out
    assert "3 links would be added, 1 removed; 1 person would be joined to others, 1 would be split off" in out
    assert "joined: P1, P2, P3, P4, P5, P6 and 3 more to P1 (9 records)" in out
    assert "split: P11 into P11, P12 (2 records)" in out
    assert "held mail of these persons: 2" in out
    assert "mailguard link --apply" in out


def test_what_was_changed_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    print_linking(replace(LINKING, applied=True), [], seconds=2.0, shown=5)
    out = capsys.readouterr().out
    assert "3 links added" in out
    assert "would" not in out


@pytest.mark.parametrize(("is_first", "said"), [(True, "2 records joined an older one's person"), (False, "3 links added")])
def test_first_link_has_no_before(capsys: pytest.CaptureFixture[str], *, is_first: bool, said: str) -> None:
    print_linking(replace(LINKING, is_first=is_first, applied=True), [], seconds=2.0, shown=5)
    assert said in capsys.readouterr().out


def test_evaluation_has_figures_a_chart_and_wrong_pairs(capsys: pytest.CaptureFixture[str]) -> None:
    print_linking(replace(LINKING, evaluation=EVALUATION), WRONG, seconds=2.0, shown=5)
    out = capsys.readouterr().out
    assert "persons (B-cubed)" in out
    assert "98.00% of them were compared" in out
    assert "by threshold" in out
    assert "false link, probability 0.9300:" in out
    assert "missed, not compared:" in out
    assert "\x1b" not in out


def test_only_some_wrong_pairs_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    print_linking(replace(LINKING, evaluation=EVALUATION), WRONG * 4, seconds=2.0, shown=2)
    assert capsys.readouterr().out.count("missed, not compared") == 2


def test_wrong_pairs_are_read_with_their_records(here: Path) -> None:
    settle_all(here)
    with opened(here) as database, database.read() as connection:
        found = wrong_pairs(connection, EVALUATION)
        assert wrong_pairs(connection, None) == []
    assert [(one.kind, one.records[0].source_key, one.records[1].source_key) for one in found] == [
        ("false link", "4711", "4712"),
        ("missed", "a:1", "4713"),
    ]
    assert found[0].probability is not None
    assert 0.58 < found[0].probability < 0.59
    assert found[1].probability is None


def test_wrong_pairs_are_written_side_by_side(tmp_path: Path) -> None:
    write_wrong(tmp_path / "wrong.csv", WRONG)
    heading, first, second = (tmp_path / "wrong.csv").read_text().splitlines()
    assert heading.startswith("kind,probability,a_record,b_record,a_full_name,b_full_name")
    assert first.startswith("false link,0.930000,crm:1,shop:7,")
    assert second.startswith("missed,,shop:7,crm:1,")


def test_file_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot write"):
        write_wrong(tmp_path / "absent" / "wrong.csv", WRONG)
