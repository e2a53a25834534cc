"""One process that takes replies in, for tests that run several on one ledger. Arguments: URL COUNT.

All processes take the same mails, in batches of their own sizes; each says how many of them were new to it.
"""

from __future__ import annotations

import os
import sys

from mailguard.replies.ingest import Ingest
from mailguard.replies.settings import ReplySettings
from mailguard.store.database import Database
from tests.builders import NOW
from tests.replies import incoming, written


def mails(count: int) -> list[bytes]:
    """The mails that every process takes: answers to one mail to each of `count` persons."""
    return [
        written(f"Answer {n}", answers=f"{n}@x.example", sender=f"p{n}@people.example", message_id=f"r{n}@people.example")
        for n in range(count)
    ]


def main() -> None:
    """Take all of them and print the ids of those that were new."""
    url, count = sys.argv[1:]
    way = Ingest(ReplySettings())
    trace = f"Received: by process {os.getpid()}\r\n".encode()
    read = way.read([incoming(trace + octets, source=f"process {os.getpid()}") for octets in mails(int(count))])
    database = Database.open(url)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    size = 1 + os.getpid() % 5
    for begin in range(0, len(read), size):
        with database.write() as connection:
            taken = way.take(connection, read[begin : begin + size], now=NOW)
        sys.stdout.writelines(f"{one.id}\n" for one in taken if one.is_new)
    sys.stdout.flush()
    database.close()


if __name__ == "__main__":
    main()
