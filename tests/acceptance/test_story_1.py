"""Story 1: "you asked me for what you already know", and "my answer was met by the same mail, to the letter".

Jane Doe is a customer of twenty years: her record says j.doe@x.example, the second system writes to jane.doe@y.example. The
first half is what is known of her, the second what she answers, from end to end: the table of customers, her answer in a real
mailbox, and the days that pass.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from mailguard.policy.reply import Tie
from tests.harness_client import calling, ends_of, id_in, wire
from tests.harness_dovecot import USER, Dovecot, running_dovecot
from tests.harness_kernel import holder_of
from tests.harness_serve import Server, serving
from tests.harness_sink import Sink, running_sink
from tests.harness_story import Company, answer, data, deliver, open_company, open_days

pytestmark = pytest.mark.asyncio(loop_scope="module")

CUSTOMERS = Path(__file__).parents[2] / "fixtures" / "customers.csv"
HERS, NEW, HIS = "j.doe@x.example", "jane.doe@y.example", "r.doe@x.example"
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


ASKED = "to go on with your second card we need to know who your employer is. Please answer this mail."
SAID = "You have had that since 2006. I am retired, and it says so in every letter that you send me. Please look it up."
READY = """Dear {{ name }},

{% if last_reply_at %}thank you for your answer of {{ last_reply_at | date("%A") }}; we have read it, and need nothing more.
{% else %}we still need to hear from you.
{% endif %}
Your second card is on its way.
"""
RENDERED = {"Mailguard_Render": "jinja2", "Mailguard_Template": "card-ready", "Mailguard_Data": data(name="Jane Doe")}


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    with running_dovecot() as dovecot:
        yield dovecot


@pytest.fixture
def mailbox(dovecot: Dovecot) -> Dovecot:
    """The company's mailbox, empty."""
    dovecot.doveadm("expunge", "-u", USER, "mailbox", "INBOX", "all")
    return dovecot


def text_of(octets: bytes) -> str:
    """The words of a mail of one part."""
    payload = message_from_bytes(octets).get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def whole(tmp_path_factory: pytest.TempPathFactory, dovecot: Dovecot) -> AsyncIterator[Company]:
    """The same bank with a mailbox, two workers, and addresses that answers come back to."""
    folder = tmp_path_factory.mktemp("mailguard")
    async with open_company(folder, mailbox=dovecot, workers=2, replies={"address": "reply@bank.example"}) as company:
        yield company


async def test_she_answers_and_the_mail_that_goes_out_at_last_thanks_her(whole: Company, mailbox: Dovecot) -> None:
    known = await whole.write(NEW, "please send us a statement of your income.", Mailguard_Person=JANE, Mailguard_Asks="income")
    assert (known["action"], codes(known)) == ("hold", ["known_data"])
    asked = await whole.write(NEW, ASKED, Mailguard_Person=JANE, Mailguard_Asks="employer")
    assert (asked["action"], codes(asked)) == ("deliver", [])
    assert (await whole.context(HERS))["reply_state"] == "none"

    deliver(mailbox, answer(SAID, asked), at=datetime.now(UTC))
    (reply,) = await whole.replies_of(NEW, 1)
    assert (reply["state"], reply["tie"], reply["text"], reply["answers"]) == ("open", "thread", SAID, asked["id"])
    for box in (NEW, HERS):
        context = await whole.context(box, template="card")
        assert (context["reply_aware"], context["open_replies"], context["last_reply_language"]) == (True, 1, "en")

    again = await whole.write(NEW, ASKED, Mailguard_Person=JANE, Mailguard_Asks="employer")
    elsewhere = await whole.write(HERS, ASKED, Mailguard_Asks="employer")
    assert [again["action"], elsewhere["action"]] == ["reject", "reject"]
    other_words = await whole.write(HERS, "one question: who employs you?", Mailguard_Asks="employer")
    assert (other_words["action"], codes(other_words)) == ("hold", ["open_reply"])
    assert [shown["id"] for shown in other_words["open_replies"]] == [reply["id"]]

    ready = await whole.write(HERS, READY, subject="Your card is on its way, {{ name }}", **RENDERED)
    assert (ready["action"], codes(ready)) == ("deliver", [])
    octets = await whole.received(ready)
    assert b"Subject: Your card is on its way, Jane Doe\r\n" in octets
    assert "thank you for your answer of" in text_of(octets)
    assert b"Mailguard-" not in octets


async def test_who_answers_is_known_by_where_the_answer_comes_to_and_not_by_what_it_says(
    whole: Company, mailbox: Dovecot
) -> None:
    forged = answer("I am Robert Doe, close my account.", {"message_id": "guessed@bank.example"}, sender=HIS)
    assert (await whole.take(forged))["kind"] == "human"
    shown = (await whole.replies(HIS))[-1]
    assert (shown["tie"], shown["is_tied"], (await whole.context(HIS))["reply_state"]) == ("sender", False, "none")

    his = await whole.write(HIS, READY.replace("card", "limit"), subject="Your limit", **RENDERED)
    to = message_from_bytes(await whole.received(his))["Reply-To"]
    private = answer("Yes, please.", {"message_id": "lost@phone.example"}, sender="Bob <bob@elsewhere.example>")
    deliver(mailbox, private.replace(b"To: Bank <cards@bank.example>", f"To: {to}".encode()), at=datetime.now(UTC))
    tied = (await whole.replies_of(HIS, 2))[-1]
    assert (tied["tie"], tied["answers"], tied["mailbox"]) == ("token", his["id"], "bob@elsewhere.example")
    assert (await whole.context(HIS))["open_replies"] == 1
    assert (await whole.context("bob@elsewhere.example"))["reply_aware"] is False


async def test_the_same_mail_is_stopped_on_day_five_answered_or_not(mailbox: Dovecot) -> None:
    monday = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
    async with open_days(mailbox, beginning=monday) as bank:
        asks = {"Mailguard_Person": JANE, "Mailguard_Asks": "employer"}
        before = await bank.write(NEW, READY, subject="Your card", **RENDERED)
        assert "we still need to hear from you" in text_of(bank.received(before))
        asked = await bank.write(NEW, ASKED, **asks)
        assert asked["action"] == "deliver"

        bank.clock.move_to(tuesday := monday + timedelta(days=1))
        deliver(mailbox, answer(SAID, asked), at=tuesday)
        (reply,) = await bank.replied(1)
        assert (reply.received_at, reply.tie) == (tuesday, Tie.THREAD)
        context = bank.context(HERS)
        assert (context.reply_aware, context.last_reply_at, context.last_reply_language) == (True, tuesday, "en")
        bank.clock.move_to(tuesday + timedelta(hours=2))
        assert (await bank.write(NEW, ASKED, **asks))["action"] == "reject"

        bank.clock.move_to(monday + timedelta(days=3))
        ready = await bank.write(NEW, READY, subject="Your card", **RENDERED)
        assert "thank you for your answer of Tuesday" in text_of(bank.received(ready))

        bank.clock.move_to(saturday := monday + timedelta(days=5))
        unanswered = await bank.write(NEW, ASKED, **asks)
        assert (unanswered["action"], sorted(codes(unanswered))) == ("reject", ["open_reply", "repeat"])
        person = {"In_Reply_To": f"<{reply.message_id}>", "Auto_Submitted": "no"}
        assert (await bank.write(NEW, "I am sorry, Ms Doe. All is well. Ruth Penn", **person))["action"] == "deliver"
        assert not bank.context(NEW).reply_aware
        bank.clock.move_to(saturday + timedelta(hours=1))
        answered = await bank.write(HERS, ASKED, Mailguard_Asks="employer")
        assert (answered["action"], codes(answered)) == ("reject", ["repeat"])
