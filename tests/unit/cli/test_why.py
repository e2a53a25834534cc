"""mailguard.cli.why: one decision in full, for people and for programs."""

from __future__ import annotations

from tests.unit.cli.conftest import Mailguard, Played

KEYS = {"id", "received_at", "client", "reverse_path", "message_id", "subject", "class", "template", "action", "answer"}


def test_decision_is_explained_as_the_contract_says(mailguard: Mailguard, played: Played) -> None:
    ran = mailguard("why", played.rejected, "--json")
    document = ran.document
    assert ran.status == 0
    assert set(document) >= KEYS | {"findings", "recipients"}
    assert document["findings"][0]["code"] == "repeat"
    assert document["findings"][0]["refs"] == [played.delivered]
    recipient = document["recipients"][0]
    assert set(recipient) >= {"mailbox", "person", "probability", "action", "state", "findings", "attempts"}
    assert (recipient["action"], recipient["state"]) == ("reject", "rejected")


def test_decision_is_explained_to_a_person(mailguard: Mailguard, played: Played) -> None:
    out = mailguard("why", played.rejected).out
    assert f"repeat: repeat of {played.delivered} of " in out
    assert "ada@mail.example" in out
    assert "550 5.7.1" in out


def test_message_id_names_the_newest_and_the_others(mailguard: Mailguard, played: Played) -> None:
    document = mailguard("why", "<r1@shop.example>", "--json").document
    assert (document["id"], document["others"]) == (played.replayed, [played.delivered])
    assert f"other mails with this Message-ID: {played.delivered}" in mailguard("why", "<r1@shop.example>").out


def test_what_comes_from_mail_drives_no_terminal(mailguard: Mailguard, played: Played) -> None:
    assert "\x1b" not in mailguard("why", played.delivered).out


def test_mail_that_is_not_there_is_status_1(mailguard: Mailguard, played: Played) -> None:
    ran = mailguard("why", "01JX")
    assert (ran.status, ran.out, ran.err) == (1, "", "there is no mail 01JX; see: mailguard log\n")
