"""mailguard.cli.review.questions_view: the questions, for programs and for a look from the shell."""

from __future__ import annotations

import pytest

from mailguard.identity.record import Record
from mailguard.identity.standard import Standard
from mailguard.store.database import Database
from mailguard.store.records import upsert
from tests.unit.cli.conftest import Mailguard
from tests.unit.cli.review.conftest import NOW, join


def test_questions_are_listed_as_the_contract_names_things(mailguard: Mailguard, asked: list[str]) -> None:
    document = mailguard("review", "list", "--json").document
    assert [one["id"] for one in document] == asked
    assert document[0]["records"] == ["crm:0", "web:0"]
    assert document[0]["persons"] == [f"P{number}" for number in asked[0].split("-")]
    assert document[0]["probability"] == 0.9
    assert document[0]["match_weight"] == pytest.approx(3.17, abs=0.01)
    assert {"field", "level", "weight"} == set(document[0]["comparisons"][0])


def test_questions_are_listed_for_a_person(mailguard: Mailguard, asked: list[str]) -> None:
    out = mailguard("review", "list").out
    assert [line.split()[0] for line in out.splitlines()] == ["id", *asked]
    assert "Ada Lovelace" in out
    assert "0.900" in out


def test_list_says_that_there_is_more(mailguard: Mailguard, asked: list[str]) -> None:
    ran = mailguard("review", "list", "--limit", "2", "--json")
    assert (len(ran.document), ran.err) == (2, "only 2 are shown; see more with --limit\n")


def test_list_takes_a_state(mailguard: Mailguard, asked: list[str]) -> None:
    mailguard("review", "decide", asked[0], "unsure")
    assert [one["id"] for one in mailguard("review", "list", "--state", "unsure", "--json").document] == asked[:1]
    assert mailguard("review", "list", "--state", "closed").err == "no question is closed\n"


def test_nothing_to_ask_is_status_1(mailguard: Mailguard) -> None:
    ran = mailguard("review", "list", "--json")
    assert (ran.status, ran.document, ran.err) == (1, [], "no question waits\n")


def test_score_is_hidden_until_the_question_is_answered(mailguard: Mailguard, asked: list[str]) -> None:
    before = mailguard("review", "show", asked[0]).out
    assert "Ada Lovelace" in before
    assert "prior" not in before
    assert "probability" not in before
    assert "prior" in mailguard("review", "show", asked[0], "--score").out
    mailguard("review", "decide", asked[0], "same")
    assert "prior" in mailguard("review", "show", asked[0]).out


def test_question_is_shown_in_full_for_programs(mailguard: Mailguard, asked: list[str]) -> None:
    document = mailguard("review", "show", asked[0], "--json").document
    assert (document["id"], document["state"], document["said"]) == (asked[0], "open", [])
    one, other = document["sides"]
    assert (one["record"], one["fields"]["full_name"], one["fields"]["emails"]) == (
        "crm:0",
        "Ada Lovelace",
        ["lovelace0@mail.example"],
    )
    assert (other["fields"], other["others"], other["mail"]["count"]) == (
        {"given_name": "A", "surname": "Lovelace", "city": "London"},
        [],
        0,
    )
    total = document["prior"] + sum(step["weight"] for step in document["comparisons"])
    assert total == pytest.approx(document["match_weight"])


@pytest.mark.parametrize(("name", "status"), [("900-901", 1), ("nonsense", 2)])
def test_question_that_is_not_there_is_said_not_to_be(mailguard: Mailguard, asked: list[str], name: str, status: int) -> None:
    ran = mailguard("review", "show", name)
    assert (ran.status, ran.out) == (status, "")
    assert "question" in ran.err


def test_fields_that_no_name_of_ours_fits_are_told_programs(mailguard: Mailguard, database: Database) -> None:
    extra = Record(source="crm", source_key="x", extra=(("income", "40000"),))
    with database.write() as connection:
        upsert(connection, [(extra, Standard()), (Record(source="web", source_key="x"), Standard())], now=NOW)
        join(connection, {(1, 2): 0.8})
    document = mailguard("review", "show", "1-2", "--json").document
    assert [side["fields"] for side in document["sides"]] == [{"extra": {"income": "40000"}}, {}]
