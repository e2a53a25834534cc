"""Story 5: "as I just told your machine". A field that arrived a second ago, from any system, counts for the next mail."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from tests.harness_story import Company, codes, open_company

pytestmark = pytest.mark.asyncio(loop_scope="module")

JANE, STRANGER = "j.doe@x.example", "caller@people.example"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bank(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Company]:
    async with open_company(tmp_path_factory.mktemp("mailguard")) as company:
        yield company


async def test_what_was_told_a_second_ago_is_not_asked_for_by_the_next_mail(bank: Company) -> None:
    first = await bank.write(JANE, "please tell us who your employer is.", Mailguard_Asks="employer")
    assert (first["action"], codes(first)) == ("deliver", [])
    told = await bank.tell("field_known", customer="crm:4711", fields={"Employer": "Quill Press"})
    assert (told["is_new"], told["fields"]) == (True, ["employer"])
    next_one = await bank.write(JANE, "one more step: who do you work for?", Mailguard_Asks="employer")
    assert (next_one["action"], codes(next_one)) == ("hold", ["known_data"])
    assert next_one["findings"][0]["refs"][0] == "told:crm-sync"
    assert "Quill" not in str(next_one)


async def test_a_template_sees_the_field_before_it_is_written(bank: Company) -> None:
    asked = {"template": "card", "asks": "shoe_size"}
    before = await bank.context(JANE, **asked)
    await bank.tell("field_known", mailbox=JANE, fields={"shoe_size": "38"})
    after = await bank.context(JANE, **asked)
    assert (before["would"], "shoe_size" in before["known_fields"]) == ("deliver", False)
    assert (after["would"], "shoe_size" in after["known_fields"]) == ("hold", True)
    assert [finding["code"] for finding in after["findings"]] == ["known_data"]


async def test_what_a_caller_typed_counts_though_no_record_knows_him(bank: Company) -> None:
    await bank.tell("field_known", mailbox=STRANGER, fields={"account_number": None})
    mail = await bank.write(STRANGER, "please send us your account number.", Mailguard_Asks="account_number")
    assert (mail["action"], codes(mail)) == ("hold", ["known_data"])


async def test_half_of_what_is_asked_for_is_not_all_of_it(bank: Company) -> None:
    await bank.tell("field_known", customer="crm:4711", fields={"landlord": "Mrs Penn"})
    mail = await bank.write(JANE, "please tell us your landlord and your car.", Mailguard_Asks="landlord, car")
    assert mail["action"] == "deliver"


async def test_the_same_event_again_counts_once(bank: Company) -> None:
    event = {"event": "field_known", "id": "call-7712", "customer": "crm:4711", "fields": {"phone_pin": None}}
    answers = [(await bank.http.post("/v1/events", json=event)).json() for _ in range(2)]
    assert [answer["is_new"] for answer in answers] == [True, False]


async def test_an_event_that_names_nobody_is_refused_and_tells_nothing(bank: Company) -> None:
    event = {"event": "field_known", "id": "call-7713", "customer": "crm:0815", "fields": {"hat_size": "7"}}
    answer = await bank.http.post("/v1/events", json=event)
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert "there is no customer 'crm:0815'" in answer.json()["detail"]
