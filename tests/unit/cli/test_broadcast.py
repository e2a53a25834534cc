"""mailguard.cli.broadcast: how far broadcasts have gone, and who is left."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailguard.store.database import Database
from mailguard.store.tables import BROADCAST
from tests.broadcasts import signed
from tests.ledger import later, open_ledger, take
from tests.unit.cli.conftest import Mailguard
from tests.unit.store.test_broadcast_lookup import ANN, BOB, CARLA, MAIL, bearer


def url(here: Path) -> str:
    return f"sqlite:///{here}/mailguard.db"


@pytest.fixture
def broadcast(here: Path) -> str:
    """A broadcast to Ann and Bob, of whom Ann has got it."""
    open_ledger(url(here)).close()
    now = datetime.now(UTC)
    with closing(Database.open(url(here))) as database, database.write() as connection:
        id, token = signed(connection, [MAIL], [ANN, BOB], now=now)
        take(connection, later(bearer(token, ANN), now))
    return id


def test_no_broadcasts_is_said(mailguard: Mailguard) -> None:
    ran = mailguard("broadcast", "list")
    assert ran.status == 1
    assert "mailguard check MESSAGE --to AUDIENCE --sign" in ran.err
    assert mailguard("broadcast", "list", "--json").document == []
    assert "there is no broadcast 01JX" in mailguard("broadcast", "show", "01JX").err


def test_broadcasts_are_listed_with_their_progress(mailguard: Mailguard, broadcast: str) -> None:
    (one,) = mailguard("broadcast", "list", "--json").document
    assert (one["id"], one["members"], one["taken"], one["name"]) == (broadcast, 2, 1, "audience.csv")
    out = mailguard("broadcast", "list").out
    assert broadcast in out
    assert "Autumn" in out


def test_one_is_shown_with_what_has_become_of_its_mail(mailguard: Mailguard, broadcast: str) -> None:
    out = mailguard("broadcast", "show", broadcast.lower()).out
    assert "1 of 2" in out
    assert "queued" in out
    document = mailguard("broadcast", "show", broadcast, "--json").document
    assert (document["states"], document["source"]) == ({"queued": 1}, "autumn.eml")


def test_it_is_said_until_when_the_token_is_good(mailguard: Mailguard, here: Path, broadcast: str) -> None:
    assert "expired" not in mailguard("broadcast", "show", broadcast).out
    for changes, word in (
        ({"expires_at": datetime.now(UTC) - timedelta(days=1)}, "expired"),
        ({"recalled_at": datetime.now(UTC)}, "recalled"),
    ):
        with closing(Database.open(url(here))) as database, database.write() as connection:
            connection.execute(BROADCAST.update().values(**changes))
        assert word in mailguard("broadcast", "show", broadcast).out


def test_who_is_left_is_printed_as_it_stands_in_the_file(mailguard: Mailguard, broadcast: str, tmp_path: Path) -> None:
    file = tmp_path / "audience.csv"
    file.write_text(f'name;e-mail\nAnn;{ANN.upper()}\n"Bob; the one";Bob <{BOB}>\nCarla;{CARLA}\nNobody;\n', encoding="utf-8")
    ran = mailguard("broadcast", "show", broadcast, "--left", str(file))
    assert ran.out.splitlines() == ["name,e-mail", f"Bob; the one,Bob <{BOB}>"]
    assert "1 row of" in ran.err
    assert "1 not in the checked audience" in ran.err
    assert mailguard("broadcast", "show", broadcast, "--left", str(file), "--json").document == {
        "name": "Bob; the one",
        "e-mail": f"Bob <{BOB}>",
    }


def test_the_log_shows_one_broadcast_alone(mailguard: Mailguard, broadcast: str) -> None:
    assert mailguard("log", "--broadcast", broadcast.lower(), "--json").document["broadcast"] == broadcast
    assert mailguard("log", "--broadcast", "01JX").status == 1
    assert mailguard("stats", "--json").document["broadcasts"] == {broadcast: 1}
