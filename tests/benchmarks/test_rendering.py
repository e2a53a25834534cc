"""How fast templates are rendered: in the processes alone, and through the relay beside mail that is none.

Run by hand: pytest -s tests/benchmarks/test_rendering.py
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from time import perf_counter

from mailguard.templates.renderer import Renderer
from mailguard.templates.template import RenderLimits, Source
from tests.builders import NOW
from tests.harness import FrozenClock, running_relay

SENTENCE = "Dear {{ name }}, we have {{ count }} things for you{% if reply_aware %}, and thank you{% endif %}.\n"
VALUES = {"name": "Jäne", "count": 3, "reply_aware": True, "rows": list(range(20))}
SMALL = [Source("Subject", "For {{ name }}"), Source("text/plain", SENTENCE * 8)]
LARGE = [
    *SMALL,
    Source("text/html", ("<p>" + SENTENCE + "{% for row in rows %}<td>{{ row }}</td>{% endfor %}</p>") * 200, escapes=True),
]
RECIPIENTS = 500
SHOP = "shop@shop.example"


async def timed(name: str, count: int, work: Callable[[], Awaitable[object]]) -> float:
    begun = perf_counter()
    await work()
    rate = count / (perf_counter() - begun)
    sys.stdout.write(f"{name:50} {rate:8.0f} a second\n")
    return rate


async def test_rendering_alone() -> None:
    sys.stdout.write("\n")
    for processes in (1, 2):
        renderer = Renderer(RenderLimits(processes=processes))
        await asyncio.gather(*(renderer.render(SMALL, VALUES) for _ in range(processes)))
        for name, sources, count in (("small (0.8 kB)", SMALL, 2_000), ("large HTML (30 kB, 4,000 cells)", LARGE, 200)):

            async def work(sources: list[Source] = sources, count: int = count) -> None:
                await asyncio.gather(*(renderer.render(sources, VALUES) for _ in range(count)))  # noqa: B023

            await timed(f"{name}, {processes} processes", count, work)
        await renderer.close()


async def test_through_the_relay() -> None:
    sys.stdout.write("\n")
    people = [f"p{n}@people.example" for n in range(RECIPIENTS)]
    text = (
        (SENTENCE * 8)
        .replace("{{ name }}", "{{ context_id }}")
        .replace("{{ count }}", "{{ sent_count }}")
        .replace("\n", "\r\n")
    )
    head = f"From: {SHOP}\r\nTo: us:;\r\nSubject: hello\r\nDate: Mon, 16 Nov 2026 09:00:00 +0000\r\n"
    policy = {"max_hidden_recipients": 1_000_000, "fan_out_limit": 1_000_000}
    async with running_relay(clock=FrozenClock(NOW), policy=policy, relay={"max_recipients": RECIPIENTS}) as relay:

        async def rendered() -> None:
            mail = f"{head}Message-ID: <r@shop.example>\r\nMailguard-Render: jinja2\r\n\r\n{text}".encode()
            assert (await relay.send(mail, SHOP, people)).code == 250

        async def ordinary() -> None:
            for number, person in enumerate(people):
                mail = f"{head}Message-ID: <{number}@shop.example>\r\n\r\n{SENTENCE * 8} {number}\r\n".replace(
                    "\n", "\r\n"
                ).replace("\r\r", "\r")
                assert (await relay.send(mail.encode(), SHOP, [person])).code == 250

        first = await timed(f"one template to {RECIPIENTS} recipients, until 250", RECIPIENTS, rendered)
        await relay.settled()
        other = await timed(f"{RECIPIENTS} ordinary mails, one after another", RECIPIENTS, ordinary)
        await relay.settled()
        sys.stdout.write(f"rendered in one transaction at {first / other:.2f} of the rate of single mails\n")
