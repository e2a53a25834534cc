"""mailguard.cli.import_report: what an import says."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mailguard.cli.import_report import SHOWN, reporting, tell_mapping
from mailguard.sources.mapping import map_columns
from mailguard.sources.source_row import Flaw


def test_a_person_is_told_of_the_first_rows_and_a_program_of_all(capsys: pytest.CaptureFixture[str]) -> None:
    for keeps_all, kept in ((False, SHOWN), (True, SHOWN + 2)):
        with reporting(None, keeps_all=keeps_all, expected=0) as report:
            for line in range(SHOWN + 2):
                report.bad(Flaw(line, "no key"))
        assert len(report.bad_rows) == kept
        report.tell()
        err = capsys.readouterr().err.splitlines()
        assert len(err) == SHOWN + 1
        assert err[-1] == "2 more rows left out; see all with --json or --bad-rows"


def test_warnings_are_told_after_the_rows_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    with reporting(None, keeps_all=False, expected=0) as report:
        for line in range(SHOWN + 1):
            report.warn(Flaw(line, "'x\x1b[2J' is no mailbox; kept as it is"))
    report.tell()
    err = capsys.readouterr().err
    assert err.splitlines()[-1] == "1 more row warned of; see all with --json"
    assert "\x1b" not in err


def test_terminal_shows_how_far_it_is(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    for expected in (10, 0):
        with reporting(None, keeps_all=False, expected=expected) as report:
            report.went_on(5)
            report.went_on(20)
        assert report.rows == 20
        assert "rows" in capsys.readouterr().err


def test_rows_left_out_are_written_as_they_come(tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    with reporting(file, keeps_all=False, expected=0) as report:
        report.bad(Flaw(3, 'a quote, "so to say"'))
    assert file.read_text(encoding="utf-8").splitlines() == ["line,reason", '3,"a quote, ""so to say"""']


def test_mapping_is_told_in_a_few_lines(capsys: pytest.CaptureFixture[str]) -> None:
    tell_mapping("x.csv", map_columns(["id", "Vorname", "Card", "pin"], ignored=["pin"]))
    assert capsys.readouterr().err.splitlines() == [
        "x.csv",
        "fields: source_key=id, given_name=Vorname",
        "kept as further fields: Card",
        "not kept: pin",
    ]
