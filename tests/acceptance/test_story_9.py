"""Story 9: the low score. Somebody calls: it opens a task with a due time, and holds surveys and promotions until a human answered."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from tests.harness_dovecot import Dovecot, running_dovecot
from tests.harness_story import Company, answer, codes, deliver, open_company

pytestmark = pytest.mark.asyncio(loop_scope="module")

SURVEY = {"name": "nps*", "survey": True, "low_score": 6, "low_score_within": "1d", "answer_within": "2d"}
ASKED = "how likely is it that you recommend us? Answer with a number from 0 to 10."


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Dovecot]:
    with running_dovecot() as dovecot:
        yield dovecot


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory, mailbox: Dovecot) -> AsyncIterator[Company]:
    folder = tmp_path_factory.mktemp("mailguard")
    async with open_company(folder, mailbox=mailbox, template=[SURVEY]) as company:
        yield company


async def scored(shop: Company, customer: str, words: str) -> dict[str, Any]:
    """What the ledger has of a customer's answer to a survey."""
    survey = await shop.write(customer, ASKED, subject="One question", Mailguard_Template="nps-parcel")
    assert survey["action"] == "deliver"
    await shop.take(answer(words, survey, sender=customer))
    (reply,) = await shop.replies(customer)
    return reply


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def test_a_low_score_is_a_task_with_a_due_time(shop: Company) -> None:
    reply = await scored(shop, "ada@people.example", "2")
    assert (reply["score"], reply["state"], reply["template"]) == (2, "open", "nps-parcel")
    assert moment(reply["due_at"]) - moment(reply["received_at"]) == timedelta(days=1)
    assert (await shop.context("ada@people.example"))["reply_aware"] is True


async def test_surveys_and_promotions_wait_until_a_human_has_answered(shop: Company) -> None:
    customer = "bea@people.example"
    reply = await scored(shop, customer, "3. Nobody ever called me back.")
    promotion = {"subject": "Our offer", "Mailguard_Class": "bulk"}
    offer = await shop.write(customer, "ten per cent off.", **promotion)
    survey = await shop.write(customer, "and how was the web site, 0 to 10?", Mailguard_Template="nps-site")
    receipt = await shop.write(customer, "here is your receipt for order 4471.", subject="Your receipt")
    assert [codes(offer), codes(survey), codes(receipt)] == [["open_reply"], ["open_reply"], []]
    assert [offer["action"], survey["action"], receipt["action"]] == ["hold", "hold", "deliver"]
    robot = await shop.answer(reply, "Thank you for your feedback!", to=customer, auto_submitted="auto-replied")
    assert robot["action"] == "deliver"
    assert (await shop.write(customer, "fifteen per cent off.", **promotion))["action"] == "hold"
    human = await shop.answer(reply, "I am sorry. May I call you at six? Ruth Penn", to=customer)
    assert human["action"] == "deliver"
    assert (await shop.write(customer, "twenty per cent off.", **promotion))["action"] == "deliver"


async def test_a_promotion_that_waits_already_is_stopped_by_a_low_score(shop: Company) -> None:
    customer = "cyd@people.example"
    survey = await shop.write(customer, ASKED, subject="One question", Mailguard_Template="nps-parcel")
    await shop.server.nothing_under_way()
    shop.sink.always("RCPT", "451 4.3.2 not now", path=customer)
    offer = await shop.write(customer, "ten per cent off.", subject="Our offer", Mailguard_Class="bulk")
    await shop.until(offer, "deferred")
    await shop.take(answer("0", survey, sender=customer))
    stopped = await shop.until(offer, "held")
    shop.sink.never_again("RCPT", path=customer)
    assert "open_reply" in [finding["code"] for finding in stopped["recipients"][0]["findings"]]


async def test_a_good_score_alone_owes_nobody_anything(shop: Company) -> None:
    reply = await scored(shop, "dot@people.example", "9")
    assert (reply["score"], reply["state"], reply["resolved_by"]) == (9, "resolved", "score")
    words = await scored(shop, "eve@people.example", "10! But why is there no Sunday delivery?")
    assert (words["score"], words["state"]) == (10, "open")


async def test_whoever_made_the_call_says_so(shop: Company) -> None:
    customer = "fay@people.example"
    told = await shop.tell("score_given", mailbox=customer, score=1, template="nps-phone", text="Lost my parcel.")
    (reply,) = await shop.replies(customer)
    assert (reply["id"], reply["score"], reply["state"]) == (told["reply"], 1, "open")
    done = await shop.tell("task_done", mailbox=customer, reason="called, all is well")
    assert done["moved"] == [reply["id"]]
    assert (await shop.context(customer))["reply_state"] == "resolved"


async def test_what_nobody_has_done_in_time_is_found_by_a_script(shop: Company, mailbox: Dovecot) -> None:
    assert (await shop.server.command("replies", "list", "--overdue")).status == 0
    customer = "gil@people.example"
    survey = await shop.write(customer, ASKED, subject="One question", Mailguard_Template="nps-parcel")
    octets = answer("4", survey, sender=customer)
    deliver(mailbox, octets, at=datetime.now(UTC) - timedelta(days=1, hours=1))
    (reply,) = await shop.replies_of(customer, 1)
    overdue = await shop.server.command("replies", "list", "--overdue")
    assert (overdue.status, [one["id"] for one in overdue.documents[0]]) == (1, [reply["id"]])
    assert (await shop.server.command("replies", "resolve", reply["id"], "--reason", "called")).status == 0
    assert (await shop.server.command("replies", "list", "--overdue")).status == 0
