"""mailguard.cli.customer_change: a record out of a person and back again; a person erased."""

from __future__ import annotations

import sys
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from mailguard.identity.clerical import Answer
from mailguard.store.bounces import Bounce, bounces_of, record
from mailguard.store.partition import regroup
from mailguard.store.replies import show
from mailguard.store.told import all_told, tell
from mailguard.store.verdicts import history, put_verdict
from tests.replies import put_reply
from tests.unit.cli.conftest import Mailguard
from tests.unit.cli.people import ADA, AT, opened, settle, settle_all


@pytest.fixture(autouse=True)
def _clerk(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    monkeypatch.setenv("SUDO_USER", "clerk")
    settle_all(here)


def person(mailguard: Mailguard, name: str) -> Any:
    return mailguard("customers", "show", name, "--json").document["person"]


# --- split -------------------------------------------------------------------------------------------------------------


def test_record_is_taken_out_with_actor_and_reason(mailguard: Mailguard, here: Path) -> None:
    ran = mailguard("customers", "split", "P1", "--record", "shop:a:1", "--reason", "her aunt", "--json")
    assert (ran.status, ran.document) == (
        0,
        {
            "record": "shop:a:1",
            "persons": {"P1": ["crm:4711"], "P2": ["shop:a:1"]},
            "verdicts": 1,
            "undone": False,
            "conflicts": [],
        },
    )
    assert person(mailguard, "shop:a:1") == "P2"
    with opened(here) as database, database.read() as connection:
        said = history(connection, (1, 2))[0]
    assert (said.answer, said.actor, said.reason) == (Answer.DIFFERENT, "clerk", "split: her aunt")


def test_record_is_named_alone(mailguard: Mailguard) -> None:
    out = mailguard("customers", "split", "crm:4711").out
    assert out == "crm:4711: 1 verdict that it is never the same\nP1: crm:4711\nP2: shop:a:1\n"


def test_split_is_taken_back(mailguard: Mailguard, here: Path) -> None:
    mailguard("customers", "split", "shop:a:1")
    ran = mailguard("customers", "split", "shop:a:1", "--undo")
    assert ran.out == "shop:a:1: 1 verdict taken back\nP1: crm:4711, shop:a:1\n"
    assert person(mailguard, "shop:a:1") == "P1"
    again = mailguard("customers", "split", "shop:a:1", "--undo")
    assert (again.status, again.err) == (1, "mailguard: there is no split of shop:a:1 to take back\n")
    with opened(here) as database, database.read() as connection:
        said = history(connection, (1, 2))[0]
    assert (said.answer, said.undone_by) == (Answer.DIFFERENT, "clerk")


def test_only_a_split_is_taken_back_and_no_clerks_answer(mailguard: Mailguard, here: Path) -> None:
    with opened(here) as database, database.write() as connection:
        put_verdict(connection, (1, 3), Answer.DIFFERENT, actor="other", now=AT, reason="her brother")
    assert mailguard("customers", "split", "crm:4711", "--undo").status == 1


def test_clerks_answer_that_a_split_or_its_undoing_contradicts_is_named(mailguard: Mailguard, here: Path) -> None:
    with opened(here) as database, database.write() as connection:
        put_verdict(connection, (1, 4), Answer.SAME, actor="other", now=AT)
        put_verdict(connection, (2, 4), Answer.SAME, actor="other", now=AT)
        regroup(connection, [1, 2, 4], threshold_bits=6.6)
    mailguard("customers", "split", "shop:a:1")
    with opened(here) as database, database.write() as connection:
        put_verdict(connection, (1, 4), Answer.DIFFERENT, actor="other", now=AT)
        put_verdict(connection, (1, 2), Answer.SAME, actor="other", now=AT)
        regroup(connection, [1, 2, 4], threshold_bits=6.6)
    ran = mailguard("customers", "split", "shop:a:1", "--undo", "--json")
    assert ran.document["conflicts"]


def test_record_that_held_others_together_leaves_them_as_they_are_linked(mailguard: Mailguard, tmp_path: Path) -> None:
    (tmp_path / "mailguard.db").unlink()
    records = [ADA.__class__(source="crm", source_key=str(n), full_name=f"Ada {n}") for n in range(1, 5)]
    settle(tmp_path, *records, weights={(1, 2): 12.0, (1, 3): 12.0, (2, 3): 12.0, (1, 4): 12.0, (2, 4): 12.0, (3, 4): 12.0})
    document = mailguard("customers", "split", "crm:1", "--json").document
    assert document["persons"] == {"P1": ["crm:1"], "P2": ["crm:2", "crm:3", "crm:4"]}
    assert document["verdicts"] == 3
    assert mailguard("customers", "split", "crm:1", "--undo", "--json").document["persons"] == {
        "P1": ["crm:1", "crm:2", "crm:3", "crm:4"]
    }


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["P1"], 2, "say which record of P1 to take out: --record crm:4711"),
        (["P1", "--record", "crm:4713"], 2, "crm:4713 is no record of P1"),
        (["P1", "--record", "4711"], 2, "write its source and its key"),
        (["P1", "--record", "crm:99"], 1, "there is no record crm:99"),
        (["P99"], 1, "nobody is known as P99"),
        (["crm:4713"], 1, "crm:4713 is a person of its own already"),
        (["crm:4713", "--undo"], 1, "there is no split of crm:4713 to take back"),
        (["crm:4713", "--undo", "--reason", "x"], 2, "leave --reason out"),
    ],
)
def test_what_cannot_be_split_is_one_line(mailguard: Mailguard, arguments: list[str], status: int, said: str) -> None:
    ran = mailguard("customers", "split", *arguments)
    assert (ran.status, ran.out, ran.err.count("\n")) == (status, "", 1)
    assert said in ran.err
    assert person(mailguard, "shop:a:1") == "P1"


# --- forget ------------------------------------------------------------------------------------------------------------


def test_person_is_erased_and_not_written_to_any_more(mailguard: Mailguard) -> None:
    ran = mailguard("customers", "forget", "P1", "--yes", "--json")
    assert (ran.status, ran.document) == (
        0,
        {
            "person": "P1",
            "records": 2,
            "replies": 0,
            "suppressed": ["ada@mail.example", "a.lovelace@work.example"],
            "shared": {"home@family.example": ["P3"]},
        },
    )
    assert [(one["person"], one["suppression"]) for one in mailguard("suppress", "list", "--json").document] == [
        ("a.lovelace@work.example", "erased"),
        ("ada@mail.example", "erased"),
    ]
    for name in ("P1", "P2", "crm:4711", "ada@mail.example"):
        assert mailguard("customers", "show", name).status == 1
    assert mailguard("customers", "show", "P3", "--json").document["links"] == []


def test_erasing_says_what_stays(mailguard: Mailguard) -> None:
    ran = mailguard("customers", "forget", "P1", "--yes")
    assert ran.out.splitlines() == [
        "P1: 2 records erased",
        "ada@mail.example: no bulk mail from now on",
        "a.lovelace@work.example: no bulk mail from now on",
        "home@family.example: left as it is, for it is the mailbox of P3, too",
    ]
    assert "goes with its retention: content after" in ran.err


def test_erasing_wants_a_yes(mailguard: Mailguard, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = mailguard("customers", "forget", "P1")
    assert (ran.status, ran.out) == (2, "")
    assert "P1 (crm:4711, shop:a:1) cannot be taken back; say --yes" in ran.err
    assert person(mailguard, "P1") == "P1"


@pytest.mark.parametrize(("answer", "status"), [("y\n", 0), ("n\n", 1)])
def test_terminal_is_asked(mailguard: Mailguard, monkeypatch: pytest.MonkeyPatch, answer: str, status: int) -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    ran = mailguard("customers", "forget", "P1")
    assert ran.status == status
    assert "Erase P1 (crm:4711, shop:a:1) for good?" in ran.err
    assert mailguard("customers", "show", "P1").status == 1 - status


def test_person_that_became_another_while_it_was_asked_is_left(
    mailguard: Mailguard, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def joined(text: str, **_: object) -> None:
        with opened(here) as database, database.write() as connection:
            put_verdict(connection, (1, 4), Answer.SAME, actor="other", now=AT)
            regroup(connection, [1, 4], threshold_bits=6.6)

    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    monkeypatch.setattr("mailguard.cli.customer_change.typer.confirm", joined)
    ran = mailguard("customers", "forget", "P1")
    assert (ran.status, ran.out) == (1, "")
    assert "P1 has other records by now" in ran.err
    assert person(mailguard, "crm:4713") == "P1"


def test_nobody_cannot_be_erased(mailguard: Mailguard) -> None:
    assert mailguard("customers", "forget", "P99", "--yes").status == 1
    assert mailguard("customers", "forget", "home@family.example", "--yes").status == 2


def test_what_an_erased_person_wrote_and_systems_told_of_them_is_erased(mailguard: Mailguard, here: Path) -> None:
    with opened(here) as database, database.write() as connection:
        theirs = put_reply(connection, "one", anchor="ada@mail.example", mailbox="ada@mail.example")
        known = put_reply(connection, "two", anchor="R2", mailbox="home@family.example")
        family = put_reply(connection, "three", anchor="home@family.example", mailbox="home@family.example")
        other = put_reply(connection, "four", anchor="cy@mail.example", mailbox="cy@mail.example")
        tell(connection, "R1", {"income": "48050"}, source="crm", at=AT)
        record(connection, [Bounce("ada@mail.example", AT, True, "5.1.1", "a", 0)])
    ran = mailguard("customers", "forget", "P1", "--yes")
    assert ran.out.splitlines()[0] == "P1: 2 records and 2 mails from them erased"
    with opened(here) as database, database.read() as connection:
        assert [(one.text, one.mailbox) for one in map(partial(show, connection), (theirs.id, known.id)) if one] == [
            (None, "")
        ] * 2
        assert [show(connection, one.id) for one in (family, other)] == [family, other]
        assert all_told(connection, ["R1"]) == []
        assert bounces_of(connection, ["ada@mail.example"]) == []
