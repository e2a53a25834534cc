"""mailguard.cli.demo: the command ends with 0 only if every verdict is the expected one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mailguard.cli import demo
from mailguard.cli.app import run
from mailguard.cli.demo.scenes import SCENES, Scene, Verdict


def test_all_stories_end_as_they_should(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["demo", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["as_expected"] is True
    assert [scene["title"] for scene in document["scenes"]] == [scene.title for scene in SCENES]


def test_a_wrong_verdict_is_exit_status_1(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    first = SCENES[0].mails[0]
    monkeypatch.setattr(demo, "SCENES", (Scene("wrong", (replace(first, verdict=Verdict.HELD),)),))
    assert run(["demo"]) == 1
    shown = capsys.readouterr().out
    assert "expected: held" in shown
    assert "0 of 1 verdicts" in shown


def test_the_ledger_can_be_kept_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "SCENES", (Scene("short", SCENES[0].mails[:1]),))
    assert run(["demo", "--keep", str(tmp_path / "kept")]) == 0
    monkeypatch.setenv("MAILGUARD_DATABASE__URL", f"sqlite:///{tmp_path}/kept/mailguard.db")
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()
    assert run(["log", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["subject"] == "Your application for a second card"
    assert run(["demo", "--keep", str(tmp_path / "kept")]) == 2
    assert "name another folder" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made_is_one_line_and_exit_status_2(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert run(["demo", "--keep", str(tmp_path / "file" / "below")]) == 2
    assert "name another folder" in capsys.readouterr().err
