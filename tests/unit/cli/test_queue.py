"""mailguard.cli.queue: what waits, and what a person does about it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mailguard.policy.submission import Submission
from mailguard.store import holds
from mailguard.store.database import Database
from tests.unit.cli.conftest import RECEIPT, Mailguard, Played
from tests.unit.cli.test_queue_groups import monday

__all__ = ["monday"]


@pytest.fixture(autouse=True)
def _clerk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "clerk")


def listed(mailguard: Mailguard, *options: str) -> list[str]:
    return [one["id"] for one in mailguard("queue", "list", "--json", *options).document]


def recipient(mailguard: Mailguard, id: str) -> Any:
    return mailguard("why", id, "--json").document["recipients"][0]


def test_what_waits_is_listed_oldest_first(mailguard: Mailguard, played: Played) -> None:
    assert listed(mailguard) == [played.delivered, played.held, played.repeated]
    out = mailguard("queue", "list").out
    assert "mass_cc" in out
    assert "ada@mail.example +1" in out
    assert "\x1b" not in out


@pytest.mark.parametrize(
    ("options", "count"),
    [
        (["--finding", "mass_cc"], 2),
        (["--finding", "fan_out"], 0),
        (["--state", "queued"], 1),
        (["--state", "held"], 2),
        (["--sender", "sender.example"], 3),
        (["--sender", "elsewhere.example"], 0),
        (["--older-than", "10m"], 3),
        (["--older-than", "2d"], 0),
    ],
)
def test_list_takes_a_filter(mailguard: Mailguard, played: Played, options: list[str], count: int) -> None:
    ran = mailguard("queue", "list", "--json", *options)
    assert (len(ran.document), ran.status) == (count, 0 if count else 1)


def test_list_says_that_there_is_more(mailguard: Mailguard, played: Played) -> None:
    ran = mailguard("queue", "list", "--limit", "2", "--json")
    assert len(ran.document) == 2
    assert ran.err == "only the oldest 2 are shown; see more with --limit\n"


def test_nothing_that_waits_is_status_1(mailguard: Mailguard) -> None:
    ran = mailguard("queue", "list")
    assert (ran.status, ran.out, ran.err) == (1, "", "nothing waits\n")


def test_mail_is_shown_decoded(mailguard: Mailguard, played: Played) -> None:
    out = mailguard("queue", "show", played.delivered).out
    assert "Subject: Your receipt" in out
    assert "Your receipt 4711" in out
    document = mailguard("queue", "show", played.delivered, "--json").document
    assert document["decision"]["id"] == played.delivered
    assert document["message"]["text"] == "Your receipt 4711"


def test_mail_is_shown_octet_for_octet(played: Played, here: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    from mailguard.cli.app import run  # noqa: PLC0415 - captured by the descriptor here, unlike in the other tests

    assert run(["queue", "show", played.delivered, "--raw"]) == 0
    assert capfdbinary.readouterr().out.endswith(RECEIPT)


@pytest.mark.parametrize("which", ["none", "replayed"])
def test_mail_that_cannot_be_shown_is_status_1(mailguard: Mailguard, played: Played, which: str) -> None:
    ran = mailguard("queue", "show", played.replayed if which == "replayed" else "01JX")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.startswith(f"the content of {played.replayed}" if which == "replayed" else "there is no mail 01JX")


def test_released_mail_goes_out_with_actor_and_reason(mailguard: Mailguard, played: Played) -> None:
    ran = mailguard("queue", "release", played.held, "--reason", "it was meant")
    assert ran.status == 0
    assert ran.out.startswith("released 1 recipient of 1 message, and dropped 1 repeat that waited")
    assert recipient(mailguard, played.held)["state"] == "queued"
    event = mailguard("why", played.held, "--json").document["events"][0]
    assert (event["actor"], event["verb"], event["reason"]) == ("clerk", "released", "it was meant")
    assert "it was meant" in mailguard("why", played.held).out


def test_rejected_mail_is_released_by_its_id(mailguard: Mailguard, played: Played) -> None:
    document = mailguard("queue", "release", played.rejected, "--json").document
    assert document == {"done": "released", "messages": [played.rejected], "recipients": 1, "joined": 0, "left": []}
    assert recipient(mailguard, played.rejected)["state"] == "queued"


def test_mail_is_dropped_by_filter(mailguard: Mailguard, played: Played) -> None:
    document = mailguard("queue", "drop", "--finding", "mass_cc", "--json").document
    assert set(document["messages"]) == {played.held, played.repeated}
    assert recipient(mailguard, played.held)["state"] == "dropped"
    assert listed(mailguard) == [played.delivered]


def test_everything_is_meant_only_when_it_is_said(mailguard: Mailguard, played: Played) -> None:
    for verb in ("release", "drop", "retry"):
        ran = mailguard("queue", verb)
        assert (ran.status, ran.out) == (2, "")
        assert "--all for everything that waits" in ran.err
    assert mailguard("queue", "drop", "--all", "--json").document["recipients"] == 4
    assert listed(mailguard) == []


def test_what_could_not_be_done_is_named(mailguard: Mailguard, played: Played) -> None:
    ran = mailguard("queue", "release", played.held, "01JX", "--json")
    assert (ran.status, ran.document["recipients"], ran.document["left"]) == (1, 1, ["01JX"])
    assert ran.err == "01JX: nothing of it could be released; see: mailguard why 01JX\n"


def test_deferred_mail_is_tried_at_once(mailguard: Mailguard, played: Played, here: Path) -> None:
    database = Database.open(f"sqlite:///{here}/mailguard.db")
    with database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE recipient SET state = 'deferred', due_at = due_at + 3600000000 WHERE state = 'queued'"
        )
    database.close()
    assert mailguard("queue", "retry", "--all").out == "retried 2 recipients of 1 message\n"
    assert mailguard("queue", "retry", played.held).status == 1


def test_many_recipients_are_changed_in_several_transactions(
    mailguard: Mailguard, played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    defaults = holds.drop.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "limit", 1)
    ran = mailguard("queue", "drop", "--all", "--json")
    assert (ran.status, ran.document["recipients"] + ran.document["joined"]) == (0, 4)
    assert "recipients so far" in ran.err
    assert listed(mailguard) == []


def test_many_mails_of_one_cause_are_one_line_unless_asked(mailguard: Mailguard, monday: list[Submission]) -> None:
    ran = mailguard("queue", "list")
    first, second = mailguard("queue", "groups", "--json").document
    assert len(ran.out.splitlines()) == 3
    assert "8 recipients of 8 mails" in ran.out
    assert monday[-1].id in ran.out
    assert ran.err == f"{first['id']} stands for 8 mails; see: mailguard queue show {first['id']}, or all with --each\n"
    assert len(mailguard("queue", "list", "--each").out.splitlines()) == 10
    assert mailguard("queue", "list", "--limit", "1").err.endswith("see more with --limit\n")
    assert len(listed(mailguard)) == 9
    assert listed(mailguard, "--group", second["id"]) == [monday[-1].id]
    assert len(listed(mailguard, "--group", first["id"])) == 8
    assert mailguard("queue", "list", "--group", "G00000000").status == 1
    assert mailguard("queue", "list", "--state", "queued").status == 1


def test_group_is_settled_whole_and_alone(mailguard: Mailguard, monday: list[Submission]) -> None:
    first, second = (group["id"] for group in mailguard("queue", "groups", "--json").document)
    assert mailguard("queue", "release", first, "--reason", "meant").out == "released 8 recipients of 8 messages\n"
    assert recipient(mailguard, monday[3].id)["state"] == "queued"
    assert recipient(mailguard, monday[-1].id)["state"] == "held"
    ran = mailguard("queue", "drop", first, second, "--json")
    assert (ran.status, ran.document["recipients"], ran.document["left"]) == (1, 1, [first])
    assert ran.err == f"{first}: nothing of it could be dropped; see: mailguard queue groups\n"
