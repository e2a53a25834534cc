from __future__ import annotations

import json
from pathlib import Path

import pytest

from mailguard.cli.app import run
from mailguard.store.database import Database
from mailguard.store.set_aside import SetAside, put_aside
from tests.builders import NOW

LARGE = "31200313 octets are more than 26214400"


@pytest.fixture
def config(tmp_path: Path) -> str:
    file = tmp_path / "mailguard.toml"
    file.write_text(f'[database]\nurl = "sqlite:///{tmp_path}/ledger.db"\n')
    return str(file)


def _aside(config: str) -> None:
    database = Database.open(f"sqlite:///{Path(config).parent}/ledger.db")
    with database.write() as connection:
        put_aside(connection, [SetAside(NOW, "lmtp", "from 127.0.0.1", "is no mail", b"\x00junk")])
        put_aside(connection, [SetAside(NOW, "imap:support", "INBOX;UID=812", LARGE, b"")])
    database.close()


def test_nothing_put_aside_is_said(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replies", "aside", "-c", config]) == 1
    assert capsys.readouterr().err == "nothing was put aside\n"


def test_what_was_put_aside_is_listed_with_its_reason(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    _aside(config)
    assert run(["replies", "aside", "-c", config]) == 0
    first, *rest = capsys.readouterr().out.splitlines()[1:]
    assert first.split()[0] == "2"
    assert LARGE in first
    assert len(rest) == 1
    assert run(["replies", "aside", "--json", "--limit", "1", "-c", config]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["number"], found["name"], found["kept"]) == (2, "INBOX;UID=812", 0)


def test_one_is_given_as_it_came(config: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    _aside(config)
    assert run(["replies", "aside", "1", "-c", config]) == 0
    assert capfdbinary.readouterr().out == b"\x00junk"
    assert run(["replies", "aside", "1", "--json", "-c", config]) == 0
    assert json.loads(capfdbinary.readouterr().out)["kept"] == 5


@pytest.mark.parametrize(
    ("number", "said"), [("2", "look for INBOX;UID=812 at imap:support"), ("9", "nothing was put aside under 9")]
)
def test_one_of_which_nothing_is_here_is_said(config: str, capsys: pytest.CaptureFixture[str], number: str, said: str) -> None:
    _aside(config)
    assert run(["replies", "aside", number, "-c", config]) == 1
    assert said in capsys.readouterr().err
