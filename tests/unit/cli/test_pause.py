"""mailguard.cli.pause: what is paused, what is said of it, and slips of the pen."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Mailguard

CLIENTS = """
[[client]]
name = "shop"
networks = ["192.0.2.0/24"]
brand = "north"

[[client]]
name = "bank"
networks = ["198.51.100.0/24"]
"""


@pytest.fixture(autouse=True)
def _set_up(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    monkeypatch.setenv("SUDO_USER", "clerk")
    (here / "mailguard.toml").write_text(CLIENTS, encoding="utf-8")


def test_everything_is_paused_and_it_is_said_that_critical_mail_waits_too(mailguard: Mailguard) -> None:
    ran = mailguard("pause", "--reason", "wrong prices")
    assert ran.status == 0
    assert ran.out.splitlines() == [
        "paused everything: mail is taken and waits; 0 recipients in the queue wait now",
        "critical mail waits too: one-time codes, password resets, receipts",
        "deliveries under way are finished, what a worker has not begun it gives up within seconds",
        "to go on: mailguard resume",
    ]


@pytest.mark.parametrize(
    ("option", "what", "is_critical"),
    [
        (("--client", "shop"), "client shop", False),
        (("--client", "mailguard"), "client mailguard", False),
        (("--brand", "north"), "brand north", False),
        (("--class", "bulk"), "class bulk", False),
        (("--class", "critical"), "class critical", True),
    ],
)
def test_a_part_is_paused(mailguard: Mailguard, option: tuple[str, str], what: str, *, is_critical: bool) -> None:
    ran = mailguard("pause", *option)
    assert ran.out.startswith(f"paused {what}: ")
    assert ran.out.endswith(f"to go on: mailguard resume {' '.join(option)}\n")
    assert ("one-time codes" in ran.out) is is_critical


def test_what_is_paused_already_stays_as_it_was(mailguard: Mailguard) -> None:
    first = mailguard("pause", "--client", "shop", "--reason", "wrong prices", "--json").document
    assert (first["was_new"], first["pause"]["scope"], first["pause"]["key"]) == (True, "client", "shop")
    again = mailguard("pause", "--client", "shop", "--reason", "other")
    assert "client shop was paused already, on " in again.out
    assert "by clerk (wrong prices)" in again.out
    listed = mailguard("pause", "--list", "--json")
    assert listed.document == {"pauses": [first["pause"]], "recipients": 0}


def test_list_of_what_is_paused(mailguard: Mailguard) -> None:
    assert mailguard("pause", "--list").err == "nothing is paused\n"
    assert mailguard("pause", "--list").status == 1
    mailguard("pause", "--class", "bulk", "--reason", "wrong prices")
    ran = mailguard("pause", "--list")
    assert ran.status == 0
    assert all(word in ran.out for word in ("class bulk", "clerk", "wrong prices", "0 recipients wait"))


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (("--client", "shp"), "there is no client 'shp', so nothing was paused; there are: bank, mailguard, shop"),
        (("--brand", "south"), "there is no brand 'south', so nothing was paused; there are: north"),
        (("--client", "shop", "--class", "bulk"), "name one of --client, --class and --brand"),
    ],
)
def test_what_is_not_there_is_not_paused(mailguard: Mailguard, option: tuple[str, ...], said: str) -> None:
    ran = mailguard("pause", *option)
    assert ran.status == 2
    assert said in ran.err
    assert mailguard("pause", "--list").status == 1


def test_a_client_that_is_configured_no_more_is_paused_while_its_mail_waits(mailguard: Mailguard, here: Path) -> None:
    mailguard("pause", "--client", "shop")
    (here / "mailguard.toml").write_text("", encoding="utf-8")
    assert mailguard("pause", "--client", "shop").status == 0
    with sqlite3.connect(here / "mailguard.db") as connection:
        assert connection.execute("SELECT count(*) FROM pause").fetchone() == (1,)
