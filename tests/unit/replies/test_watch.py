from __future__ import annotations

from threading import Event

from mailguard.replies.source import LogInRefusedError, Report
from mailguard.replies.watch import LONGEST_DELAY, Watch
from tests.unit.replies.source_places import PATIENCE, Told


class Place:
    """A source that does as it is told: raises so many times, then is well and waits."""

    def __init__(self, name: str, *, failures: int = 0) -> None:
        self.name = name
        self._failures = failures

    def read(self, stopping: Event, report: Report) -> None:
        if self._failures:
            self._failures -= 1
            raise ValueError("out of order")
        report.trouble("folder", OSError("gone"))
        report.well()
        stopping.wait(PATIENCE)
        raise OSError("the connection was ended")

    def interrupt(self) -> None:
        return


def test_source_that_fails_is_tried_again_with_growing_delay_and_stops_no_other() -> None:
    told, other = Told(), Told()
    watch = Watch([Place("bad", failures=4)], told, first_delay=0.001)
    beside = Watch([Place("good"), Place("bad", failures=10**9)], other, first_delay=0.001)
    watch.start()
    beside.start()
    assert told.was_well.wait(PATIENCE)
    assert other.was_well.wait(PATIENCE)
    assert watch.stop(PATIENCE)
    assert beside.stop(PATIENCE)
    assert [round(delay, 4) for _, _, delay in told.failures] == [0.001, 0.002, 0.004, 0.008]
    assert told.troubles == [("folder", "gone")]


def test_source_that_refuses_the_log_in_is_not_asked_again_soon() -> None:
    class Closed(Place):
        def read(self, stopping: Event, report: Report) -> None:  # noqa: ARG002
            raise LogInRefusedError("the server refuses username or password")

    told = Told()
    watch = Watch([Closed("closed")], told, first_delay=0.001)
    watch.start()
    assert told.has_failed.wait(PATIENCE)
    assert watch.stop(PATIENCE)
    assert told.failures == [("closed", "the server refuses username or password", LONGEST_DELAY)]


def test_source_that_does_not_stop_is_told_of() -> None:
    class Deaf(Place):
        def read(self, stopping: Event, report: Report) -> None:  # noqa: ARG002 - that it does not look is the point
            report.well()
            released.wait(PATIENCE)

    released, told = Event(), Told()
    watch = Watch([Deaf("deaf")], told)
    watch.start()
    assert told.was_well.wait(PATIENCE)
    assert not watch.stop(0.01)
    released.set()
    assert watch.stop(PATIENCE)


def test_watch_that_never_began_is_stopped_at_once() -> None:
    assert Watch([Place("a")], Told()).stop(0)
