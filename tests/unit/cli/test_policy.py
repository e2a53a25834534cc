"""mailguard.cli.policy: what another policy would change, as a person and as a program gets it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailguard.cli import policy
from mailguard.cli.policy import _Lines
from mailguard.relay.settings import Client
from tests.unit.cli.conftest import Mailguard
from tests.unit.relay.replays import ANN, BOB, Taken, letter, taking

LOCAL = Client(name="local", trusts_fields=True)


@pytest.fixture
def taken(here: Path) -> Iterator[Taken]:
    """A mail to two, and one that repeats another, an hour ago."""
    with taking(here) as found:
        found.clock.move_to(datetime.now(UTC) - timedelta(hours=1))
        found.take(letter("a menu", to=f"{ANN}, {BOB}"), ANN, BOB, client=LOCAL)
        found.take(letter("a parcel", number=2), client=LOCAL)
        found.take(letter("a parcel", number=3), client=LOCAL, after=timedelta(minutes=1))
        (here / "current.toml").write_text(f'[database]\nurl = "{found.url}"\n')
        (here / "new.toml").write_text('[policy]\nmode = "shadow"\nmax_visible_recipients = 1\n')
        yield found


def test_what_would_change_as_json(mailguard: Mailguard, taken: Taken) -> None:
    ran = mailguard("policy", "replay", "--config", "new.toml", "-c", "current.toml", "--json")
    assert ran.status == 0
    found = ran.document
    assert (found["messages"], found["recipients"], found["judged"], found["reproduced"]) == (3, 4, 4, 4)
    assert (found["unjudged"], found["differing"]) == ({}, [])
    assert found["directions"] == {"would_stop": 2, "would_pass": 0, "other_action": 0}
    assert found["mode"] == {"from": "enforce", "to": "shadow"}
    change = found["changes"][0]
    assert (change["finding"], change["from"], change["to"], change["count"]) == ("mass_cc", "deliver", "hold", 2)
    assert change["examples"][0]["text"] == "2 visible recipients, limit 1"
    assert change["classes"] == {"service": 2}


def test_what_would_change_for_a_person(mailguard: Mailguard, taken: Taken) -> None:
    ran = mailguard("policy", "replay", "--config", "new.toml", "--current", "current.toml", "--examples", "1")
    assert ran.status == 0
    assert "4 judged again, 4 of them as recorded" in ran.out
    assert "2 recipients would now be stopped" in ran.out
    assert "mass_cc, deliver -> hold, such as:" in ran.out
    assert "2 visible recipients, limit 1" in ran.out
    assert "decisions are compared here, not deliveries" in ran.out


def test_what_is_not_judged_and_what_differs_is_said(mailguard: Mailguard, taken: Taken) -> None:
    with taken.database.write() as connection:
        connection.exec_driver_sql("UPDATE message SET client = 'gone' WHERE message_id = '1@sender.example'")
        connection.exec_driver_sql("UPDATE recipient SET action = 'deliver' WHERE action = 'reject'")
        connection.exec_driver_sql("UPDATE message SET findings = NULL")
    ran = mailguard("policy", "replay", "--config", "current.toml", "-c", "current.toml")
    assert ran.status == 0
    assert "unknown_client" in ran.out
    assert "no decision would change" in ran.out
    assert "1 recorded decisions are not what the current policy comes to now" in ran.out
    assert "recorded deliver (nothing found), now reject (repeat)" in ran.out


def test_no_examples_where_none_are_wanted(mailguard: Mailguard, taken: Taken) -> None:
    ran = mailguard("policy", "replay", "--config", "new.toml", "-c", "current.toml", "--examples", "0")
    assert "such as" not in ran.out


def test_a_configuration_that_cannot_be_used_is_named_with_its_line(mailguard: Mailguard, taken: Taken, here: Path) -> None:
    (here / "wrong.toml").write_text("[policy]\nmax_visible_recipients = -1\n")
    ran = mailguard("policy", "replay", "--config", "wrong.toml", "-c", "current.toml")
    assert ran.status == 2
    assert "wrong.toml line 2" in ran.err
    assert mailguard("policy", "replay", "-c", "current.toml").status == 2


def test_nothing_recorded_is_no(mailguard: Mailguard, taken: Taken) -> None:
    ran = mailguard("policy", "replay", "--config", "new.toml", "-c", "current.toml", "--since", "1m")
    assert (ran.status, ran.out) == (1, "")
    assert "nothing was recorded since" in ran.err


def test_an_absent_database_is_not_made(mailguard: Mailguard, here: Path) -> None:
    (here / "new.toml").write_text("")
    assert mailguard("policy", "replay", "--config", "new.toml").status == 2
    assert not (here / "mailguard.db").exists()


def test_progress_is_said_now_and_then(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "PAUSE", 0.0)
    _Lines(0.0)(7, 9)
    monkeypatch.setattr(policy, "PAUSE", 1e9)
    _Lines(0.0)(8, 9)
    assert capsys.readouterr().err == "7 of about 9 judged\n"


def test_progress_is_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    with policy._progress() as said:
        said(1, 2)
