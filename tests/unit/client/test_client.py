"""mailguard.client.client: for code that waits, in threads, after a fork, and without the rest of mailguard."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest

from mailguard.client import Client, RefusedError, UnavailableError
from tests.unit.client.conftest import CONTEXT, HOSTILE, Behaviour, Server, answers, says_nothing

Serving = Callable[[Behaviour], Server]
SOON = timedelta(milliseconds=80)
LONG = timedelta(seconds=30)


def test_context_is_asked(serving: Serving) -> None:
    with Client(serving(answers(CONTEXT)).url, timeout=LONG) as client:
        assert client.context("ada@mail.example", template="card").open_replies == 1


def test_many_and_what_is_handed_in(serving: Serving) -> None:
    with Client(serving(answers({"contexts": [CONTEXT]})).url, timeout=LONG) as client:
        assert client.contexts(["ada@mail.example"], mail_class="bulk")[0].reply_aware.is_yes
    with Client(serving(answers({"id": "01K", "kind": "human", "is_new": True})).url) as client:
        assert client.reply(b"From: a@x.example\r\n\r\n").is_new
    with Client(serving(answers({"is_new": True, "moved": [], "fields": ["income"], "reply": ""})).url) as client:
        assert client.event("field_known", customer="crm:1", fields={"income": None}).fields == ("income",)


def test_broadcast_is_checked(serving: Serving) -> None:
    with Client(serving(answers({"verdict": "pass", "findings": [], "audience": {"rows": 1}})).url) as client:
        assert client.check(b"Subject: x\r\n\r\n", [{"email": "ada@mail.example"}], sign=False).passes


@pytest.mark.parametrize("name", ["says nothing", "drips its header", "drips its body"])
def test_one_deadline_holds_over_all_of_a_question(serving: Serving, name: str) -> None:
    with Client(serving(HOSTILE[name]).url, timeout=SOON) as client:
        context = client.context("ada@mail.example")
    assert context.reply_aware.is_unknown
    assert context.problem == "no whole answer within 0.08 s"


def test_one_question_may_have_another_deadline(serving: Serving) -> None:
    with (
        Client(serving(says_nothing).url, timeout=LONG, strict=True) as client,
        pytest.raises(UnavailableError, match=r"0\.05"),
    ):
        client.context("ada@mail.example", within=timedelta(milliseconds=50))


def test_caller_s_mistake_raises(serving: Serving) -> None:
    with Client(serving(answers({"detail": "no such address"}, 422)).url, timeout=LONG) as client, pytest.raises(RefusedError):
        client.context("ada")


def test_threads_share_a_client(serving: Serving) -> None:
    with Client(serving(answers(CONTEXT)).url, timeout=LONG) as client, ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: client.context("ada@mail.example"), range(32)))
    assert all(context.reply_aware.is_yes for context in found)


def test_begins_anew_after_it_was_closed(serving: Serving) -> None:
    client = Client(serving(answers(CONTEXT)).url, timeout=LONG)
    for _ in range(2):
        assert client.context("ada@mail.example").reply_aware.is_yes
        client.close()
    client.close()


def test_question_of_another_thread_ends_when_the_client_is_closed(serving: Serving) -> None:
    asked = Event()

    def behave(connection: socket.socket) -> None:
        asked.set()
        says_nothing(connection)

    client = Client(serving(behave).url, timeout=LONG)
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(client.context, "ada@mail.example")
        asked.wait()
        client.close()
        with pytest.raises(UnavailableError, match="the client was closed"):
            future.result()


FORKS = """
import os, sys
from datetime import timedelta
from mailguard.client import Client
client = Client(sys.argv[1], timeout=timedelta(seconds=30))
assert client.context("ada@mail.example").reply_aware
child = os.fork()
if child == 0:
    os._exit(0 if client.context("ada@mail.example").reply_aware else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


def test_outlives_a_fork(serving: Serving) -> None:
    url = serving(answers(CONTEXT)).url
    assert subprocess.run([sys.executable, "-c", FORKS, url], check=False, timeout=60).returncode == 0


ALONE = """
import sys
import mailguard.client
loaded = {name for name in sys.modules if name.startswith("mailguard.")}
assert all(name.startswith("mailguard.client") for name in loaded), loaded
assert not {"jinja2", "pydantic", "sqlalchemy", "structlog"} & sys.modules.keys()
"""


def test_needs_httpx_and_nothing_else() -> None:
    environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", ALONE], check=True, timeout=60, env=environment)
