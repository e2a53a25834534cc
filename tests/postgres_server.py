"""A real PostgreSQL for tests: Debian's binaries, a server of its own in a temporary folder, a database of its own a test."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import create_engine, delete
from sqlmodel import SQLModel

from mailguard.store.database import Database


def postgres_binaries() -> Path:
    """Where PostgreSQL's programs are. Skips the test where there are none, but fails where CI promises them."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        reason = "PostgreSQL is not installed (apt-get install postgresql-15)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found[-1].parent


@dataclass
class PostgresServer:
    """A server on loopback. `start` and `kill` may alternate; what was committed stays."""

    folder: Path
    binaries: Path
    port: int
    _numbers: Iterator[int] = field(default_factory=count)
    _shared: str | None = None

    @classmethod
    def make(cls, folder: Path) -> PostgresServer:
        """A server in `folder`, not started yet."""
        server = cls(folder, postgres_binaries(), _free_port())
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        server.run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
        return server

    def start(self, *settings: str) -> None:
        """Start it, with `settings` such as "fsync=off", and return when it takes connections."""
        own = ("listen_addresses=127.0.0.1", f"port={self.port}", f"unix_socket_directories={self.folder}")
        options = " ".join(f"-c {setting}" for setting in (*own, *settings))
        self.run("pg_ctl", "start", "--wait", "--silent", f"--log={self.folder}/log", f"--options={options}")

    def kill(self) -> None:
        """Stop it as a crash would, if it runs."""
        if (self.folder / "pgdata" / "postmaster.pid").exists():
            self.run("pg_ctl", "stop", "--wait", "--silent", "--mode=immediate")

    def url(self, database: str = "postgres") -> str:
        """Where `database` is."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """The URL of a new database, without tables."""
        name = f"test_{next(self._numbers)}"
        self._execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def clean_database(self) -> str:
        """The URL of one database with all tables, emptied: much quicker to have than a new one."""
        if self._shared is None:
            self._shared = self.new_database()
            Database.open(self._shared).close()
        database = Database.open(self._shared)
        with database.write() as connection:
            for table in SQLModel.metadata.sorted_tables:
                connection.execute(delete(table))
        database.close()
        return self._shared

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs on this server's files. None of them runs as root."""
        as_postgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"] if os.geteuid() == 0 else []
        command = [*as_postgres, str(self.binaries / program), f"--pgdata={self.folder}/pgdata", *arguments]
        with (self.folder / "output").open("ab") as output:
            done = subprocess.run(command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, check=False, cwd="/")
        assert done.returncode == 0, (self.folder / "output").read_text()

    def _execute(self, sql: str) -> None:
        engine = create_engine(self.url().replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(sql)
        engine.dispose()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running server for all tests that ask for one, quick rather than durable."""
    # Not pytest's own folder: its parents are closed to the user that PostgreSQL runs as.
    folder = Path(tempfile.mkdtemp(prefix="mailguard-postgres-"))
    try:
        server = PostgresServer.make(folder)
        server.start("fsync=off", "full_page_writes=off", "max_connections=50")
        try:
            yield server
        finally:
            server.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
