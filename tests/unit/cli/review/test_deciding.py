"""mailguard.cli.review.deciding: answers without a screen."""

from __future__ import annotations

import pytest

from mailguard.store.database import Database
from tests.unit.cli.conftest import Mailguard
from tests.unit.cli.review.conftest import ask, join


def waiting(mailguard: Mailguard) -> list[str]:
    return (
        [one["id"] for one in mailguard("review", "list", "--json").document] if mailguard("review", "list").status == 0 else []
    )


def test_same_makes_two_records_one_person_at_once(mailguard: Mailguard, asked: list[str]) -> None:
    ran = mailguard("review", "decide", asked[0], "same", "--reason", "same card", "--json")
    first = asked[0].split("-")[0]
    assert ran.document == {
        "id": asked[0],
        "answer": "same",
        "actor": "ada",
        "undone": False,
        "persons": [f"P{first}", f"P{first}"],
        "moved": 1,
        "conflicts": [],
    }
    assert waiting(mailguard) == asked[1:]
    said = mailguard("review", "show", asked[0], "--json").document["said"]
    assert [(one["answer"], one["actor"], one["reason"]) for one in said] == [("same", "ada", "same card")]


def test_different_keeps_two_records_apart(mailguard: Mailguard, asked: list[str]) -> None:
    one, other = asked[0].split("-")
    assert (
        mailguard("review", "decide", asked[0], "different").out == f"{asked[0]}: different; two persons, P{one} and P{other}\n"
    )
    assert waiting(mailguard) == asked[1:]


def test_answer_said_twice_is_kept_once(mailguard: Mailguard, asked: list[str]) -> None:
    assert mailguard("review", "decide", asked[0], "same").status == 0
    assert mailguard("review", "decide", asked[0], "same").status == 0
    assert len(mailguard("review", "show", asked[0], "--json").document["said"]) == 1
    mailguard("review", "decide", asked[0], "same", "--reason", "asked her")
    assert len(mailguard("review", "show", asked[0], "--json").document["said"]) == 2


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("12", "same"), 2, "such as 12-40"),
        (("900-901", "same"), 1, "there are no records 900-901"),
        (("1-2", "perhaps"), 2, "perhaps"),
    ],
)
def test_answer_to_nothing_is_refused(
    mailguard: Mailguard, asked: list[str], arguments: tuple[str, str], status: int, said: str
) -> None:
    ran = mailguard("review", "decide", *arguments)
    assert (ran.status, ran.out) == (status, "")
    assert said in ran.err


def test_records_that_nobody_asked_about_can_be_decided(mailguard: Mailguard, asked: list[str]) -> None:
    one, other = asked[0].split("-")[0], asked[1].split("-")[0]
    assert mailguard("review", "decide", f"{other}-{one}", "same").out == f"{one}-{other}: same; one person, P{one}\n"
    assert mailguard("review", "undo", f"{one}-{other}").status == 0


def test_contradiction_is_said(mailguard: Mailguard, database: Database) -> None:
    with database.write() as connection:
        ask(connection, [0.9, 0.8])
        join(connection, {(1, 3): 0.7})
    mailguard("review", "decide", "1-2", "same")
    mailguard("review", "decide", "2-3", "same")
    ran = mailguard("review", "decide", "1-3", "different")
    assert "look at it again" in ran.err
    found = mailguard("review", "decide", "1-3", "different", "--reason", "her sister", "--json").document["conflicts"]
    assert [f"{id} was said to be the same" in ran.err for id in found] == [True]


def test_own_last_answer_is_taken_back_step_by_step(mailguard: Mailguard, asked: list[str]) -> None:
    mailguard("review", "decide", asked[0], "same")
    mailguard("review", "decide", asked[1], "different")
    assert mailguard("review", "undo").out.startswith(f"{asked[1]}: different of ada is taken back; two persons")
    assert mailguard("review", "undo", "--json").document["undone"] is True
    assert waiting(mailguard) == asked
    ran = mailguard("review", "undo")
    assert (ran.status, ran.out, ran.err) == (1, "", "you have given no answer\n")


def test_named_answer_is_taken_back_whoever_gave_it(
    mailguard: Mailguard, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    mailguard("review", "decide", asked[0], "same")
    monkeypatch.setenv("SUDO_USER", "bea")
    assert mailguard("review", "undo").status == 1
    assert "same of ada is taken back" in mailguard("review", "undo", asked[0]).out
    assert mailguard("review", "undo", asked[0]).err == f"nobody has answered {asked[0]}\n"


def test_likely_pairs_are_approved_by_their_score(mailguard: Mailguard, asked: list[str]) -> None:
    ran = mailguard("review", "--auto-approve", "0.8")
    assert (ran.status, ran.out) == (0, "approved 2 questions of probability 0.8 or more\n")
    assert waiting(mailguard) == asked[2:]
    said = mailguard("review", "show", asked[0], "--json").document["said"][0]
    assert (said["answer"], said["actor"], said["reason"]) == ("same", "ada", "auto-approve 0.8")
    assert mailguard("review", "--auto-approve", "0.8", "--json").document == {"approved": 0, "left": 0, "probability": 0.8}


@pytest.mark.parametrize("probability", ["0.49", "1.01", "-1", "nan", "x"])
def test_probability_out_of_range_is_bad_usage(mailguard: Mailguard, asked: list[str], probability: str) -> None:
    ran = mailguard("review", "--auto-approve", probability)
    assert (ran.status, ran.out) == (2, "")
    assert waiting(mailguard) == asked


def test_bridge_is_left_for_a_person(mailguard: Mailguard, database: Database) -> None:
    with database.write() as connection:
        ask(connection, [0.9, 0.9, 0.9, 0.9])
        solid = {(a, b): 0.9999 for group in ((1, 2, 3), (4, 5, 6)) for a in group for b in group if a < b}
        join(connection, {**solid, (3, 4): 0.992})
    bridge = [one for one in mailguard("review", "list", "--json").document if one["is_bridge"]]
    assert [one["id"] for one in bridge] == ["3-4"]
    ran = mailguard("review", "--auto-approve", "0.9")
    assert "1 likely pair would join two groups" in ran.err
    assert "3-4" in waiting(mailguard)
