"""Story 1, its first half: "you asked me for what you already know", on a server of its own with a table of customers.

Jane Doe is a customer of twenty years: her record says j.doe@x.example, the second system writes to jane.doe@y.example.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.harness_client import calling, ends_of, id_in, wire
from tests.harness_kernel import holder_of
from tests.harness_serve import Server, serving
from tests.harness_sink import Sink, running_sink

pytestmark = pytest.mark.asyncio(loop_scope="module")

CUSTOMERS = Path(__file__).parents[2] / "fixtures" / "customers.csv"
HERS, NEW = "j.doe@x.example", "jane.doe@y.example"
JANE = 'name="Jane Doe"; date_of_birth=1961-04-17; postcode="CA28 7UG"'
NAMESAKE = 'name="Jane Doe"; date_of_birth=1990-11-30; postcode="EH1 1AA"'
HUSBAND = 'name="Robert Doe"; date_of_birth=1958-11-02; postcode="CA28 7UG"'
HEAVY = ("pandas", "numpy", "scipy", "sklearn", "recordlinkage")

_numbers = count(1)


class Bank:
    """The second system, in front of a running server."""

    def __init__(self, server: Server, sink: Sink) -> None:
        self.server = server
        self.sink = sink

    async def write(self, *to: str, person: str = "", asks: str = "", about: str = "second card", name: str = "") -> Any:
        """Send the automated mail; what `why` says of it, with the answer."""
        shown = f'"{name}" <{to[0]}>' if name else ", ".join(to)
        fields = f"Mailguard-Person: {person}\r\n" if person else ""
        fields += f"Mailguard-Asks: {asks}\r\n" if asks else ""
        content = (
            f"From: cards@bank.example\r\nTo: {shown}\r\nSubject: Your {about}\r\nMessage-ID: <{next(_numbers)}@bank.example>\r\n"
            f"Date: Mon, 16 Nov 2026 09:00:00 +0000\r\nAuto-Submitted: auto-generated\r\n{fields}\r\n"
            f"Dear customer,\r\n\r\nto go on with your {about} we need a statement of your income.\r\n"
        )
        async with calling(self.server.port) as peer:
            await peer.begin(*(f"<{recipient}>" for recipient in to))
            await peer.send(wire(content.encode()))
            answer = await peer.answer()
        return await self.server.why(id_in(answer)) | {"said": answer}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bank(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Bank]:
    folder = tmp_path_factory.mktemp("mailguard")
    trusted = {"name": "cards", "networks": ["127.0.0.0/8"], "trust_fields": True}
    async with running_sink() as sink, serving(folder, sink.port, client=[trusted]) as server:
        imported = await server.command("customers", "import", str(CUSTOMERS), "--source", "crm")
        assert imported.status == 0, imported
        yield Bank(server, sink)


def of(document: Any, mailbox: str) -> Any:
    """What was decided for one recipient."""
    return next(one for one in document["recipients"] if one["mailbox"] == mailbox)


def codes(document: Any) -> list[str]:
    return [finding["code"] for finding in document["findings"]]


async def test_a_customer_is_not_asked_for_what_is_on_file_under_another_mailbox(bank: Bank) -> None:
    mail = await bank.write(NEW, person=JANE, asks="income")
    assert (mail["action"], codes(mail)) == ("hold", ["known_data"])
    (finding,) = mail["findings"]
    assert finding["text"] == f"asks for income: on file in crm:4711; this mailbox is mail:{NEW}"
    assert finding["refs"] == ["crm:4711", f"mail:{NEW}"]
    assert "crm" not in mail["said"]
    assert NEW not in mail["said"]
    jane = of(mail, NEW)
    assert jane["probability"] >= 0.99
    assert jane["person_now"] == jane["person"]
    assert jane["records"] == ["crm:4711", f"mail:{NEW}"]
    assert {each["field"] for each in jane["rests_on"][0]["comparisons"]} >= {"given_name", "surname", "date_of_birth"}


async def test_the_identical_text_to_her_other_mailbox_is_a_repeat(bank: Bank) -> None:
    first = await bank.write(NEW, person=JANE, about="loan")
    again = await bank.write(HERS, about="loan")
    assert (first["action"], again["action"], codes(again)) == ("deliver", "reject", ["repeat"])
    assert again["findings"][0]["refs"] == [first["id"]]
    assert of(again, HERS)["person"] == of(first, NEW)["person"]


async def test_both_her_mailboxes_in_one_envelope_get_one_mail(bank: Bank) -> None:
    mail = await bank.write(HERS, NEW, about="statement")
    assert [of(mail, box)["action"] for box in (HERS, NEW)] == ["deliver", "reject"]
    assert mail["said"].endswith("accepted, 1 of 2 recipients rejected")


async def test_her_mail_is_found_by_every_name_of_hers(bank: Bank) -> None:
    mail = await bank.write(NEW, person=JANE, about="new address")
    person = of(mail, NEW)["person"]
    for name in (person, "crm:4711", f"mail:{NEW}", HERS, NEW):
        found = await bank.server.command("log", "--person", name)
        assert mail["id"] in {one["id"] for one in found.documents}, name


async def test_a_namesake_born_on_another_day_is_not_stopped(bank: Bank) -> None:
    await bank.write(NEW, person=JANE, asks="income", about="mortgage")
    other = await bank.write("jane.doe@z.example", person=NAMESAKE, asks="income", about="mortgage")
    assert (other["action"], codes(other)) == ("deliver", [])


async def test_another_member_of_the_household_at_the_same_mailbox_is_not_stopped(bank: Bank) -> None:
    await bank.write("doe.family@y.example", person=JANE, about="insurance")
    other = await bank.write("doe.family@y.example", person=HUSBAND, asks="income", about="insurance")
    assert (other["action"], codes(other)) == ("deliver", [])
    again = await bank.write("doe.family@y.example", person=HUSBAND, about="insurance")
    assert codes(again) == ["repeat"]


async def test_what_is_not_on_file_may_be_asked_for(bank: Bank) -> None:
    mail = await bank.write(HERS, asks="income, shoe_size", about="gift")
    assert codes(mail) == []


async def test_a_mail_to_nobody_on_file_is_as_it_always_was(bank: Bank) -> None:
    mail = await bank.write("nobody@people.example", asks="income", about="card", name="No Body")
    assert (mail["action"], of(mail, "nobody@people.example")["person"]) == ("deliver", "nobody@people.example")


async def test_a_field_that_does_not_say_whom_it_speaks_of_is_refused(bank: Bank) -> None:
    async with calling(bank.server.port) as peer:
        await peer.begin("<a@people.example>", "<b@people.example>")
        await peer.send(wire(b"Subject: x\r\nMailguard-Person: name=Ann\r\n\r\nx\r\n"))
        assert await peer.answer() == "550 5.5.4 Mailguard-Person has a value that cannot be taken"


async def test_no_control_field_leaves_and_no_data_frame_is_in_the_process(bank: Bank) -> None:
    await bank.write("someone@people.example", person="name=Some One", about="farewell")
    await bank.server.nothing_under_way()
    assert not [octets for _, _, octets in bank.sink.messages if b"Mailguard-" in octets]
    async with calling(bank.server.port) as peer:
        worker = holder_of(ends_of(peer), bank.server.workers())
    loaded = Path(f"/proc/{worker}/maps").read_text(encoding="utf-8")  # noqa: ASYNC240 - the kernel waits for nothing
    assert "rapidfuzz" in loaded
    assert [name for name in HEAVY if f"/{name}/" in loaded] == []
