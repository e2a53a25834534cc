"""The relay insists: a broadcast goes out as it was checked, to whom it was checked for, to each once, whoever crashes."""

from __future__ import annotations

import asyncio
import smtplib
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import select

from mailguard.store.broadcasts import find_broadcast
from mailguard.store.overrides import NewOverride, make
from mailguard.store.tables import RECIPIENT
from tests.broadcasts import signed
from tests.harness import FrozenClock, Relay, running_relay

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
TEXT = "on Friday, 27 November 2026, our new shop opens at 10:00. There is 20% off everything, so bring your friends with you."
LIMIT = 3
AUDIENCE = [f"{name}@people.example" for name in ("ann", "bob", "carla", "david", "emma", "frank", "greta")]
_numbers = count(1)


@asynccontextmanager
async def shop(*, answers: str = "", **policy: Any) -> AsyncIterator[tuple[Relay, FrozenClock]]:
    clock = FrozenClock(START)
    clients = [{"name": "shop", "networks": ["127.0.0.1"], "class": "bulk", "trust_fields": True, "brand": "red"}]
    if answers:
        clients[0]["answers"] = answers
    settings = {"fan_out_limit": LIMIT, "max_hidden_recipients": LIMIT, **policy}
    async with running_relay(clock=clock, clients=clients, policy=settings, own_domains=["shop.example"]) as relay:
        yield relay, clock


def letter(
    name: str, *, token: str | None = None, text: str = TEXT, subject: str = "We open", id: str = "", **fields: str
) -> bytes:
    """The mail to one person, under a Message-ID of its own."""
    more = "".join(f"{key.replace('_', '-')}: {value}\r\n" for key, value in fields.items())
    check = f"Mailguard-Check: {token}\r\n" if token is not None else ""
    return (
        f"From: Shop <shop@shop.example>\r\nTo: customers:;\r\nSubject: {subject}\r\n"
        f"Message-ID: <{id or next(_numbers)}@shop.example>\r\nDate: Mon, 23 Nov 2026 08:00:00 +0000\r\n{check}{more}\r\n"
        f"Dear {name.title()},\r\n\r\n{text}\r\n\r\nUnsubscribe: https://shop.example/unsubscribe?u={name}\r\n"
    ).encode()


def sign(relay: Relay, *mails: bytes, members: list[str] = AUDIENCE, **options: Any) -> tuple[str, str]:
    with relay.worker.database.write() as connection:
        return signed(connection, mails or [letter("Ann")], members, now=relay.worker.clock(), **options)


async def send(relay: Relay, to: str, **mail: Any) -> str:
    """What becomes of a mail to one person: "accepted", "held: CODES", "replay", or the refusal."""
    answer = await relay.send(letter(to.partition("@")[0], **mail), "shop@shop.example", [to])
    return outcome(relay, answer)


def outcome(relay: Relay, answer: Any) -> str:
    word = answer.text.split()[2]
    if answer.code != 250:
        return f"{answer.code}"
    if not word.startswith("held"):
        return str(word)
    found = relay.why(answer.text.split()[1])["findings"]
    return f"held: {' '.join(finding['code'] for finding in found)}"


async def got(relay: Relay) -> Counter[str]:
    """How often each mailbox was given a mail."""
    await relay.settled()
    return Counter(recipient for _, recipients, _ in relay.sink.messages for recipient in recipients)


def waiting(relay: Relay) -> list[tuple[str, str]]:
    """The message and the mailbox of all that is held."""
    with relay.worker.database.read() as connection:
        held = select(RECIPIENT.c.message, RECIPIENT.c.mailbox).where(RECIPIENT.c.state == "held")
        return [tuple(row) for row in connection.execute(held)]


def progress(relay: Relay, id: str) -> dict[str, int]:
    with relay.worker.database.read() as connection:
        found = find_broadcast(connection, id)
    assert found is not None
    assert found.states is not None
    return {"members": found.members, "taken": found.taken, **{str(state): count for state, count in found.states.items()}}


async def test_bulk_beyond_the_limit_is_held_without_a_check_and_goes_out_with_one() -> None:
    async with shop() as (relay, _):
        outcomes = [await send(relay, to) for to in AUDIENCE]
        assert outcomes == ["accepted"] * LIMIT + ["held: unchecked_broadcast fan_out"] * (4)
    async with shop() as (relay, _):
        id, token = sign(relay)
        assert [await send(relay, to, token=token) for to in AUDIENCE] == ["accepted"] * len(AUDIENCE)
        assert await got(relay) == dict.fromkeys(AUDIENCE, 1)
        assert progress(relay, id) == {"members": 7, "taken": 7, "delivered": 7}
        assert all(b"Mailguard" not in octets for _, _, octets in relay.sink.messages)


async def test_what_was_held_says_what_to_do() -> None:
    async with shop() as (relay, _):
        for to in AUDIENCE[: LIMIT + 1]:
            answer = await relay.send(letter("Ann"), "shop@shop.example", [to])
        assert answer.text.endswith("with no check; mailguard check MESSAGE --to AUDIENCE --sign")


async def test_one_recipient_more_is_held_and_the_others_are_not() -> None:
    async with shop() as (relay, _):
        id, token = sign(relay)
        answer = await relay.send(letter("Ann", token=token), "shop@shop.example", [AUDIENCE[0], "more@people.example"])
        assert answer.text.endswith("accepted, 1 of 2 recipients held")
        assert await got(relay) == {AUDIENCE[0]: 1}
        recipients = {one["mailbox"]: one for one in relay.why(answer.text.split()[1])["recipients"]}
        assert [finding["code"] for finding in recipients["more@people.example"]["findings"]] == ["unchecked_broadcast"]
        assert progress(relay, id)["taken"] == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"text": TEXT.replace("opens", "closes")},
        {"text": TEXT.replace("27 November", "28 November")},
        {"text": TEXT.replace("20%", "70%")},
        {"subject": "We close"},
        {"text": TEXT + "\r\n\r\nhttps://other.example/"},
    ],
)
async def test_a_changed_word_and_the_token_does_not_hold(changes: dict[str, str]) -> None:
    async with shop() as (relay, _):
        _, token = sign(relay)
        assert await send(relay, AUDIENCE[0], token=token, **changes) == "held: unchecked_broadcast"
        assert await send(relay, AUDIENCE[0], token=token) == "accepted"


@pytest.mark.parametrize("token", ["", "nonsense", "c1.AAAA.AAAA", "a" * 901])
async def test_what_is_no_token_holds_whatever_the_count(token: str) -> None:
    async with shop() as (relay, _):
        assert await send(relay, AUDIENCE[0], token=token) == "held: unchecked_broadcast"
        assert await send(relay, AUDIENCE[1], token=token, Mailguard_Class="service") == "held: unchecked_broadcast"
        assert await send(relay, AUDIENCE[2], token=token, Mailguard_Class="critical") == "accepted"


async def test_two_tokens_are_none() -> None:
    async with shop() as (relay, _):
        _, token = sign(relay)
        _, other = sign(relay)
        assert await send(relay, AUDIENCE[0], token=f"{token}\r\nMailguard-Check: {other}") == "held: unchecked_broadcast"
        assert await send(relay, AUDIENCE[1], token=f"{token}\r\nMailguard-Check: {token}") == "accepted"


async def test_a_token_ends_with_its_check_and_is_good_for_its_broadcast_alone() -> None:
    async with shop() as (relay, clock):
        _, token = sign(relay, valid=timedelta(hours=1))
        _, other = sign(relay, letter("Ann", text="Something else that was checked, and for the same persons."))
        assert await send(relay, AUDIENCE[0], token=other) == "held: unchecked_broadcast"
        clock.move_to(START + timedelta(hours=1) - timedelta(seconds=1))
        assert await send(relay, AUDIENCE[1], token=token) == "accepted"
        clock.move_to(START + timedelta(hours=1))
        assert await send(relay, AUDIENCE[2], token=token) == "held: unchecked_broadcast"


async def test_what_was_held_for_lack_of_a_check_goes_out_with_one_and_its_hold_is_over() -> None:
    async with shop() as (relay, _):
        before = [await send(relay, to) for to in (*AUDIENCE, AUDIENCE[-1])]
        assert before[LIMIT:] == ["held: unchecked_broadcast fan_out"] * 4 + ["held: repeat unchecked_broadcast fan_out"]
        _, token = sign(relay)
        assert [await send(relay, to, token=token) for to in AUDIENCE] == ["550"] * LIMIT + ["accepted"] * 4
        assert await got(relay) == dict.fromkeys(AUDIENCE, 1)
        assert waiting(relay) == []


async def test_the_same_message_goes_out_with_its_check_to_those_for_whom_it_waited() -> None:
    async with shop() as (relay, _):
        mails = [(letter(to.partition("@")[0], id=f"same{number}"), to) for number, to in enumerate(AUDIENCE)]
        answers = [await relay.send(mail, "shop@shop.example", [to]) for mail, to in mails]
        id, token = sign(relay)
        field = f"Mailguard-Check: {token}\r\n".encode()
        for outcomes in (["replay"] * LIMIT + ["accepted"] * 4, ["replay"] * 7):
            assert [outcome(relay, await relay.send(field + mail, "shop@shop.example", [to])) for mail, to in mails] == outcomes
        assert await got(relay) == dict.fromkeys(AUDIENCE, 1)
        assert waiting(relay) == []
        assert progress(relay, id)["taken"] == 4
        (event,) = relay.why(answers[-1].text.split()[1])["events"]
        assert (event["actor"], event["verb"]) == ("mailguard", "dropped")
        assert event["reason"].startswith("came again with a check, as ")


async def test_a_strict_client_is_told_no_and_then_sends_the_same_with_its_check() -> None:
    async with shop(answers="strict") as (relay, _):
        mails = [(letter(to.partition("@")[0]), to) for to in AUDIENCE]
        outcomes = [outcome(relay, await relay.send(mail, "shop@shop.example", [to])) for mail, to in mails]
        assert outcomes == ["accepted"] * LIMIT + ["550"] * 4
        _, token = sign(relay)
        field = f"Mailguard-Check: {token}\r\n".encode()
        outcomes = [outcome(relay, await relay.send(field + mail, "shop@shop.example", [to])) for mail, to in mails]
        assert outcomes == ["replay"] * LIMIT + ["accepted"] * 4
        assert await got(relay) == dict.fromkeys(AUDIENCE, 1)


async def test_hidden_recipients_get_their_one_mail_when_it_comes_again_with_its_check() -> None:
    async with shop() as (relay, _):
        mail = letter("Ann", id="one")
        assert outcome(relay, await relay.send(mail, "shop@shop.example", AUDIENCE)).startswith("held: hidden_recipients")
        _, token = sign(relay)
        checked = f"Mailguard-Check: {token}\r\n".encode() + mail
        assert outcome(relay, await relay.send(checked, "shop@shop.example", AUDIENCE)) == "accepted"
        assert outcome(relay, await relay.send(checked, "shop@shop.example", AUDIENCE)) == "replay"
        assert await got(relay) == dict.fromkeys(AUDIENCE, 1)
        assert waiting(relay) == []


async def test_what_waits_for_more_than_a_check_waits_on() -> None:
    async with shop(max_visible_recipients=1) as (relay, _):
        crowd = letter("Ann", token="nonsense").replace(b"To: customers:;", b"To: ann@people.example, bob@people.example")
        held = await relay.send(crowd, "shop@shop.example", AUDIENCE[:1])
        assert outcome(relay, held) == "held: mass_cc unchecked_broadcast"
        _, token = sign(relay)
        assert await send(relay, AUDIENCE[0], token=token) == "held: repeat"
        assert len(waiting(relay)) == 2


async def test_own_archive_gets_its_copy_of_every_mail_and_none_of_what_a_token_does_not_hold_for() -> None:
    archive = "archive@shop.example"
    async with shop() as (relay, _):
        _, token = sign(relay)
        for to in AUDIENCE:
            answer = await relay.send(letter(to, token=token), "shop@shop.example", [to, archive])
            assert outcome(relay, answer) == "accepted"
        assert await got(relay) == {**dict.fromkeys(AUDIENCE, 1), archive: len(AUDIENCE)}
        assert await send(relay, archive, token=token, text="other words") == "held: unchecked_broadcast"


async def test_hidden_members_of_one_mail_may_be_as_many_as_were_checked() -> None:
    async with shop() as (relay, _):
        _, token = sign(relay)
        answer = await relay.send(letter("Ann", token=token), "shop@shop.example", AUDIENCE)
        assert outcome(relay, answer) == "accepted"
        assert await got(relay) == dict.fromkeys(AUDIENCE, 1)


async def test_a_check_exempts_from_nothing_else() -> None:
    async with shop() as (relay, _):
        id, token = sign(relay)
        relay.suppress(AUDIENCE[0], "unsubscribed")
        assert await send(relay, AUDIENCE[0], token=token) == "550"
        assert await send(relay, AUDIENCE[0], token=token) == "550"
        assert progress(relay, id) == {"members": 7, "taken": 1, "rejected": 1}


async def test_a_sender_that_crashed_sends_all_again_nobody_twice_and_nobody_missed() -> None:
    async with shop(repeat_window="1s") as (relay, clock):
        id, token = sign(relay)
        first = [await send(relay, to, token=token) for to in AUDIENCE[:4]]
        clock.move_to(START + timedelta(hours=2))
        again = [await send(relay, to, token=token) for to in AUDIENCE]
        assert (first, again) == (["accepted"] * 4, ["replay"] * 4 + ["accepted"] * 3)
        assert await got(relay) == dict.fromkeys(AUDIENCE, 1)
        assert progress(relay, id) == {"members": 7, "taken": 7, "delivered": 7}


async def test_a_replay_names_the_mail_that_reached_the_member_and_is_in_the_log() -> None:
    async with shop() as (relay, _):
        id, token = sign(relay)
        first = await relay.send(letter("Ann", token=token), "shop@shop.example", AUDIENCE[:1])
        both = await relay.send(letter("Ann", token=token), "shop@shop.example", AUDIENCE[:2])
        again = await relay.send(letter("Ann", token=token), "shop@shop.example", AUDIENCE[:2])
        names = [answer.text.split()[1] for answer in (first, both, again)]
        assert again.text == f"2.0.0 {names[0]} replay"
        why = relay.why(names[1])
        assert why["broadcast"] == id
        assert why["recipients"][0]["findings"][0]["refs"] == [names[0]]
        assert await got(relay) == dict.fromkeys(AUDIENCE[:2], 1)
        assert [one["state"] for one in relay.why(names[1])["recipients"]] == ["replayed", "delivered"]


async def test_shadow_mode_records_it_and_delivers_all_but_nobody_twice() -> None:
    async with shop(mode="shadow") as (relay, _):
        id, token = sign(relay)
        assert await send(relay, AUDIENCE[0], token=token) == "accepted"
        assert await send(relay, AUDIENCE[0], token=token) == "replay"
        answer = await relay.send(letter("Ann", token="nonsense"), "shop@shop.example", ["other@people.example"])
        assert outcome(relay, answer) == "accepted"
        assert [one["code"] for one in relay.why(answer.text.split()[1])["findings"]] == ["unchecked_broadcast"]
        assert await got(relay) == {AUDIENCE[0]: 1, "other@people.example": 1}
        assert progress(relay, id)["taken"] == 1


async def test_two_mails_to_one_member_at_the_same_instant_are_one() -> None:
    async with shop() as (relay, _):
        _, token = sign(relay)
        mails = [letter("Ann", token=token) for _ in range(10)]
        port = relay.worker.port
        answers = await asyncio.gather(*(asyncio.to_thread(_send_alone, port, mail, AUDIENCE[0]) for mail in mails))
        assert Counter(answers) == {"accepted": 1, "replay": 9}
        assert await got(relay) == {AUDIENCE[0]: 1}


def _send_alone(port: int, mail: bytes, to: str) -> str:
    with smtplib.SMTP("127.0.0.1", port, local_hostname="client.example", timeout=60) as session:
        session.ehlo()
        session.mail("shop@shop.example")
        session.rcpt(to)
        return session.data(mail)[1].decode().split()[-1]


async def test_a_template_that_the_relay_renders_is_checked_as_it_was_handed_over() -> None:
    template = {"Mailguard_Render": "jinja2", "Mailguard_Data": "eyJjaXR5IjogIk1pbGFuIn0=", "Mailguard_Template": "autumn"}
    text = "our shop in {{ city }} opens on Friday, {% if reply_aware %}thank you for your answer{% else %}please answer{% endif %}."
    async with shop() as (relay, _):
        id, token = sign(relay, letter("Ann", text=text, **template))
        assert await send(relay, AUDIENCE[0], token=token, text=text, **template) == "accepted"
        assert await send(relay, AUDIENCE[0], token=token, text=text, **template) == "replay"
        changed = text.replace("please", "do not")
        assert await send(relay, AUDIENCE[1], token=token, text=changed, **template) == "held: unchecked_broadcast"
        assert await got(relay) == {AUDIENCE[0]: 1}
        assert progress(relay, id)["taken"] == 1


async def test_an_override_lets_one_mail_out_once_and_says_who_gave_it() -> None:
    async with shop() as (relay, clock):
        with relay.worker.database.write() as connection:
            new = NewOverride(actor="ann", reason="asked", expires_at=START + timedelta(hours=1), mailbox=AUDIENCE[0])
            token, id = make(connection, new, now=clock())
        wrong = {"token": "nonsense", "Mailguard_Override": token}
        assert await send(relay, AUDIENCE[1], **wrong) == "held: unchecked_broadcast"
        answer = await relay.send(letter("Ann", **wrong), "shop@shop.example", AUDIENCE[:2])
        assert answer.text.endswith("accepted, 1 of 2 recipients held")
        why = relay.why(answer.text.split()[1])
        assert [(one["n"], one["actor"], one["verb"]) for one in why["events"]] == [
            (0, "ann", "overridden"),
            (1, "mailguard", "override_refused"),
        ]
        assert why["events"][0]["reason"] == f"asked (override {id})"
        assert [one["code"] for one in why["recipients"][0]["findings"]] == ["unchecked_broadcast"]
        assert await send(relay, AUDIENCE[0], text=f"{TEXT} Soon!", **wrong) == "held: unchecked_broadcast"
        assert await got(relay) == {AUDIENCE[0]: 1}
