"""Templates that the relay renders: each recipient their own words, and nothing that was not rendered ever leaves.

The shop writes to Ann, who has answered its last mail, and to Tom, who has not.
"""

from __future__ import annotations

import asyncio
import base64
import email
import email.policy
import json
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from itertools import count
from pathlib import Path
from typing import Any

import dkim
import pytest

from mailguard.mail.smtp_reply import SmtpReply
from mailguard.policy.finding import Code
from mailguard.policy.reply import Kind, Tie
from mailguard.store import holds, replies
from mailguard.store.filter import Filter
from mailguard.templates.template import Failure
from tests.harness import FrozenClock, Relay, running_relay

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ANN, TOM, SHOP = "ann@people.example", "tom@people.example", "shop@shop.example"
REPLIES = {"replies": {"address": "reply@shop.example", "unsubscribe_url": "https://shop.example/u"}}
THANKS = (
    "{% if reply_aware %}Thank you for your answer of {{ last_reply_at | date('%A') }}.{% else %}May we ask you?{% endif %}"
)
ENDLESS = "{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}{% endfor %}{% endfor %}{% endfor %}"
_numbers = count(1)


@asynccontextmanager
async def shop(**settings: Any) -> AsyncIterator[tuple[Relay, FrozenClock]]:
    clock = FrozenClock(START)
    async with running_relay(clock=clock, **settings) as relay:
        yield relay, clock


def template(text: str, *, subject: str = "News", values: dict[str, Any] | None = None, **fields: str) -> bytes:
    """A mail to be rendered; `fields` with `_` for `-`."""
    data = base64.b64encode(json.dumps(values or {}).encode()).decode()
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    return (
        f"From: Shop <{SHOP}>\r\nTo: customers:;\r\nSubject: {subject}\r\nMessage-ID: <{next(_numbers)}@shop.example>\r\n"
        f"Date: Mon, 23 Nov 2026 08:00:00 +0000\r\nMailguard-Render: jinja2\r\nMailguard-Data: {data}\r\n{more}\r\n{text}\r\n"
    ).encode()


def letter(text: str, message_id: str, to: str) -> bytes:
    return (
        f"From: {SHOP}\r\nTo: {to}\r\nSubject: Hello\r\nMessage-ID: <{message_id}>\r\nDate: Mon, 23 Nov 2026 08:00:00 +0000\r\n\r\n{text}\r\n"
    ).encode()


def wrote(answers: str, *, to: str = SHOP, id: str = "answer-1") -> bytes:
    thread = f"In-Reply-To: <{answers}>\r\n" if answers else ""
    return (
        f"From: Ann <{ANN}>\r\nTo: {to}\r\nSubject: Re: Hello\r\nMessage-ID: <{id}@people.example>\r\n"
        f"Date: Mon, 23 Nov 2026 08:30:00 +0000\r\n{thread}\r\nNo, it is the other card.\r\n"
    ).encode()


async def sent(relay: Relay) -> dict[str, Any]:
    """What each recipient was given, parsed; the last mail of each."""
    await relay.settled()
    return {
        to: email.message_from_bytes(octets, policy=email.policy.default)
        for _, recipients, octets in relay.sink.messages
        for to in recipients
    }


def texts(mails: dict[str, Any]) -> dict[str, str]:
    return {to: mail.get_body(("plain",)).get_content().strip() for to, mail in mails.items()}


def id_in(answer: SmtpReply) -> str:
    return answer.text.split()[1]


def release(relay: Relay, id: str) -> holds.Changed:
    act = holds.Act(relay.worker.clock(), "clerk", "")
    with relay.worker.database.write() as connection:
        return holds.release(connection, Filter(ids=(id,)), act, expires_at=START + timedelta(days=5))


async def test_each_recipient_gets_their_own_words_and_nobody_anothers() -> None:
    async with shop(sections=REPLIES) as (relay, clock):
        await relay.send(letter("Which card?", "asked-1@shop.example", ANN), SHOP, [ANN])
        clock.move_to(START + timedelta(hours=1))
        relay.take_reply(wrote("asked-1@shop.example"))
        answer = await relay.send(
            template("Hello {{ who }}.\r\n" + THANKS, subject="To {{ who }}", values={"who": "you"}), SHOP, [TOM, ANN]
        )
        assert answer.text.endswith("accepted")
        found = texts(await sent(relay))
        assert found == {
            ANN: "Hello you.\r\nThank you for your answer of Monday.",
            TOM: "Hello you.\r\nMay we ask you?",
        }


async def test_subject_text_and_html_are_rendered_and_all_else_stays() -> None:
    made = EmailMessage(policy=email.policy.SMTP)
    made["From"], made["To"], made["Subject"] = f"Zoë <{SHOP}>", ANN, "Grüße an {{ who }}"
    made["Message-ID"], made["Date"] = "<mime@shop.example>", "Mon, 23 Nov 2026 08:00:00 +0000"
    made["Mailguard-Render"] = "jinja2"
    made["Mailguard-Data"] = base64.b64encode(json.dumps({"who": "Ann & Söhne", "rows": [1, 2]}).encode()).decode()
    made.set_content("Hello {{ who }}\n", charset="iso-8859-1")
    made.add_alternative("<p>{{ who }}{% for row in rows %}<b>{{ row }}</b>{% endfor %}</p>\n", subtype="html")
    made.add_attachment(b"%PDF {{ who }}\0", maintype="application", subtype="pdf", filename="terms.pdf")
    async with shop() as (relay, _):
        await relay.send(bytes(made), SHOP, [ANN])
        mail = (await sent(relay))[ANN]
        assert mail["subject"] == "Grüße an Ann & Söhne"
        assert mail["from"].addresses[0].display_name == "Zoë"
        assert mail.get_body(("plain",)).get_content() == "Hello Ann & Söhne\r\n"
        assert mail.get_body(("html",)).get_content() == "<p>Ann &amp; Söhne<b>1</b><b>2</b></p>\r\n"
        assert next(mail.iter_attachments()).get_content() == b"%PDF {{ who }}\0"
        assert not [name for name in mail if name.lower().startswith("mailguard-")]


@pytest.mark.parametrize("mode", ["enforce", "shadow"])
async def test_undefined_name_holds_the_mail_and_nobody_can_release_it(mode: str) -> None:
    async with shop(policy={"mode": mode}) as (relay, _):
        answer = await relay.send(template("Dear customer,\r\nyou are {{ nobody }}"), SHOP, [ANN])
        assert answer.text.endswith("held: render_failed, a template of it could not be rendered")
        document = relay.why(id_in(answer))
        assert [(found["code"], found["text"]) for found in document["findings"]] == [
            (Code.RENDER_FAILED, "text/plain, line 2: 'nobody' is undefined")
        ]
        assert document["recipients"][0]["state"] == "held"
        assert release(relay, id_in(answer)).left == (id_in(answer),)
        await relay.settled()
        assert relay.sink.messages == []
        assert relay.why(id_in(answer))["recipients"][0]["state"] == "held"


async def test_values_can_add_no_field_and_no_part() -> None:
    async with shop() as (relay, _):
        values = {"evil": "x\r\nBcc: tom@people.example\r\n\r\nbody"}
        answer = await relay.send(template("hello", subject="{{ evil }}", values=values), SHOP, [ANN])
        assert "render_failed" in answer.text
        assert "control character" in relay.why(id_in(answer))["findings"][0]["text"]
        await relay.send(template("hello {{ evil }}", values=values), SHOP, [ANN])
        mail = (await sent(relay))[ANN]
        assert mail["bcc"] is None
        assert mail.get_content() == "hello x\r\nBcc: tom@people.example\r\n\r\nbody\r\n"


async def test_exhausting_template_stops_nobody_elses_mail() -> None:
    async with shop(sections={"rendering": {"time_limit": "1s", "processes": 1}}) as (relay, _):
        endless = asyncio.create_task(relay.send(template(ENDLESS), SHOP, [ANN]))
        ordinary = [letter(f"text {n}", f"ordinary-{n}@shop.example", TOM) for n in range(5)]
        other = Relay(relay.worker, relay.sink, relay.config)
        answers = [await other.send(mail, SHOP, [TOM]) for mail in ordinary]
        assert not endless.done()
        assert [answer.code for answer in answers] == [250] * 5
        answer = await endless
        assert relay.why(id_in(answer))["findings"][0]["text"] == "takes longer than 1 s"
        assert (await relay.send(template("hello {{ sent_count }}"), SHOP, [ANN])).text.endswith("accepted")
        other.close()


async def test_memory_is_bounded() -> None:
    doubling = "{% set n = namespace(x='x' * 999) %}{% for _ in range(60) %}{% set n.x = n.x ~ n.x %}{% endfor %}"
    async with shop(sections={"rendering": {"memory_limit": "128MB"}}) as (relay, _):
        answer = await relay.send(template(doubling), SHOP, [ANN])
        assert relay.why(id_in(answer))["findings"][0]["text"] == "text/plain: takes more memory than 128 MB"


async def test_killed_process_costs_no_mail() -> None:
    async with shop() as (relay, _):
        for animal in ("cat", "dog", "fox", "bee", "owl"):
            answer = await relay.send(template(f"Here is your {animal}, and {{{{ sent_count }}}} were before"), SHOP, [ANN])
            assert answer.text.endswith("accepted")
            for process in relay.worker._rendering.renderer.processes:
                os.kill(process, signal.SIGKILL)
        await relay.settled()
        assert len(relay.sink.messages) == 5


async def test_retry_of_a_transaction_gets_the_first_answer_and_renders_nothing() -> None:
    async with shop() as (relay, clock):
        mail = template("hello {{ context_id }}")
        first = await relay.send(mail, SHOP, [ANN, TOM])
        clock.move_to(START + timedelta(minutes=5))
        for process in relay.worker._rendering.renderer.processes:
            os.kill(process, signal.SIGSTOP)  # whoever asked it to render would wait until it is killed
        again = await relay.send(mail, SHOP, [ANN, TOM])
        assert again.text == f"2.0.0 {id_in(first)} replay"
        await relay.settled()
        assert len(relay.sink.messages) == 2


async def test_retry_with_a_recipient_more_renders_for_them_alone() -> None:
    async with shop() as (relay, _):
        mail = template("hello {{ context_id }}")
        await relay.send(mail, SHOP, [ANN])
        assert (await relay.send(mail, SHOP, [ANN, TOM])).code == 250
        await relay.settled()
        assert [recipients for _, recipients, _ in relay.sink.messages] == [(ANN,), (TOM,)]


async def test_key_names_one_template_with_its_data() -> None:
    async with shop() as (relay, _):
        first = await relay.send(template("hello {{ n }}", values={"n": "cat"}, Mailguard_Key="k"), SHOP, [ANN, TOM])
        again = await relay.send(template("hello {{ n }}", values={"n": "cat"}, Mailguard_Key="k"), SHOP, [ANN, TOM])
        other = await relay.send(template("hello {{ n }}", values={"n": "dog"}, Mailguard_Key="k"), SHOP, [ANN, TOM])
        assert (first.text.split()[-1], again.text.split()[-1], other.code) == ("accepted", "replay", 550)


async def test_recipients_that_are_held_are_counted() -> None:
    async with shop() as (relay, clock):
        await relay.send(letter("Which card?", "asked-1@shop.example", ANN), SHOP, [ANN])
        clock.move_to(START + timedelta(hours=1))
        relay.take_reply(wrote("asked-1@shop.example"))
        answer = await relay.send(template("Our new offers", Mailguard_Class="bulk"), SHOP, [TOM, ANN])
        assert answer.text.endswith("accepted, 1 of 2 recipients held")
        await relay.settled()
        assert [recipients for _, recipients, _ in relay.sink.messages][1:] == [(TOM,)]


async def test_reply_that_comes_while_a_mail_is_rendered_has_it_rendered_anew() -> None:
    async with shop() as (relay, clock):
        await relay.send(letter("Which card?", "asked-1@shop.example", ANN), SHOP, [ANN])
        clock.move_to(START + timedelta(hours=1))
        renderer = relay.worker._rendering.renderer
        render, rounds = renderer.render, []

        async def while_ann_writes(*arguments: Any) -> tuple[str, ...] | Failure:
            rendered = await render(*arguments)
            rounds.append(rendered)
            if len(rounds) == 1:
                relay.take_reply(wrote("asked-1@shop.example"))
            return rendered

        renderer.render = while_ann_writes  # type: ignore[method-assign,assignment]
        answer = await relay.send(template(THANKS), SHOP, [ANN])
        assert answer.text.endswith("accepted")
        assert len(rounds) == 2
        assert texts(await sent(relay))[ANN] == "Thank you for your answer of Monday."


async def test_mail_that_replies_keep_overtaking_is_held_in_the_end() -> None:
    async with shop() as (relay, clock):
        await relay.send(letter("Which card?", "asked-1@shop.example", ANN), SHOP, [ANN])
        clock.move_to(START + timedelta(hours=1))
        renderer = relay.worker._rendering.renderer
        render, rounds = renderer.render, []

        async def while_ann_writes(*arguments: Any) -> tuple[str, ...] | Failure:
            rounds.append(await render(*arguments))
            relay.take_reply(wrote("asked-1@shop.example", id=f"answer-{len(rounds)}"))
            return rounds[-1]

        renderer.render = while_ann_writes  # type: ignore[method-assign,assignment]
        answer = await relay.send(template(THANKS), SHOP, [ANN])
        assert len(rounds) == 3
        assert Code.STALE_CONTEXT in {found["code"] for found in relay.why(id_in(answer))["findings"]}


async def test_answer_comes_back_to_a_signed_address_whoever_wrote_it() -> None:
    async with shop(sections=REPLIES) as (relay, clock):
        await relay.send(template("Which card, please?"), SHOP, [ANN])
        address = (await sent(relay))[ANN]["reply-to"]
        assert address.startswith("reply+")
        clock.move_to(START + timedelta(hours=1))
        taken = relay.take_reply(wrote("", to=address).replace(ANN.encode(), b"ann.at.home@elsewhere.example"))
        with relay.worker.database.read() as connection:
            stored = replies.show(connection, taken.id)
        assert stored is not None
        assert (stored.kind, stored.tie, stored.anchor) == (Kind.HUMAN, Tie.TOKEN, ANN)
        await relay.send(template(THANKS), SHOP, [ANN])
        assert texts(await sent(relay))[ANN] == "Thank you for your answer of Monday."


async def test_answer_to_a_mail_that_went_to_several_is_its_writers() -> None:
    async with shop() as (relay, clock):
        mail = template("Which card, please?", values={"id": 1})
        await relay.send(mail, SHOP, [TOM, ANN])
        clock.move_to(START + timedelta(hours=1))
        named = email.message_from_bytes(mail)["message-id"].strip("<>")
        ann = relay.take_reply(wrote(named))
        somebody = relay.take_reply(wrote(named, id="answer-2").replace(ANN.encode(), b"who@elsewhere.example"))
        with relay.worker.database.read() as connection:
            stored = [replies.show(connection, taken.id) for taken in (ann, somebody)]
        assert [(one.tie, one.anchor) for one in stored if one] == [(Tie.THREAD, ANN), (Tie.SENDER, "who@elsewhere.example")]


async def test_bulk_mail_says_how_to_unsubscribe_and_its_text_may_too() -> None:
    async with shop(sections=REPLIES) as (relay, _):
        await relay.send(template("Offers. Not any more: {{ unsubscribe_url }}", Mailguard_Class="bulk"), SHOP, [ANN])
        mail = (await sent(relay))[ANN]
        url = mail.get_content().split()[-1]
        assert url.startswith("https://shop.example/u/")
        assert mail["list-unsubscribe"] == f"<{url}>, <mailto:{mail['reply-to']}?subject=unsubscribe>"
        assert mail["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"


async def test_bulk_text_is_counted_by_its_template() -> None:
    async with shop(policy={"fan_out_limit": 2}) as (relay, _):
        people = [f"p{n}@people.example" for n in range(5)]
        answer = await relay.send(template("Offer {{ context_id }}", Mailguard_Class="bulk"), SHOP, people)
        assert answer.text.endswith("accepted, 3 of 5 recipients held")


@pytest.fixture
def signing(tmp_path: Path) -> tuple[dict[str, Any], bytes]:
    """The settings that sign the shop's mail, and the key's record in the DNS."""
    key = tmp_path / "key.pem"
    subprocess.run(["openssl", "genrsa", "-out", str(key), "2048"], check=True, capture_output=True)
    public = subprocess.run(["openssl", "rsa", "-in", str(key), "-pubout", "-outform", "DER"], check=True, capture_output=True)
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public.stdout)
    return {"dkim": [{"domain": "shop.example", "selector": "s1", "key": str(key)}], **REPLIES}, record


async def test_what_was_rendered_is_signed(signing: tuple[dict[str, Any], bytes]) -> None:
    settings, record = signing
    async with shop(sections=settings) as (relay, _):
        await relay.send(template("Grüße {{ sent_count }}", Mailguard_Class="bulk"), SHOP, [ANN])
        await relay.send(letter("as it is", "plain@shop.example", TOM), SHOP, [TOM])
        await relay.settled()
        (rendered,) = [octets for _, recipients, octets in relay.sink.messages if recipients == (ANN,)]
        (plain,) = [octets for _, recipients, octets in relay.sink.messages if recipients == (TOM,)]
        names: list[bytes] = []

        def dns(name: bytes, timeout: int = 5) -> bytes:
            names.append(name)
            return record

        assert dkim.verify(rendered, dnsfunc=dns)
        assert names == [b"s1._domainkey.shop.example."]
        assert not dkim.verify(rendered.replace(b"List-Unsubscribe: <https", b"List-Unsubscribe: <http"), dnsfunc=dns)
        assert b"DKIM-Signature" not in plain


async def test_other_mail_gets_a_signed_address_only_where_its_client_is_configured_for_it() -> None:
    client = {"name": "crm", "networks": "127.0.0.1", "reply_token": True}
    async with shop(sections=REPLIES, clients=[client]) as (relay, _):
        await relay.send(letter("one", "one@shop.example", ANN), SHOP, [ANN])
        await relay.send(letter("two", "two@shop.example", f"{ANN}, {TOM}"), SHOP, [ANN, TOM])
        await relay.settled()
        one, two = (octets for _, _, octets in relay.sink.messages)
        assert b"\r\nReply-To: reply+" in one
        assert two.endswith(letter("two", "two@shop.example", f"{ANN}, {TOM}"))
        answer = await relay.send(letter("one", "one@shop.example", ANN), SHOP, [ANN])
        assert answer.text.endswith("replay")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"Mailguard_Data": "e30="}, "Mailguard-Data has a value that cannot be taken"),
        ({"Mailguard_Render": "liquid"}, "Mailguard-Render has a value that cannot be taken"),
        ({}, "Mailguard-Data gives sent_count, which is the context's"),
    ],
)
async def test_what_cannot_be_taken_is_refused_and_in_shadow_held(fields: dict[str, str], said: str) -> None:
    values = {"sent_count": 1} if not fields else {"a": 1}
    for mode in ("enforce", "shadow"):
        async with shop(policy={"mode": mode}) as (relay, _):
            answer = await relay.send(template("hello", values=values, **fields), SHOP, [ANN])
            await relay.settled()
            assert relay.sink.messages == []
            if mode == "enforce":
                assert (answer.code, answer.text) == (550, f"5.5.4 {said}")
            else:
                assert relay.why(id_in(answer))["findings"][0]["text"] == said


async def test_mail_is_not_rendered_while_the_ledger_is_away_however_it_is_configured() -> None:
    async with shop(relay={"fail": "open"}) as (relay, _):
        with relay.worker.database.write() as connection:
            connection.exec_driver_sql("ALTER TABLE recipient RENAME TO away")
        assert (await relay.send(template("hello {{ who }}"), SHOP, [ANN])).code == 451
        assert relay.sink.messages == []
        with relay.worker.database.write() as connection:
            connection.exec_driver_sql("ALTER TABLE away RENAME TO recipient")
