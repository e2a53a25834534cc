"""mailguard.cli.customer_view: one person for a clerk, and all that is held for the person who asks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from mailguard.identity.clerical import Answer
from mailguard.policy.facts import Suppression
from mailguard.policy.reply import Kind, ReplyState
from mailguard.store.bounces import Bounce, record
from mailguard.store.reply_moves import move
from mailguard.store.suppressions import Suppressed, suppress
from mailguard.store.told import tell
from mailguard.store.verdicts import put_verdict
from tests.builders import NOW, message
from tests.ledger import mail, take
from tests.replies import put_reply
from tests.unit.cli.conftest import Mailguard
from tests.unit.cli.people import ADA, AT, opened, settle, settle_all


@pytest.fixture
def people(here: Path) -> Path:
    """Customers, what a clerk said, a mail, and a suppression."""
    settle_all(here)
    with opened(here) as database, database.write() as connection:
        put_verdict(connection, (1, 3), Answer.DIFFERENT, actor="clerk", now=AT, reason="her brother")
        receipt = message("your receipt", "4711", subject="Your receipt", message_id="r1@shop.example")
        take(connection, mail(receipt, "Ada@mail.example", "cy@mail.example", "home@family.example"))
        suppress(connection, Suppressed("a.lovelace@work.example", Suppression.UNSUBSCRIBED, AT, "clerk", ""))
    return here


def test_records_stand_side_by_side_with_what_holds_them_together(mailguard: Mailguard, people: Path) -> None:
    ran = mailguard("customers", "show", "P2")
    assert ran.status == 0
    lines = ran.out.splitlines()
    assert lines[0] == "P1: 2 records"
    assert next(line for line in lines if line.startswith("date_of_birth")).split() == [
        "date_of_birth",
        "1985-12-10",
        "10.12.1985",
    ]
    assert next(line for line in lines if line.startswith("income")).split() == ["income", "48050"]
    assert any(line.split()[:5] == ["crm:4711", "shop:a:1", ">0.999", "+12.0", "batch"] for line in lines)
    assert any("crm:4712" in line and "her brother" in line for line in lines)
    assert "home@family.example, shared with P3" in lines
    assert any(line.startswith("2 mails, the last") for line in lines)
    assert any(line.startswith("not written to: a.lovelace@work.example, unsubscribed") for line in lines)
    assert "\x1b" not in ran.out


def test_person_as_json(mailguard: Mailguard, people: Path) -> None:
    document = mailguard("customers", "show", "ada@mail.example", "--json").document
    assert (document["person"], [record["record"] for record in document["records"]]) == ("P1", ["crm:4711", "shop:a:1"])
    assert document["records"][0]["fields"]["email"] == "ada@mail.example;home@family.example"
    assert {"income", "full_name", "postal_address"} <= set(document["records"][0]["known_fields"])
    assert [(link["records"], link["other"]) for link in document["links"]] == [
        (["crm:4711", "shop:a:1"], None),
        (["crm:4711", "crm:4712"], "P3"),
    ]
    assert document["mail"]["count"] == 2


def test_many_records_are_shown_a_few_at_a_time(mailguard: Mailguard, here: Path) -> None:
    records = [replace(ADA, source_key=str(n)) for n in range(6)]
    settle(here, *records, weights={(a, b): 12.0 for a in range(1, 7) for b in range(a + 1, 7)})
    out = mailguard("customers", "show", "P1").out
    assert out.startswith("P1: 6 records\n")
    assert len([line for line in out.splitlines() if line.startswith("field")]) == 2


def test_person_without_mail_or_links_is_shown(mailguard: Mailguard, here: Path) -> None:
    settle_all(here)
    ran = mailguard("customers", "show", "crm:4713")
    assert ran.out.splitlines()[-2:] == ["cy@mail.example", "0 mails"]
    assert "probability" not in ran.out


def test_export_holds_all_of_the_person_and_nothing_of_anybody_else(mailguard: Mailguard, people: Path) -> None:
    ran = mailguard("customers", "export", "P1")
    document = ran.document
    assert [record["record"] for record in document["records"]] == ["crm:4711", "shop:a:1"]
    assert document["records"][0]["fields"]["income"] == "48050"
    assert [link["records"] for link in document["links"]] == [["crm:4711", "shop:a:1"]]
    assert document["verdicts"] == []
    assert document["shared_mailboxes"] == ["home@family.example"]
    assert [one["mailbox"] for mail in document["mail"] for one in mail["recipients"]] == [
        "Ada@mail.example",
        "home@family.example",
    ]
    assert [one["person"] for one in document["suppressed"]] == ["a.lovelace@work.example"]
    assert all(name not in ran.out for name in ("Byron", '"crm:4712"', '"P3"', "brother", "cy@mail.example"))


def test_mail_that_only_came_to_a_shared_mailbox_is_not_exported(mailguard: Mailguard, here: Path) -> None:
    settle_all(here)
    with opened(here) as database, database.write() as connection:
        take(connection, mail(message("to the family", ""), "home@family.example", at=timedelta()))
    assert mailguard("customers", "export", "P1").document["mail"] == []


@pytest.mark.parametrize("command", ["show", "export"])
def test_unknown_person_is_status_1_and_no_name_is_status_2(mailguard: Mailguard, command: str) -> None:
    unknown = mailguard("customers", command, "P17")
    assert (unknown.status, unknown.out, unknown.err) == (1, "", "mailguard: nobody is known as P17\n")
    assert mailguard("customers", command, "Ada").status == 2


def test_export_holds_what_the_person_wrote_and_what_was_told_of_them(mailguard: Mailguard, here: Path) -> None:
    settle_all(here)
    with opened(here) as database, database.write() as connection:
        one = put_reply(connection, "one", anchor="R2", mailbox="home@family.example", text="Call me.", score=2)
        two = put_reply(connection, "two", anchor="ada@mail.example", mailbox="ada@mail.example", kind=Kind.AUTOMATIC)
        put_reply(connection, "three", anchor="home@family.example", mailbox="home@family.example")
        put_reply(connection, "four", anchor="cy@mail.example", mailbox="cy@mail.example")
        move(connection, one.id, ReplyState.RESOLVED, actor="clerk", reason="called", now=NOW)
        tell(connection, "R1", {"income": "48050"}, source="ivr", at=NOW)
        record(connection, [Bounce("ada@mail.example", NOW, True, "5.1.1", "a", 0)])
    document = mailguard("customers", "export", "P1").document
    assert [reply["id"] for reply in document["replies"]] == [two.id, one.id]
    last = document["replies"][1]
    assert (last["text"], last["score"], last["state"], last["tie"]) == ("Call me.", 2, "resolved", "thread")
    assert [(moved["actor"], moved["verb"], moved["reason"]) for moved in last["moves"]] == [("clerk", "resolved", "called")]
    assert document["replies"][0]["moves"] == []
    assert [(one["field"], one["value"], one["source"]) for one in document["told"]] == [("income", "48050", "ivr")]
    assert [(one["mailbox"], one["status"]) for one in document["bounces"]] == [("ada@mail.example", "5.1.1")]
