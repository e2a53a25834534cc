"""Story 3: a menu goes out with an option that leads nowhere, for nobody walked the tree.

A telephone company lets its customers choose by mail. Each way in which the menu was broken fails its check; the relay takes no
broadcast of it before the check has passed, for exactly this text and these customers; and then each of them gets it once. A
real Postfix stands before mailguard, as the company's program sends through one.
"""

from __future__ import annotations

import asyncio
import csv
import smtplib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from email import message_from_bytes
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.harness_postfix import Postfix, is_installed, running_postfix
from tests.harness_programs import need
from tests.harness_serve import PATIENCE, Answer, Server, serving
from tests.harness_sink import Sink, running_sink
from tests.harness_story import data

pytestmark = [pytest.mark.postfix, pytest.mark.asyncio(loop_scope="module")]

MENU = """\
From: Menu <menu@phone.example>
To: customers:;
Subject: How can we help, {{ name }}?
List-Id: <menu.phone.example>
List-Unsubscribe: <https://phone.example/leave>
List-Unsubscribe-Post: List-Unsubscribe=One-Click
Mailguard-Class: bulk
Mailguard-Template: menu
Mailguard-Render: jinja2
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

Hello {{ name }},

{% if choice == "billing" %}your bill is at https://phone.example/bill
{% elif choice == "outage" %}we are at work on it, see https://phone.example/outage
{% else %}to cancel, see https://phone.example/cancel
{% endif %}
{% if reply_aware %}Thank you for your answer.{% else %}You need not answer.{% endif %}

Your telephone company
"""
DEAD_END = ("https://phone.example/cancel", "https://yourdomain.com/cancel")
UNDEFINED = ("https://phone.example/bill", "https://phone.example/bill/{{ bil_number }}")
LEFTOVER = ("Hello {{ name }},", "Hello {{ name }},\n\nTEST")
EMPTY = ("we are at work on it, see https://phone.example/outage\n", "\n")
NAMES = ("Ada", "Bea", "Cleo", "Dora", "Eva", "Flora")
CHOICES = ("billing", "outage", "cancel")
LIMIT = 2

_numbers = count(1)


@dataclass
class Telephone:
    """The company's program, its Postfix, mailguard behind that, and where its mail ends."""

    server: Server
    postfix: Postfix
    sink: Sink
    sent: list[str] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        return self.server.folder

    def write(self, menu: str) -> None:
        """Save the menu as it is to be checked."""
        (self.folder / "menu.eml").write_text(menu)

    async def check(self, *options: str) -> Answer:
        """Run the check of the saved menu for the saved customers."""
        menu, customers = str(self.folder / "menu.eml"), str(self.folder / "customers.csv")
        return await self.server.command("check", menu, "--to", customers, *options)

    async def broadcast(self, menu: str, rows: Sequence[dict[str, str]], *, token: str = "") -> list[Any]:
        """Hand the menu to Postfix for each of these customers; what `why` says of each once mailguard has decided."""
        mails = {f"{next(_numbers)}@phone.example": row for row in rows}

        def talk() -> None:
            with smtplib.SMTP("127.0.0.1", self.postfix.port, timeout=PATIENCE) as session:
                for message_id, row in mails.items():
                    session.sendmail("menu@phone.example", [row["email"]], addressed(menu, row, message_id, token=token))

        await asyncio.to_thread(talk)
        for row in mails.values():
            await self.postfix.logged(rf"to=<{row['email']}>, .*status=", count=self._count(row["email"]))
        return [await self.server.why(f"<{message_id}>") for message_id in mails]

    def _count(self, mailbox: str) -> int:
        """How often that mailbox was written to, now once more."""
        self.sent.append(mailbox)
        return self.sent.count(mailbox)


def addressed(menu: str, row: dict[str, str], message_id: str, *, token: str) -> bytes:
    """The menu for one customer, with what the program knows of them."""
    fields = f"Message-ID: <{message_id}>\nMailguard-Data: {data(name=row['name'], choice=row['choice'])}\n"
    fields += f"Mailguard-Check: {token}\n" if token else ""
    to = f"To: {row['name']} <{row['email']}>\n"
    return (fields + menu.replace("To: customers:;\n", to)).replace("\n", "\r\n").encode()


@pytest.fixture(scope="module", autouse=True)
def _postfix_is_there() -> None:
    need(is_there=is_installed(), reason="Postfix is not installed, or this is not root")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def telephone(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Telephone]:
    folder = tmp_path_factory.mktemp("menu")
    rows = [
        {"name": name, "email": f"{name.lower()}@people.example", "choice": CHOICES[at % 3]} for at, name in enumerate(NAMES)
    ]
    save(folder / "customers.csv", rows)
    sections: dict[str, Any] = {
        "relay": {"own_domains": ["phone.example"]},
        "policy": {"fan_out_limit": LIMIT},
        "client": [{"name": "menu", "networks": ["127.0.0.0/8"], "trust_fields": True}],
    }
    with ExitStack() as stack:
        async with running_sink() as sink, serving(folder, sink.port, **sections) as server:
            postfix = stack.enter_context(running_postfix({"relayhost": f"[127.0.0.1]:{server.port}"}))
            yield Telephone(server, postfix, sink)


def save(file: Path, rows: Sequence[dict[str, str]]) -> None:
    with file.open("w", newline="") as out:
        writer = csv.DictWriter(out, ("name", "email", "choice"))
        writer.writeheader()
        writer.writerows(rows)


def customers(telephone: Telephone, name: str = "customers.csv") -> list[dict[str, str]]:
    with (telephone.folder / name).open(newline="") as lines:
        return list(csv.DictReader(lines))


def errors(document: Any) -> set[str]:
    return {one["code"] for one in document["findings"] if one["severity"] == "error"}


def findings(decisions: Sequence[Any]) -> Iterator[set[str]]:
    for decision in decisions:
        yield {one["code"] for one in (*decision["findings"], *decision["recipients"][0]["findings"])}


@pytest.mark.parametrize(
    ("broken", "code"),
    [(DEAD_END, "dead_link"), (UNDEFINED, "undefined_name"), (LEFTOVER, "placeholder"), (EMPTY, "empty_branch")],
    ids=["a dead end", "an undefined name", "a leftover TEST", "an empty branch"],
)
async def test_broken_menu_fails_its_check_and_is_not_signed(telephone: Telephone, broken: tuple[str, str], code: str) -> None:
    telephone.write(MENU.replace(*broken))
    answer = await telephone.check("--sign")
    assert (answer.status, answer.document["verdict"], answer.document["token"]) == (1, "fail", None)
    assert code in errors(answer.document)


async def test_branch_that_no_customer_comes_through_is_walked_all_the_same(telephone: Telephone) -> None:
    telephone.write(MENU.replace("{% else %}to cancel", '{% elif choice == "moving" %}{{ moving.adress }}{% else %}to cancel'))
    answer = await telephone.check()
    assert answer.status == 1
    assert {one["code"] for one in answer.document["findings"]} >= {"never_reached", "undefined_name"}


async def test_broadcast_goes_out_when_its_check_has_passed_and_each_gets_it_once(telephone: Telephone) -> None:
    left = MENU.replace(*LEFTOVER)
    unchecked = await telephone.broadcast(left, customers(telephone))
    held = [decision for decision in unchecked if decision["action"] == "hold"]
    assert len(held) == len(NAMES) - LIMIT  # up to the limit it is no broadcast
    assert all("unchecked_broadcast" in found for found in findings(held))

    telephone.write(MENU)
    passed = await telephone.check("--clean", str(telephone.folder / "clean.csv"), "--sign")
    assert (passed.status, passed.document["verdict"], errors(passed.document)) == (0, "pass", set())
    token, clean = passed.document["token"], customers(telephone, "clean.csv")
    assert [row["name"] for row in clean] == list(NAMES)

    changed = await telephone.broadcast(MENU.replace("need not answer", "must not answer"), clean, token=token)
    stranger = {"name": "Gala", "email": "gala@people.example", "choice": "billing"}
    more = await telephone.broadcast(MENU, [stranger], token=token)
    assert {decision["action"] for decision in (*changed, *more)} == {"hold"}
    assert all("unchecked_broadcast" in found for found in findings((*changed, *more)))

    before = len(telephone.sink.messages)
    sent = await telephone.broadcast(MENU, clean, token=token)
    assert [decision["action"] for decision in sent] == ["deliver"] * len(NAMES)
    again = await telephone.broadcast(MENU, clean, token=token)
    assert all("replay" in found for found in findings(again))
    await telephone.server.nothing_under_way()
    arrived = [(recipients, octets) for _, recipients, octets in telephone.sink.messages[before:]]
    assert sorted(recipients for recipients, _ in arrived) == [(row["email"],) for row in clean]
    for (mailbox,), octets in arrived:
        row = next(each for each in clean if each["email"] == mailbox)
        assert says(octets) == {"billing": "bill", "outage": "outage", "cancel": "cancel"}[row["choice"]]


def says(octets: bytes) -> str:
    """Which page the menu leads to, as a customer sees it."""
    message = message_from_bytes(octets)
    text = message.get_payload(decode=True)
    assert isinstance(text, bytes)
    assert not any(name.lower().startswith("mailguard-") for name, _ in message.items())
    return text.decode().partition("https://phone.example/")[2].split()[0]
