"""Story 7: the acknowledgement. A sign of life is not an answer: only a person, or an event of the system of record, resolves."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
import pytest_asyncio

from tests.harness_story import Company, answer, codes, open_company

pytestmark = pytest.mark.asyncio(loop_scope="module")

GOT_IT = "Thank you, we have got your message and will answer within two days."


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bank(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    async with open_company(tmp_path_factory.mktemp("mailguard")) as company:
        yield company


async def wrote(bank: Company, customer: str, *, about: str) -> dict[str, Any]:
    """The reply of a customer who has just answered a mail."""
    mail = await bank.write(customer, f"this is to tell you of {about}.", subject=f"News of {about}")
    taken = await bank.take(answer(f"What does that mean for me, please? I mean {about}.", mail, sender=customer))
    return next(reply for reply in await bank.replies(customer) if reply["id"] == taken["id"]) | {"mail": mail["message_id"]}


async def wrote_again(bank: Company, customer: str, reply: Mapping[str, Any], *, references: str = "") -> dict[str, Any]:
    """Her next one, to her own last reply; its References name the whole thread, unless `references` says otherwise."""
    thread = references or f"<{reply['mail']}> <{reply['message_id']}>"
    octets = answer("Hello? Is anybody there?", reply, sender=customer)
    whole = octets.replace(f"References: <{reply['message_id']}>".encode(), f"References: {thread}".encode())
    taken = await bank.take(whole)
    return next(one for one in await bank.replies(customer) if one["id"] == taken["id"])


async def test_an_automatic_acknowledgement_acknowledges_and_resolves_nothing(bank: Company) -> None:
    customer = "ada@people.example"
    reply = await wrote(bank, customer, about="the fee")
    first = await bank.answer(reply, GOT_IT, to=customer, auto_submitted="auto-replied")
    assert (first["action"], codes(first)) == ("deliver", [])
    context = await bank.context(customer)
    assert (context["reply_aware"], context["reply_state"], context["open_replies"]) == (True, "acknowledged", 1)
    shown = (await bank.server.command("replies", "show", reply["id"])).document
    assert [(event["verb"], event["actor"]) for event in shown["events"]][-1] == ("acknowledged", "auto-replied")
    assert shown["reply"]["acknowledged_at"] is not None
    assert shown["reply"]["resolved_at"] is None


async def test_one_acknowledgement_a_conversation(bank: Company) -> None:
    customer = "bea@people.example"
    reply = await wrote(bank, customer, about="the limit")
    await bank.answer(reply, GOT_IT, to=customer, auto_submitted="auto-replied")
    second = await wrote_again(bank, customer, reply)
    again = await bank.answer(second, f"{GOT_IT} Again.", to=customer, auto_submitted="auto-replied")
    assert (again["action"], codes(again)) == ("hold", ["open_reply"])
    assert "a second automatic acknowledgement" in again["findings"][0]["text"]
    assert [one["state"] for one in await bank.replies(customer)] == ["acknowledged", "open"]


async def test_her_second_mail_without_references_is_in_the_same_conversation(bank: Company) -> None:
    customer = "bel@people.example"
    reply = await wrote(bank, customer, about="the letter")
    await bank.answer(reply, GOT_IT, to=customer, auto_submitted="auto-replied")
    second = await wrote_again(bank, customer, reply, references=f"<{reply['message_id']}>")
    again = await bank.answer(second, f"{GOT_IT} Again.", to=customer, auto_submitted="auto-replied")
    assert (again["action"], codes(again)) == ("hold", ["open_reply"])


async def test_only_a_person_resolves(bank: Company) -> None:
    customer = "cyd@people.example"
    reply = await wrote(bank, customer, about="the rate")
    program = await bank.answer(reply, "Your question has a number now: 4471.", to=customer, auto_submitted="auto-generated")
    assert program["action"] == "deliver"
    assert [one["state"] for one in await bank.replies(customer)] == ["acknowledged"]
    person = await bank.answer(reply, "Nothing changes for you. Call me if it does. Ruth Penn", to=customer)
    assert (person["action"], codes(person)) == ("deliver", [])
    (after,) = await bank.replies(customer)
    assert (after["state"], after["acknowledged_at"] <= after["resolved_at"]) == ("resolved", True)


async def test_the_system_of_record_resolves(bank: Company) -> None:
    customer = "dot@people.example"
    reply = await wrote(bank, customer, about="the branch")
    seen = await bank.tell("acknowledged", message_id=reply["message_id"])
    closed = await bank.tell("ticket_closed", reply=reply["id"], reason="she was called")
    assert (seen["moved"], closed["moved"]) == ([reply["id"]], [reply["id"]])
    shown = (await bank.server.command("replies", "show", reply["id"])).document
    assert [(event["verb"], event["actor"]) for event in shown["events"]][-2:] == [
        ("acknowledged", "crm-sync"),
        ("resolved", "crm-sync"),
    ]
    assert (await bank.context(customer))["reply_state"] == "resolved"


async def test_a_clerk_resolves_and_can_take_it_back(bank: Company) -> None:
    customer = "eve@people.example"
    reply = await wrote(bank, customer, about="the card")
    assert (await bank.server.command("replies", "resolve", reply["id"], "--reason", "called her")).status == 0
    assert (await bank.context(customer))["reply_aware"] is False
    assert (await bank.server.command("replies", "reopen", reply["id"])).status == 0
    assert (await bank.context(customer))["reply_state"] == "open"


async def test_a_robot_of_hers_is_no_answer_and_gets_none(bank: Company) -> None:
    customer = "fay@people.example"
    mail = await bank.write(customer, "this is to tell you of the terms.", subject="Terms")
    away = answer("I am out of the office until Monday.", mail, sender=customer).replace(
        b"MIME-Version", b"Auto-Submitted: auto-replied\r\nMIME-Version"
    )
    taken = await bank.take(away)
    assert taken["kind"] == "automatic"
    assert (await bank.context(customer))["reply_aware"] is False
    (robot,) = await bank.replies(customer)
    assert (robot["kind"], robot["state"]) == ("automatic", "")
    loop = await bank.answer(robot, GOT_IT, to=customer, auto_submitted="auto-replied")
    assert (loop["action"], codes(loop)) == ("reject", ["loop"])
