"""One clerk at a desk, for tests that run several or kill one: answers all that he is asked and says what is kept.

Arguments: URL CLERK LATER, the last in seconds: how much later than it is his clock goes.
"""

from __future__ import annotations

import sys
from datetime import timedelta

from mailguard.cli.review.desk import Desk
from mailguard.identity.clerical import Answer
from mailguard.identity.resolve import Thresholds
from mailguard.relay.clock import system_clock
from mailguard.store.database import Database


def main() -> None:
    """Answer one question after the other, and print each once it is taken and once its answer is durable."""
    url, clerk, later = sys.argv[1:]
    database = Database.open(url)
    desk = Desk(database, clerk=clerk, thresholds=Thresholds(), clock=lambda: system_clock() + timedelta(seconds=float(later)))
    say("ready")
    sys.stdin.readline()
    while (case := desk.next()) is not None:
        say(f"took {case.question.id}")
        kept = desk.answer(case, Answer.SAME if case.question.a % 4 == 1 else Answer.DIFFERENT)
        say(f"{'kept' if kept else 'lost'} {case.question.id}")
    desk.close()
    database.close()


def say(text: str) -> None:
    """Print a line that a reader has at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
