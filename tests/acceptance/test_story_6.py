"""Story 6: the same complaint, five times. Every single message is answered, in the customer's language."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.harness_story import Company, answer, codes, open_company

pytestmark = pytest.mark.asyncio(loop_scope="module")

GINO = "gino@people.example"
COMPLAINT = "Il pacco è arrivato rotto, e nessuno mi risponde al telefono. Vorrei sapere che cosa intendete fare."
CARE = "Gentile cliente, ci dispiace molto: le mandiamo domani un nuovo pacco, e non deve pagare nulla."


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shop(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    async with open_company(tmp_path_factory.mktemp("mailguard")) as company:
        yield company


async def complained(shop: Company, customer: str, *, times: int = 5) -> list[dict[str, Any]]:
    """The customer gets a mail, and complains of what it is about again and again, in the same words."""
    shipped = await shop.write(customer, "your parcel is on its way.", subject=f"Your parcel, {customer}")
    for _ in range(times):
        taken = await shop.take(answer(COMPLAINT, shipped, sender=f"Gino <{customer}>"))
        assert (taken["kind"], taken["is_new"]) == ("human", True)
    return await shop.replies(customer)


async def test_five_equal_complaints_are_five_open_replies_in_his_language(shop: Company) -> None:
    replies = await complained(shop, GINO)
    assert [reply["state"] for reply in replies] == ["open"] * 5
    assert {reply["text"] for reply in replies} == {COMPLAINT}
    context = await shop.context(GINO)
    assert (context["reply_aware"], context["reply_state"], context["open_replies"]) == (True, "open", 5)
    assert context["last_reply_language"] == "it"


async def test_each_has_its_own_answer_and_a_second_one_is_a_repeat(shop: Company) -> None:
    customer = "gina@people.example"
    replies = await complained(shop, customer)
    for left, reply in zip(reversed(range(5)), replies, strict=True):
        mail = await shop.answer(reply, CARE, to=customer)
        assert (mail["action"], codes(mail)) == ("deliver", []), mail["said"]
        assert (await shop.context(customer))["open_replies"] == left
    assert {reply["state"] for reply in await shop.replies(customer)} == {"resolved"}
    again = await shop.answer(replies[2], CARE, to=customer)
    assert (again["action"], codes(again)) == ("reject", ["repeat"])
    context = await shop.context(customer)
    assert (context["reply_aware"], context["reply_state"], context["last_reply_language"]) == (False, "resolved", "it")


async def test_an_answer_to_one_resolves_no_other(shop: Company) -> None:
    customer = "guido@people.example"
    replies = await complained(shop, customer, times=3)
    await shop.answer(replies[1], CARE, to=customer)
    assert [reply["state"] for reply in await shop.replies(customer)] == ["open", "resolved", "open"]


async def test_the_next_campaign_waits_until_he_has_his_answers(shop: Company) -> None:
    customer = "gaia@people.example"
    replies = await complained(shop, customer, times=2)
    offer = await shop.write(customer, "ten per cent off everything.", subject="Our offer", Mailguard_Class="bulk")
    assert (offer["action"], codes(offer)) == ("hold", ["open_reply"])
    assert offer["findings"][0]["refs"] == [reply["id"] for reply in reversed(replies)]
    for reply in replies:
        await shop.answer(reply, CARE, to=customer)
    later = await shop.write(customer, "twenty per cent off.", subject="Our offer", Mailguard_Class="bulk")
    assert later["action"] == "deliver"


async def test_the_same_octets_from_two_places_are_one_complaint(shop: Company) -> None:
    shipped = await shop.write("gero@people.example", "your parcel is on its way.", subject="Parcel")
    octets = answer(COMPLAINT, shipped, sender="Gero <gero@people.example>")
    copies = [await shop.take(octets), await shop.take(b"Received: from elsewhere.example\r\n" + octets)]
    assert [copy["is_new"] for copy in copies] == [True, False]
    assert len(await shop.replies("gero@people.example")) == 1
