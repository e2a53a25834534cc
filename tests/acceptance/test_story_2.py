"""Story 2, the hidden copy window: 800 see each other, nothing goes out; let go by mistake, five get it, and it is taken back.

On real servers: a Postfix in front, which splits the 800 into transactions of 50 and has mailguard as its content filter; the
same Postfix behind, which takes five recipients at a time and delivers them to a Dovecot with a master user.
"""

from __future__ import annotations

import asyncio
import smtplib
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mailguard.mail.reader import read_message
from mailguard.store.holds import Act, Filter, release
from tests.builders import submission
from tests.harness_dovecot import MASTER, MASTER_PASSWORD, Dovecot, running_dovecot
from tests.harness_gate import Gate
from tests.harness_postfix import Postfix, free_port, is_installed, running_postfix
from tests.harness_programs import need
from tests.harness_serve import PATIENCE, Server, serving
from tests.ledger import later, open_ledger, take

REPS = tuple(f"rep{number:03}@sales.example" for number in range(800))
AGENT = "agent@support.example"
TWO_YEARS_AGO = datetime.now(UTC) - timedelta(days=730)
READERS = 2
"""Of the five who get it, how many have read it when it is taken back."""


def mail(text: str, *, at: datetime, message_id: str, fields: str = "") -> bytes:
    """A mail to all sales reps, who see each other."""
    copies = ",\r\n ".join(REPS)
    return (
        f"From: {AGENT}\r\nTo: {REPS[0]}\r\nCc: {copies}\r\nSubject: Re: Price list\r\nMessage-ID: <{message_id}>\r\n"
        f"Date: {at:%a, %d %b %Y %H:%M:%S +0000}\r\n{fields}\r\n{text}\r\n"
    ).encode()


SCOLDING = mail(
    "Dear Ada,\r\n\r\nyou have asked the same question three times now.\r\nDo read the manual.\r\n",
    at=datetime.now(UTC),
    message_id="scolding@support.example",
    fields="In-Reply-To: <prices@support.example>\r\nReferences: <prices@support.example>\r\n",
)


def write_two_years_ago(folder: Path) -> None:
    """The old thread: a mail to the same 800, which a clerk has let out then."""
    octets = mail("The new price list.\r\n", at=TWO_YEARS_AGO, message_id="prices@support.example")
    message = read_message(octets, received_at=TWO_YEARS_AGO, fallback_message_id="", trusts_fields=False, reverse_path=AGENT)
    old = later(submission(message, *REPS, reverse_path=AGENT), TWO_YEARS_AGO)
    with closing(open_ledger(f"sqlite:///{folder}/mailguard.db")) as database, database.write() as connection:
        take(connection, old)
        act = Act(TWO_YEARS_AGO, "clerk", "the yearly price list")
        release(connection, Filter(ids=(old.id,)), act, expires_at=TWO_YEARS_AGO + timedelta(days=5))
        connection.exec_driver_sql("UPDATE recipient SET state = 'delivered', due_at = NULL")


@dataclass(frozen=True)
class House:
    """The servers of the story."""

    server: Server
    postfix: Postfix
    dovecot: Dovecot
    gate: Gate

    async def command(self, *arguments: str) -> Any:
        answer = await self.server.command(*arguments)
        assert answer.status == 0, answer
        return answer.document

    def count(self, state: str) -> int:
        """Recipients in a state, asked of the ledger itself: a command cannot be run beside another in this process."""
        with closing(sqlite3.connect(self.server.database)) as ledger:
            (count,) = ledger.execute("SELECT count(*) FROM recipient WHERE state = ?", [state]).fetchone()
        return int(count)

    async def states(self, id: str) -> dict[str, list[str]]:
        """The mailboxes of a message, by state."""
        found: dict[str, list[str]] = {}
        for recipient in (await self.command("why", id))["recipients"]:
            found.setdefault(recipient["state"], []).append(recipient["mailbox"])
        return found


@contextmanager
def postfix_on_both_sides(relay: int, behind: int, lmtp: int) -> Iterator[Postfix]:
    """A Postfix whose content filter is at `relay`, which has it back at `behind` and delivers to `lmtp`."""
    settings = {
        "content_filter": f"smtp:[127.0.0.1]:{relay}",
        "smtp_destination_recipient_limit": "50",
        "initial_destination_concurrency": "20",
        "virtual_mailbox_domains": "sales.example",
        "virtual_transport": f"lmtp:inet:127.0.0.1:{lmtp}",
    }
    back = f"127.0.0.1:{behind} inet n - n - - smtpd\n  -o content_filter=\n  -o smtpd_recipient_limit=5\n"
    with running_postfix(settings, services=back) as postfix:
        yield postfix


@asynccontextmanager
async def house(folder: Path) -> AsyncIterator[House]:
    """Postfix, mailguard, the gate, Postfix again, Dovecot."""
    behind = free_port()
    with running_dovecot() as dovecot:
        dovecot.add_users(*REPS)
        mailboxes = {
            "domains": "sales.example",
            "host": "127.0.0.1",
            "port": dovecot.port,
            "tls": "none",
            "master": MASTER,
            "password": MASTER_PASSWORD,
        }
        sections: dict[str, Any] = {
            "relay": {"own_domains": ["support.example"]},
            "delivery": {"retry": "1s", "connections": 1},
            "recall.imap": [mailboxes],
        }
        async with Gate(behind).open() as gate, serving(folder, gate.port, **sections) as server:
            with postfix_on_both_sides(server.port, behind, dovecot.lmtp_port) as postfix:
                yield House(server, postfix, dovecot, gate)


@pytest.mark.postfix
@pytest.mark.dovecot
async def test_story_2(tmp_path: Path) -> None:
    need(is_there=is_installed(), reason="Postfix is not installed, or this is not root")
    write_two_years_ago(tmp_path)
    async with house(tmp_path) as here:
        id = await nothing_goes_out(here)
        got_it = await five_get_it_by_mistake(here, id)
        await it_is_taken_back(here, id, got_it)


async def nothing_goes_out(here: House) -> str:
    """One item waits, and says why; the id of it."""

    def submit() -> None:
        with smtplib.SMTP("127.0.0.1", here.postfix.port, timeout=PATIENCE) as session:
            assert session.sendmail(AGENT, REPS, SCOLDING) == {}

    await asyncio.to_thread(submit)
    transactions = await here.postfix.logged(r"status=sent \(250 2\.0\.0 \S+ held: mass_cc, 800 visible recipients", 800)
    assert len(transactions) == 800
    (waiting,) = await here.command("queue", "list")
    assert waiting["states"] == {"held": 800}
    texts = {finding["code"]: finding["text"] for finding in waiting["findings"]}
    assert texts.keys() == {"mass_cc", "addressee_mismatch", "stale_audience", "fan_out"}
    assert "800 visible recipients" in texts["mass_cc"]
    assert "the text greets one person" in texts["addressee_mismatch"]
    assert f"last written to on {TWO_YEARS_AGO:%Y-%m-%d}" in texts["stale_audience"]
    (group,) = await here.command("queue", "groups")
    assert (group["messages"], group["recipients"], group["subject"]) == (1, 800, "Re: Price list")
    assert not delivered(here)
    name: str = waiting["id"]
    return name


async def five_get_it_by_mistake(here: House, id: str) -> list[str]:
    """A clerk lets it go; the next hop takes the first five, and is slow with the others. Returns the five."""
    begun = 0
    taken_back = asyncio.Event()

    async def may_begin() -> None:
        nonlocal begun
        begun += 1
        if begun > 1:
            await taken_back.wait()
            raise ConnectionResetError

    with here.gate.letting_begin(may_begin):
        assert (await here.command("queue", "release", id, "--reason", "looks fine"))["recipients"] == 800
        await here.postfix.logged(r"relay=127\.0\.0\.1\[127\.0\.0\.1\]:\d+, .*status=sent \(250 2\.0\.0 <", 5)
        got_it = sorted(delivered(here))
        for reader in got_it[:READERS]:
            here.dovecot.doveadm("flags", "add", "-u", reader, r"\Seen", "mailbox", "INBOX", "all")
        recall = asyncio.create_task(here.server.command("recall", id, "--mailboxes", "remove", "--yes", "--reason", "oh no"))
        async with asyncio.timeout(PATIENCE):
            while not here.count("cancelled"):  # noqa: ASYNC110
                await asyncio.sleep(0.02)  # what another process writes down is no event here
        taken_back.set()
        answer = await recall
    assert answer.status == 0, answer
    document = answer.document
    assert (document["cancelled"], document["under_way"], document["uncertain"]) == (795, 0, [])
    assert sorted(one["mailbox"] for one in document["delivered"]) == got_it
    own = document["own_mailboxes"]
    assert (own["removed"], own["read"], own["failed"], own["absent"]) == (5 - READERS, READERS, 0, 0)
    assert sorted(one["mailbox"] for one in own["mailboxes"] if one["state"] == "read") == got_it[:READERS]
    assert document["apology"]["messages"] == 5
    return got_it


async def it_is_taken_back(here: House, id: str, got_it: list[str]) -> None:
    """Only those who had read it have it; the apologies wait, one to each of the five; nothing else leaves."""
    states = await here.states(id)
    assert (sorted(states["delivered"]), len(states["cancelled"])) == (got_it, 795)
    assert sorted(delivered(here)) == got_it[:READERS]
    drafts = await here.command("queue", "list")
    assert [draft["states"] for draft in drafts] == [{"held": 1}] * 5
    assert sorted(draft["mailboxes"][0] for draft in drafts) == got_it
    await here.server.nothing_under_way()
    assert (await here.command("queue", "release", "--sender", "mailguard", "--finding", "recalled"))["recipients"] == 5
    await here.server.nothing_under_way()
    await here.postfix.logged(r"status=sent \(250 2\.0\.0 <", 10)
    assert len(delivered(here)) == READERS + 5
    assert b"Sent by mistake: Re: Price list" in inbox(here, got_it[-1])


def delivered(here: House) -> list[str]:
    """Whose mailboxes have a mail, once for each mail."""
    files = (here.dovecot.folder / "mail").glob("*/*/*:2,*")
    new = (here.dovecot.folder / "mail").glob("*/new/*")
    return [file.parts[-3] for file in {*files, *new}]


def inbox(here: House, user: str) -> bytes:
    """What a mailbox has."""
    folder = here.dovecot.folder / "mail" / user
    return b"".join(file.read_bytes() for kind in ("new", "cur") for file in (folder / kind).glob("*"))
