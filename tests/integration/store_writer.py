"""One process that writes to a ledger, for tests that kill it or run several: takes mail and says what it has committed.

Arguments: URL KIND COUNT. KIND is `many`, different mails, or `same`, the one mail again and again in new messages.
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from hashlib import sha256

from mailguard.policy.facts import State
from mailguard.policy.submission import Submission
from mailguard.store.database import Database
from tests.builders import message
from tests.ledger import mail, take


def different(number: int) -> Submission:
    """A mail that is like no other: with a content large enough to fill pages."""
    name = f"{os.getpid()}.{number}"
    text = message(f"text {name}", f"order {name}", message_id=f"{name}@x.example", content=bytes([number % 251]) * 9_000)
    return mail(text, f"p{number}@people.example")


def same(number: int) -> Submission:
    """The one mail, from whatever process: equal to a person, another message to the protocol."""
    text = message("reminder", "invoice 7", message_id="")
    return mail(replace(text, digest=sha256(f"{number}".encode()).digest()), "ann@people.example")


def main() -> None:
    """Commit one mail after another, and print the id and state of each once it is durable."""
    url, kind, count = sys.argv[1:]
    make = {"many": different, "same": same}[kind]
    database = Database.open(url)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    for number in range(int(count)):
        batch = [make(3 * number + place) for place in range(3)]
        with database.write() as connection:
            entries = take(connection, *batch)
        for entry in entries:
            sent = entry.states[0] is State.QUEUED
            sys.stdout.write(f"{entry.id} {'sent' if sent else 'stopped'}\n")
        sys.stdout.flush()
    database.close()


if __name__ == "__main__":
    main()
