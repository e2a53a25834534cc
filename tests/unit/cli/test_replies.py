from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mailguard.cli.app import run


@pytest.fixture
def config(tmp_path: Path) -> str:
    """A configuration whose ledger holds three replies: of two humans and of a robot."""
    file = tmp_path / "mailguard.toml"
    file.write_text(
        '[relay]\nown_domains = ["corp.example"]\n[[replies.brand]]\nname = "acme"\naddresses = ["us@corp.example"]\n'
    )
    for number, (name, more) in enumerate({"ada": "", "bob": "", "robot": "Auto-Submitted: auto-replied\n"}.items(), 1):
        (tmp_path / f"{number}.eml").write_text(
            f"Received: from a by b; Fri, 0{number} Nov 2024 05:00:00 +0000\nFrom: {name}@mail.example\nTo: us@corp.example\n"
            f"{more}Subject: about {number}\nMessage-ID: <{number}@mail.example>\n\nA question of {name}.\n"
        )
    assert run(["replies", "ingest", str(tmp_path), "-c", str(file)]) == 0
    return str(file)


def asked(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    capsys.readouterr()
    status = run(["replies", *arguments, "--json"])
    printed = capsys.readouterr().out
    return status, json.loads(printed) if printed else None


def test_list_shows_what_is_owed_and_what_is_due_first(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, found = asked(capsys, "list", "-c", config)
    assert status == 0
    assert [one["message_id"] for one in found] == ["1@mail.example", "2@mail.example"]
    expected = "id person state kind received_at due_at message_id answers language text"
    assert list(found[0])[:10] == expected.split()
    assert (found[0]["person"], found[0]["state"], found[0]["brand"]) == ("ada@mail.example", "open", "acme")


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        (["--open"], ["1", "2"]),
        (["--state", "resolved"], []),
        (["--kind", "automatic"], ["3"]),
        (["--person", "bob@mail.example"], ["2"]),
        (["--brand", "acme", "--limit", "1"], ["1"]),
        (["--brand", "other"], []),
        (["--since", "1d"], []),
        (["--overdue"], ["1", "2"]),
    ],
)
def test_list_is_filtered(config: str, capsys: pytest.CaptureFixture[str], options: list[str], ids: list[str]) -> None:
    status, found = asked(capsys, "list", *options, "-c", config)
    assert [one["message_id"].partition("@")[0] for one in found] == ids
    assert status == (1 if not ids or "--overdue" in options else 0)


def test_nothing_overdue_is_status_zero(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replies", "resolve", "<1@mail.example>", "<2@mail.example>", "-c", config]) == 0
    assert asked(capsys, "list", "--overdue", "-c", config) == (0, [])


def test_reply_is_acknowledged_resolved_and_reopened_by_name(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    (id,) = [one["id"] for one in asked(capsys, "list", "--person", "ada@mail.example", "-c", config)[1]]
    assert asked(capsys, "ack", id, "--reason", "called", "-c", config)[1]["replies"] == [id]
    assert asked(capsys, "resolve", "<1@mail.example>", "-c", config) == (
        0,
        {"done": "resolved", "replies": [id], "unchanged": [], "left": []},
    )
    assert asked(capsys, "resolve", id, "-c", config)[1]["unchanged"] == [id]
    assert asked(capsys, "reopen", id, "-c", config)[1]["replies"] == [id]
    status, shown = asked(capsys, "show", id, "-c", config)
    assert status == 0
    assert [(event["verb"], event["reason"]) for event in shown["events"]] == [
        ("acknowledged", "called"),
        ("resolved", ""),
        ("reopened", ""),
    ]
    assert shown["reply"]["state"] == "open"
    assert shown["message"]["text"].strip() == "A question of ada."


def test_what_is_not_there_or_no_humans_is_said(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert asked(capsys, "resolve", "<3@mail.example>", "01NONE", "-c", config)[0] == 1
    assert asked(capsys, "show", "01NONE", "-c", config) == (1, None)
    assert run(["replies", "list", "--open", "--state", "resolved", "-c", config]) == 2


def test_tables_and_texts_are_for_people(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replies", "list", "-c", config, "--limit", "1"]) == 0
    assert "A question of ada." in capsys.readouterr().out
    assert run(["replies", "show", "<1@mail.example>", "-c", config]) == 0
    assert "person ada@mail.example by sender (does not count)" in capsys.readouterr().out
    assert run(["replies", "resolve", "<1@mail.example>", "-c", config]) == 0
    assert capsys.readouterr().out == "resolved 1 reply\n"


def test_raw_is_the_mail_as_it_came(config: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(["replies", "show", "<1@mail.example>", "--raw", "-c", config]) == 0
    assert capfdbinary.readouterr().out.endswith(b"\n\nA question of ada.\n")
