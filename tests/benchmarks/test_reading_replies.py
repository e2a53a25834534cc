"""What it costs to read a reply: CPU a mail by its shape, with the language and without, and hostile mail.

Run by hand: pytest -s tests/benchmarks/test_reading_replies.py
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import process_time

import pytest

from mailguard.replies import read_reply as reading
from mailguard.replies.read_reply import ReadReply, read_reply
from tests.reply_mail import RECEIVED_AT, multipart, reply_mail

TURNS = 500
ANSWER = "Hello,\n\nplease send it to my new address. I have told you so in my last mail already.\n\nKind regards\nAda\n\n"
OURS = [f"Line {number} of the mail that we have sent to her, about a card that she applied for" for number in range(60)]
PLAIN = f"{ANSWER}On Fri, Nov 20, 2026 at 9:12 AM Bank <service@bank.example> wrote:\n" + "".join(
    f"> {line}\n" for line in OURS
)
HTML = f"<div>{ANSWER}</div><blockquote>{''.join(f'<div>{line}</div>' for line in OURS)}</blockquote>"
BOTH, CONTENT_TYPE = multipart("alternative", ("text/plain; charset=utf-8", PLAIN), ("text/html; charset=utf-8", HTML))
MAILS = {
    "plain text": reply_mail(PLAIN),
    "HTML": reply_mail(HTML, {"Content-Type": "text/html; charset=utf-8"}),
    "both": reply_mail(BOTH, {"Content-Type": CONTENT_TYPE}),
}
HOSTILE = {
    "50,000 quoted lines": reply_mail("> x\n" * 50_000 + "answer"),
    "60 KB of On": reply_mail("On " * 20_000),
    "20,000 lines From:": reply_mail("From: a\n" * 20_000),
    "50,000 semicolons": reply_mail("x", {"Content-Type": "text/plain" + ";" * 50_000}),
    "40,000 blockquotes": reply_mail("<blockquote>x</blockquote>" * 40_000, {"Content-Type": "text/html"}),
    "26 MB of text": reply_mail("x") + b"abc def ghi jkl mno pqr stu\r\n" * 900_000,
}


def _read(octets: bytes) -> ReadReply:
    return read_reply(octets, received_at=RECEIVED_AT)


def _cost(work: Callable[[], object], *, turns: int) -> float:
    """Milliseconds of CPU a turn."""
    work()
    begun = process_time()
    for _ in range(turns):
        work()
    return (process_time() - begun) / turns * 1e3


def test_ordinary_replies(monkeypatch: pytest.MonkeyPatch) -> None:
    with_language = {name: _cost(lambda mail=mail: _read(mail), turns=TURNS) for name, mail in MAILS.items()}  # type: ignore[misc]
    monkeypatch.setattr(reading, "read_language", lambda *_, **__: "")
    sys.stdout.write("\n")
    for name, mail in MAILS.items():
        bare = _cost(lambda mail=mail: _read(mail), turns=TURNS)  # type: ignore[misc]
        sys.stdout.write(f"{name:24} {len(mail):8} octets {bare:6.2f} ms, {with_language[name]:6.2f} ms with the language\n")


def test_hostile_mail() -> None:
    sys.stdout.write("\n")
    for name, mail in HOSTILE.items():
        cost = _cost(lambda mail=mail: _read(mail), turns=1)  # type: ignore[misc]
        sys.stdout.write(f"{name:24} {len(mail):8} octets {cost:6.0f} ms\n")
