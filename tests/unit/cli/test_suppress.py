"""mailguard.cli.suppress: who is not to be written to."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from mailguard.relay.clock import system_clock
from mailguard.store.bounces import Bounce, record
from mailguard.store.database import Database
from tests.builders import NOW
from tests.customers import JANE, customer, put
from tests.unit.cli.conftest import Mailguard


@pytest.fixture(autouse=True)
def _ada(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "clerk")


def test_nobody_on_the_list_is_status_1(mailguard: Mailguard) -> None:
    ran = mailguard("suppress", "list")
    assert (ran.status, ran.out, ran.err) == (1, "", "nobody is on the list\n")
    as_json = mailguard("suppress", "list", "--json")
    assert (as_json.status, as_json.document) == (1, [])


def test_person_is_put_on_the_list_and_taken_off(mailguard: Mailguard) -> None:
    assert mailguard("suppress", "add", "Ada@Mail.example", "--note", "letter").out.startswith("ada@mail.example: unsubscribed")
    shown = mailguard("suppress", "list")
    assert shown.status == 0
    assert all(word in shown.out for word in ("ada@mail.example", "unsubscribed", "clerk", "letter"))
    assert mailguard("suppress", "remove", "ada@MAIL.example").out == "ada@mail.example: taken off the list\n"
    assert mailguard("suppress", "list").status == 1


def test_list_as_json(mailguard: Mailguard) -> None:
    added = mailguard("suppress", "add", "ada@mail.example", "--reason", "erased", "--json").document
    assert (added["person"], added["suppression"], added["actor"]) == ("ada@mail.example", "erased", "clerk")
    assert mailguard("suppress", "list", "--json").document == [added]


def test_list_says_how_many_more_there_are(mailguard: Mailguard) -> None:
    for name in ("ada", "bea", "cy"):
        mailguard("suppress", "add", f"{name}@mail.example")
    ran = mailguard("suppress", "list", "--limit", "2", "--json")
    assert [one["person"] for one in ran.document] == ["ada@mail.example", "bea@mail.example"]
    assert ran.err == "2 of 3 shown; see the others with --limit 3\n"


def test_person_who_is_not_on_the_list_is_status_1(mailguard: Mailguard) -> None:
    ran = mailguard("suppress", "remove", "ada@mail.example")
    assert (ran.status, ran.out) == (1, "ada@mail.example is not on the list\n")
    assert mailguard("suppress", "remove", "ada@mail.example", "--json").document == {
        "person": "ada@mail.example",
        "removed": False,
    }


def test_a_person_is_on_the_list_by_whichever_name(mailguard: Mailguard, here: Path) -> None:
    database = Database.open(f"sqlite:///{here}/mailguard.db")
    with database.write() as connection:
        put(connection, JANE, customer(source_key="2", emails=("jane@y.example",)))
        connection.exec_driver_sql("UPDATE record SET person = 1")
    database.close()
    assert mailguard("suppress", "add", "crm:2", "--json").document["person"] == "P1"
    assert [one["person"] for one in mailguard("suppress", "list", "--json").document] == ["P1"]
    assert mailguard("suppress", "add", "j.doe@x.example").status == 0
    assert mailguard("suppress", "remove", "jane@y.example").out == "jane@y.example: taken off the list\n"
    assert mailguard("suppress", "list").status == 1
    assert mailguard("suppress", "remove", "P1").out == "P1 is not on the list\n"
    assert mailguard("suppress", "add", "P99").status == 1


@pytest.mark.parametrize("arguments", [["add", "ada"], ["remove", ""], ["add", "ada@mail.example", "--reason", "bored"]])
def test_what_cannot_be_used_is_status_2(mailguard: Mailguard, arguments: list[str]) -> None:
    ran = mailguard("suppress", *arguments)
    assert (ran.status, ran.out, ran.err.count("\n")) == (2, "", 1)


def test_a_mailbox_that_bounced_is_let_go_again(mailguard: Mailguard, here: Path) -> None:
    with closing(Database.open(f"sqlite:///{here}/mailguard.db")) as database, database.write() as connection:
        record(connection, [Bounce("ada@mail.example", NOW, True, "5.1.1", "a", 0)])
    assert mailguard("suppress", "remove", "Ada@mail.example").out == "ada@mail.example: taken off the list\n"
    assert mailguard("suppress", "remove", "ada@mail.example").status == 1


def test_where_mail_bounces_is_on_the_list(mailguard: Mailguard, here: Path) -> None:
    now = system_clock()
    with closing(Database.open(f"sqlite:///{here}/mailguard.db")) as database, database.write() as connection:
        record(connection, [Bounce("ada@mail.example", now, True, "5.1.1", "01JD", 0)])
        record(connection, [Bounce("bea@mail.example", now, False, "4.2.2", "01JE", 0)])
    mailguard("suppress", "add", "cy@mail.example")
    found = mailguard("suppress", "list", "--json").document
    assert [(one["person"], one["suppression"], one["actor"], one["reason"]) for one in found] == [
        ("ada@mail.example", "bounced", "mailguard", "5.1.1, 01JD"),
        ("cy@mail.example", "unsubscribed", "clerk", ""),
    ]


def test_that_mail_bounces_is_not_said_by_hand(mailguard: Mailguard) -> None:
    assert mailguard("suppress", "add", "ada@mail.example", "--reason", "bounced").status == 2
    assert mailguard("suppress", "add", "ada@mail.example", "--reason", "complained").status == 0
