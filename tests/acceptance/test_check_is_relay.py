"""What the check says of an audience is what the relay does with it: the same findings, recipient by recipient.

Each seed makes another world: who has unsubscribed, answered, bounced, got the text already, or stands in the audience twice.
The audience is checked and signed, then sent with the token through the relay in shadow mode.
"""

from __future__ import annotations

import random
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from mailguard.broadcast.audience_code import RowCode
from mailguard.mail.mailbox import parse_mailbox
from mailguard.policy.finding import Code
from mailguard.relay.broadcast_check import run_check
from mailguard.relay.broadcast_request import BroadcastRequest, CheckResult, JudgedAddress, Signing
from mailguard.sources.audience_columns import find_columns
from mailguard.sources.audience_source import open_audience
from tests.checks import Heard
from tests.harness import FrozenClock, Relay, running_relay
from tests.records import arrive, customer

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
PERSONS = 30
LIMIT = 5
SEVERAL = 4
"""Kinds of findings that a world has at least."""
TEXT = "until Sunday all our winter coats are cheaper than ever, in every shop of ours and in all sizes that there are."
NEAR = "--\r\nThe coats are also sold in Rome, call us there.\r\n"
FATES = (
    "plain",
    "plain",
    "plain",
    "unsubscribed",
    "complained",
    "erased",
    "bounced",
    "had it",
    "nearly had it",
    "answered",
    "own",
)
_numbers = count(1)


def newsletter(*, token: str = "", footer: str = "") -> bytes:
    """The mail to be sent to all, with a Message-ID of its own."""
    check = f"Mailguard-Check: {token}\r\n" if token else ""
    return (
        f"From: Shop <news@shop.example>\r\nSubject: Winter sale\r\nMessage-ID: <{next(_numbers)}@shop.example>\r\n"
        f"Date: Mon, 23 Nov 2026 08:00:00 +0000\r\nAuto-Submitted: auto-generated\r\n"
        f"List-Unsubscribe: <https://shop.example/u/1>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n{check}\r\n"
        f"Dear customers,\r\n\r\n{TEXT}\r\n\r\nYour shop\r\n{footer}"
    ).encode()


def service(to: str) -> bytes:
    return (
        f"From: Shop <help@shop.example>\r\nTo: {to}\r\nSubject: Your order\r\nMessage-ID: <order-{to}>\r\n"
        f"Mailguard-Class: service\r\nDate: Mon, 23 Nov 2026 08:00:00 +0000\r\n\r\nYour order for {to} is on its way.\r\n"
    ).encode()


def answer(sender: str) -> bytes:
    return (
        f"From: <{sender}>\r\nTo: help@shop.example\r\nSubject: Re: Your order\r\nMessage-ID: <answer-{sender}>\r\n"
        f"In-Reply-To: <order-{sender}>\r\nDate: Mon, 23 Nov 2026 08:30:00 +0000\r\n\r\nIt has not come. Where is it?\r\n"
    ).encode()


async def happen(relay: Relay, mailbox: str, fate: str) -> None:
    """What a person's past is."""
    match fate:
        case "unsubscribed" | "complained" | "erased" | "bounced":
            relay.suppress(mailbox, fate)
        case "had it" | "nearly had it":
            footer = NEAR if fate == "nearly had it" else ""
            await relay.send(newsletter(footer=footer), "news@shop.example", [mailbox])
        case "answered":
            await relay.send(service(mailbox), "help@shop.example", [mailbox])
            relay.take_reply(answer(mailbox))


async def world(relay: Relay, chance: random.Random, clock: FrozenClock) -> list[str]:
    """The addresses of an audience in some order, their past made; some persons stand in it twice."""
    rows: list[str] = []
    for number in range(PERSONS):
        fate = chance.choice(FATES)
        mailbox = f"p{number}@{'shop.example' if fate == 'own' else 'people.example'}"
        has_two = chance.random() < 0.3
        both = [mailbox, f"other.p{number}@people.example"] if has_two else [mailbox]
        with relay.worker.database.write() as connection:
            arrive(connection, customer(number, f"given{number}", f"surname{number}", *both))
        await happen(relay, mailbox, fate)
        rows += both if chance.random() < 0.8 else [mailbox.title(), mailbox]
    await relay.settled()
    chance.shuffle(rows)
    clock.move_to(START + timedelta(hours=2))
    return rows


def check(relay: Relay, rows: list[str], folder: Path) -> CheckResult:
    """The check of the newsletter to these rows, whoever must not get it left out, signed."""
    file = folder / "audience.csv"
    file.write_text("\n".join(["email", *rows, ""]), encoding="utf-8")
    source = open_audience(str(file))
    request = BroadcastRequest(
        files=[("news.eml", newsletter())],
        source=source,
        source_name="audience.csv",
        columns=find_columns(source),
        client=relay.config.listen.clients[0],
        is_clean=True,
        signing=Signing("ann"),
        keeps_rows=True,
        processes=1,
    )
    return run_check(request, relay.worker.database, relay.config.relay, listener=Heard(), clock=relay.worker.clock)


def foreseen(row: JudgedAddress, members: Collection[str], sent: Collection[str]) -> set[str]:
    """What the relay is to find of a row, by what the check has said of it. `sent`: persons who have got it meanwhile."""
    if not row.is_clean and parse_mailbox(row.mailbox).canonical in members:
        return {Code.REPLAY}
    codes = {code for code in row.codes if code in set(Code)}
    if RowCode.OWN_ADDRESS in row.codes:  # the relay stops nothing there; only the check leaves out who has another mailbox
        return codes
    if person(row) in sent:
        codes = codes - {Code.NEAR_REPEAT} | {Code.REPEAT}
    return codes if row.is_clean else {*codes, Code.UNCHECKED_BROADCAST}


def person(row: JudgedAddress) -> str:
    return parse_mailbox(row.mailbox).canonical.partition("@")[0].removeprefix("other.")


async def found(relay: Relay, row: JudgedAddress, token: str) -> set[str]:
    """What the relay finds of a mail to a row."""
    mailbox = parse_mailbox(row.mailbox).wire
    answered = await relay.send(newsletter(token=token), "news@shop.example", [mailbox])
    assert answered.code == 250
    if answered.text.endswith("replay"):
        return {Code.REPLAY}
    codes = {finding["code"] for finding in relay.why(answered.text.split()[1])["findings"]}
    # Who is no member counts as everybody does: the text has gone far already.
    return codes if row.is_clean else codes - {Code.FAN_OUT}


@pytest.mark.parametrize("seed", range(3))
async def test_the_check_and_the_relay_find_the_same(seed: int, tmp_path: Path) -> None:
    chance, clock = random.Random(seed), FrozenClock(START)
    clients = [{"name": "shop", "networks": ["127.0.0.1"], "class": "bulk", "trust_fields": True}]
    policy = {"mode": "shadow", "fan_out_limit": LIMIT}
    async with running_relay(clock=clock, clients=clients, policy=policy, own_domains=["shop.example"]) as relay:
        rows = await world(relay, chance, clock)
        result = check(relay, rows, tmp_path)
        assert result.document.verdict == "pass", result.document.findings
        assert result.document.token
        members = {parse_mailbox(row.mailbox).canonical for row in result.rows if row.is_clean}
        sent: set[str] = set()
        # The clean ones first, as who has the clean file sends them.
        for row in sorted(result.rows, key=lambda row: not row.is_clean):
            assert await found(relay, row, result.document.token) == foreseen(row, members, sent), row
            sent.add(person(row))
        assert len({code for row in result.rows for code in row.codes if code in set(Code)}) >= SEVERAL
        assert len(members) > LIMIT
