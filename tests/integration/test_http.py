"""The HTTP API of a real `serve` over loopback: what schemathesis makes of it, and what a mail program does with a link."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from mailguard.mail.token import sign
from mailguard.policy.facts import Suppression
from mailguard.store.database import Database
from mailguard.store.secrets import REPLY_KEY, key_of
from mailguard.store.suppressions import said_against
from tests.builders import NOW, message
from tests.customers import JANE, ROBERT, put
from tests.harness_postfix import free_port
from tests.ledger import mail, take
from tests.unit.store.written import wrote

SECRET = "0123456789abcdef-all"
EXAMPLES, SECONDS = (200, 600) if os.environ.get("HYPOTHESIS_PROFILE") == "long" else (3, 10)
"""What schemathesis makes up of each route, beside its systematic cases, and how long it may go on with that."""
IGNORED = "positive_data_acceptance,missing_required_header"
"""What is right by its shape may still name nobody; and the one header field that routes need is Authorization."""

HOOKS = """
import schemathesis

@schemathesis.serializer("message/rfc822")
def as_mail(ctx, value):
    return value if isinstance(value, bytes) else str(value).encode()

@schemathesis.deserializer("text/html")
def from_page(ctx, response):
    return response.content.decode()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with two customers, one of whom has answered."""
    made = tmp_path_factory.mktemp("http")
    with closing(Database.open(f"sqlite:///{made}/mailguard.db")) as database:
        with database.write() as connection:
            put(connection, JANE, ROBERT)
        wrote(database, "r1", anchor="j.doe@x.example")
    return made


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    """Where `mailguard serve` answers."""
    port = free_port()
    (folder / "mailguard.toml").write_text(
        f'[relay]\nlisten = "127.0.0.1:{free_port()}"\nnext_hop = ["127.0.0.1:9"]\n[http]\nlisten = "127.0.0.1:{port}"\ncheck_rate = 0\n'
        f'[[http.tokens]]\nname = "all"\ntoken = "{SECRET}"\nscopes = ["context", "replies", "events", "check", "decisions"]\n'
        '[replies]\nunsubscribe_url = "https://corp.example/u"\n',
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "mailguard", "serve", "--json", "-c", str(folder / "mailguard.toml")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = ""
        while '"event": "ready"' not in said:
            line = process.stderr.readline()
            assert line, said
            said += line
        yield f"http://127.0.0.1:{port}"
        process.terminate()


def test_context_comes_over_the_wire_and_is_of_one_person(url: str) -> None:
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {SECRET}"}) as client:
        body = {"addresses": ["j.doe@x.example", "r.doe@x.example"]}
        hers, his = client.post("/v1/contexts", json=body).json()["contexts"]
    assert (hers["known_customer"], his["known_customer"]) == (True, True)
    assert ("income" in hers["known_fields"], "income" in his["known_fields"]) == (True, False)
    assert hers["reply_state"] == "open"
    assert his["reply_state"] == "none"


def test_link_unsubscribes_by_post_alone(url: str, folder: Path) -> None:
    with closing(Database.open(f"sqlite:///{folder}/mailguard.db")) as database:
        with database.write() as connection:
            id = take(connection, mail(message(), "ann@people.example"))[0].id
            token = sign(key_of(connection, REPLY_KEY, now=NOW), id, 0)
        assert httpx.get(f"{url}/u/{token}").status_code == 200
        with database.read() as connection:
            assert said_against(connection, ["ann@people.example"]) == {}
        assert httpx.post(f"{url}/u/{token}", data={"List-Unsubscribe": "One-Click"}).status_code == 200
        with database.read() as connection:
            assert said_against(connection, ["ann@people.example"]) == {"ann@people.example": {Suppression.UNSUBSCRIBED}}


def test_busy_writer_keeps_no_question_waiting(url: str, folder: Path) -> None:
    with (
        closing(Database.open(f"sqlite:///{folder}/mailguard.db")) as database,
        httpx.Client(base_url=url, headers={"Authorization": f"Bearer {SECRET}"}) as client,
        database.write(),
    ):
        event = {"event": "field_known", "id": "held up", "customer": "crm:4711", "fields": {"pin": "1"}}
        with pytest.raises(httpx.ReadTimeout):
            client.post("/v1/events", json=event, timeout=0.2)
        assert client.get("/v1/context", params={"address": "j.doe@x.example"}).status_code == 200


def test_api_is_as_it_is_described(url: str, tmp_path: Path) -> None:
    (tmp_path / "hooks.py").write_text(HOOKS, encoding="utf-8")
    program = Path(sys.executable).with_name("schemathesis")
    ran = subprocess.run(
        [program, "run", f"{url}/openapi.json", "-H", f"Authorization: Bearer {SECRET}", "--exclude-path", "/readyz",
         "--phases", "coverage,fuzzing", "--max-examples", str(EXAMPLES), "--max-time", str(SECONDS), "--seed", "1",
         "--exclude-checks", IGNORED, "--no-color"],
        cwd=tmp_path, env={"SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(tmp_path), "PATH": ""}, capture_output=True,
        text=True, check=False, timeout=SECONDS * 4,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-6000:]
