from __future__ import annotations

import asyncio
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import select
from structlog.testing import capture_logs

from mailguard.policy.limits import Limits, Mode
from mailguard.policy.reply import Kind
from mailguard.relay.reply_metrics import ReplyMetrics
from mailguard.relay.reply_process import ReplyReception, Reporter
from mailguard.relay.settings import Policy
from mailguard.replies.incoming import Taken
from mailguard.replies.settings import ReplySettings
from mailguard.replies.source_settings import LmtpListen, Sources
from mailguard.store import replies
from mailguard.store.database import Database
from mailguard.store.tables import RECIPIENT
from tests.builders import message
from tests.harness_postfix import free_port
from tests.ledger import later, mail, take
from tests.reply_mail import reply_mail

REPLY = (
    b"From: ada@mail.example\r\nTo: us@corp.example\r\nSubject: hello\r\nMessage-ID: <1@mail.example>\r\n\r\nA question.\r\n"
)


async def handed_over(reception: ReplyReception, octets: bytes) -> list[str]:
    """What is answered to one mail."""
    reader, writer = await asyncio.open_connection("127.0.0.1", reception.port)
    writer.write(b"LHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<us@corp.example>\r\nDATA\r\n" + octets + b".\r\nQUIT\r\n")
    answers = (await reader.read()).decode().splitlines()
    writer.close()
    await writer.wait_closed()
    return answers


async def test_reception_takes_from_lmtp_and_maildir_and_stops_in_good_order(tmp_path: Path) -> None:
    for name in ("new", "cur"):
        (tmp_path / "box" / name).mkdir(parents=True)
    (tmp_path / "box" / "new" / "1.host").write_bytes(REPLY.replace(b"1@", b"2@"))
    registry, url = CollectorRegistry(), f"sqlite:///{tmp_path}/ledger.db"
    sources = Sources(maildirs=(str(tmp_path / "box"),), lmtp=LmtpListen(host="127.0.0.1", port=free_port()))
    reception = ReplyReception(url, ReplySettings(), sources, metrics=ReplyMetrics(registry))
    await reception.start()
    answers = await handed_over(reception, REPLY)
    async with asyncio.timeout(20):
        while not registry.get_sample_value("mailguard_reply_source_up", {"source": f"maildir:{tmp_path}/box"}):  # noqa: ASYNC110
            await asyncio.sleep(0.01)  # it reads in a thread of its own
    assert await reception.stop()
    assert answers[-2].endswith(" taken")
    database = Database.open(url)
    with database.read() as connection:
        assert {one.source for one in replies.find(connection, replies.Filter())} == {"lmtp", f"maildir:{tmp_path}/box"}
    database.close()


def test_same_trouble_is_logged_once_until_it_is_over() -> None:
    reporter = Reporter(ReplyMetrics(CollectorRegistry()))
    with capture_logs() as lines:
        for _ in range(2):
            reporter.failed("imap:a", OSError("refused"), retry_in=1.0)
            reporter.trouble("imap:a", "Folder", OSError("no such folder"))
        reporter.failed("imap:a", OSError("x" * 1_000), retry_in=2.0)
        reporter.well("imap:a")
        reporter.well("imap:a")
        reporter.failed("imap:a", OSError("refused"), retry_in=1.0)
    assert [line["event"] for line in lines] == [*["reply_source_failed"] * 3, "reply_source_well", "reply_source_failed"]
    assert len(lines[2]["reason"]) == 300


def test_what_is_put_aside_is_named_in_the_log() -> None:
    registry = CollectorRegistry()
    aside = Taken("", None, is_new=True, error="is no mail", name="INBOX;UID=7")
    with capture_logs() as lines:
        Reporter(ReplyMetrics(registry)).taken("imap:a", [Taken("01JD", Kind.HUMAN, is_new=True), aside])
    assert [(line["event"], line["name"], line["reason"]) for line in lines] == [
        ("reply_put_aside", "INBOX;UID=7", "is no mail")
    ]
    assert registry.get_sample_value("mailguard_replies_total", {"source": "imap:a", "kind": "set_aside"}) == 1


async def test_another_policy_holds_from_the_next_reply_on(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    with closing(Database.open(url)) as database, database.write() as connection:
        asks = mail(message(message_id="ask@corp.example"), "ada@mail.example", asks=("income",))
        take(connection, later(asks, datetime.now(UTC)), owner="")
    sources = Sources(lmtp=LmtpListen(host="127.0.0.1", port=free_port()))
    shadow = ReplySettings(limits=Limits(mode=Mode.SHADOW))
    reception = ReplyReception(url, shadow, sources, metrics=ReplyMetrics(CollectorRegistry()))
    await reception.start()
    states = []
    for n, mode in enumerate((Mode.SHADOW, Mode.ENFORCE)):
        reception.use(Policy(limits=Limits(mode=mode)))
        await handed_over(reception, reply_mail(f"{n}\n", {"From": "ada@mail.example", "In-Reply-To": "<ask@corp.example>"}))
        with closing(Database.open(url)) as database, database.read() as connection:
            states.append(connection.execute(select(RECIPIENT.c.state)).scalar_one())
    assert await reception.stop()
    assert states == ["queued", "held"]


async def test_reception_without_lmtp_has_no_port(tmp_path: Path) -> None:
    reception = ReplyReception(
        f"sqlite:///{tmp_path}/ledger.db", ReplySettings(), Sources(), metrics=ReplyMetrics(CollectorRegistry())
    )
    await reception.start()
    assert reception.port == 0
    assert await reception.stop()


async def test_database_that_cannot_be_opened_is_said(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/no/ledger.db"
    with pytest.raises(Exception, match="cannot open"):
        await ReplyReception(url, ReplySettings(), Sources(), metrics=ReplyMetrics(CollectorRegistry())).start()
