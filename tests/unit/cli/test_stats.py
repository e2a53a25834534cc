"""mailguard.cli.stats: counts, and messages over time."""

from __future__ import annotations

from tests.unit.cli.conftest import Mailguard, Played


def test_counts_as_json(mailguard: Mailguard, played: Played) -> None:
    document = mailguard("stats", "--json").document
    assert (document["messages"], document["replays"]) == (4, 1)
    assert document["actions"] == {"deliver": 1, "hold": 2, "reject": 1}
    assert document["clients"] == {"shop": 4}


def test_counts_and_plot_for_a_person(mailguard: Mailguard, played: Played) -> None:
    ran = mailguard("stats", "--since", "1d")
    assert ran.status == 0
    assert "4 messages, " in ran.out
    assert "mass_cc" in ran.out
    assert "messages a day" in ran.out
    assert "\x1b" not in ran.out


def test_no_mail_is_no_error(mailguard: Mailguard, played: Played) -> None:
    ran = mailguard("stats", "--since", "1s")
    assert ran.status == 0
    assert "0 messages" in ran.out
    assert "messages a day" not in ran.out


def test_what_enforcing_would_have_stopped(mailguard: Mailguard, played: Played) -> None:
    document = mailguard("stats", "--shadow", "--json").document
    assert (document["mode"], document["messages"], document["would_stop"]) == ("enforce", 4, 0)
    ran = mailguard("stats", "--shadow", "--since", "1d")
    assert ran.status == 0
    assert "enforce would have stopped none of 4 messages" in ran.out
