"""mailguard.cli.override: tokens that let one mail out."""

from __future__ import annotations

import pytest

from tests.unit.cli.conftest import Mailguard, Played


@pytest.fixture(autouse=True)
def _clerk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "clerk")


def test_token_is_shown_once_and_listed_without_itself(mailguard: Mailguard) -> None:
    ran = mailguard("override", "create", "--to", "Ada@Mail.example", "--reason", "asked by phone", "--expire", "2h")
    assert ran.out.startswith("Mailguard-Override: o1.")
    assert "it is not shown again" in ran.err
    (one,) = mailguard("override", "list", "--json").document
    assert (one["mailbox"], one["state"], one["actor"], one["reason"]) == (
        "ada@mail.example",
        "open",
        "clerk",
        "asked by phone",
    )
    out = mailguard("override", "list").out
    assert one["id"] in out
    assert ran.out.split()[1] not in out


def test_token_for_a_mail_is_for_its_message_id(mailguard: Mailguard, played: Played) -> None:
    by_id = mailguard("override", "create", "--message", played.held.lower(), "--reason", "x", "--json").document
    by_message_id = mailguard("override", "create", "--message", "<c9@shop.example>", "--reason", "x", "--json").document
    assert (by_id["message"], by_message_id["message"]) == ("c1@shop.example", "c9@shop.example")
    assert by_id["token"].startswith("o1.")
    assert "mailbox" not in by_id


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--reason", "x"], "say what the token is for"),
        (["--to", "a@b.example", "--message", "<m@b.example>", "--reason", "x"], "say what the token is for"),
        (["--to", "a@b.example"], "say why with --reason"),
        (["--to", "nobody", "--reason", "x"], "is not a mailbox"),
        (["--message", "01JX", "--reason", "x"], "there is no mail 01JX"),
        (["--to", "a@b.example", "--reason", "x", "--expire", "31d"], "at most 30d"),
        (["--to", "a@b.example", "--reason", "x", "--expire", "0s"], "at most 30d"),
    ],
)
def test_token_for_nothing_or_without_a_reason_is_refused(mailguard: Mailguard, arguments: list[str], said: str) -> None:
    ran = mailguard("override", "create", *arguments)
    assert (ran.status, ran.out) == (2, "")
    assert said in ran.err


def test_revoked_token_is_listed_as_such_and_not_revoked_again(mailguard: Mailguard) -> None:
    id = mailguard("override", "create", "--to", "a@b.example", "--reason", "x", "--json").document["id"]
    assert mailguard("override", "revoke", id).out == f"{id}: revoked\n"
    again = mailguard("override", "revoke", id, "--json")
    assert (again.status, again.document) == (1, {"revoked": [], "left": [id]})
    assert "used or revoked before" in again.err
    assert mailguard("override", "list", "--json").document[0]["used_by"] == "revoked by clerk"
    assert mailguard("override", "list", "--open").status == 1


def test_no_tokens_is_status_1(mailguard: Mailguard) -> None:
    ran = mailguard("override", "list")
    assert (ran.status, ran.out, ran.err) == (1, "", "there are no tokens\n")
