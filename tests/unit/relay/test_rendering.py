"""The step between session and writer: many recipients, templates that exhaust, and mail that cannot be read."""

from __future__ import annotations

import pytest

from mailguard.relay import rendering
from mailguard.relay.rendering import MOST_EXHAUSTIONS, RESERVED
from tests.builders import NOW
from tests.harness import FrozenClock, Relay, running_relay

SHOP = "shop@shop.example"
PEOPLE = [f"p{n}@people.example" for n in range(7)]


def template(text: str, *fields: str) -> bytes:
    lines = (f"From: {SHOP}", "To: us:;", "Subject: s", "Message-ID: <1@shop.example>", "Mailguard-Render: jinja2", *fields)
    return ("\r\n".join(lines) + f"\r\n\r\n{text}\r\n").encode()


def texts(relay: Relay) -> dict[str, str]:
    with relay.worker.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT r.mailbox, r.findings FROM recipient r").fetchall()
    return {mailbox: findings or "" for mailbox, findings in rows}


async def test_many_recipients_are_rendered_group_by_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "GROUP", 3)
    async with running_relay(clock=FrozenClock(NOW)) as relay:
        answer = await relay.send(template("hello {{ sent_count }}"), SHOP, PEOPLE)
        assert answer.text.endswith("accepted")
        await relay.settled()
        assert {recipients for _, recipients, _ in relay.sink.messages} == {(person,) for person in PEOPLE}


async def test_large_mail_is_rendered_in_smaller_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rendering, "GROUP_OCTETS", 10)
    monkeypatch.setattr(rendering, "LARGE", 10)
    async with running_relay(clock=FrozenClock(NOW)) as relay:
        await relay.send(template("hello {{ sent_count }}"), SHOP, PEOPLE)
        await relay.settled()
        assert len(relay.sink.messages) == len(PEOPLE)


async def test_exhausting_template_is_not_tried_for_everybody() -> None:
    endless = "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}"
    sections = {"rendering": {"time_limit": "1s"}}
    async with running_relay(clock=FrozenClock(NOW), sections=sections) as relay:
        renderer = relay.worker._rendering.renderer
        started = renderer._start
        starts: list[None] = []

        async def counted() -> object:
            starts.append(None)
            return await started()

        renderer._start = counted  # type: ignore[method-assign,assignment]
        answer = await relay.send(template(endless), SHOP, PEOPLE)
        assert "held: render_failed" in answer.text
        assert len(starts) == MOST_EXHAUSTIONS
        await relay.settled()
        assert relay.sink.messages == []


async def test_mail_that_cannot_be_read_is_not_rendered() -> None:
    parts = "".join("--b\r\n\r\nx\r\n" for _ in range(501))
    async with running_relay(clock=FrozenClock(NOW)) as relay:
        answer = await relay.send(template(parts, "Content-Type: multipart/mixed; boundary=b"), SHOP, PEOPLE[:1])
        found = relay.why(answer.text.split()[1])["findings"]
        assert {finding["code"] for finding in found} == {"render_failed", "unreadable"}


def test_names_of_the_context_are_not_the_senders_to_give() -> None:
    assert {"reply_aware", "last_reply_at", "known_fields", "unsubscribe_url"} <= RESERVED
