"""The demo's stage: a relay, its next hop, who writes and who answers, and a clock that is moved from mail to mail."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from importlib.resources import files
from ipaddress import ip_network
from itertools import count
from pathlib import Path
from typing import Final, assert_never

from mailguard.cli.demo.before_and_after import ACTOR, Before
from mailguard.cli.demo.customers import CUSTOMERS
from mailguard.cli.demo.next_hop import NextHop
from mailguard.cli.demo.scenes import Act, Answer, Check, Mail, Recall, Verdict
from mailguard.errors import MailguardError
from mailguard.identity.standardise import standardise
from mailguard.mail.mailbox import parse_mailbox
from mailguard.policy.context import Context
from mailguard.policy.facts import State
from mailguard.policy.finding import Code
from mailguard.policy.foresight import Intent
from mailguard.policy.limits import Limits
from mailguard.policy.reply import Kind
from mailguard.relay.metrics import open_metrics
from mailguard.relay.resolution import Directory
from mailguard.relay.settings import Client, DeliverySettings, Identity, Listen, Policy, RelaySettings, TlsMode
from mailguard.relay.settings import NextHop as NextHopSettings
from mailguard.relay.worker import Worker
from mailguard.replies.context import context
from mailguard.replies.incoming import Incoming
from mailguard.replies.ingest import Ingest
from mailguard.replies.settings import ReplySettings
from mailguard.store import holds, ledger
from mailguard.store.document import MessageDocument
from mailguard.store.filter import Filter
from mailguard.store.records import upsert

BEGINNING: Final = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)

_LIMITS: Final = Limits(own_domains=frozenset({"corp.example", "bank.example", "shop.example"}))

PATIENCE: Final = 20.0
"""Seconds within which mail must come to where it belongs; many times what a slow machine needs."""

_VERDICTS: Final = {
    State.DELIVERED: Verdict.DELIVERED,
    State.HELD: Verdict.HELD,
    State.REJECTED: Verdict.REJECTED,
}


@dataclass(frozen=True, slots=True)
class Played:
    """What became of one mail: the answer of its first transaction, its verdict, its findings' codes, and why, in words.

    `says`: the line of the mail, as it left, in which the scene's words stand. `context`: its person's, where the scene asks.
    """

    at: datetime
    mail: Act
    answer: str
    verdict: Verdict | None
    findings: tuple[str, ...]
    why: str
    says: str = ""
    context: Context | None = None

    @property
    def is_as_expected(self) -> bool:
        """Whether the verdict, the findings, the words and the flag are those of the scene."""
        flag = self.context.reply_aware if self.context else None
        is_said = not (isinstance(self.mail, Mail) and self.mail.says) or bool(self.says)
        return (
            self.verdict is self.mail.verdict
            and set(self.mail.findings) <= set(self.findings)
            and flag is self.mail.flag
            and is_said
        )


@dataclass(slots=True)
class Stage:
    """Everything that runs. `play` takes one mail from its sender to its end."""

    worker: Worker
    next_hop: NextHop
    clock: list[datetime]
    before: Before
    _last: bytes = b""
    _last_answer: str = ""
    _token: str = ""
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    async def play(self, act: Act) -> Played:
        """Let one mail be written at its time, to a customer or by one, and see what becomes of it."""
        self.clock[0] += act.after
        await self.worker.chores.tick()
        match act:
            case Answer():
                return self._taken_in(act)
            case Check():
                return await self._checked(act)
            case Recall():
                return await self._recalled(act)
            case Mail():
                return await self._sent_and_seen(act)
            case _:
                assert_never(act)

    async def _sent_and_seen(self, act: Mail) -> Played:
        """What becomes of a mail, what it says as it left, and what its person's context is then."""
        played = await self._sent(act)
        if act.says:
            played = replace(played, says=self._line_with(act.says))
        return played if act.flag is None else replace(played, context=self._context(act.to[0]))

    def _taken_in(self, answer: Answer) -> Played:
        """What becomes of a customer's mail: it is read, tied to what it answers, and kept."""
        now = self.clock[0]
        ingest = Ingest(ReplySettings(limits=_LIMITS))
        mails = ingest.read([Incoming(self._written(answer), "demo", now)])
        with self.worker.database.write() as connection:
            (taken,) = ingest.take(connection, mails, now=now)
        verdict = Verdict.TAKEN if taken.kind is Kind.HUMAN and taken.is_new else None
        return Played(now, answer, f"reply {taken.id}", verdict, (), "", context=self._context(answer.sender))

    async def _checked(self, check: Check) -> Played:
        """What the check of a mail and its audience says; where it passes, the mails that follow carry its token."""
        now = self.clock[0]
        document = await asyncio.to_thread(self.before.check, check.file, self._written(check), to=check.to, now=now)
        self._token = document.token or ""
        errors = [one for one in (*document.message.findings, *document.findings) if one.severity == "error"]
        verdict = Verdict.FAILS if document.verdict == "fail" else Verdict.PASSES if self._token else None
        codes, why = tuple(one.code for one in errors), "; ".join(dict.fromkeys(one.text for one in errors))
        answer = f"{document.clean_rows} of {document.audience.rows} rows may be sent to"
        return Played(now, check, answer, verdict, codes, why)

    async def _recalled(self, act: Recall) -> Played:
        """What comes of letting the last mail out, and of taking it back when the next hop has taken some of it."""
        self.next_hop.room = act.got
        await self._release(self._last_answer)
        await self._settled()
        now, id = self.clock[0], self._last_answer.split()[2]
        document = await asyncio.to_thread(self.before.recall, id, now=now)
        self.next_hop.room = None
        if document is None:
            return Played(now, act, id, None, (), "there is nothing to recall")
        drafts = document.apology.messages
        is_right = (document.cancelled, len(document.delivered), drafts) == (len(act.to) - act.got, act.got, act.got)
        names = ", ".join(one.mailbox for one in document.delivered)
        answer = f"{document.cancelled} cancelled; {names} have it; {drafts} apologies wait for a person"
        return Played(now, act, answer, Verdict.RECALLED if is_right else None, (), "")

    def _context(self, address: str) -> Context:
        """What a template would be told of this address."""
        with self.worker.database.read() as connection:
            whose = Directory(Identity()).resolve_mailboxes(connection, [parse_mailbox(address)], limits=_LIMITS)
            return context(connection, whose[0], Intent(), limits=_LIMITS, now=self.clock[0])

    def _line_with(self, words: str) -> str:
        """The line of the mail that left last with these words, "" if there is none."""
        lines = self.next_hop.last.decode(errors="replace").splitlines()
        return next((line.strip() for line in lines if words in line), "")

    async def _sent(self, mail: Mail) -> Played:
        """What becomes of a mail that is sent in its transactions."""
        octets = self._last if mail.is_retry else self._written(mail)
        self._last = octets
        if mail.hop_down:
            self.next_hop.close()
        parts = _parts(mail)
        answers = await asyncio.gather(*(asyncio.to_thread(self._send, mail.sender, part, octets) for part in parts))
        self._last_answer = answers[0]
        if answers[0].endswith("replay"):
            return Played(self.clock[0], mail, answers[0], Verdict.REPLAYED, (Code.REPLAY,), "the sender's own retry")
        return await self._seen_through(mail, answers[0])

    async def _seen_through(self, mail: Mail, answer: str) -> Played:
        """Follow a mail until it rests, and do what the scene has people do."""
        was_away = mail.hop_down and await self._is_waiting(answer)
        if was_away:
            await self.next_hop.open()
        if mail.verdict is Verdict.RELEASED:
            was_held = self._why(answer).recipients[0].state is State.HELD
            await self._release(answer)
        await self._settled()
        document = self._why(answer)
        verdict = _VERDICTS.get(document.recipients[0].state)
        if verdict is Verdict.DELIVERED and was_away:
            verdict = Verdict.DELIVERED_LATER
        if verdict is Verdict.DELIVERED and mail.verdict is Verdict.RELEASED and was_held:
            verdict = Verdict.RELEASED
        codes = tuple(finding.code for finding in document.findings)
        why = "; ".join(finding.text for finding in document.findings)
        return Played(self.clock[0], mail, answer, verdict, codes, why)

    def _written(self, mail: Mail | Answer | Check) -> bytes:
        """The mail's octets, its placeholders filled."""
        template = files(__package__).joinpath("mail", mail.file).read_text(encoding="utf-8")
        values = {
            "date": format_datetime(self.clock[0]),
            "message_id": f"demo-{next(self._numbers)}@sender.example",
            "check": f"Mailguard-Check: {self._token}\n" if self._token else "",
        }
        text = template.replace("\r\n", "\n").format(**{**values, **mail.values})
        return text.replace("\r\n", "\n").replace("\n", "\r\n").encode()

    def _send(self, sender: str, recipients: Sequence[str], octets: bytes) -> str:
        """The answer after the dot."""
        with smtplib.SMTP("127.0.0.1", self.worker.port, local_hostname="sender.example", timeout=PATIENCE) as session:
            session.ehlo()
            session.mail(sender)
            for recipient in recipients:
                session.rcpt(recipient)
            code, text = session.data(octets)
            return f"{code} {text.decode()}"

    def _why(self, answer: str) -> MessageDocument:
        with self.worker.database.read() as connection:
            document = ledger.why(connection, answer.split()[2])
        if document is None:
            raise MailguardError(f"the ledger does not know of the answer {answer!r}")
        return document

    async def _is_waiting(self, answer: str) -> bool:
        """Whether the mail is kept while the next hop is away."""
        return self._why(answer).recipients[0].state in {State.QUEUED, State.DEFERRED}

    async def _release(self, answer: str) -> None:
        """What a person does with `mailguard queue release`."""
        act = holds.Act(self.clock[0], ACTOR, "the price list is meant for all")
        chosen = Filter(ids=(answer.split()[2],))
        expires_at = self.clock[0] + timedelta(days=5)
        await self.worker.writer.run(lambda connection: holds.release(connection, chosen, act, expires_at=expires_at))

    async def _settled(self) -> None:
        """Return when nothing is on its way any more."""
        async with asyncio.timeout(PATIENCE):
            await self.worker.settled()


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Stage]:
    """A stage with its ledger in `folder`; ports are whatever is free."""
    clock = [BEGINNING]
    next_hop = NextHop()
    await next_hop.open()
    settings = _settings(folder, next_hop.port)
    worker = Worker(settings, metrics=open_metrics(None), clock=lambda: clock[0])
    async with worker:
        with worker.database.write() as connection:
            upsert(connection, ((one, standardise(one)) for one in CUSTOMERS), now=clock[0])
        yield Stage(worker, next_hop, clock, Before(settings, worker.database, folder))
    next_hop.close()


def _settings(folder: Path, port: int) -> RelaySettings:
    anybody_here = Client(name="demo", networks=(ip_network("127.0.0.0/8"),), trusts_fields=True)
    return RelaySettings(
        database=f"sqlite:///{folder / 'mailguard.db'}",
        listen=Listen(port=0, hostname="relay.example", clients=(anybody_here,)),
        delivery=DeliverySettings(
            next_hops=(NextHopSettings(host="127.0.0.1", port=port, tls=TlsMode.NONE),), hostname="relay.example"
        ),
        policy=Policy(limits=_LIMITS),
    )


def _parts(mail: Mail) -> list[tuple[str, ...]]:
    size = -(-len(mail.to) // mail.transactions)
    return [mail.to[start : start + size] for start in range(0, len(mail.to), size)]
