"""mailguard.cli.queue_groups: held mail by its causes, as a person sees and settles it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mailguard.policy.submission import Submission
from mailguard.store.database import Database
from tests.builders import NOW, crowd, message
from tests.ledger import mail, open_ledger, take
from tests.unit.cli.conftest import Mailguard, Played

TEXT = (
    b"From: crm@corp.example\r\nSubject: News\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    b"Dear all,\r\n\r\n\x1b[2Jour prices rise on Monday\r\n" + b"a" * 200 + b"\r\n1\r\n2\r\n3\r\n"
)


def news(number: int, *, client: str = "crm") -> Submission:
    text = message("news", f"{number}", message_id=f"n{number}@x.example", visible=crowd(11), subject="News \x1b", content=TEXT)
    begin = datetime.now(UTC) - NOW - timedelta(hours=1)
    return mail(text, f"p{number}@people.example", at=begin + timedelta(minutes=number), client=client, template="news")


@pytest.fixture
def monday(here: Path, monkeypatch: pytest.MonkeyPatch) -> list[Submission]:
    """A ledger with eight held mails of one cause, and one of another."""
    monkeypatch.setenv("SUDO_USER", "clerk")
    mails = [*(news(number) for number in range(8)), news(9, client="shop")]
    database = open_ledger(f"sqlite:///{here}/mailguard.db")
    with database.write() as connection:
        take(connection, *mails, owner="")
    database.close()
    return mails


def groups(mailguard: Mailguard) -> list[Any]:
    found: list[Any] = mailguard("queue", "groups", "--json").document
    return found


def test_causes_are_one_line_each(mailguard: Mailguard, monday: list[Submission]) -> None:
    first, second = groups(mailguard)
    assert (first["finding"], first["messages"], first["client"], first["class"]) == ("mass_cc", 8, "crm", "service")
    out = mailguard("queue", "groups").out
    assert len(out.splitlines()) == 3
    assert first["id"] in out
    assert second["id"] in out
    assert "\x1b" not in out
    assert mailguard("queue", "groups", "--sender", "shop", "--json").document[0]["id"] == second["id"]


def test_groups_say_that_there_are_more(mailguard: Mailguard, monday: list[Submission]) -> None:
    assert mailguard("queue", "groups", "--limit", "1").err == "only the oldest 1 of 2 are shown; see more with --limit\n"


def test_nothing_held_is_status_1(mailguard: Mailguard) -> None:
    ran = mailguard("queue", "groups")
    assert (ran.status, ran.out, ran.err) == (1, "", "nothing is held\n")


def test_group_is_shown_with_what_is_in_it(mailguard: Mailguard, monday: list[Submission]) -> None:
    id = groups(mailguard)[0]["id"]
    mailguard("queue", "note", id, "asked the \x1bsales team")
    out = mailguard("queue", "show", id).out
    for words in (
        "8 mails to 8 recipients",
        "people.example",
        "shop@sender.example",
        "| Dear all,",
        "sales team",
        "11 visible",
    ):
        assert words in out, out
    assert "\x1b" not in out
    document = mailguard("queue", "show", id, "--json").document
    assert [sample["id"] for sample in document["samples"]] == [monday[0].id, monday[4].id, monday[7].id]
    text = document["samples"][0]["text"]
    assert (text[0], len(text), len(text[2])) == ("Dear all,", 5, 121)
    assert document["notes"][0]["actor"] == "clerk"


def test_group_whose_content_is_gone_is_shown_all_the_same(mailguard: Mailguard, monday: list[Submission], here: Path) -> None:
    id = groups(mailguard)[0]["id"]
    database = Database.open(f"sqlite:///{here}/mailguard.db")
    with database.write() as connection:
        connection.exec_driver_sql("DELETE FROM content")
    database.close()
    assert "its content is no longer kept" in mailguard("queue", "show", id).out


def test_group_that_is_not_there_is_status_1(mailguard: Mailguard, monday: list[Submission]) -> None:
    ran = mailguard("queue", "show", "G00000000")
    assert (ran.status, ran.err) == (1, "nothing is held as G00000000; see: mailguard queue groups\n")


def test_repeats_are_shown_with_what_they_repeat(mailguard: Mailguard, played: Played) -> None:
    (group,) = groups(mailguard)
    assert (group["messages"], group["repeats"]) == (1, 1)
    assert "and 1 repeat that wait" in mailguard("queue", "show", group["id"]).out


def test_group_is_assigned_by_its_id_or_a_mail_of_it(mailguard: Mailguard, monday: list[Submission]) -> None:
    first, second = (group["id"] for group in groups(mailguard))
    assert mailguard("queue", "assign", monday[3].id, "bob").out == f"{first} (mass_cc, 8 mails): assigned to bob\n"
    assert mailguard("queue", "assign", second, "<n0@x.example>", "ann", "--json").document == {
        "assignee": "ann", "groups": [first, second], "left": [],
    }  # fmt: skip
    assert [group["assignee"] for group in groups(mailguard)] == ["ann", "ann"]
    assert mailguard("queue", "assign", "--sender", "shop", "").out.endswith("assigned to nobody\n")
    assert [group["assignee"] for group in groups(mailguard)] == ["ann", ""]


def test_note_is_written_beside_all_that_is_meant(mailguard: Mailguard, monday: list[Submission]) -> None:
    assert len(mailguard("queue", "note", "--all", "known", "--json").document["groups"]) == 2
    assert [group["notes"] for group in groups(mailguard)] == [1, 1]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["note", "01JX", "known"], 1, "01JX: nothing is held of it"),
        (["assign", "bob"], 2, "say which mail"),
        (["note", "--all", " "], 2, "the note is empty"),
        (["note", "--finding", "fan_out", "known"], 1, ""),
    ],
)
def test_what_is_not_held_is_neither_noted_nor_assigned(
    mailguard: Mailguard, monday: list[Submission], arguments: list[str], status: int, said: str
) -> None:
    ran = mailguard("queue", *arguments)
    assert ran.status == status
    assert said in ran.err
