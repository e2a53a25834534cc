"""mailguard.relay.replay_process: two policies at once, here or in a process of its own."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing import Pipe, active_children
from pathlib import Path

import pytest

from mailguard.errors import MailguardError
from mailguard.policy.finding import Code
from mailguard.policy.limits import Limits
from mailguard.relay import replay_process
from mailguard.relay.replay_process import compare
from mailguard.relay.settings import Policy
from tests.ledger import open_ledger
from tests.unit.relay.replays import ANN, BOB, Taken, letter, taking, terms

STRICTER = Policy(limits=Limits(max_visible_recipients=1))


@pytest.fixture
def taken(tmp_path: Path) -> Iterator[Taken]:
    with taking(tmp_path) as found:
        for n in range(3):
            found.take(letter(f"bill {n}", to=f"{ANN}, {BOB}", number=n))
        yield found


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.mark.parametrize("most_here", [0, 1_000])
def test_both_ways_come_to_the_same_and_leave_nothing(taken: Taken, temporary: Path, most_here: int) -> None:
    said: list[tuple[int, int]] = []
    found = compare(
        taken.database,
        taken.url,
        terms(STRICTER),
        taken.span(STRICTER),
        examples=1,
        progress=lambda done, total: said.append((done, total)),
        most_here=most_here,
    )
    assert [(one.finding, one.count) for one in found.changes] == [(Code.MASS_CC, 3)]
    assert (found.judged, found.reproduced) == (3, 3)
    assert said == [(1, 3), (2, 3), (3, 3)]
    assert list(temporary.iterdir()) == []
    assert active_children() == []


def test_whoever_stops_leaves_nothing_behind(taken: Taken, temporary: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare(taken.database, taken.url, terms(), taken.span(), examples=1, progress=stop)
    assert list(temporary.iterdir()) == []


@pytest.fixture
def _interrupts() -> Iterator[None]:
    """What Ctrl-C does to this process stays as it was."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


def order(taken: Taken, folder: Path) -> replay_process._Order:
    scratch = folder / "scratch.db"
    open_ledger(f"sqlite:///{scratch}").close()
    return replay_process._Order(taken.url, str(scratch), terms(), taken.span())


@pytest.mark.usefixtures("_interrupts")
def test_a_process_passes_on_what_it_judged_and_then_an_end(taken: Taken, tmp_path: Path) -> None:
    receiver, sender = Pipe(duplex=False)
    replay_process._judge(sender, order(taken, tmp_path))
    assert [one.subject for one in replay_process._received(receiver)] == ["bill 0", "bill 1", "bill 2"]
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


@pytest.mark.usefixtures("_interrupts")
def test_what_a_process_cannot_do_is_said_in_its_words(taken: Taken, tmp_path: Path) -> None:
    receiver, sender = Pipe(duplex=False)
    replay_process._judge(sender, replace(order(taken, tmp_path), url=f"{taken.url}-gone"))
    with pytest.raises(MailguardError, match="there is no database"):
        next(replay_process._received(receiver))


@pytest.mark.usefixtures("_interrupts")
def test_a_process_ends_quietly_when_whoever_asked_has_gone(taken: Taken, tmp_path: Path) -> None:
    receiver, sender = Pipe(duplex=False)
    receiver.close()
    replay_process._judge(sender, order(taken, tmp_path))


def test_a_process_that_is_killed_is_said_so() -> None:
    receiver, sender = Pipe(duplex=False)
    sender.close()
    with pytest.raises(MailguardError, match="was killed"):
        next(replay_process._received(receiver))


def test_clients_are_those_of_each_side(taken: Taken) -> None:
    without = replace(terms(), clients=())
    found = compare(taken.database, taken.url, without, taken.span(), examples=1, progress=lambda *_: None)
    assert sum(found.unjudged.values()) == 3
