from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from mailguard.cli.app import run

MBOX = "".join(
    f"From x Sat Nov 21 05:00:0{n} 2026\nFrom: a@b.example\nMessage-ID: <{n}@x>\nSubject: {n}\n\nHello {n}.\n\n"
    for n in range(3)
)


@pytest.fixture(autouse=True)
def _database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILGUARD_DATABASE__URL", f"sqlite:///{tmp_path}/ledger.db")
    monkeypatch.chdir(tmp_path)


def test_mbox_is_taken_in_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "box").write_text(MBOX)
    for new in (3, 0):
        assert run(["replies", "ingest", "box", "--json"]) == 0
        document = json.loads(capsys.readouterr().out)
        assert (document["read"], document["new"], document["known"]) == (3, new, 3 - new)
    assert document["set_aside"] == []


def test_what_cannot_be_read_is_named_and_the_others_are_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.eml").write_text("")
    (tmp_path / "b.eml").write_text("From: a@b.example\nSubject: x\n\nHello.\n")
    assert run(["replies", "ingest", "."]) == 0
    printed = capsys.readouterr()
    assert printed.out == "2 mails read: 1 new (1 human), 0 known already\n"
    assert "put aside: a.eml: is empty" in printed.err


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(MBOX.encode())))
    assert run(["replies", "ingest", "-", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["kinds"] == {"human": 3}


@pytest.mark.parametrize("octets", [None, ""])
def test_nothing_that_can_be_read_is_status_two(tmp_path: Path, octets: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    if octets is not None:
        (tmp_path / "a.eml").write_text(octets)
    assert run(["replies", "ingest", "a.eml"]) == 2
    assert "a.eml" in capsys.readouterr().err
