"""mailguard.relay.session: the order of commands, what is taken as a mail, and what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import structlog
from aiosmtpd.smtp import SMTP

from mailguard.errors import StorageFullError
from mailguard.mail.envelope import BodyType
from mailguard.relay.arrival import Arrival
from mailguard.relay.incoming_content import IncomingContent
from mailguard.relay.refusal import Refusal
from mailguard.relay.session import SmtpSession
from tests.harness_smtp import LOOPBACK, KeepingIntake, connected, front_door

MAIL, RCPT = "MAIL FROM:<a@x.test>", "RCPT TO:<b@y.test>"


def test_every_command_of_aiosmtpds_is_replaced() -> None:
    stock = {name for name in dir(SMTP) if name.startswith("smtp_")}
    assert {f"smtp_{verb}" for verb in SmtpSession._COMMANDS} == stock
    assert all(getattr(SmtpSession, name) is not getattr(SMTP, name) for name in stock)


async def test_mail_comes_in_as_it_was_said() -> None:
    async with front_door() as door, connected(door) as peer:
        said = [
            "mail from:<a@x.test> SIZE=100 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=e+2B1",
            'RCPT TO:<"b c"@y.test> NOTIFY=FAILURE,DELAY ORCPT=rfc822;b+20c@y.test',
            "rcpt to:<d@bücher.example>",
        ]
        assert [(await peer.say(line))[:3] for line in said] == ["250"] * 3
        assert (await peer.say("DATA")).startswith("354 ")
        await peer.send("Subject: grüße\r\n\r\n..dot\r\n.\r\n".encode())
        assert await peer.answer() == "250 2.0.0 01JD accepted"
        (arrival,) = door.intake.arrivals
        envelope = arrival.envelope
        assert (arrival.client, arrival.peer, arrival.helo, arrival.protocol) == (
            LOOPBACK,
            "127.0.0.1",
            "peer.test",
            "UTF8SMTP",
        )
        assert arrival.octets == "Subject: grüße\r\n\r\n.dot\r\n".encode()
        assert (envelope.reverse_path, envelope.body, envelope.smtputf8) == ("a@x.test", BodyType.EIGHT_BIT, True)
        assert (envelope.ret, envelope.envid) == ("HDRS", "e+2B1")
        first, second = envelope.recipients
        assert (first.mailbox.wire, first.notify, first.orcpt) == ('"b c"@y.test', "FAILURE,DELAY", "rfc822;b+20c@y.test")
        assert (second.mailbox.wire, second.notify, second.orcpt) == ("d@bücher.example", "", "")


async def test_null_reverse_path_is_empty() -> None:
    async with front_door() as door, connected(door) as peer:
        await peer.begin(sender="<>")
        await peer.send(b".\r\n")
        assert (await peer.answer()).startswith("250")
        assert (door.intake.arrivals[0].envelope.reverse_path, door.octets) == ("", [b""])


async def test_eight_bit_content_without_body_is_taken() -> None:
    async with front_door(extensions=frozenset()) as door, connected(door) as peer:
        assert (await peer.mail("grüße\r\n.\r\n".encode())).startswith("250")
        assert door.octets == ["grüße\r\n".encode()]


@pytest.mark.parametrize(
    ("dialogue", "answer"),
    [
        ([MAIL, MAIL], "503 5.5.1"),
        ([RCPT], "503 5.5.1"),
        (["DATA"], "503 5.5.1"),
        ([MAIL, "DATA"], "554 5.5.1"),
        ([MAIL, "RCPT TO:<>", "DATA"], "554 5.5.1"),
        ([MAIL, RCPT, "DATA now"], "501 5.5.4"),
        ([MAIL, "RSET", RCPT], "503 5.5.1"),
        (["MAIL"], "501 5.5.4"),
        (["MAIL FROM"], "501 5.5.4"),
        (["MAIL TO:<a@x.test>"], "501 5.5.4"),
        ([MAIL, "RCPT"], "501 5.5.4"),
        ([MAIL, "RCPT FROM:<b@y.test>"], "501 5.5.4"),
        (["MAIL FROM:a@x.test"], "553 5.1.7"),
        (["MAIL FROM:<a@x.test"], "553 5.1.7"),
        (["MAIL FROM:<@r.test:a@x.test>"], "553 5.1.7"),
        ([MAIL, "RCPT TO:<b>"], "553 5.1.3"),
        ([MAIL, "RCPT TO:<>"], "553 5.1.3"),
        (["MAIL FROM:<a@x.test> SIZE=x"], "501 5.5.4"),
        (["MAIL FROM:<a@x.test> SIZE=²"], "501 5.5.4"),
        (["MAIL FROM:<a@x.test> BODY=BINARYMIME"], "5"),
        (["MAIL FROM:<a@x.test> HOLDFOR=10"], "555 5.5.4"),
        (["MAIL FROM:<a@x.test> AUTH=<>"], "555 5.5.4"),
        ([MAIL, "RCPT TO:<b@y.test> NOTIFY=SOMETIMES"], "501 5.5.4"),
        ([MAIL, "RCPT TO:<b@y.test> X=1"], "555 5.5.4"),
        (["MAIL FROM:<ä@x.test>"], "553 5.6.7"),
        ([MAIL, "RCPT TO:<ä@y.test>"], "553 5.6.7"),
    ],
)
async def test_command_out_of_order_or_malformed_is_refused(dialogue: list[str], answer: str) -> None:
    async with front_door() as door, connected(door) as peer:
        answers = [await peer.say(line) for line in dialogue]
        assert answers[-1].startswith(answer), answers
        await peer.say("RSET")
        assert (await peer.mail_dialogue()).startswith("250 2.0.0")


@pytest.mark.parametrize("line", [MAIL, "mail from:<A@x.test>", "MAIL FROM: <a@x.test> ", "MAIL FROM:<a@x.test>  SIZE=5"])
async def test_common_spellings_of_mail_are_taken(line: str) -> None:
    async with front_door() as door, connected(door) as peer:
        assert (await peer.say(line)).startswith("250 2.1.0")


async def test_mail_needs_a_greeting() -> None:
    async with front_door() as door, connected(door, greeted=False) as peer:
        await peer.answer()
        for line in (MAIL, RCPT, "DATA"):
            assert (await peer.say(line)).startswith("503 5.5.1")


@pytest.mark.parametrize("parameter", ["BODY=8BITMIME", "SMTPUTF8"])
async def test_what_the_next_hop_lacks_is_not_taken(parameter: str) -> None:
    async with front_door(extensions=frozenset()) as door, connected(door) as peer:
        assert parameter.rsplit("=", maxsplit=1)[-1] not in await peer.say("EHLO peer.test")
        assert (await peer.say(f"{MAIL} {parameter}")).startswith("555 5.5.4")
        assert (await peer.say(f"{MAIL} RET=FULL ENVID=x")).startswith("250")


# Limits: N-1, N, N+1.


@pytest.mark.parametrize(("size", "answer"), [(99, "250 2.1.0"), (100, "250 2.1.0"), (101, "552 5.3.4")])
async def test_declared_size_over_the_limit_is_refused(size: int, answer: str) -> None:
    async with front_door(max_size=100) as door, connected(door) as peer:
        assert (await peer.say(f"{MAIL} SIZE={size}")).startswith(answer)


@pytest.mark.parametrize(
    ("size", "answer"), [(99, "250 2.0.0"), (100, "250 2.0.0"), (101, "552 5.3.4 message larger than 100")]
)
async def test_content_over_the_limit_is_refused(size: int, answer: str) -> None:
    async with front_door(max_size=100) as door, connected(door) as peer:
        assert (await peer.mail(b"x" * (size - 2) + b"\r\n.\r\n")).startswith(answer)
        assert (await peer.mail_dialogue()).startswith("250 2.0.0")
        assert len(door.octets) == (2 if size <= 100 else 1)
        assert door.refusals == ([] if size <= 100 else [Refusal.MESSAGE_SIZE])


async def test_stuffed_dots_do_not_count() -> None:
    async with front_door(max_size=100) as door, connected(door) as peer:
        assert (await peer.mail(b"..\r\n" * 33 + b".\r\n")).startswith("250 2.0.0")
        assert door.octets == [b".\r\n" * 33]


@pytest.mark.parametrize(("size", "answer"), [(999, "250 2.1.0"), (1000, "250 2.1.0"), (1001, "452 4.3.1")])
async def test_declared_size_that_finds_no_room_is_put_off(size: int, answer: str) -> None:
    async with front_door(most_octets_held=1000) as door, connected(door) as peer:
        assert (await peer.say(f"{MAIL} SIZE={size}")).startswith(answer)


async def test_content_that_finds_no_room_is_put_off_until_there_is() -> None:
    taking, go_on = asyncio.Event(), asyncio.Event()

    async def wait(_: Arrival) -> None:
        taking.set()
        await go_on.wait()

    big = b"x" * 998 + b"\r\n"
    async with (
        front_door(KeepingIntake(first=wait), most_octets_held=3000) as door,
        connected(door) as first,
        connected(door) as second,
    ):
        await first.begin()
        await first.send(big * 2 + b".\r\n")
        await taking.wait()
        assert door.server.octets_held == 2000
        assert (await second.mail(big * 2 + b".\r\n")).startswith("452 4.3.1")
        assert door.refusals == [Refusal.NO_ROOM]
        go_on.set()
        assert (await first.answer()).startswith("250")
        assert (await second.mail(big * 3 + b".\r\n")).startswith("250")
        assert door.server.octets_held == 0


@pytest.mark.parametrize("most", [1, 3])
async def test_recipients_over_the_limit_are_put_off(most: int) -> None:
    async with front_door(max_recipients=most) as door, connected(door) as peer:
        await peer.say(MAIL)
        answers = [await peer.say(f"RCPT TO:<b{n}@y.test>") for n in range(most + 1)]
        assert [answer[:9] for answer in answers] == ["250 2.1.5"] * most + ["452 4.5.3"]
        assert (await peer.say("DATA")).startswith("354")
        await peer.send(b"x\r\n.\r\n")
        assert (await peer.answer()).startswith("250")
        assert len(door.intake.arrivals[0].envelope.recipients) == most


async def test_too_many_refused_recipients_end_the_session() -> None:
    async with front_door(max_recipients=3) as door, connected(door) as peer:
        await peer.say(MAIL)
        assert [(await peer.say("RCPT TO:<b>"))[:3] for _ in range(4)] == ["553"] * 3 + ["421"]
        assert await peer.is_hung_up_on()
        assert door.refusals == [Refusal.COMMANDS]


async def test_too_many_commands_without_a_mail_end_the_session() -> None:
    async with front_door(max_commands_without_mail=5) as door, connected(door) as peer:
        assert [(await peer.say("NOOP"))[:3] for _ in range(5)] == ["250"] * 4 + ["421"]  # EHLO was the first
        assert await peer.is_hung_up_on()
        assert door.refusals == [Refusal.COMMANDS]


async def test_mail_starts_the_count_of_commands_anew() -> None:
    async with front_door(max_commands_without_mail=5) as door, connected(door) as peer:
        for _ in range(5):
            assert (await peer.mail_dialogue("<b@y.test>", "<c@y.test>", "<d@y.test>", "<e@y.test>")).startswith("250 2.0.0")
            assert [(await peer.say("NOOP"))[:3] for _ in range(3)] == ["250"] * 3


@pytest.mark.parametrize("line", ["RCPT TO:<b@y.test>", "FOO", "\0\xff", MAIL.replace("@", "")])
async def test_junk_commands_end_the_session(line: str) -> None:
    async with front_door(max_commands_without_mail=5) as door, connected(door) as peer:
        await peer.send(f"{line}\r\n".encode("latin-1") * 6)
        answers = await peer.answers(5)
        assert [answer[0] for answer in answers] == ["5", "5", "5", "5", "4"]
        assert await peer.is_hung_up_on()


@pytest.mark.parametrize(
    ("verb", "limit"),
    [("NOOP ", 512), ("MAIL FROM:<a@x.test> ENVID=", 2048), ("HELP ", 512), ("VRFY ", 512), ("RCPT TO:<", 2048)],
)
async def test_command_line_over_the_limit_is_refused(verb: str, limit: int) -> None:
    async with front_door() as door, connected(door) as peer:
        await peer.say(MAIL if verb.startswith("RCPT") else "NOOP")
        for length in (limit - 1, limit, limit + 1, 200_000):
            answer = await peer.say(verb + "x" * (length - 2 - len(verb)))
            assert answer.startswith("500 5.5.6") is (length > limit)
        assert (await peer.say("NOOP")).startswith("250")


@pytest.mark.parametrize("octets", [b"NOOP\n", b"NOOP\rNOOP\r\n", b"NOOP\r\r\n", b"\n"])
async def test_line_that_does_not_end_in_crlf_alone_is_refused(octets: bytes) -> None:
    async with front_door() as door, connected(door) as peer:
        await peer.send(octets)
        assert (await peer.answer()).startswith("500 5.5.2")
        assert (await peer.say("NOOP")).startswith("250")


@pytest.mark.parametrize("octets", [b"a\rb\r\n", b"a\nb\r\n", b"a\0b\r\n"])
async def test_bare_newline_is_refused_unless_kept(octets: bytes) -> None:
    async with front_door() as door, connected(door) as peer:
        assert (await peer.mail(octets + b".\r\n")).startswith("550 5.6.11")
        assert (await peer.mail_dialogue()).startswith("250 2.0.0")
        assert len(door.octets) == 1
        assert door.refusals == [Refusal.BARE_NEWLINE]
    async with front_door(keep_bare_newlines=True) as door, connected(door) as peer:
        assert (await peer.mail(octets + b".\r\n")).startswith("250 2.0.0")
        assert door.octets == [octets]


# Failures of ours.


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (RuntimeError("secret of jane.doe@x.test"), "451 4.3.0"),
        (ConnectionRefusedError(), "451 4.3.0"),
        (ValueError(), "451 4.3.0"),
        (StorageFullError("no room"), "452 4.3.1"),
    ],
)
async def test_failure_of_intake_leaves_the_mail_with_its_sender(error: Exception, answer: str) -> None:
    async def fail(_: Arrival) -> None:
        raise error

    intake = KeepingIntake(first=fail)
    async with front_door(intake) as door, connected(door) as peer:
        said = await peer.mail_dialogue()
        assert said.startswith(answer)
        assert "secret" not in said
        assert door.server.octets_held == 0
        assert (await peer.say("DATA")).startswith("503 5.5.1")
        intake.first = None
        assert (await peer.mail_dialogue()).startswith("250 2.0.0")


async def test_failure_is_logged_with_its_cause_and_without_the_name() -> None:
    async def fail(_: Arrival) -> None:
        raise RuntimeError("the disk is gone")

    with structlog.testing.capture_logs() as logged:
        async with front_door(KeepingIntake(first=fail)) as door, connected(door) as peer:
            await peer.begin(sender="<jane.doe@x.test>")
            await peer.send(b"x\r\n.\r\n")
            assert (await peer.answer()).startswith("451 4.3.0")
            assert door.refusals == [Refusal.FAILURE]
    (line,) = logged
    assert (line["event"], line["command"], line["peer"], line["exc_info"]) == ("smtp.failed", "DATA", "127.0.0.1", True)
    assert line["reverse_path"].endswith("@x.test")
    assert "jane.doe" not in line["reverse_path"]


async def test_failure_within_data_ends_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> bytes | None:
        raise RuntimeError

    feed: Callable[[IncomingContent, bytes], bytes | None] = fail
    async with front_door() as door, connected(door) as peer:
        await peer.begin()
        monkeypatch.setattr(IncomingContent, "feed", feed)
        await peer.send(b"x\r\nMAIL FROM:<evil@x.test>\r\n")
        assert (await peer.answer()).startswith("421 4.3.0")
        assert await peer.is_hung_up_on()
        assert door.octets == []


async def test_failure_in_a_command_is_temporary(monkeypatch: pytest.MonkeyPatch) -> None:
    async with front_door() as door, connected(door) as peer:
        await peer.say(MAIL)
        monkeypatch.setattr(SmtpSession, "_add_recipient", lambda *_: 1 // 0)
        assert (await peer.say(RCPT)).startswith("451 4.3.0")
        monkeypatch.undo()
        assert (await peer.mail_dialogue()).startswith("250 2.0.0")


@pytest.mark.parametrize(
    "verb", ["GET / HTTP/1.1", "POST /x HTTP/1.1", "get /", "CONNECT a:1 HTTP/1.1", "PRI * HTTP/2.0", "x" * 20_000]
)
@pytest.mark.parametrize("end", ["\r\n", "\n"])
async def test_foreign_protocol_is_hung_up_on(verb: str, end: str) -> None:
    async with front_door() as door, connected(door, greeted=False) as peer:
        await peer.answer()
        mail = f"EHLO x\r\n{MAIL}\r\n{RCPT}\r\nDATA\r\nx\r\n.\r\n"
        await peer.send(f"{verb}{end}Host: relay.test{end}{end}{mail}".encode())
        assert (await peer.answer()).startswith("421 4.7.0")
        assert await peer.is_hung_up_on()
        assert door.octets == []
        assert door.refusals == [Refusal.FOREIGN_PROTOCOL]
