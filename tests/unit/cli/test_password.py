"""mailguard.cli.password: the hash for `password_hash`."""

from __future__ import annotations

import io
from typing import Any

import pytest
from argon2 import PasswordHasher

from mailguard.config.bearer import check_token, hashed
from tests.unit.cli.conftest import Mailguard


class Terminal(io.StringIO):
    """Standard input where somebody types."""

    def isatty(self) -> bool:
        return True


def test_hash_is_of_the_password_that_was_piped_in(mailguard: Mailguard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("hunter2 \r\n"))
    ran = mailguard("password", "hash")
    assert PasswordHasher().verify(ran.out.strip(), "hunter2 ")


def test_hash_as_json(mailguard: Mailguard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("hunter2"))
    assert PasswordHasher().verify(mailguard("password", "hash", "--json").document["password_hash"], "hunter2")


def test_password_is_asked_for_twice_where_somebody_types(mailguard: Mailguard, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []

    def answer(_text: str, **options: Any) -> str:
        asked.append(options)
        return "hunter2"

    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("typer.prompt", answer)
    ran = mailguard("password", "hash")
    assert PasswordHasher().verify(ran.out.strip(), "hunter2")
    assert asked == [{"hide_input": True, "confirmation_prompt": True, "err": True}]


def test_empty_password_is_refused(mailguard: Mailguard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    ran = mailguard("password", "hash")
    assert (ran.status, ran.err) == (2, "mailguard: the password is empty; type one, or pipe it in\n")


def test_token_is_new_each_time_and_its_hash_is_its_own(mailguard: Mailguard) -> None:
    one, other = (mailguard("password", "token", "--json").document for _ in range(2))
    assert one["token"] != other["token"]
    assert check_token(one["token_hash"]) == hashed(one["token"])


def test_token_for_a_person_to_copy(mailguard: Mailguard) -> None:
    token, hash_of_it = (line.split(" ")[-1] for line in mailguard("password", "token").out.splitlines())
    assert hash_of_it == hashed(token)
