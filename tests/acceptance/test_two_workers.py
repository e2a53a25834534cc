"""Two worker processes, one truth: each decision holds across them, and the database is the arbiter.

Every client here calls until it has reached the worker that it wants, so that both are really at work.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.harness_client import calling, ends_of, id_in, letter, wire
from tests.harness_kernel import holder_of
from tests.harness_serve import Server, serving
from tests.harness_sink import Sink, running_sink
from tests.harness_smtp import Peer

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROUNDS = 30
EQUALS = 10


@dataclass(frozen=True)
class Pair:
    """A server with two workers, and its next hop."""

    server: Server
    sink: Sink


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pair(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pair]:
    folder = tmp_path_factory.mktemp("mailguard")
    async with running_sink() as sink, serving(folder, sink.port, workers=2) as server:
        yield Pair(server, sink)


@asynccontextmanager
async def calling_both(server: Server, each: int) -> AsyncIterator[list[Peer]]:
    """`each` connections to the one worker and as many to the other, alternating."""
    workers = server.workers()
    assert len(workers) == 2
    async with AsyncExitStack() as stack:
        reached: dict[int, list[Peer]] = {worker: [] for worker in workers}
        while min(map(len, reached.values())) < each:
            peer = await stack.enter_async_context(calling(server.port))
            reached[holder_of(ends_of(peer), workers)].append(peer)
        yield [peer for both in zip(*reached.values(), strict=False) for peer in both][: 2 * each]


async def prepare(peer: Peer, content: bytes, *recipients: str) -> None:
    """Send all of a mail but its last line."""
    await peer.begin(*(f"<{recipient}>" for recipient in recipients))
    await peer.send(wire(content).removesuffix(b".\r\n"))


async def finish(*peers: Peer) -> list[str]:
    """Send the last line over all connections at once; the answers."""
    for peer in peers:
        peer.writer.write(b".\r\n")
    return await asyncio.gather(*(peer.answer() for peer in peers))


async def send(peer: Peer, content: bytes, *recipients: str) -> str:
    await prepare(peer, content, *recipients)
    [answer] = await finish(peer)
    return answer


async def test_of_equal_mails_at_the_same_instant_exactly_one_passes(pair: Pair) -> None:
    async with calling_both(pair.server, EQUALS // 2) as peers:
        for number in range(ROUNDS):
            for place, peer in enumerate(peers):
                await prepare(peer, letter(f"Round {number}.", message_id=f"{number}.{place}@x.example"), "ann@people.example")
            answers = await finish(*peers)
            passed = [answer for answer in answers if answer.startswith("250 ")]
            refused = [answer for answer in answers if answer.startswith("550 5.7.1 ")]
            assert (len(passed), len(refused)) == (1, EQUALS - 1), answers
            assert all(f"repeat of {id_in(passed[0])} of " in answer for answer in refused)
    await pair.sink.took(ROUNDS)
    await pair.server.nothing_under_way()
    assert len([one for one in pair.sink.taken if one.recipients == ("ann@people.example",)]) == ROUNDS


async def test_parts_of_one_message_are_one_message_whoever_takes_them(pair: Pair) -> None:
    recipients = [f"part{number}@people.example" for number in range(16)]
    content = letter("To a hidden list.", message_id="hidden@x.example", to="undisclosed-recipients:;")
    async with calling_both(pair.server, 2) as peers:
        answers = [await send(peer, content, *recipients[4 * place : 4 * place + 4]) for place, peer in enumerate(peers)]
    assert len({id_in(answer) for answer in answers}) == 1
    assert [answer.partition(" held: ")[2] for answer in answers] == [
        "",
        "",
        "hidden_recipients, 12 recipients that no field shows, limit 10",
        "hidden_recipients, 16 recipients that no field shows, limit 10",
    ]
    why = await pair.server.why(id_in(answers[0]))
    assert [one["mailbox"] for one in why["recipients"]] == recipients
    assert {one["state"] for one in why["recipients"][8:]} == {"held"}


async def test_parts_that_come_at_the_same_instant_are_one_message(pair: Pair) -> None:
    visible = ", ".join(f"copy{number}@people.example" for number in range(12))
    content = letter("To all of you.", message_id="visible@x.example", to=visible)
    async with calling_both(pair.server, 6) as peers:
        for place, peer in enumerate(peers):
            await prepare(peer, content, f"copy{place}@people.example")
        answers = await finish(*peers)
    assert {answer.partition(" held: ")[2] for answer in answers} == {"mass_cc, 12 visible recipients, limit 10"}
    assert len({id_in(answer) for answer in answers}) == 1
    why = await pair.server.why("<visible@x.example>")
    assert sorted(one["mailbox"] for one in why["recipients"]) == sorted(visible.split(", "))
    assert why["others"] == []


async def test_a_retry_is_answered_with_the_first_id_by_the_other_worker(pair: Pair) -> None:
    content = letter("Sent twice, for the answer was lost.", message_id="retry@x.example")
    async with calling_both(pair.server, 1) as (one, other):
        first = await send(one, content, "bob@people.example")
        assert first.endswith(" accepted")
        assert await send(other, content, "bob@people.example") == f"250 2.0.0 {id_in(first)} replay"
        assert await send(one, content, "bob@people.example") == f"250 2.0.0 {id_in(first)} replay"


async def test_a_retry_of_what_was_refused_is_refused_in_the_same_words_by_the_other_worker(pair: Pair) -> None:
    content = letter("Said before.", message_id="refused@x.example")
    async with calling_both(pair.server, 1) as (one, other):
        await send(one, letter("Said before.", message_id="before@x.example"), "cleo@people.example")
        refused = await send(other, content, "cleo@people.example")
        assert refused.startswith("550 5.7.1 ")
        assert await send(one, content, "cleo@people.example") == refused
