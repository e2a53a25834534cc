"""mailguard.cli.resume: a pause ends, and what is still paused is said."""

from __future__ import annotations

from tests.unit.cli.conftest import Mailguard


def test_what_was_paused_goes_on(mailguard: Mailguard) -> None:
    mailguard("pause")
    ran = mailguard("resume")
    assert (ran.status, ran.out, ran.err) == (0, "resumed everything; 0 recipients had waited\n", "")
    assert mailguard("pause", "--list").status == 1


def test_other_pauses_stay_and_are_named(mailguard: Mailguard) -> None:
    mailguard("pause")
    mailguard("pause", "--class", "bulk")
    ran = mailguard("resume", "--json")
    assert ran.document["pause"]["scope"] == "all"
    assert [one["key"] for one in ran.document["left"]] == ["bulk"]
    assert ran.err == "still paused: class bulk; to end that: mailguard resume --class bulk\n"


def test_what_is_not_paused_is_status_1(mailguard: Mailguard) -> None:
    mailguard("pause", "--class", "bulk")
    ran = mailguard("resume")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.splitlines() == [
        "still paused: class bulk; to end that: mailguard resume --class bulk",
        "everything is not paused",
    ]
