"""A disk that is full, for real: a small file system that runs full under the ledger and is made larger again."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select

from mailguard.errors import StorageFullError
from mailguard.policy.facts import State
from mailguard.policy.parcel import Outcome
from mailguard.store.database import Database
from mailguard.store.queue import finish, lease
from mailguard.store.tables import CONTENT, MESSAGE
from tests.builders import NOW, message
from tests.ledger import OWNER, mail, take


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of 4 MB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    folder = tmp_path / "small"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], check=False).returncode:
        pytest.skip("mounting is not allowed here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def put(database: Database, number: int) -> str:
    text = message(f"{number}", f"{number}", message_id=f"{number}@x.example", content=os.urandom(60_000))
    one = mail(text, f"p{number}@people.example")
    with database.write() as connection:
        take(connection, one, owner="")
    return one.id


def test_what_is_inside_stays_when_the_disk_is_full_and_mail_is_taken_again_when_it_is_not(small: Path) -> None:
    with closing(Database.open(f"sqlite:///{small}/ledger.db")) as database:
        taken: list[str] = []
        with pytest.raises(StorageFullError):
            taken.extend(put(database, number) for number in range(1_000))
        with pytest.raises(StorageFullError):
            put(database, 2_000)
        with database.read() as connection:
            assert list(connection.execute(select(MESSAGE.c.id).order_by(MESSAGE.c.seq)).scalars()) == taken
            assert len(connection.execute(select(CONTENT)).all()) == len(taken)
        subprocess.run(["mount", "-o", "remount,size=64m", str(small)], check=True)
        taken.append(put(database, 3_000))
        with database.write() as connection:
            parcels = lease(connection, owner=OWNER, now=NOW, limit=1_000)
            assert [parcel.message for parcel in parcels] == sorted(taken)
            finish(connection, [Outcome(id, 0, State.DELIVERED, (), None) for id in taken], owner=OWNER)
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
