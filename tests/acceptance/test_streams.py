"""Every stream of the table through a real relay: each mail's answer, decision and way to the next hop.

The relay, its clock and the next hop come from `tests.harness`; the mails and the verdicts from `fixtures/streams`.
"""

import re
from collections import Counter, deque
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.streams import Expectation, Mail, Stream, load_stream, stream_files
from tests.harness import FrozenClock, running_relay

SETTLED_WITHIN = timedelta(seconds=20)
"""Less than a delivery's lease, so that a jump of the clock never makes a second worker take what the first is sending."""
STRENGTH = ("deliver", "hold", "reject")
OF_THE_MESSAGE = frozenset({"mass_cc", "hidden_recipients", "addressee_mismatch", "stale_audience", "loop", "unreadable"})
"""Findings that speak of the whole message: `why` may list them there alone."""

ADDED_MESSAGE_ID = re.compile(rb"^Message-ID: <[0-9A-Z]{26}@relay\.example>\r\n", re.MULTILINE)

Pairs = Counter[tuple[bytes, str]]


@pytest.mark.parametrize("path", stream_files(), ids=lambda path: f"{path.parent.name}/{path.stem}")
async def test_stream_gets_the_verdicts_a_postmaster_wants(path: Path) -> None:
    """Each answer and decision is the expected one, and the next hop gets what was to be delivered, once."""
    stream = load_stream(path)
    clock = FrozenClock(stream.start)
    async with running_relay(
        clock=clock,
        policy=dict(stream.policy),
        own_domains=list(stream.own_domains),
        clients=[dict(client) for client in stream.clients],
        classify=[dict(rule) for rule in stream.classify],
        sections={"template": [dict(rule) for rule in stream.templates]},
    ) as relay:
        for entry in stream.suppressed:
            relay.suppress(entry.mailbox, entry.reason)
        problems = await _sent(stream, relay, clock)
        await relay.settled()
        problems += _astray(stream, relay.sink.messages)
    assert not problems, "\n".join([f"{stream.name}: {stream.why}", *problems])


async def _sent(stream: Stream, relay: Any, clock: FrozenClock) -> list[str]:
    """What was wrong with the answers and decisions of the stream's mails, sent one after the other."""
    problems = []
    settled_at = timedelta()
    replies = deque(stream.replies)
    for mail in stream.mails:
        while replies and replies[0].at < mail.at:
            await relay.settled()
            clock.move_to(stream.start + replies[0].at)
            relay.take_reply(replies.popleft().raw)
        if mail.at - settled_at >= SETTLED_WITHIN:
            await relay.settled()
            settled_at = mail.at
        clock.move_to(stream.start + mail.at)
        reply = await relay.send(mail.raw, mail.sender, list(mail.recipients), client=mail.client)
        found = _of_answer(mail, reply) or _of_decision(mail, reply, relay)
        problems += [f"  mail {mail.number} at +{mail.at} to {_few(mail.recipients)}: {text}" for text in found]
    return problems


def _of_answer(mail: Mail, reply: Any) -> list[str]:
    shown = f"{reply.code} {reply.text}"
    if reply.code != mail.code:
        return [f"answered {shown!r}, expected {mail.code}"]
    if mail.verdicts == {"replay"} and mail.code == 250 and "replay" not in reply.text:
        return [f"answered {shown!r}, expected a replay"]
    if mail.answer and mail.answer not in reply.text:
        return [f"answered {shown!r}, expected {mail.answer!r} in it"]
    return []


def _of_decision(mail: Mail, reply: Any, relay: Any) -> list[str]:
    """What `why` says otherwise than the table. A mail that is all replay, or refused, has no decision of its own."""
    if mail.verdicts <= {"replay", "refuse"}:
        return []
    decision = relay.why(reply.text.split()[1])
    decided = {entry["mailbox"].lower(): entry for entry in decision["recipients"]}
    of_the_message = _codes(decision) & OF_THE_MESSAGE
    problems = []
    for mailbox, expectation in mail.expected.items():
        entry = decided.get(mailbox.lower())
        problems += _of_recipient(mailbox, expectation, entry, of_the_message)
    return problems + _of_action(mail, decision["action"])


def _of_recipient(mailbox: str, expectation: Expectation, entry: Any, of_the_message: frozenset[str]) -> list[str]:
    if entry is None:
        return [f"{mailbox} is not in the decision"]
    codes = _codes(entry) | of_the_message
    if expectation.verdict == "replay":
        return []  # it stands in the message that this transaction became a part of; that it went out once, the sink says
    if entry["action"] not in expectation.actions:
        return [f"{mailbox} got {entry['action']} {sorted(codes)}, expected {_shown(expectation)}"]
    if not expectation.findings <= codes:
        return [f"{mailbox} has the findings {sorted(codes)}, expected {_shown(expectation)}"]
    return []


def _of_action(mail: Mail, action: str) -> list[str]:
    if mail.verdicts & {"replay", "stop"}:
        return []
    strongest = max(mail.verdicts, key=STRENGTH.index)
    return [] if action == strongest else [f"the message's action is {action}, expected {strongest}"]


def _astray(stream: Stream, messages: list[Any]) -> list[str]:
    """What the next hop lacks, and what it got that it should not have, by mail and recipient."""
    expected, got = _due(stream), _arrived(stream, messages)
    numbers = {mail.passed_on: mail.number for mail in reversed(stream.mails)}
    lacking = [f"  mail {numbers[octets]} never reached {to}" for octets, to in (expected - got).elements()]
    excess = [f"  mail {numbers.get(octets, 'unknown')} reached {to}" for octets, to in (got - expected).elements()]
    return lacking + [f"{text}, and should not have, or not again" for text in excess]


def _due(stream: Stream) -> Pairs:
    return Counter(
        (mail.passed_on, mailbox.lower())
        for mail in stream.mails
        for mailbox, expectation in mail.expected.items()
        if expectation.verdict == "deliver"
    )


def _arrived(stream: Stream, messages: list[Any]) -> Pairs:
    """The pairs that the next hop got; the relay's own notices, null reverse-path and no mail of ours, left out."""
    known = {mail.passed_on for mail in stream.mails}
    pairs: Pairs = Counter()
    for reverse_path, recipients, content in messages:
        octets = _without_trace(content)
        if octets in known or reverse_path not in ("", "<>", None):
            pairs.update((octets, mailbox.lower()) for mailbox in recipients)
    return pairs


def _without_trace(content: bytes) -> bytes:
    """The message less the one field that the relay put before it, and a Message-ID that it had to add."""
    lines = content.splitlines(keepends=True)
    end = 1
    while end < len(lines) and lines[end][:1] in b" \t" and lines[end].strip():
        end += 1
    return ADDED_MESSAGE_ID.sub(b"", b"".join(lines[end:]), count=1)


def _codes(document: Any) -> frozenset[str]:
    return frozenset(finding["code"] for finding in document["findings"])


def _shown(expectation: Expectation) -> str:
    return " ".join([expectation.verdict, *sorted(expectation.findings)])


def _few(mailboxes: tuple[str, ...]) -> str:
    return ", ".join(mailboxes[:3]) + (f" and {len(mailboxes) - 3} more" if len(mailboxes) > 3 else "")
