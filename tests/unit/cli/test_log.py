"""mailguard.cli.log: decisions, newest last."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailguard.cli import log
from mailguard.store.database import Database
from tests.builders import message
from tests.customers import customer, put
from tests.ledger import mail, take
from tests.unit.cli.conftest import Mailguard, Played


def ids(mailguard: Mailguard, *options: str) -> list[str]:
    return [line["id"] for line in mailguard("log", "--json", *options).lines]


def test_decisions_stand_newest_last(mailguard: Mailguard, played: Played) -> None:
    assert ids(mailguard) == [played.delivered, played.held, played.repeated, played.rejected, played.replayed]


def test_decisions_have_no_attempts(mailguard: Mailguard, played: Played) -> None:
    assert "attempts" not in mailguard("log", "--json").lines[0]["recipients"][0]


@pytest.mark.parametrize(("action", "count"), [("deliver", 2), ("hold", 2), ("reject", 1)])
def test_decisions_of_one_action(mailguard: Mailguard, played: Played, action: str, count: int) -> None:
    assert len(ids(mailguard, "--action", action)) == count


def test_decisions_about_one_person(mailguard: Mailguard, played: Played) -> None:
    assert ids(mailguard, "--person", "Bea@MAIL.example") == [played.delivered]
    assert mailguard("log", "--person", "nobody@mail.example").status == 1
    assert mailguard("log", "--person", "P17").err == "mailguard: nobody is known as P17\n"
    assert mailguard("log", "--person", "nobody").status == 2


def test_decisions_about_one_person_at_all_mailboxes(mailguard: Mailguard, played: Played, here: Path) -> None:
    database = Database.open(f"sqlite:///{here}/mailguard.db")
    with database.write() as connection:
        put(connection, customer(emails=("bea@mail.example",)), customer(source_key="2", emails=("p1@people.example",)))
        connection.exec_driver_sql("UPDATE record SET person = 1")
    database.close()
    for name in ("P1", "P2", "crm:2", "bea@mail.example"):
        assert ids(mailguard, "--person", name) == [played.delivered, played.held, played.repeated]


def test_decisions_of_the_last_while(mailguard: Mailguard, played: Played) -> None:
    assert len(ids(mailguard, "--since", "1h")) == 5
    assert ids(mailguard, "--since", "1m") == []


def test_newest_are_shown_and_the_rest_is_said(mailguard: Mailguard, played: Played) -> None:
    ran = mailguard("log", "--limit", "2", "--json")
    assert [line["id"] for line in ran.lines] == [played.rejected, played.replayed]
    assert ran.err == "only the newest 2 are shown; see more with --limit\n"


def test_decision_is_one_line_for_a_person(mailguard: Mailguard, played: Played) -> None:
    lines = mailguard("log").out.splitlines()
    assert len(lines) == 5
    assert f"{played.held}  service  hold" in lines[1]
    assert lines[1].endswith("mass_cc")
    assert "-> ada@mail.example +1" in lines[0]


def test_no_decision_is_status_1(mailguard: Mailguard) -> None:
    ran = mailguard("log")
    assert (ran.status, ran.out, ran.err) == (1, "", "no decisions\n")


@pytest.fixture
def _heeds_ctrl_c() -> Iterator[None]:
    """Let a child heed SIGINT where a shell runs the tests in the background: it is ignored there, and a child inherits that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_heeds_ctrl_c")
def test_log_is_followed_until_ctrl_c(played: Played, here: Path) -> None:
    command = [sys.executable, "-m", "mailguard", "log", "--follow", "--json", "--action", "deliver"]
    with subprocess.Popen(command, cwd=here, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert [json.loads(process.stdout.readline())["id"] for _ in range(2)] == [played.delivered, played.replayed]
        database = Database.open(f"sqlite:///{here}/mailguard.db")
        with database.write() as connection:
            new = take(connection, mail(message("news"), "cy@mail.example"), owner="")[0].id
        database.close()
        assert json.loads(process.stdout.readline())["id"] == new
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 130
        assert process.stderr.read() == ""


def test_polling_is_not_busy() -> None:
    assert log.POLL >= 0.1
